/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/vpcd.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "agent/base/own.h"
#include "tests/vcard/out.h"

int
vpcd_connect(uint16_t port)
{
	FIRMA_OWN(firma_fd_done)
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return firma_fd_take(&fd);
}

/*
 * The driver writes a length and then the rest, with Nagle's algorithm: the
 * rest waits for our acknowledgement, which the kernel delays by 40 ms unless
 * told otherwise, each time anew.
 */
static bool
receive(int fd, void *at, size_t n)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	return recv(fd, at, n, MSG_WAITALL) == (ssize_t)n;
}

bool
vpcd_receive(int fd, struct firma_buf *ret)
{
	uint8_t head[2];
	size_t n;

	if (!receive(fd, head, sizeof(head)))
		return false;
	n = (size_t)(head[0] << 8 | head[1]);
	ret->len = 0;
	if (n == 0)
		return true;
	if (firma_buf_reserve(ret, n) != FIRMA_OK)
		out_die("no memory");
	if (!receive(fd, ret->at, n))
		return false;
	ret->len = n;
	return true;
}

bool
vpcd_send(int fd, struct firma_bytes message)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf all = { 0 };

	out_byte(&all, (unsigned)(message.len >> 8));
	out_byte(&all, message.len & 0xff);
	out_put(&all, message);
	return send(fd, all.at, all.len, MSG_NOSIGNAL) == (ssize_t)all.len;
}
