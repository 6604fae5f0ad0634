/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sandboxed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "cli/file.h"
#include "cli/out.h"

#define TICK  (200 * FIRMA_MS)
#define CHUNK 65536 /* octets a read */

/* Killed and reaped, whatever happens. */
struct child {
	pid_t pid;
	int pidfd, from;
};

static int
reap(struct child *c)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return status;
}

static void
child_done(struct child *c)
{
	firma_fd_done(&c->from);
	firma_fd_done(&c->pidfd);
	if (c->pid <= 0)
		return;
	(void)kill(c->pid, SIGKILL);
	(void)reap(c);
}

static enum firma_err
failed(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
	    (unsigned long)errno, "%s", what);
}

static enum firma_err
start(const struct sandboxed *s, struct child *c, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int ask = -1;
	FIRMA_OWN(firma_fd_done) int their_out = -1;
	const char *dir = getenv("FIRMA_HELPER_DIR");
	char path[FILE_PATH_MAX], locale[] = "LC_ALL=C.UTF-8";
	char *argv[] = { path, NULL };
	char *plain[] = { locale, NULL };
	enum firma_err r;
	int p[2];

	if (dir == NULL || dir[0] == '\0')
		dir = FIRMA_LIBEXECDIR;
	if ((r = file_join(dir, s->program, path)) != FIRMA_OK ||
	    (r = firma_memfd_from_bytes(s->ask, &ask, cause)) != FIRMA_OK)
		return r;
	/* Who would rather read it than map it begins at its beginning. */
	if (lseek(ask, 0, SEEK_SET) != 0)
		return failed(cause, "lseek");
	if (access(path, X_OK) != 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "%.150s", path);
	if (pipe2(p, O_CLOEXEC) != 0)
		return failed(cause, "pipe2");
	c->from = p[0];
	their_out = p[1];
	const struct firma_spawn spawn = { .exe_fd = -1,
		.path = path,
		.argv = argv,
		.envp = s->envp != NULL ? s->envp : plain,
		.fds = { ask, their_out, -1, s->document },
		.n_fds = 4,
		.die = 1 };

	return firma_spawn(&spawn, &c->pid, &c->pidfd, cause);
}

/* To the end of the pipe; the one octet over max is what tells. */
static enum firma_err
read_answer(const struct sandboxed *s, struct child *c, struct firma_buf *got,
    struct firma_cause *cause)
{
	for (;;) {
		struct pollfd p = { .fd = c->from, .events = POLLIN };
		const uint64_t tick = firma_after(TICK);
		ssize_t n;

		if (firma_now() >= s->deadline)
			return firma_fail(cause, FIRMA_ERR_DEADLINE,
			    FIRMA_CAUSE_NONE, 0, "%s", s->program);
		if (poll(&p, 1,
			firma_poll_ms(
			    tick < s->deadline ? tick : s->deadline)) <= 0) {
			out_tick(NULL);
			continue;
		}
		if (firma_buf_reserve(got, CHUNK) != FIRMA_OK)
			return FIRMA_ERR_NOMEM;
		n = read(c->from, got->at + got->len, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(cause, s->program);
		if (n == 0)
			return FIRMA_OK;
		got->len += (size_t)n;
		if (got->len > s->max)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s: over %zu octets",
			    s->program, s->max);
	}
}

/* It closed its output: wait for its end, no longer than the deadline. */
static enum firma_err
await(const struct sandboxed *s, struct child *c, struct firma_cause *cause)
{
	siginfo_t info;
	int status;

	for (;;) {
		struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

		info.si_pid = 0;
		if (waitid(P_PID, (id_t)c->pid, &info,
			WEXITED | WNOWAIT | WNOHANG) == 0 &&
		    info.si_pid == c->pid)
			break;
		if (firma_now() >= s->deadline)
			return firma_fail(cause, FIRMA_ERR_DEADLINE,
			    FIRMA_CAUSE_NONE, 0, "%s", s->program);
		(void)poll(&p, 1, firma_poll_ms(firma_after(TICK)));
	}
	status = reap(c);
	if (WIFSIGNALED(status))
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "%s: ended by signal %d", s->program, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_NONE,
		    0, "%s: ended with status %d", s->program,
		    WEXITSTATUS(status));
	return FIRMA_OK;
}

enum firma_err
sandboxed_run(
    const struct sandboxed *s, struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(child_done) struct child c = { .pidfd = -1, .from = -1 };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	enum firma_err r;

	if ((r = start(s, &c, cause)) != FIRMA_OK ||
	    (r = read_answer(s, &c, &got, cause)) != FIRMA_OK ||
	    (r = await(s, &c, cause)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&got));
}
