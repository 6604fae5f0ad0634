/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/outgoing.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* errno in the upper half; below it a port, or one of these. */
#define NO_PORT  0u       /* no socket was given */
#define NO_UDP   0x10000u /* ... of UDP */
#define NOTHING  0u       /* nothing was tried, or it worked */
#define ERRNO_AT 32

/* They take the names of libc's, whose header declares them otherwise. */
int firma_outgoing_socket(int domain, int type, int protocol) __asm__("socket");
int firma_outgoing_connect(
    int fd, const struct sockaddr *to, socklen_t len) __asm__("connect");

typedef int connect_fn(int, const struct sockaddr *, socklen_t);

static _Atomic uint64_t last = NOTHING;
static unsigned int ports_allowed;

static void
note(int e, unsigned int what)
{
	atomic_store(&last, (uint64_t)(unsigned int)e << ERRNO_AT | what);
}

/* 0: not of the internet. */
static unsigned int
port_of(const struct sockaddr *to, socklen_t len)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (len >= sizeof(four) && to->sa_family == AF_INET) {
		memcpy(&four, to, sizeof(four));
		return ntohs(four.sin_port);
	}
	if (len >= sizeof(six) && to->sa_family == AF_INET6) {
		memcpy(&six, to, sizeof(six));
		return ntohs(six.sin6_port);
	}
	return 0;
}

int
firma_outgoing_socket(int domain, int type, int protocol)
{
	const long fd = syscall(SYS_socket, domain, type, protocol);

	if (fd < 0 && (domain == AF_INET || domain == AF_INET6)) {
		const int e = errno;
		const bool is_stream = (type & 0xf) == SOCK_STREAM;

		/* UDP may be a mere try; what came before says more. */
		if (is_stream || atomic_load(&last) == NOTHING)
			note(e, is_stream ? NO_PORT : NO_UDP);
		errno = e;
	}
	return (int)fd;
}

/* By libc's own, which a thread can be cancelled in. */
int
firma_outgoing_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	static _Atomic(uintptr_t) libcs;
	connect_fn *fn;
	uintptr_t at = atomic_load(&libcs);
	int rc, e;

	if (at == 0) {
		at = (uintptr_t)dlsym(RTLD_NEXT, "connect");
		atomic_store(&libcs, at);
	}
	memcpy(&fn, &at, sizeof(fn));
	rc = fn(fd, to, len);
	e = errno;
	/* Where the kernel has read the address, it is there. */
	if ((rc == 0 ||
		(e != EFAULT && e != EBADF && e != ENOTSOCK && e != EINVAL)) &&
	    port_of(to, len) != 0)
		switch (rc == 0 ? 0 : e) {
		case 0:
		case EINPROGRESS:
		case EISCONN:
			note(0, NOTHING);
			break;
		case EALREADY:
		case EINTR:
			break;
		default:
			note(e, port_of(to, len));
		}
	errno = e;
	return rc;
}

void
firma_outgoing_begin(unsigned int n_ports)
{
	ports_allowed = n_ports;
}

void
firma_outgoing_text(char ret[FIRMA_OUTGOING_TEXT])
{
	const uint64_t l = atomic_load(&last);
	const int e = (int)(l >> ERRNO_AT);
	const unsigned int what = (unsigned int)l;
	char where[24] = "TCP";

	ret[0] = '\0';
	if (l == NOTHING)
		return;
	if (what == NO_UDP)
		(void)snprintf(where, sizeof(where), "UDP");
	else if (what != NO_PORT)
		(void)snprintf(where, sizeof(where), "TCP port %u", what);
	if (ports_allowed == 0)
		(void)snprintf(ret, FIRMA_OUTGOING_TEXT,
		    "its module was refused the network, which network = PORT "
		    "in firmad.conf gives");
	else if (e == EACCES && what != NO_PORT && what != NO_UDP)
		(void)snprintf(ret, FIRMA_OUTGOING_TEXT,
		    "%s is refused: network = in firmad.conf does not name it",
		    where);
	else
		(void)snprintf(ret, FIRMA_OUTGOING_TEXT, "%s: %s", where,
		    strerrordesc_np(e));
}

/* PINs, values and shapes have reasons of their own. */
static bool
may_be_why(enum firma_err r)
{
	return r == FIRMA_ERR_TOKEN_GONE || r == FIRMA_ERR_TOKEN_ERROR ||
	    r == FIRMA_ERR_TOKEN_MODULE;
}

void
firma_outgoing_explain(enum firma_err r, struct firma_cause *cause)
{
	char text[FIRMA_OUTGOING_TEXT];
	const size_t len = strlen(cause->what);

	firma_outgoing_text(text);
	if (text[0] != '\0' && may_be_why(r))
		(void)snprintf(cause->what + len, sizeof(cause->what) - len,
		    "%s%s", len != 0 ? "; " : "", text);
}
