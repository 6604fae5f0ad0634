/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/say.h"

#define DETAIL_MAX 1024 /* octets, with the terminating zero */

static const struct {
	const char *id;
	enum finding_weight weight;
	enum firma_exit status;
	const char *what, *advice; /* English; advice may be "" */
} table[] = {
#define X(name, id, weight, exit, what, advice) \
	[FINDING_##                             \
	    name] = { id, FINDING_##weight, FIRMA_EXIT_##exit, what, advice },
	FINDING_LIST(X)
#undef X
};

void
visit_init(struct visit *v)
{
	*v = (struct visit){ .list = json_array() };
}

int
visit_end(struct visit *v)
{
	if (out_is_json())
		out_json(v->list);
	else
		json_decref(v->list);
	v->list = NULL;
	return v->status;
}

static void
add(struct visit *v, enum finding_id id, enum finding_weight w, int status,
    const char *advice, const char *detail)
{
	static const char *const names[] = { "good", "advice", "trouble" };
	static const enum out_colour colours[] = { OUT_GOOD, OUT_WARN,
		OUT_BAD };
	static const char *const marks[] = { N_("fine"), N_("note"),
		N_("TROUBLE") };
	const char *what = _(table[id].what);

	if (w == FINDING_TROUBLE && v->status == 0)
		v->status = status;
	if (out_is_json()) {
		(void)json_array_append_new(v->list,
		    json_pack("{ss ss ss ss ss}", "id", table[id].id, "verdict",
			names[w], "what", what, "detail", detail, "advice",
			w == FINDING_GOOD ? "" : advice));
		return;
	}
	out_coloured(colours[w], "%s: %s%s%s", _(marks[w]), what,
	    detail[0] != '\0' ? ": " : "", detail);
	if (advice[0] != '\0' && w != FINDING_GOOD)
		out_line("  -> %s", advice);
}

static const char *
advice_of(enum finding_id id)
{
	return table[id].advice[0] != '\0' ? _(table[id].advice) : "";
}

void
finding_add(struct visit *v, enum finding_id id, const char *fmt, ...)
{
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(v, id, table[id].weight, (int)table[id].status, advice_of(id),
	    detail);
}

void
finding_note(struct visit *v, enum finding_id id, const char *fmt, ...)
{
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(v, id, FINDING_ADVICE, 0, advice_of(id), detail);
}

void
finding_error(
    struct visit *v, enum finding_id id, enum firma_err e, const char *fmt, ...)
{
	const char *advice = say_advice(e);
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(v, id, table[id].weight, (int)firma_err_exit(e),
	    advice != NULL ? advice : advice_of(id), detail);
}
