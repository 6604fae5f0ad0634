/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harm: one fault after so many signatures, in turn, and each only after
 * the token of the last one signs again; meanwhile the others go on, but not
 * further than twice as many.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "tests/soak/soak.h"

#define LOOK_NS (5 * FIRMA_MS)

extern char **environ;

static void
rest(void)
{
	const struct timespec pause = { 0, LOOK_NS };

	(void)nanosleep(&pause, NULL);
}

/* Is it our agent's process for the token?  Its arguments say --name TOKEN. */
static bool
is_process_of(const char *pid, const char *token)
{
	char path[300], text[4096] = "", want[128], line[256];
	size_t n = 0;
	long ppid = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	(void)snprintf(want, sizeof(want), "--name%c%s", '\0', token);
	/* With its last zero, so that "a" is not found in "ab". */
	if (memmem(text, n + 1, want,
		strlen("--name") + 1 + strlen(token) + 1) == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "PPid:", 5) == 0)
			ppid = strtol(line + 5, NULL, 10);
	(void)fclose(f);
	return ppid == soak_options.agent;
}

static pid_t
process_of(const char *token)
{
	DIR *d = opendir("/proc");
	pid_t found = 0;

	if (d == NULL)
		soak_fail("/proc: %s", strerror(errno));
	for (const struct dirent *e = readdir(d); e != NULL && found == 0;
	     e = readdir(d))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    is_process_of(e->d_name, token))
			found = (pid_t)strtol(e->d_name, NULL, 10);
	(void)closedir(d);
	return found;
}

static void
run(const struct soak_fault *f, const char *word)
{
	char program[sizeof(f->argument)], token[sizeof(f->token)], what[16];
	char *argv[] = { program, what, token, NULL };
	int status = -1;
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s", f->argument);
	(void)snprintf(token, sizeof(token), "%s", f->token);
	(void)snprintf(what, sizeof(what), "%s", word);
	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		soak_fail("%s %s %s: status %d", program, what, token, status);
}

/* Until the agent noticed: another process, or not unlocked any more. */
static void
await_harm(struct firma_client *c, const struct soak_fault *f, uint32_t before)
{
	const uint64_t until = firma_after(SOAK_WAIT);

	for (;;) {
		const struct soak_token t = soak_token(c, f->token);

		if (t.n_restarts != before ||
		    (f->kind == SOAK_CARD && t.state != FIRMA_TOKEN_UNLOCKED))
			return;
		if (firma_now() > until)
			soak_fail("%s: the harm is not noticed", f->token);
		rest();
	}
}

static void
await_use(struct firma_client *c, const struct soak_fault *f)
{
	const uint64_t until = firma_after(SOAK_WAIT);

	while (soak_token(c, f->token).state != FIRMA_TOKEN_UNLOCKED) {
		if (firma_now() > until)
			soak_fail("%s does not come back", f->token);
		rest();
	}
}

static void
harm(struct firma_client *c, const struct soak_fault *f)
{
	const uint32_t before = soak_token(c, f->token).n_restarts;
	FIRMA_OWN(firma_fd_done) int fd = -1;
	pid_t pid;

	switch (f->kind) {
	case SOAK_KILL:
		if ((pid = process_of(f->token)) == 0)
			soak_fail("%s: no process", f->token);
		(void)kill(pid, SIGKILL);
		await_harm(c, f, before);
		break;
	case SOAK_HANG:
		fd = open(f->argument, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (fd < 0)
			soak_fail("%s: %s", f->argument, strerror(errno));
		await_harm(c, f, before);
		(void)unlink(f->argument);
		break;
	case SOAK_CARD:
	default:
		run(f, "pull");
		await_harm(c, f, before);
		run(f, "put");
		break;
	}
	await_use(c, f);
	atomic_fetch_add(&soak_shared->n_faults[f->kind], 1);
}

void
soak_harm(void)
{
	struct firma_client *c = soak_open();
	uint64_t next = soak_options.every;

	atomic_store(&soak_shared->pace, 2 * next);
	/*
	 * The last step is left in peace: who signs meanwhile must not be the
	 * last, since the operator, who is needed then, ends with the clients.
	 */
	for (size_t i = 0; soak_options.n_faults > 0; i++) {
		while (atomic_load(&soak_shared->n_signed) < next) {
			if (atomic_load(&soak_shared->is_over))
				goto over;
			rest();
		}
		if (atomic_load(&soak_shared->is_over) ||
		    next + soak_options.every >= soak_options.n_signatures)
			break;
		harm(c, &soak_options.faults[i % soak_options.n_faults]);
		next += soak_options.every;
		atomic_store(&soak_shared->pace, next + soak_options.every);
	}
over:
	atomic_store(&soak_shared->pace, UINT64_MAX);
	firma_client_free(c);
}
