/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/question.h"

#include <string.h>

#include <jansson.h>

#include "agent/base/own.h"
#include "cli/pdf/look.h"
#include "cli/pdf/prepare.h"

/* Absent is "". */
static int
take_text(const json_t *j, const char *name, char *ret, size_t size)
{
	const json_t *v = json_object_get(j, name);

	ret[0] = '\0';
	if (v == NULL)
		return 1;
	if (!json_is_string(v) || json_string_length(v) >= size ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return 0;
	memcpy(ret, json_string_value(v), json_string_length(v) + 1);
	return 1;
}

static int
take_int(const json_t *j, const char *name, long long *ret)
{
	const json_t *v = json_object_get(j, name);

	if (!json_is_integer(v))
		return 0;
	*ret = json_integer_value(v);
	return 1;
}

static int
take_number(const json_t *j, const char *name, double *ret)
{
	const json_t *v = json_object_get(j, name);

	if (!json_is_number(v))
		return 0;
	*ret = json_number_value(v);
	return 1;
}

static int
take_id(const json_t *j, uint8_t ret[PDF_ID_OCTETS])
{
	FIRMA_OWN(firma_buf_done) struct firma_buf id = { 0 };
	char hex[2 * PDF_ID_OCTETS + 1];

	if (!take_text(j, "id", hex, sizeof(hex)) ||
	    firma_unhex(hex, &id) != FIRMA_OK || id.len != PDF_ID_OCTETS)
		return 0;
	memcpy(ret, id.at, PDF_ID_OCTETS);
	return 1;
}

static int
take_place(const json_t *j, struct pdf_ask *ret)
{
	const json_t *v = json_object_get(j, "visible");

	if (v == NULL)
		return 1;
	ret->is_visible = 1;
	return take_int(v, "page", &ret->page) &&
	    take_number(v, "x", &ret->x) && take_number(v, "y", &ret->y) &&
	    take_number(v, "w", &ret->w) && take_number(v, "h", &ret->h);
}

/* The name of the part that makes no sense, or NULL. */
static const char *
take_ask(const json_t *j, struct pdf_ask *ret)
{
	if (!take_text(j, "field", ret->field, sizeof(ret->field)))
		return "field";
	if (!take_text(j, "name", ret->name, sizeof(ret->name)))
		return "name";
	if (!take_text(j, "reason", ret->reason, sizeof(ret->reason)))
		return "reason";
	if (!take_text(j, "location", ret->location, sizeof(ret->location)))
		return "location";
	if (!take_text(j, "contact", ret->contact, sizeof(ret->contact)))
		return "contact";
	if (!take_text(j, "text", ret->text, sizeof(ret->text)))
		return "text";
	if (!take_int(j, "time", &ret->time))
		return "time";
	if (!take_int(j, "octets", &ret->octets))
		return "octets";
	if (!take_id(j, ret->id))
		return "id";
	return take_place(j, ret) ? NULL : "visible";
}

/* Takes j.  One line. */
static enum firma_err
put_json(json_t *j, struct firma_buf *ret)
{
	char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
	enum firma_err r;

	json_decref(j);
	if (text == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = firma_buf_put_str(ret, text)) == FIRMA_OK)
		r = firma_buf_put_u8(ret, '\n');
	free(text);
	return r;
}

static enum firma_err
put_refusal(const struct pdf_refusal *why, struct firma_buf *ret)
{
	return put_json(
	    json_pack("{ss ss}", "refused", pdf_reason_name(why->reason),
		"detail", why->detail),
	    ret);
}

static enum firma_err
answer_sign(const json_t *j, struct firma_bytes document, struct firma_buf *ret,
    struct pdf_refusal *why)
{
	FIRMA_OWN(pdf_prepared_done) struct pdf_prepared p = { 0 };
	struct pdf_ask ask = { 0 };
	const char *wrong = take_ask(j, &ask);
	enum firma_err r;

	if (wrong != NULL)
		return pdf_refuse(why, PDF_QUESTION, "%s", wrong);
	if ((r = pdf_prepare(document, &ask, &p, why)) != FIRMA_OK ||
	    (r = put_json(
		 json_pack("{sI sI sI sI ss}", "octets", (json_int_t)p.out.len,
		     "contents", (json_int_t)p.contents, "contents_len",
		     (json_int_t)p.contents_len, "range", (json_int_t)p.range,
		     "field", p.field),
		 ret)) != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&p.out));
}

static const char *const laters[] = {
#define X(name, text) [PDF_LATER_##name] = (text),
	PDF_LATERS(X)
#undef X
};

static json_t *
signature_json(const struct pdf_signature *s)
{
	json_t *range = json_array();

	for (int i = 0; s->has_range && i < 4; i++)
		(void)json_array_append_new(range, json_integer(s->range[i]));
	return json_pack("{ss ss ss ss ss ss ss so sb sb si ss ss}", "field",
	    s->field, "subfilter", s->subfilter, "name", s->name, "reason",
	    s->reason, "location", s->location, "contact", s->contact, "time",
	    s->time, "range", range, "fits", s->fits, "in_its_state",
	    s->is_in_its_state, "permission", s->permission, "later",
	    laters[s->later], "what", s->what);
}

static enum firma_err
answer_look(
    struct firma_bytes document, struct firma_buf *ret, struct pdf_refusal *why)
{
	FIRMA_OWN(pdf_look_done) struct pdf_look l = { 0 };
	json_t *signatures, *empty;
	enum firma_err r;

	if ((r = pdf_look(document, &l, why)) != FIRMA_OK)
		return r;
	signatures = json_array();
	empty = json_array();
	for (size_t i = 0; i < l.n; i++)
		(void)json_array_append_new(
		    signatures, signature_json(&l.at[i]));
	for (size_t i = 0; i < l.n_empty; i++)
		(void)json_array_append_new(empty, json_string(l.empty[i]));
	return put_json(
	    json_pack("{si sb so so}", "pages", l.n_pages, "xfa", l.has_xfa,
		"signatures", signatures, "empty", empty),
	    ret);
}

static enum firma_err
answer(const json_t *j, struct firma_bytes document, struct firma_buf *ret,
    struct pdf_refusal *why)
{
	char op[8];

	if (!json_is_object(j) || !take_text(j, "op", op, sizeof(op)))
		return pdf_refuse(why, PDF_QUESTION, "op");
	if (strcmp(op, "sign") == 0)
		return answer_sign(j, document, ret, why);
	if (strcmp(op, "look") == 0)
		return answer_look(document, ret, why);
	return pdf_refuse(why, PDF_QUESTION, "op");
}

enum firma_err
pdf_answer(struct firma_bytes question, struct firma_bytes document,
    struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct pdf_refusal why = { 0 };
	json_t *j = json_loadb((const char *)question.at, question.len,
	    JSON_REJECT_DUPLICATES, NULL);
	enum firma_err r = answer(j, document, &got, &why);

	json_decref(j);
	if (r == FIRMA_ERR_LIMIT)
		r = pdf_refuse(&why, PDF_LIMIT, "an object is too large");
	if (r == FIRMA_ERR_SHAPE) {
		got.len = 0;
		r = put_refusal(&why, &got);
	}
	return r == FIRMA_OK ? firma_buf_put(ret, firma_buf_view(&got)) : r;
}
