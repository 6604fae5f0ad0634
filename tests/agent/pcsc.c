/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-pcsc - what may stand in the way between firma and a reader.
 *
 *   firma-pcsc hangup SOCKET   takes connections and ends them at once, as a
 *                              pcscd does with those whom polkit refuses
 *   firma-pcsc silent SOCKET   takes them and says nothing
 *   firma-pcsc hold            has the card of the first reader for itself
 *   firma-pcsc open FILE       has a file open
 *
 * Says "ready" when it is so, and goes on until it is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <winscard.h>

static void
ready(void)
{
	(void)puts("ready");
	(void)fflush(stdout);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, 8) != 0) {
		perror(path);
		return -1;
	}
	return fd;
}

static int
doorkeeper(const char *path, int is_silent)
{
	const int fd = listen_at(path);

	if (fd < 0)
		return 1;
	ready();
	for (;;) {
		const int c = accept(fd, NULL, NULL);

		/* What is kept open is closed with the program. */
		if (c >= 0 && !is_silent)
			(void)close(c);
	}
}

/* The card of the first reader. */
static LONG
take(DWORD share, SCARDHANDLE *ret_card)
{
	static SCARDCONTEXT context;
	char names[2048];
	DWORD protocol, len = sizeof(names);
	LONG rv;

	rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	if (rv == SCARD_S_SUCCESS)
		rv = SCardListReaders(context, NULL, names, &len);
	if (rv == SCARD_S_SUCCESS)
		rv = SCardConnect(context, names, share, SCARD_PROTOCOL_ANY,
		    ret_card, &protocol);
	return rv;
}

static int
complain(LONG rv)
{
	(void)fprintf(stderr, "%s\n", pcsc_stringify_error(rv));
	return 1;
}

static int
hold(void)
{
	SCARDHANDLE card;
	const LONG rv = take(SCARD_SHARE_EXCLUSIVE, &card);

	if (rv != SCARD_S_SUCCESS)
		return complain(rv);
	ready();
	for (;;)
		(void)pause();
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hangup") == 0)
		return doorkeeper(argv[2], 0);
	if (argc == 3 && strcmp(argv[1], "silent") == 0)
		return doorkeeper(argv[2], 1);
	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		return hold();
	if (argc == 3 && strcmp(argv[1], "open") == 0) {
		if (open(argv[2], O_RDONLY | O_CLOEXEC) < 0) {
			perror(argv[2]);
			return 1;
		}
		ready();
		for (;;)
			(void)pause();
	}
	return 2;
}
