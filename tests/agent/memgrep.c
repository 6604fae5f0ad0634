/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memgrep PID TEXT               is TEXT anywhere in that process's memory?
 * memgrep --at-exit PID TEXT     ... when it exits; "attached" is printed first
 * memgrep --run TEXT COMMAND..   ... when the command that is run here exits
 *
 * TEXT is looked for as it stands and in UTF-16, as some modules keep a PIN.
 * Exit status 0: yes; 1: no; 2: it cannot be read, or was killed before.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK    65536               /* octets a read */
#define LARGEST  (UINT64_C(1) << 32) /* larger: a sanitizer's shadow */
#define TEXT_MAX 512                 /* octets */
#define AT_EXIT  (SIGTRAP | (PTRACE_EVENT_EXIT << 8))

struct wanted {
	char text[TEXT_MAX], wide[2 * TEXT_MAX];
	size_t len;
};

static int
has(const char *at, size_t len, const struct wanted *w)
{
	return memmem(at, len, w->text, w->len) != NULL ||
	    memmem(at, len, w->wide, 2 * w->len) != NULL;
}

static int
is_in(int mem, unsigned long from, unsigned long to, const struct wanted *w)
{
	static char room[2 * CHUNK];
	const size_t len = 2 * w->len;
	size_t kept = 0;

	while (from < to) {
		const size_t wanted = to - from < CHUNK ? to - from : CHUNK;
		const ssize_t n = pread(mem, room + kept, wanted, (off_t)from);

		if (n <= 0)
			return 0; /* a page of the kernel's own */
		if (has(room, kept + (size_t)n, w))
			return 1;
		/* The end may be the beginning of it. */
		kept += (size_t)n;
		if (kept > len) {
			memmove(room, room + kept - len, len);
			kept = len;
		}
		from += (size_t)n;
	}
	return 0;
}

static int
search(pid_t pid, const struct wanted *w)
{
	char path[64], line[512];
	unsigned long from, to, n_read = 0;
	int mem, found = 0;
	FILE *maps;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (maps == NULL || mem < 0)
		return 2;
	while (!found && fgets(line, sizeof(line), maps) != NULL) {
		char read_flag;

		if (sscanf(line, "%lx-%lx %c", &from, &to, &read_flag) != 3 ||
		    read_flag != 'r' || to - from > LARGEST)
			continue;
		n_read++;
		if ((found = is_in(mem, from, to, w)))
			(void)fprintf(stderr, "found in %s", line);
	}
	(void)fclose(maps);
	(void)close(mem);
	return found ? 0 : n_read > 0 ? 1 : 2;
}

/* Let it run to its end; on the way out its memory is still all there. */
static int
search_at_exit(pid_t pid, const struct wanted *w)
{
	int status, result = 2;

	while (waitpid(pid, &status, __WALL) == pid) {
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return result;
		const int event = status >> 8, number = WSTOPSIG(status);

		if (event == AT_EXIT)
			result = search(pid, w);
		else if (event >> 8 == PTRACE_EVENT_STOP && number != SIGTRAP) {
			(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			continue;
		}
		(void)ptrace(PTRACE_CONT, pid, NULL,
		    (void *)(intptr_t)(event >> 8 == 0 ? number : 0));
	}
	return result;
}

static int
seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL,
		   (void *)(intptr_t)PTRACE_O_TRACEEXIT) == 0;
}

static int
run(const struct wanted *w, char **argv)
{
	char go = 0;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		return 2;
	if (pid == 0) {
		if (read(p[0], &go, 1) == 1)
			(void)execv(argv[0], argv);
		_exit(127);
	}
	if (!seize(pid) || write(p[1], &go, 1) != 1)
		return 2;
	return search_at_exit(pid, w);
}

static int
set(struct wanted *w, const char *text)
{
	w->len = strlen(text);
	if (w->len < 4 || w->len >= TEXT_MAX)
		return 0;
	memcpy(w->text, text, w->len);
	for (size_t i = 0; i < w->len; i++)
		w->wide[2 * i] = text[i];
	return 1;
}

int
main(int argc, char **argv)
{
	static struct wanted w;
	pid_t pid;

	if (argc >= 4 && strcmp(argv[1], "--run") == 0)
		return set(&w, argv[2]) ? run(&w, argv + 3) : 2;
	if (argc == 4 && strcmp(argv[1], "--at-exit") == 0) {
		pid = (pid_t)strtol(argv[2], NULL, 10);
		if (!set(&w, argv[3]) || !seize(pid))
			return 2;
		(void)puts("attached");
		(void)fflush(stdout);
		return search_at_exit(pid, &w);
	}
	if (argc != 3 || !set(&w, argv[2]))
		return 2;
	return search((pid_t)strtol(argv[1], NULL, 10), &w);
}
