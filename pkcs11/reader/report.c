/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/reader/report.h"

#include <errno.h>
#include <sys/socket.h>

#include "agent/base/own.h"
#include "agent/wire/frame.h"

FIRMA_CHECKED static enum firma_err
send_frame(int socket, enum firma_msg_type type, const void *msg)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	enum firma_err r;
	long n;

	if ((r = firma_frame_put(&out, type, msg, 0, 0, 0)) != FIRMA_OK)
		return r;
	do
		n = firma_frame_send(socket, firma_buf_view(&out), -1);
	while (n < 0 && errno == EINTR);
	return n < 0 ? FIRMA_ERR_AGENT_GONE : FIRMA_OK;
}

static enum firma_err
tell_service(void *arg, enum firma_service state, const char *what)
{
	const struct firma_msg_r_service m = { .state = (uint32_t)state,
		.what = firma_str_of(what) };

	return send_frame(*(const int *)arg, FIRMA_MSG_r_service, &m);
}

static enum firma_err
tell_reader(void *arg, const struct firma_reader *d)
{
	const struct firma_msg_r_reader m = { .name = firma_str_of(d->name),
		.flags = d->flags,
		.events = d->events,
		.atr = firma_bytes_of(d->atr, d->atr_len) };

	return send_frame(*(const int *)arg, FIRMA_MSG_r_reader, &m);
}

struct firma_watch_sink
firma_report_to(int *socket)
{
	return (struct firma_watch_sink){
		.reader = tell_reader, .service = tell_service, .arg = socket
	};
}

void
firma_report_await_end(int socket)
{
	char first;
	ssize_t n;

	/* Nothing is ever said to us. */
	do
		n = recv(socket, &first, sizeof(first), 0);
	while (n > 0 || (n < 0 && errno == EINTR));
}
