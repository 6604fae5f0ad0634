/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-ask SOCKET - speak to the agent word by word, for test scripts.
 *
 * Each line of standard input is a request:
 *   ID DEADLINE_MS MESSAGE [FIELD=VALUE ...] [fd=FILE] [pin=FILE]
 * Numbers are decimal, BIN fields hex, texts as they stand (no blanks).
 * fd=FILE goes along as a sealed memfd; the lines of pin=FILE are written to
 * the channel that pin_channel brings, one packet each.  "+" before ID: do not
 * wait for the answer now.  Each answer is printed as "ID MESSAGE FIELD=VALUE
 * ..."; at the end of the input the answers that are still due are waited for.
 *
 * Made from the message tables, as the agent is, but with ids and deadlines in
 * the script's hand, which firma chooses itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/client/channel.h"

#define WORDS_MAX 32
#define LINE_MAX_ 65536
#define WAIT_NS   (120 * FIRMA_S)

static struct firma_channel ch;
static size_t n_due;
static char pin_file[1024]; /* of the request that may bring a channel */

__attribute__((noreturn)) static void
die(const char *what, enum firma_err r)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "firma-ask: %s: %s\n", what, firma_err_name(r));
	exit(firma_err_exit(r));
}

static void
print_field(const struct firma_field *f, const uint8_t *at)
{
	(void)printf(" %s=", f->name);
	if (f->kind == FIRMA_U32) {
		(void)printf("%" PRIu32, *(const uint32_t *)(const void *)at);
	} else if (f->kind == FIRMA_U64) {
		(void)printf("%" PRIu64, *(const uint64_t *)(const void *)at);
	} else if (f->kind == FIRMA_STR) {
		const struct firma_str *s = (const void *)at;

		(void)printf("%.*s", (int)s->len, s->at);
	} else {
		const struct firma_bytes *b = (const void *)at;

		for (size_t i = 0; i < b->len; i++)
			(void)printf("%02x", b->at[i]);
	}
}

static void
print_answer(const struct firma_frame *f)
{
	const struct firma_msg_desc *d = firma_msg_find(f->type);
	union firma_msg_any m;
	enum firma_err r;

	if (d == NULL)
		die("unknown answer", FIRMA_ERR_SHAPE);
	r = firma_msg_decode(d->type, f->payload, &m, NULL);
	if (r != FIRMA_OK)
		die(d->name, r);
	(void)printf("%" PRIu64 " %s", f->id, d->name);
	for (size_t i = 0; i < d->n_fields; i++)
		print_field(&d->fields[i], m.room + d->fields[i].offset);
	if (d->type == FIRMA_MSG_error) {
		const struct firma_msg_error *e = (const void *)&m;

		(void)printf(
		    " name=%s", firma_err_name((enum firma_err)e->err));
	}
	(void)printf("\n");
	(void)fflush(stdout);
}

/* One packet a line, as firma gives PINs. */
static void
give_pins(int fd)
{
	FILE *f = fopen(pin_file, "re");
	char line[512];

	if (f == NULL)
		die(pin_file, FIRMA_ERR_NOT_FOUND);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
			(void)fprintf(stderr, "firma-ask: PIN not taken\n");
	}
	(void)fclose(f);
}

static bool
is_end(unsigned int type)
{
	return type == FIRMA_MSG_done || type == FIRMA_MSG_error ||
	    type == FIRMA_MSG_signed;
}

/* Take an answer if one comes until the deadline. */
static bool
receive(uint64_t deadline)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_frame f;
	struct firma_cause cause = { 0 };
	const enum firma_err r =
	    firma_channel_receive(&ch, deadline, &f, &fd, &cause);

	if (r == FIRMA_ERR_DEADLINE)
		return false;
	if (r != FIRMA_OK)
		die("answer", r);
	print_answer(&f);
	if (f.type == FIRMA_MSG_pin_channel && pin_file[0] != '\0')
		give_pins(fd);
	if (f.id == 0)
		die("the agent hung up", FIRMA_ERR_AGENT_GONE);
	if (is_end(f.type))
		n_due--;
	return true;
}

static void
wait_for_all(void)
{
	while (n_due > 0)
		if (!receive(firma_after(WAIT_NS)))
			die("answer", FIRMA_ERR_DEADLINE);
}

static void
set_field(const struct firma_msg_desc *d, union firma_msg_any *m, char *name,
    char *value, struct firma_buf *room)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct firma_field *f = &d->fields[i];
		void *at = m->room + f->offset;

		if (strcmp(f->name, name) != 0)
			continue;
		if (f->kind == FIRMA_U32) {
			*(uint32_t *)at = (uint32_t)strtoul(value, NULL, 10);
		} else if (f->kind == FIRMA_U64) {
			*(uint64_t *)at = strtoull(value, NULL, 10);
		} else if (f->kind == FIRMA_STR) {
			*(struct firma_str *)at = firma_str_of(value);
		} else {
			if (firma_unhex(value, room) != FIRMA_OK)
				die(value, FIRMA_ERR_SHAPE);
			*(struct firma_bytes *)at = firma_buf_view(room);
		}
		return;
	}
	die(name, FIRMA_ERR_NOT_FOUND);
}

static int
sealed(const char *path)
{
	FIRMA_OWN(firma_fd_done) int in = open(path, O_RDONLY | O_CLOEXEC);
	int fd = -1;
	enum firma_err r;

	if (in < 0)
		die(path, FIRMA_ERR_NOT_FOUND);
	r = firma_memfd_from_fd(in, FIRMA_DOCUMENT_MAX, &fd, NULL);
	if (r != FIRMA_OK)
		die(path, r);
	return fd;
}

static void
ask(uint64_t id, uint32_t ms, const struct firma_msg_desc *d, char **words)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf room = { 0 };
	FIRMA_OWN(firma_fd_done) int fd = -1;
	union firma_msg_any m = { 0 };
	enum firma_err r;

	pin_file[0] = '\0';
	for (; *words != NULL; words++) {
		char *value = strchr(*words, '=');

		if (value == NULL)
			die(*words, FIRMA_ERR_SHAPE);
		*value++ = '\0';
		if (strcmp(*words, "fd") == 0)
			fd = sealed(value);
		else if (strcmp(*words, "pin") == 0)
			(void)snprintf(pin_file, sizeof(pin_file), "%s", value);
		else
			set_field(d, &m, *words, value, &room);
	}
	r = firma_channel_send(
	    &ch, d->type, &m, id, ms, fd, firma_after(WAIT_NS), NULL);
	/* The agent is gone: what it answered before is here all the same. */
	if (r == FIRMA_ERR_AGENT_GONE)
		wait_for_all();
	if (r != FIRMA_OK)
		die(d->name, r);
	n_due++;
}

static void
take_line(char *line)
{
	char *words[WORDS_MAX] = { 0 }, *save = NULL;
	const struct firma_msg_desc *d = NULL, *table;
	const bool is_ahead = line[0] == '+';
	size_t n = 0, n_table;

	for (char *w = strtok_r(line + is_ahead, " ", &save);
	     w != NULL && n < WORDS_MAX - 1; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n == 0)
		return;
	table = firma_msg_table(&n_table);
	for (size_t i = 0; n >= 3 && i < n_table; i++)
		if (strcmp(table[i].name, words[2]) == 0)
			d = &table[i];
	if (d == NULL)
		die(line, FIRMA_ERR_SHAPE);
	ask(strtoull(words[0], NULL, 10), (uint32_t)strtoul(words[1], NULL, 10),
	    d, words + 3);
	if (!is_ahead)
		wait_for_all();
}

/* A line from standard input, answers meanwhile.  False at its end. */
static bool
next_line(char *line, size_t size)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = ch.fd, .events = POLLIN } };
	size_t len = 0;

	while (len < size - 1) {
		while (n_due > 0 && receive(0))
			;
		(void)poll(p, 2, -1);
		if (p[1].revents != 0 && !receive(0) && n_due == 0)
			die("unasked", FIRMA_ERR_SHAPE);
		if (p[0].revents == 0)
			continue;
		if (read(STDIN_FILENO, line + len, 1) != 1)
			return false;
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	return true;
}

int
main(int argc, char **argv)
{
	static char line[LINE_MAX_];
	struct firma_cause cause = { 0 };
	const struct firma_msg_hello hello = { .version_min = 1,
		.version_max = 1,
		.program = firma_str_of("firma-ask") };
	enum firma_err r;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: firma-ask SOCKET\n");
		return FIRMA_EXIT_USAGE;
	}
	firma_channel_init(&ch);
	r = firma_channel_connect(&ch, argv[1], firma_after(FIRMA_S), &cause);
	if (r == FIRMA_OK)
		r = firma_channel_send(&ch, FIRMA_MSG_hello, &hello, 1, 0, -1,
		    firma_after(FIRMA_S), &cause);
	if (r != FIRMA_OK)
		die(argv[1], r);
	n_due = 1;
	wait_for_all();
	while (next_line(line, sizeof(line)))
		take_line(line);
	wait_for_all();
	firma_channel_done(&ch);
	return 0;
}
