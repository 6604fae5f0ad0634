/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pades.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/text.h"
#include "cli/sandboxed.h"

#define DEADLINE (30 * FIRMA_S)

/* As firma-pdf leaves it, and as long when it is filled. */
static const char empty_range[] = "[0 0000000000 0000000000 0000000000]";
#define RANGE (sizeof(empty_range) - 1)

void
pades_plan_done(struct pades_plan *p)
{
	firma_buf_done(&p->out);
}

enum firma_err
pades_nonsense(struct firma_cause *cause, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_NONE, 0,
	    "the answer of firma-pdf: %s", what);
}

int
pades_take_text(const json_t *j, const char *name, char *ret, size_t size)
{
	const json_t *v = json_object_get(j, name);
	const size_t n = json_string_length(v);

	if (!json_is_string(v) || n >= size ||
	    strlen(json_string_value(v)) != n ||
	    !firma_text_is_clean(firma_bytes_of(json_string_value(v), n)))
		return 0;
	memcpy(ret, json_string_value(v), n + 1);
	return 1;
}

/* A length or a place, from min to max. */
static int
take_size(
    const json_t *j, const char *name, size_t min, size_t max, size_t *ret)
{
	const json_t *v = json_object_get(j, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (size_t)json_integer_value(v) < min ||
	    (size_t)json_integer_value(v) > max)
		return 0;
	*ret = (size_t)json_integer_value(v);
	return 1;
}

int
pades_refusal_from(const json_t *answer, struct pdf_refusal *ret)
{
	char name[32];

	if (!json_is_object(answer))
		return -1;
	if (json_object_get(answer, "refused") == NULL)
		return 0;
	return pades_take_text(answer, "refused", name, sizeof(name)) &&
		pdf_reason_from(name, &ret->reason) &&
		pades_take_text(
		    answer, "detail", ret->detail, sizeof(ret->detail))
	    ? 1
	    : -1;
}

/* The hole and the place of the range are in what is appended, and empty. */
static enum firma_err
check_hole(const struct pades_plan *p, size_t old, struct firma_cause *cause)
{
	const uint8_t *hole = p->out.at + (p->contents - old);
	const size_t end = p->contents + p->contents_len;

	if (p->contents_len % 2 != 0 || p->contents_len < 4 ||
	    end > old + p->out.len || hole[0] != '<' ||
	    hole[p->contents_len - 1] != '>')
		return pades_nonsense(cause, "no hole");
	for (size_t i = 1; i < p->contents_len - 1; i++)
		if (hole[i] != '0')
			return pades_nonsense(cause, "the hole is not empty");
	if (p->range + RANGE > old + p->out.len ||
	    (p->range + RANGE > p->contents && p->range < end) ||
	    memcmp(p->out.at + (p->range - old), empty_range, RANGE) != 0)
		return pades_nonsense(cause, "no range");
	return FIRMA_OK;
}

static enum firma_err
take_plan(const json_t *j, struct firma_bytes octets, size_t old,
    struct pades_plan *ret, struct firma_cause *cause)
{
	const size_t end = old + octets.len;
	size_t n;
	enum firma_err r;

	if (!take_size(j, "octets", 1, PADES_APPEND_MAX, &n) || n != octets.len)
		return pades_nonsense(cause, "octets");
	if (!take_size(j, "contents", old, end, &ret->contents) ||
	    !take_size(j, "contents_len", 4, octets.len, &ret->contents_len) ||
	    !take_size(j, "range", old, end, &ret->range))
		return pades_nonsense(cause, "places");
	if (!pades_take_text(j, "field", ret->field, sizeof(ret->field)))
		return pades_nonsense(cause, "field");
	if ((r = firma_buf_put(&ret->out, octets)) != FIRMA_OK)
		return r;
	return check_hole(ret, old, cause);
}

enum firma_err
pades_plan_parse(struct firma_bytes answer, size_t document_len,
    struct pades_plan *ret, struct firma_cause *cause)
{
	const uint8_t *nl =
	    answer.len == 0 ? NULL : memchr(answer.at, '\n', answer.len);
	FIRMA_OWN(pades_plan_done) struct pades_plan got = { 0 };
	enum firma_err r = FIRMA_OK;
	size_t line;
	json_t *j;

	if (nl == NULL || document_len > PADES_FILE_MAX)
		return pades_nonsense(cause, "no line");
	line = (size_t)(nl - answer.at);
	j = json_loadb(
	    (const char *)answer.at, line, JSON_REJECT_DUPLICATES, NULL);
	got.is_refused = pades_refusal_from(j, &got.why);
	if (got.is_refused < 0)
		r = pades_nonsense(cause, "not JSON that it may be");
	else if (got.is_refused == 0)
		r = take_plan(j, firma_bytes_of(nl + 1, answer.len - line - 1),
		    document_len, &got, cause);
	json_decref(j);
	if (r != FIRMA_OK)
		return r;
	pades_plan_done(ret);
	*ret = got;
	got.out = (struct firma_buf){ 0 };
	return FIRMA_OK;
}

enum firma_err
pades_ask(int document, json_t *question, struct firma_buf *ret,
    int *ret_is_refused, struct pdf_refusal *ret_why, struct firma_cause *cause)
{
	char *text = json_dumps(question, JSON_COMPACT);
	struct firma_cause how = { 0 };
	enum firma_err r;

	json_decref(question);
	if (text == NULL)
		return FIRMA_ERR_NOMEM;
	const struct sandboxed s = { .program = "firma-pdf",
		.ask = firma_bytes_of(text, strlen(text)),
		.document = document,
		.max = PADES_ANSWER_MAX,
		.deadline = firma_after(DEADLINE) };

	r = sandboxed_run(&s, ret, &how);
	free(text);
	*ret_is_refused = 1;
	if (r == FIRMA_ERR_SHAPE || r == FIRMA_ERR_LIMIT)
		(void)!pdf_refuse(ret_why, PDF_DAMAGED, "%s", how.what);
	else if (r == FIRMA_ERR_DEADLINE)
		(void)!pdf_refuse(ret_why, PDF_LIMIT,
		    "it takes more than %d seconds to read",
		    (int)(DEADLINE / FIRMA_S));
	else
		*ret_is_refused = 0;
	if (*ret_is_refused)
		return FIRMA_OK;
	if (r != FIRMA_OK && cause != NULL)
		*cause = how;
	return r;
}

enum firma_err
pades_plan_make(int document, json_t *question, struct pades_plan *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	struct firma_bytes view;
	size_t len;
	enum firma_err r;

	(void)json_object_set_new(question, "op", json_string("sign"));
	r = pades_ask(
	    document, question, &answer, &ret->is_refused, &ret->why, cause);
	if (r != FIRMA_OK || ret->is_refused)
		return r;
	if ((r = firma_memfd_map(document, PADES_FILE_MAX, &view, cause)) !=
	    FIRMA_OK)
		return r;
	len = view.len;
	firma_memfd_unmap(&view);
	return pades_plan_parse(firma_buf_view(&answer), len, ret, cause);
}

/* ISO 32000-1 12.8.1: from the beginning to the hole, and from there on. */
static void
write_range(struct pades_plan *p, size_t old)
{
	const size_t after = p->contents + p->contents_len;
	char text[64];

	(void)snprintf(text, sizeof(text), "[0 %010zu %010zu %010zu]",
	    p->contents, after, old + p->out.len - after);
	memcpy(p->out.at + (p->range - old), text, RANGE);
}

enum firma_err
pades_signed_part(int document, struct pades_plan *plan, int *ret_fd,
    struct firma_cause *cause)
{
	struct firma_bytes parts[3];
	size_t at, after;
	enum firma_err r;

	r = firma_memfd_map(document, PADES_FILE_MAX, &parts[0], cause);
	if (r != FIRMA_OK)
		return r;
	write_range(plan, parts[0].len);
	at = plan->contents - parts[0].len;
	after = at + plan->contents_len;
	parts[1] = firma_bytes_of(plan->out.at, at);
	parts[2] = firma_bytes_of(plan->out.at + after, plan->out.len - after);
	r = firma_memfd_from_parts(parts, 3, ret_fd, cause);
	firma_memfd_unmap(&parts[0]);
	return r;
}

static enum firma_err
verify(int signed_part, struct firma_bytes cms, struct firma_cause *cause)
{
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	struct firma_bytes content;
	enum firma_err r;

	r = firma_memfd_map(
	    signed_part, PADES_FILE_MAX + PADES_APPEND_MAX, &content, cause);
	if (r != FIRMA_OK)
		return r;
	r = firma_cms_verify(cms, content, &info, cause);
	firma_memfd_unmap(&content);
	/* EN 319 142-1 6.3: /M says when; the certificate is named. */
	if (r == FIRMA_OK &&
	    (info.signing_time != -1 || !info.has_signing_certificate))
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "its signed attributes are not those of PAdES");
	return r;
}

enum firma_err
pades_finish(int document, int signed_part, const struct pades_plan *plan,
    struct firma_bytes cms, int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_mem_done) char *hex = NULL;
	struct firma_bytes parts[4];
	size_t at;
	enum firma_err r;

	if (cms.len * 2 > plan->contents_len - 2)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a signature of %zu octets, there is room for %zu", cms.len,
		    (plan->contents_len - 2) / 2);
	if ((r = verify(signed_part, cms, cause)) != FIRMA_OK)
		return r;
	if ((hex = malloc(2 * cms.len + 1)) == NULL)
		return FIRMA_ERR_NOMEM;
	firma_hex(cms, hex);
	r = firma_memfd_map(document, PADES_FILE_MAX, &parts[0], cause);
	if (r != FIRMA_OK)
		return r;
	at = plan->contents + 1 - parts[0].len;
	parts[1] = firma_bytes_of(plan->out.at, at);
	parts[2] = firma_bytes_of(hex, 2 * cms.len);
	at += 2 * cms.len;
	parts[3] = firma_bytes_of(plan->out.at + at, plan->out.len - at);
	r = firma_memfd_from_parts(parts, 4, ret_fd, cause);
	firma_memfd_unmap(&parts[0]);
	return r;
}
