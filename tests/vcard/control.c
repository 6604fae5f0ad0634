/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "tests/vcard/out.h"
#include "tests/vcard/tlv.h"

#define LINE_MAX_ 8192 /* octets: a raw answer fits */
#define LINE_MS   1000 /* for a line to come */

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		out_die("%s is too long a path", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	return a;
}

int
control_listen(const char *path)
{
	const struct sockaddr_un a = address(path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 16) != 0)
		out_die("%s: %s", path, strerror(errno));
	return fd;
}

/* OpenSC shows no key without a whole description. */
static bool
is_described(struct state *s, unsigned key)
{
	const struct state_ef *ef = state_find(s, 0xc400 | key);
	struct firma_bytes in, value;
	unsigned tag;

	if (ef == NULL)
		return false;
	in = firma_buf_view(&ef->data);
	return tlv_next(&in, &tag, &value);
}

static void
status(struct reader *r, struct firma_buf *ret)
{
	struct state *s = &r->card.state;
	unsigned keys = 0, orphans = 0;

	for (size_t i = 0; i < s->n_efs; i++) {
		const unsigned id = s->efs[i].id;

		if (id >> 8 != 0xcc)
			continue;
		keys++;
		orphans += !is_described(s, id & 0xff);
	}
	out_text(ret, "in %d\nseen %d\nverified %d\nbusy %d\n", r->in, r->seen,
	    r->card.verified, r->busy);
	out_text(
	    ret, "user-tries %u\nso-tries %u\n", s->user.tries, s->so.tries);
	out_text(ret, "commands %lu\nfired %lu\nfiles %zu\nkeys %u\n",
	    r->n_commands, r->script.n_fired, s->n_efs, keys);
	out_text(ret, "undescribed-keys %u\n", orphans);
}

static const char *
obey(struct reader *r, char *line, struct firma_buf *ret)
{
	char *words = line;
	const char *verb = strsep(&words, " ");

	if (strcmp(verb, "fault") == 0 && words != NULL)
		return script_set(&r->script, words);
	if (strcmp(verb, "delay") == 0 && words != NULL)
		return script_delay(&r->script, words);
	if (words != NULL)
		return "no such command";
	if (strcmp(verb, "status") == 0)
		status(r, ret);
	else if (strcmp(verb, "pull") == 0)
		reader_pull(r);
	else if (strcmp(verb, "put") == 0)
		reader_put(r);
	else if (strcmp(verb, "real") == 0)
		script_real(&r->script);
	else if (strcmp(verb, "no-faults") == 0)
		reader_no_faults(r);
	else
		return "no such command";
	return NULL;
}

static bool
take_line(int fd, char line[LINE_MAX_])
{
	size_t n = 0;

	while (n < LINE_MAX_ - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, LINE_MS) != 1 || read(fd, line + n, 1) != 1)
			return false;
		if (line[n] == '\n') {
			line[n] = '\0';
			return true;
		}
		n++;
	}
	return false;
}

void
control_serve(int fd, struct reader *r)
{
	FIRMA_OWN(firma_fd_done)
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	char line[LINE_MAX_];
	const char *wrong;

	if (conn < 0 || !take_line(conn, line))
		return;
	wrong = obey(r, line, &answer);
	if (wrong != NULL)
		out_text(&answer, "error %s\n", wrong);
	if (answer.len == 0)
		out_text(&answer, "ok\n");
	(void)send(conn, answer.at, answer.len, MSG_NOSIGNAL);
}

int
control_say(const char *path, const char *line)
{
	const struct sockaddr_un a = address(path);
	FIRMA_OWN(firma_fd_done)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FIRMA_OWN(firma_buf_done) struct firma_buf words = { 0 };
	char got[LINE_MAX_];
	ssize_t n;
	size_t all = 0;

	out_put(&words, firma_bytes_of(line, strlen(line)));
	out_byte(&words, '\n');
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    send(fd, words.at, words.len, MSG_NOSIGNAL) != (ssize_t)words.len)
		out_die("%s: %s", path, strerror(errno));
	while (all < sizeof(got) &&
	    (n = read(fd, got + all, sizeof(got) - all)) > 0)
		all += (size_t)n;
	(void)fwrite(got, 1, all, stdout);
	return all == 0 || strncmp(got, "error ", 6) == 0;
}
