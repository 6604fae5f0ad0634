/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/behave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "tests/rehearsal/file.h"

#define SEPARATORS ", \t\r\n"
#define ENTRY_MAX  96 /* octets, with the terminating zero */
#define COUNT_MAX  1000000L

static const struct {
	const char *word;
	unsigned int ops;
} words[REHEARSAL_N_BEHAVES] = {
#define X(id, word, ops) { word, ops },
	REHEARSAL_BEHAVE_LIST(X)
#undef X
};

struct entry {
	int what;         /* enum rehearsal_behave, -1: not of the grammar */
	unsigned int ops; /* bits */
	long count;       /* -1: always */
	char text[ENTRY_MAX];
};

/* Split "word@op:count" in place. */
static void
parse_entry(char *s, struct entry *ret)
{
	char *colon = strchr(s, ':'), *at, *end = NULL;
	int op = -1;

	ret->what = -1;
	ret->count = -1;
	if (colon != NULL) {
		*colon = '\0';
		ret->count = strtol(colon + 1, &end, 10);
		if (colon[1] == '\0' || *end != '\0' || ret->count < 0 ||
		    ret->count > COUNT_MAX)
			return;
	}
	if ((at = strchr(s, '@')) != NULL) {
		*at = '\0';
		if ((op = rehearsal_op_by_name(at + 1)) < 0)
			return;
	}
	for (int i = 0; i < REHEARSAL_N_BEHAVES; i++)
		if (strcmp(s, words[i].word) == 0) {
			ret->what = i;
			ret->ops = op < 0 ? words[i].ops : 1U << op;
		}
}

/* The next entry of *list; 0 at its end. */
static int
next_entry(const char **list, struct entry *ret)
{
	char s[ENTRY_MAX];
	size_t n;

	*list += strspn(*list, SEPARATORS);
	if ((n = strcspn(*list, SEPARATORS)) == 0)
		return 0;
	(void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)n, *list);
	(void)snprintf(s, sizeof(s), "%s", ret->text);
	*list += n;
	parse_entry(s, ret);
	if (n >= ENTRY_MAX)
		ret->what = -1;
	return 1;
}

int
rehearsal_behave_bad(const char *list, char *ret, size_t len)
{
	struct entry e;

	while (next_entry(&list, &e))
		if (e.what < 0) {
			(void)snprintf(ret, len, "%s", e.text);
			return 1;
		}
	return 0;
}

enum firma_err
rehearsal_behave_load(struct rehearsal_state *st, const char *given)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	json_t *now = json_object_get(st->root, "behave");
	enum firma_err r;

	r = rehearsal_file_read(st->dir, "behave", REHEARSAL_BEHAVE_MAX, &text);
	if (r == FIRMA_ERR_NOT_FOUND)
		r = firma_buf_put_str(&text, given);
	if (r != FIRMA_OK || (r = firma_buf_put_u8(&text, 0)) != FIRMA_OK)
		return r;
	if (strcmp(rehearsal_text(now, "list"), (const char *)text.at) == 0)
		return FIRMA_OK;
	if ((r = rehearsal_set_text(now, "list", (const char *)text.at)) !=
	    FIRMA_OK)
		return r;
	return json_object_set_new(now, "used", json_object()) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

int
rehearsal_behave_take(struct rehearsal_state *st, enum rehearsal_behave what,
    enum rehearsal_op op)
{
	json_t *now = json_object_get(st->root, "behave");
	json_t *used = json_object_get(now, "used");
	const char *list = rehearsal_text(now, "list");
	struct entry e;

	while (next_entry(&list, &e)) {
		long long n;

		if (e.what != (int)what || (e.ops & 1U << op) == 0)
			continue;
		n = rehearsal_number(used, e.text);
		if (e.count >= 0 && n >= e.count)
			continue;
		/* Unable to count is unable to stop: then do not begin. */
		return rehearsal_set_number(used, e.text, n + 1) == FIRMA_OK;
	}
	return 0;
}
