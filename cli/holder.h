/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holder.h - which programs have a device open, or speak to a Unix socket.
 *
 * Sources: proc(5) for /proc/PID/fd; sock_diag(7) for the two ends of a Unix
 * socket.  A user sees its own processes only, root sees all.
 */
#ifndef FIRMA_CLI_HOLDER_H
#define FIRMA_CLI_HOLDER_H

#include <stddef.h>
#include <sys/types.h>

#define HOLDERS_MAX  16  /* more are not told of */
#define HOLDER_NAME  64  /* octets, with the terminating zero */
#define HOLDERS_TEXT 512 /* octets, with the terminating zero */

struct holder {
	pid_t pid;
	char name[HOLDER_NAME]; /* as ps(1) shows it */
};

struct holders {
	struct holder at[HOLDERS_MAX];
	size_t n;
	int is_blind; /* processes of others were not looked into */
};

/* Who has the file at path open.  Nobody: n is 0. */
void holders_of_file(const char *path, struct holders *ret);

/* Who is connected to the socket at path, its server and ourselves left out. */
void holders_of_socket(const char *path, struct holders *ret);

/* Take those of that name off the list. */
void holders_drop(struct holders *h, const char *name);

/* "scdaemon (123), firefox (456)", in the user's language when it is empty. */
const char *holders_text(const struct holders *h, char ret[HOLDERS_TEXT]);

#endif
