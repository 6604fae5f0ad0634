/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/daemon/conn.h"

#define PART ((size_t)4 * 1024 * 1024) /* octets between two looks */

struct job {
	struct job *next;
	struct firma_bytes view;
	firma_hash_fn *fn;
	void *arg;
	bool with_sha1;
	struct firma_hashes hashes;
	enum firma_err r;
};

static void
context_done(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

struct firma_hasher {
	struct firma_agent *agent;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *todo, **todo_end, *done, **done_end;
	atomic_bool stopping;
	int fd;
	sd_event_source *source;
};

/* In parts: two gigabytes take seconds, and the agent may be told to end. */
FIRMA_CHECKED static enum firma_err
digest(const struct firma_hasher *h, struct firma_bytes v, const EVP_MD *md,
    uint8_t *ret)
{
	FIRMA_OWN(context_done) EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_DigestInit_ex(c, md, NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	for (size_t at = 0; at < v.len; at += PART) {
		if (atomic_load(&h->stopping))
			return FIRMA_ERR_CANCELLED;
		if (EVP_DigestUpdate(c, v.at + at,
			v.len - at < PART ? v.len - at : PART) != 1)
			return FIRMA_ERR_INTERNAL;
	}
	return EVP_DigestFinal_ex(c, ret, NULL) == 1 ? FIRMA_OK
						     : FIRMA_ERR_INTERNAL;
}

FIRMA_CHECKED static enum firma_err
hash(const struct firma_hasher *h, struct firma_bytes v, bool with_sha1,
    struct firma_hashes *ret)
{
	const enum firma_err r = digest(h, v, EVP_sha256(), ret->sha256);

	return r == FIRMA_OK && with_sha1 ? digest(h, v, EVP_sha1(), ret->sha1)
					  : r;
}

static void *
work(void *arg)
{
	struct firma_hasher *h = arg;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&h->lock);
	while (!atomic_load(&h->stopping)) {
		struct job *j = h->todo;

		if (j == NULL) {
			(void)pthread_cond_wait(&h->wake, &h->lock);
			continue;
		}
		h->todo = j->next;
		if (h->todo == NULL)
			h->todo_end = &h->todo;
		(void)pthread_mutex_unlock(&h->lock);
		j->r = hash(h, j->view, j->with_sha1, &j->hashes);
		firma_memfd_unmap(&j->view);
		(void)pthread_mutex_lock(&h->lock);
		j->next = NULL;
		*h->done_end = j;
		h->done_end = &j->next;
		(void)!write(h->fd, &one, sizeof(one));
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

static int
on_done(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_hasher *h = arg;
	struct job *j, *next;
	uint64_t n;

	(void)s;
	(void)events;
	(void)!read(fd, &n, sizeof(n));
	(void)pthread_mutex_lock(&h->lock);
	j = h->done;
	h->done = NULL;
	h->done_end = &h->done;
	(void)pthread_mutex_unlock(&h->lock);
	for (; j != NULL; j = next) {
		next = j->next;
		j->fn(j->arg, j->r, &j->hashes);
		free(j);
	}
	firma_conn_flush(h->agent);
	return 0;
}

enum firma_err
firma_hasher_new(struct firma_agent *a, struct firma_hasher **ret)
{
	struct firma_hasher *h = calloc(1, sizeof(*h));
	pthread_attr_t attr;

	if (h == NULL)
		return FIRMA_ERR_NOMEM;
	h->agent = a;
	h->todo_end = &h->todo;
	h->done_end = &h->done;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->wake, NULL);
	h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, (size_t)256 * 1024);
	if (h->fd < 0 ||
	    sd_event_add_io(a->loop, &h->source, h->fd, EPOLLIN, on_done, h) <
		0 ||
	    pthread_create(&h->thread, &attr, work, h) != 0) {
		free(h);
		return FIRMA_ERR_NOMEM;
	}
	*ret = h;
	return FIRMA_OK;
}

void
firma_hasher_free(struct firma_hasher *h)
{
	struct job *j;

	if (h == NULL)
		return;
	(void)pthread_mutex_lock(&h->lock);
	atomic_store(&h->stopping, true);
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->thread, NULL);
	(void)on_done(NULL, h->fd, 0, h);
	while ((j = h->todo) != NULL) {
		h->todo = j->next;
		firma_memfd_unmap(&j->view);
		j->fn(j->arg, FIRMA_ERR_CANCELLED, &j->hashes);
		free(j);
	}
	(void)sd_event_source_disable_unref(h->source);
	(void)close(h->fd);
	free(h);
}

void
firma_hasher_start(struct firma_hasher *h, struct firma_bytes view,
    bool with_sha1, firma_hash_fn *fn, void *arg)
{
	struct firma_hashes sums = { 0 };
	struct job *j;
	enum firma_err r;

	if (view.len <= FIRMA_HASH_AT_ONCE) {
		r = hash(h, view, with_sha1, &sums);
		firma_memfd_unmap(&view);
		fn(arg, r, &sums);
		return;
	}
	if ((j = calloc(1, sizeof(*j))) == NULL) {
		firma_memfd_unmap(&view);
		fn(arg, FIRMA_ERR_NOMEM, &sums);
		return;
	}
	j->view = view;
	j->with_sha1 = with_sha1;
	j->fn = fn;
	j->arg = arg;
	(void)pthread_mutex_lock(&h->lock);
	*h->todo_end = j;
	h->todo_end = &j->next;
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
}
