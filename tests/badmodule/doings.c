/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a module does to its process, beside answering.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/badmodule/badmodule.h"

#define LEAK_FDS   16                 /* a call */
#define LEAK_BYTES ((size_t)32 << 20) /* a call */
#define CLOSE_MAX  64                 /* descriptors closed by "close-fds" */

static void
tell(const char *what, int e)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "%s: %s", what,
	    e == 0 ? "worked" : strerrorname_np(e));
	bad_note(line);
}

/* Not by posix_spawn(): that needs fork, and it is exec that is asked. */
static void
try_exec(void)
{
	static char path[] = "/bin/true";
	char *argv[] = { path, NULL };
	char *envp[] = { NULL };

	(void)execve(path, argv, envp);
	tell("exec", errno);
}

static void
try_connect(void)
{
	static const struct {
		int family, type;
		const char *name;
	} sockets[] = { { AF_INET, SOCK_STREAM, "connect inet" },
		{ AF_INET6, SOCK_STREAM, "connect inet6" },
		{ AF_PACKET, SOCK_RAW, "connect packet" },
		{ AF_UNIX, SOCK_STREAM, "connect unix" } };

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const int fd = socket(sockets[i].family, sockets[i].type, 0);

		tell(sockets[i].name, fd >= 0 ? 0 : errno);
		if (fd >= 0)
			(void)close(fd);
	}
}

/* The child lives on for a while, with every descriptor of its parent. */
static void
try_fork(void)
{
	const pid_t pid = fork();

	if (pid == 0) {
		(void)sleep(60);
		_exit(0);
	}
	tell("fork", pid > 0 ? 0 : errno);
}

static void *
nothing(void *arg)
{
	return arg;
}

static void
try_thread(void)
{
	pthread_t t;
	const int e = pthread_create(&t, NULL, nothing, NULL);

	tell("thread", e);
	if (e == 0)
		(void)pthread_join(t, NULL);
}

static void
on_signal(int number)
{
	(void)number;
}

/* Signals taken, all of them blocked; another locale, folder and umask. */
static void
change_the_process(void)
{
	static const int taken[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGSEGV,
		SIGCHLD, SIGALRM };
	static const char *const locales[] = { "tr_TR.UTF-8", "tr_TR", "de_DE",
		"C.UTF-8", "" };
	const struct sigaction act = { .sa_handler = on_signal };
	sigset_t all;
	size_t i = 0;

	for (size_t k = 0; k < sizeof(taken) / sizeof(taken[0]); k++)
		(void)sigaction(taken[k], &act, NULL);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	while (i < sizeof(locales) / sizeof(locales[0]) &&
	    setlocale(LC_ALL, locales[i]) == NULL)
		i++;
	(void)umask(0);
	(void)chdir("/");
	(void)setenv("TZ", "Asia/Kathmandu", 1);
	(void)alarm(1);
	bad_note("changed");
}

void
bad_do_at_start(void)
{
	if (bad_is(SIN_HANDLERS))
		change_the_process();
	if (bad_is(SIN_FORK))
		try_fork();
}

void
bad_do_in_each(void)
{
	/* Mostly not: this is the way of every call. */
	if (bad_is(SIN_STDOUT))
		(void)!write(1, "rubbish\n", 8);
	for (int i = 0; i < LEAK_FDS && bad_is(SIN_LEAK_FDS); i++)
		(void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (bad_is(SIN_ALLOC)) {
		char *at = malloc(LEAK_BYTES);

		/* Some of it, so that it is really there. */
		for (size_t i = 0; at != NULL && i < LEAK_BYTES; i += 1 << 20)
			at[i] = 1;
	}
}

void
bad_do_in_sign(void)
{
	if (bad_is(SIN_EXEC))
		try_exec();
	if (bad_is(SIN_CONNECT))
		try_connect();
	if (bad_is(SIN_FORK)) {
		try_fork();
		try_thread();
	}
	for (int fd = 0; fd < CLOSE_MAX && bad_is(SIN_CLOSE_FDS); fd++)
		(void)close(fd);
}
