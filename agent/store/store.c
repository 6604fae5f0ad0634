/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/store/get.h"
#include "agent/store/store_impl.h"

#define FILE_NAME "firmad.db"
#define WAL_NAME  "firmad.db-wal"
#define PATH_LEN  4096
#define GROUP_MAX 512         /* transactions in one commit */
#define SPARE_MAX 256         /* transactions kept for reuse */
#define SPARE_CAP (16 * 1024) /* octets that a spare one may hold on to */

/* ---- the store's thread ---- */

/*
 * While transactions come every few microseconds, waking this thread for each
 * costs more (35-50 us on an idle core) than the commit.  store.h says who
 * turns it on.  True: there is work.
 */
static bool
spin(struct firma_store *s, uint64_t seen)
{
	const uint64_t ns = atomic_load(&s->spin);
	const uint64_t until = ns == 0 ? 0 : firma_after(ns);

	while (atomic_load(&s->submitted_ticket) == seen) {
		if (ns == 0 || firma_now() >= until)
			return false;
		firma_cpu_relax();
	}
	return true;
}

/*
 * Wait for work: up to GROUP_MAX pending transactions, or none, for a rest.
 * False: closing, and nothing is left.
 */
static bool
take_group(
    struct firma_store *s, struct firma_txn_queue *ret_group, bool *ret_idle)
{
	struct firma_txn_queue group = { 0 };
	bool work;

	(void)pthread_mutex_lock(&s->lock);
	while (s->pending.head == NULL && !s->closing && !s->rest) {
		s->sleeping = true;
		(void)pthread_cond_wait(&s->work, &s->lock);
		s->sleeping = false;
	}
	for (size_t n = 0; n < GROUP_MAX && s->pending.head != NULL; n++)
		firma_txn_queue_put(&group, firma_txn_queue_take(&s->pending));
	work = group.head != NULL || s->rest;
	s->rest = false;
	*ret_idle = s->pending.head == NULL;
	*ret_group = group;
	(void)pthread_mutex_unlock(&s->lock);
	return work;
}

static void
publish(struct firma_store *s, struct firma_txn_queue *group,
    const struct firma_writer_result *res)
{
	const uint64_t one = 1, ticket = group->tail->ticket;
	size_t n = 0;

	for (const struct firma_txn *t = group->head; t != NULL; t = t->next)
		n++;
	(void)pthread_mutex_lock(&s->lock);
	firma_txn_queue_move(&s->finished, group);
	s->stats.n_txns += n;
	s->stats.n_groups += res->n_groups;
	s->stats.n_disk_groups += res->n_disk_groups;
	s->stats.n_failed += res->n_failed;
	s->stats.n_here += res->n_here;
	/* In this order, against firma_store_arm() in the other order. */
	atomic_store(&s->finished_ticket, ticket);
	if (s->waiting)
		(void)pthread_cond_signal(&s->progress);
	(void)pthread_mutex_unlock(&s->lock);
	if (atomic_exchange(&s->armed, false) &&
	    write(s->fd, &one, sizeof(one)) < 0) {
		/* Only EAGAIN is possible: it is readable already. */
	}
}

static void *
run_writer(void *arg)
{
	struct firma_store *s = arg;
	struct firma_txn_queue group;
	bool idle;

	while (take_group(s, &group, &idle)) {
		uint64_t last = 0;

		if (group.head != NULL) {
			const struct firma_writer_result res =
			    firma_writer_commit(s->writer, &group);

			last = group.tail->ticket;
			publish(s, &group, &res);
		}
		/*
		 * Between two signatures in a row nobody waits either, and a
		 * rest there would make the second one wait for the disk.
		 */
		if (last != 0 && spin(s, last))
			idle = false;
		firma_writer_rest(s->writer, idle);
	}
	/* Moves the log into the file: that is disk, too. */
	firma_writer_close(s->writer);
	(void)pthread_mutex_lock(&s->lock);
	s->ended = true;
	(void)pthread_cond_signal(&s->progress);
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- opening and closing ---- */

/* Signals are the main thread's business. */
static enum firma_err
start_thread(struct firma_store *s, struct firma_cause *cause)
{
	sigset_t all, before;
	int e;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	e = pthread_create(&s->thread, NULL, run_writer, s);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (e != 0)
		return firma_fail(cause, FIRMA_ERR_NOMEM, FIRMA_CAUSE_ERRNO,
		    (unsigned long)e, "the store's thread");
	(void)pthread_setname_np(s->thread, "store");
	s->running = true;
	return FIRMA_OK;
}

static enum firma_err
fail_errno(struct firma_cause *cause, const char *what)
{
	const int e = errno;
	const enum firma_err r = e == ENOENT || e == ENOTDIR
	    ? FIRMA_ERR_NOT_FOUND
	    : e == EROFS || e == EACCES || e == EPERM ? FIRMA_ERR_READ_ONLY
	    : e == ENOSPC || e == EDQUOT              ? FIRMA_ERR_DISK_FULL
	    : e == EWOULDBLOCK                        ? FIRMA_ERR_STATE
						      : FIRMA_ERR_IO;

	return firma_fail(
	    cause, r, FIRMA_CAUSE_ERRNO, (unsigned long)e, "%s", what);
}

/* One agent a folder: the ledger's head is kept in memory. */
static enum firma_err
lock_dir(const char *dir, int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(cause, dir);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return fail_errno(cause, dir);
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return fail_errno(cause, dir);
	*ret_fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

/*
 * Make the file, or take back what others may do with it.  SQLite gives its
 * companions the same mode.
 */
static enum firma_err
make_file(int dir_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct stat st;

	fd = openat(
	    dir_fd, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fail_errno(cause, FILE_NAME);
	if (!S_ISREG(st.st_mode))
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_NONE, 0,
		    FILE_NAME " is not a regular file");
	if ((st.st_mode & 077) != 0 && fchmod(fd, 0600) != 0)
		return fail_errno(cause, FILE_NAME);
	/* A name that is not on the disk keeps nothing. */
	if (st.st_size == 0 && fsync(dir_fd) != 0)
		return fail_errno(cause, FILE_NAME);
	return FIRMA_OK;
}

/* Its last user removes the log; one that is left was not closed. */
static bool
was_unclean(int dir_fd)
{
	struct stat st;

	return fstatat(dir_fd, WAL_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size > 0;
}

static enum firma_err
open_files(struct firma_store *s, const char *dir, struct firma_cause *cause)
{
	char path[PATH_LEN];
	enum firma_err r;

	if ((size_t)snprintf(path, sizeof(path), "%s/" FILE_NAME, dir) >=
	    sizeof(path))
		return FIRMA_ERR_LIMIT;
	if ((r = lock_dir(dir, &s->dir_fd, cause)) != FIRMA_OK ||
	    (r = make_file(s->dir_fd, cause)) != FIRMA_OK ||
	    (r = firma_writer_open(path, was_unclean(s->dir_fd), &s->writer,
		 cause)) != FIRMA_OK ||
	    (r = firma_db_open(path, false, &s->reader, cause)) != FIRMA_OK)
		return r;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->fd < 0 ? fail_errno(cause, "eventfd") : FIRMA_OK;
}

static void
close_store(struct firma_store **s)
{
	firma_store_close(*s);
	*s = NULL;
}

/* None of these can fail on Linux.  Deadlines are of CLOCK_MONOTONIC. */
static void
init_locks(struct firma_store *s)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->progress, &attr);
	(void)pthread_condattr_destroy(&attr);
}

enum firma_err
firma_store_open(
    const char *dir, struct firma_store **ret_store, struct firma_cause *cause)
{
	FIRMA_OWN(close_store) struct firma_store *s = NULL;
	enum firma_err r;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return FIRMA_ERR_NOMEM;
	s->dir_fd = s->fd = -1;
	init_locks(s);
	if ((r = open_files(s, dir, cause)) != FIRMA_OK ||
	    (r = start_thread(s, cause)) != FIRMA_OK)
		return r;
	*ret_store = s;
	s = NULL;
	return FIRMA_OK;
}

static void
free_txn(struct firma_txn *t)
{
	firma_buf_done(&t->ops);
	free(t);
}

/* Sleep until the thread has something to tell.  False: too late. */
static bool
wait_for_progress(struct firma_store *s, uint64_t deadline)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline / FIRMA_S),
		.tv_nsec = (long)(deadline % FIRMA_S),
	};

	if (deadline == FIRMA_FOREVER)
		return pthread_cond_wait(&s->progress, &s->lock) == 0;
	return pthread_cond_timedwait(&s->progress, &s->lock, &until) == 0;
}

/* True: the writer is closed, and the thread that did it gone. */
static bool
stop_thread(struct firma_store *s, uint64_t deadline)
{
	bool ended;

	if (!s->running) {
		firma_writer_close(s->writer);
		return true;
	}
	(void)pthread_mutex_lock(&s->lock);
	s->closing = true;
	(void)pthread_cond_signal(&s->work);
	while (!s->ended && wait_for_progress(s, deadline))
		;
	ended = s->ended;
	(void)pthread_mutex_unlock(&s->lock);
	if (!ended)
		return false;
	(void)pthread_join(s->thread, NULL);
	s->running = false;
	return true;
}

bool
firma_store_close_by(struct firma_store *s, uint64_t deadline)
{
	struct firma_txn *t;

	if (s == NULL)
		return true;
	if (!firma_store_drain(s, deadline))
		return false;
	/* The writer last: it moves the log into the file and removes it. */
	firma_db_close(s->reader);
	s->reader = NULL;
	if (!stop_thread(s, deadline))
		return false;
	while ((t = firma_txn_queue_take(&s->spare)) != NULL)
		free_txn(t);
	(void)pthread_cond_destroy(&s->progress);
	(void)pthread_cond_destroy(&s->work);
	(void)pthread_mutex_destroy(&s->lock);
	firma_fd_done(&s->fd);
	firma_fd_done(&s->dir_fd);
	free(s);
	return true;
}

void
firma_store_close(struct firma_store *s)
{
	(void)!firma_store_close_by(s, FIRMA_FOREVER);
}

/* ---- transactions ---- */

struct firma_txn *
firma_txn_new(struct firma_store *s)
{
	struct firma_txn *t;

	if (s->n_outstanding == FIRMA_STORE_OUTSTANDING_MAX)
		return NULL;
	if ((t = firma_txn_queue_take(&s->spare)) != NULL)
		s->n_spare--;
	else if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->store = s;
	s->n_outstanding++;
	return t;
}

void
firma_txn_free(struct firma_txn *t)
{
	struct firma_store *s;

	if (t == NULL)
		return;
	s = t->store;
	s->n_outstanding--;
	if (s->n_spare == SPARE_MAX || t->ops.cap > SPARE_CAP) {
		free_txn(t);
		return;
	}
	*t = (struct firma_txn){ .ops = t->ops };
	t->ops.len = 0;
	firma_txn_queue_put(&s->spare, t);
	s->n_spare++;
}

void
firma_txn_done(struct firma_txn **t)
{
	firma_txn_free(*t);
	*t = NULL;
}

static void
label(struct firma_store *s, struct firma_txn *t, enum firma_durability d,
    firma_store_done_fn *fn, void *arg)
{
	t->durability = d;
	t->fn = fn;
	t->arg = arg;
	t->ticket = ++s->last_ticket;
}

/* Put t into the queue (NULL: only ask for a rest), wake the writer. */
static void
hand_over(struct firma_store *s, struct firma_txn *t)
{
	bool wake;

	(void)pthread_mutex_lock(&s->lock);
	if (t != NULL) {
		firma_txn_queue_put(&s->pending, t);
		atomic_store(&s->submitted_ticket, t->ticket);
	} else
		s->rest = true;
	wake = s->sleeping;
	s->sleeping = false; /* one wake-up is enough */
	(void)pthread_mutex_unlock(&s->lock);
	/* After the unlock: the woken thread need not wait for the lock. */
	if (wake)
		(void)pthread_cond_signal(&s->work);
}

uint64_t
firma_store_submit(struct firma_store *s, struct firma_txn *t,
    enum firma_durability durability, firma_store_done_fn *fn, void *arg)
{
	label(s, t, durability, fn, arg);
	hand_over(s, t);
	return s->last_ticket;
}

/* See store_impl.h: who owns the writer. */
static bool
may_write_here(struct firma_store *s)
{
	bool asleep;

	(void)pthread_mutex_lock(&s->lock);
	asleep = s->sleeping && s->pending.head == NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return asleep && firma_writer_is_quick(s->writer);
}

uint64_t
firma_store_submit_here(struct firma_store *s, struct firma_txn *t,
    firma_store_done_fn *fn, void *arg)
{
	struct firma_txn_queue group = { 0 };
	struct firma_writer_result res;

	label(s, t, FIRMA_DURABLE_PROCESS, fn, arg);
	if (!may_write_here(s)) {
		hand_over(s, t);
		return s->last_ticket;
	}
	firma_txn_queue_put(&group, t);
	res = firma_writer_commit(s->writer, &group);
	res.n_here = 1;
	publish(s, &group, &res);
	if (firma_writer_wants_rest(s->writer, true))
		hand_over(s, NULL);
	return s->last_ticket;
}

void
firma_store_set_spin(struct firma_store *s, uint64_t ns)
{
	atomic_store(&s->spin, ns);
}

pthread_t
firma_store_thread(const struct firma_store *s)
{
	return s->thread;
}

size_t
firma_store_n_unfinished(const struct firma_store *s)
{
	return (size_t)(s->last_ticket - s->collected);
}

/* ---- completion ---- */

int
firma_store_fd(const struct firma_store *s)
{
	return s->fd;
}

bool
firma_store_arm(struct firma_store *s)
{
	if (s->ready.head != NULL)
		return false;
	/* In this order, against publish() in the other order. */
	atomic_store(&s->armed, true);
	if (atomic_load(&s->finished_ticket) == s->collected)
		return true;
	atomic_store(&s->armed, false);
	return false;
}

/* Callbacks may submit, poll and dispatch: each transaction is taken first. */
static void
run_ready(struct firma_store *s)
{
	struct firma_txn *t;

	if (atomic_load(&s->finished_ticket) != s->collected) {
		(void)pthread_mutex_lock(&s->lock);
		s->collected = s->finished.tail->ticket;
		firma_txn_queue_move(&s->ready, &s->finished);
		(void)pthread_mutex_unlock(&s->lock);
	}
	while ((t = firma_txn_queue_take(&s->ready)) != NULL) {
		if (t->fn != NULL)
			t->fn(t->arg, t->r, &t->cause, &t->seqs);
		firma_txn_free(t);
	}
}

void
firma_store_dispatch(struct firma_store *s)
{
	uint64_t n;

	if (s->fd >= 0 && read(s->fd, &n, sizeof(n)) < 0) {
		/* EAGAIN: nobody wrote, which is the usual case. */
	}
	run_ready(s);
}

bool
firma_store_poll(struct firma_store *s, uint64_t ticket)
{
	if (atomic_load(&s->finished_ticket) < ticket)
		return false;
	run_ready(s);
	return true;
}

static bool
wait_until(struct firma_store *s, uint64_t ticket, uint64_t deadline)
{
	bool finished;

	(void)pthread_mutex_lock(&s->lock);
	s->waiting = true;
	while (atomic_load(&s->finished_ticket) < ticket &&
	    wait_for_progress(s, deadline))
		;
	s->waiting = false;
	finished = atomic_load(&s->finished_ticket) >= ticket;
	(void)pthread_mutex_unlock(&s->lock);
	run_ready(s);
	return finished;
}

void
firma_store_wait(struct firma_store *s, uint64_t ticket)
{
	(void)wait_until(s, ticket, FIRMA_FOREVER);
}

bool
firma_store_drain(struct firma_store *s, uint64_t deadline)
{
	/* Callbacks submit, too: a failure is written after what failed. */
	do
		if (!wait_until(s, s->last_ticket, deadline))
			return false;
	while (firma_store_n_unfinished(s) != 0);
	return true;
}

void
firma_store_stats(struct firma_store *s, struct firma_store_stats *ret)
{
	(void)pthread_mutex_lock(&s->lock);
	*ret = s->stats;
	(void)pthread_mutex_unlock(&s->lock);
}
