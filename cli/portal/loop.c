/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/own.h"
#include "agent/base/secret.h"
#include "cli/portal/confine.h"
#include "cli/portal/folder.h"
#include "cli/portal/lang.h"

#define CHUNK      ((size_t)4096)
#define EXIT_USAGE 2

/* 1: a line is in ret (without newline); 0: the end; -1: failed or too long. */
static int
read_line(struct firma_buf *in, struct firma_buf *ret)
{
	for (;;) {
		const uint8_t *nl =
		    in->len == 0 ? NULL : memchr(in->at, '\n', in->len);
		ssize_t n;

		if (nl != NULL) {
			const size_t len = (size_t)(nl - in->at);

			ret->len = 0;
			if (firma_buf_put(ret, firma_bytes_of(in->at, len)) !=
			    FIRMA_OK)
				return -1;
			firma_buf_drop(in, len + 1);
			return 1;
		}
		if (in->len >= PORTAL_LINE_MAX ||
		    firma_buf_reserve(in, CHUNK) != FIRMA_OK)
			return -1;
		n = read(STDIN_FILENO, in->at + in->len, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 || in->len > 0 ? -1 : 0;
		in->len += (size_t)n;
	}
}

static void
answer_one(const struct portal_helper *helper, int dir, int *opened,
    struct firma_bytes line, long long *ret_id, struct portal_answer *ret)
{
	struct portal_request q = { 0 };
	struct firma_cause cause = { 0 };

	if (portal_request_parse(line, &q, &cause) != FIRMA_OK) {
		*ret_id = q.id;
		portal_answer_fail(
		    ret, PORTAL_REJECTED, PORTAL_REASON_USAGE, cause.what);
		return;
	}
	*ret_id = q.id;
	if (q.op == PORTAL_OP_OPEN)
		portal_lang(q.lang);
	if (q.op != PORTAL_OP_OPEN && !*opened)
		portal_answer_fail(ret, PORTAL_REJECTED, PORTAL_REASON_USAGE,
		    "the first request must be \"open\"");
	else {
		helper->answer(helper->cls, dir, &q, ret);
		if (q.op == PORTAL_OP_OPEN)
			*opened = ret->outcome == PORTAL_OK;
	}
	portal_request_done(&q);
}

/* 0 when stdin ended after a whole line. */
static int
loop(const struct portal_helper *helper, int dir)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };
	int opened = 0, got;

	while ((got = read_line(&in, &line)) > 0) {
		FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
		FIRMA_OWN(portal_answer_done) struct portal_answer a = { 0 };
		long long id = 0;

		answer_one(
		    helper, dir, &opened, firma_buf_view(&line), &id, &a);
		if (portal_answer_line(&a, id, &out) != FIRMA_OK ||
		    firma_fd_write(STDOUT_FILENO, firma_buf_view(&out)) !=
			FIRMA_OK) {
			(void)fprintf(stderr, "%s: %s\n", helper->name,
			    _("the answer could not be written"));
			return 1;
		}
	}
	if (got < 0)
		(void)fprintf(stderr, "%s: %s\n", helper->name,
		    _("a request is cut off or too long"));
	return got < 0;
}

int
portal_helper_main(const struct portal_helper *helper, int argc, char **argv)
{
	FIRMA_OWN(firma_fd_done) int dir = -1;
	struct firma_cause cause = { 0 };

	/* A request may have a login in it. */
	json_set_alloc_funcs(malloc, firma_wiping_free);
	portal_lang("");
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("%s %s\n", helper->name, FIRMA_VERSION) < 0;
	if (argc != 3 || strcmp(argv[1], "--dir") != 0) {
		(void)fprintf(stderr,
		    _("usage: %s --dir DIR\nIt is started by firma; see "
		      "PROTOCOL.md.\n"),
		    helper->name);
		return EXIT_USAGE;
	}
	if (portal_confine_begin(&cause) != FIRMA_OK ||
	    portal_folder_open(argv[2], &dir, &cause) != FIRMA_OK ||
	    portal_confine_finish((enum portal_confine)helper->confine, dir,
		&cause) != FIRMA_OK) {
		(void)fprintf(stderr, "%s: %s: %s\n", helper->name, cause.what,
		    cause.kind == FIRMA_CAUSE_ERRNO ? strerror((int)cause.code)
						    : "");
		return 1;
	}
	return loop(helper, dir);
}
