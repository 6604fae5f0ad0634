/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-seen SOCKET TOKEN STATE [CONTROL WORD] - how long until the agent knows?
 *
 * Says WORD to the virtual card whose control socket is CONTROL, and asks the
 * agent for the token until it is in STATE; prints the milliseconds in between.
 * A process of its own for each question would take longer than the answer.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/client/channel.h"
#include "agent/wire/values.h"

#define WAIT_NS (30 * FIRMA_S)
#define TURN_MS 2 /* between two questions */

__attribute__((noreturn)) static void
die(const char *what, enum firma_err r)
{
	(void)fprintf(stderr, "firma-seen: %s: %s\n", what, firma_err_name(r));
	exit(1);
}

static void
send_(struct firma_channel *ch, enum firma_msg_type type, const void *msg,
    uint64_t id)
{
	const enum firma_err r = firma_channel_send(
	    ch, type, msg, id, 0, -1, firma_after(WAIT_NS), NULL);

	if (r != FIRMA_OK)
		die("request", r);
}

/* The answers to one request; the state of the token_item among them. */
static unsigned int
receive(struct firma_channel *ch)
{
	unsigned int state = FIRMA_TOKEN_BROKEN;

	for (;;) {
		FIRMA_OWN(firma_fd_done) int fd = -1;
		struct firma_msg_token_item item;
		struct firma_frame f;
		enum firma_err r;

		if ((r = firma_channel_receive(
			 ch, firma_after(WAIT_NS), &f, &fd, NULL)) != FIRMA_OK)
			die("answer", r);
		if (f.type != FIRMA_MSG_token_item)
			return state;
		if ((r = firma_msg_decode(FIRMA_MSG_token_item, f.payload,
			 &item, NULL)) != FIRMA_OK)
			die("token_item", r);
		state = item.state;
	}
}

/* As firma-vcard say: a line, and its answer until the end. */
static void
say(const char *path, const char *word)
{
	FIRMA_OWN(firma_fd_done)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char line[64], answer[64];

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	(void)snprintf(line, sizeof(line), "%s\n", word);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
	    write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		die(path, FIRMA_ERR_IO);
	while (read(fd, answer, sizeof(answer)) > 0)
		;
}

int
main(int argc, char **argv)
{
	const struct firma_msg_hello hello = { .version_min = 1,
		.version_max = 1,
		.program = firma_str_of("firma-seen") };
	struct firma_msg_token_list list = { 0 };
	struct firma_channel ch;
	unsigned int wanted;
	uint64_t begun, until, id = 1;
	enum firma_err r;

	if ((argc != 4 && argc != 6) ||
	    !firma_token_state_from(argv[3], &wanted)) {
		(void)fprintf(stderr,
		    "usage: firma-seen SOCKET TOKEN STATE [CONTROL WORD]\n");
		return FIRMA_EXIT_USAGE;
	}
	firma_channel_init(&ch);
	if ((r = firma_channel_connect(
		 &ch, argv[1], firma_after(WAIT_NS), NULL)) != FIRMA_OK)
		die(argv[1], r);
	send_(&ch, FIRMA_MSG_hello, &hello, id++);
	(void)receive(&ch);
	list.token = firma_str_of(argv[2]);
	begun = firma_now();
	until = firma_after(WAIT_NS);
	if (argc == 6)
		say(argv[4], argv[5]);
	for (;;) {
		send_(&ch, FIRMA_MSG_token_list, &list, id++);
		if (receive(&ch) == wanted)
			break;
		if (firma_now() > until)
			die(argv[3], FIRMA_ERR_DEADLINE);
		(void)poll(NULL, 0, TURN_MS);
	}
	(void)printf("%u\n", (unsigned)((firma_now() - begun) / FIRMA_MS));
	return 0;
}
