/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/answer.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"

static const char *const reasons[] = { "",
#define X(id, name) name,
	PORTAL_REASON_LIST(X)
#undef X
};

void
portal_answer_done(struct portal_answer *a)
{
	json_decref(a->fields);
	a->fields = NULL;
}

/* The length of the clean character at v, or 0. */
static size_t
clean_length(struct firma_bytes v)
{
	for (size_t n = 1; n <= 4 && n <= v.len; n++)
		if (portal_text_clean(firma_bytes_of(v.at, n)))
			return n;
	return 0;
}

void
portal_answer_text(struct portal_answer *a, struct firma_bytes text)
{
	size_t out = 0;

	while (text.len > 0) {
		size_t n = clean_length(text);
		const int blank = n == 0 &&
		    (text.at[0] == '\n' || text.at[0] == '\r' ||
			text.at[0] == '\t');

		if (out + (n == 0 ? 1 : n) >= sizeof(a->text))
			break;
		if (n == 0) {
			a->text[out++] = blank ? ' ' : '?';
			n = 1;
		} else {
			memcpy(a->text + out, text.at, n);
			out += n;
		}
		text = firma_bytes_of(text.at + n, text.len - n);
	}
	a->text[out] = '\0';
}

enum firma_err
portal_answer_field(
    struct portal_answer *a, const char *name, const char *value)
{
	if (a->fields == NULL && (a->fields = json_object()) == NULL)
		return FIRMA_ERR_NOMEM;
	if (json_object_size(a->fields) >= PORTAL_FIELDS_MAX ||
	    strlen(value) > PORTAL_FIELD_MAX)
		return FIRMA_ERR_LIMIT;
	return json_object_set_new(a->fields, name, json_string(value)) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

void
portal_answer_fail(struct portal_answer *a, enum portal_outcome outcome,
    enum portal_reason reason, const char *text)
{
	json_decref(a->fields);
	a->fields = NULL;
	a->file[0] = '\0';
	a->outcome = outcome;
	portal_answer_text(a, firma_bytes_of(text, strlen(text)));
	/* Without memory for the reason, the outcome and the text still hold. */
	if (reason != PORTAL_REASON_NONE &&
	    portal_answer_field(a, "reason", reasons[reason]) != FIRMA_OK)
		return;
}

enum firma_err
portal_answer_line(
    const struct portal_answer *a, long long id, struct firma_buf *ret)
{
	FIRMA_OWN(firma_mem_done) char *s = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };
	json_t *o;
	enum firma_err r;

	o = json_pack("{s:I, s:s, s:s, s:s, s:o, s:s, s:i}", "id",
	    (json_int_t)id, "outcome", portal_outcome_name(a->outcome), "text",
	    a->text, "session", a->session, "fields",
	    a->fields == NULL ? json_object() : json_incref(a->fields), "file",
	    a->file, "retry_after", (int)a->retry_after);
	if (o == NULL)
		return FIRMA_ERR_NOMEM;
	s = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (s == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = firma_buf_put_str(&line, s)) != FIRMA_OK ||
	    (r = firma_buf_put_u8(&line, '\n')) != FIRMA_OK)
		return r;
	if (line.len > PORTAL_LINE_MAX)
		return FIRMA_ERR_LIMIT;
	return firma_buf_put(ret, firma_buf_view(&line));
}
