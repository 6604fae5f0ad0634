/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/confine.h"

#define HEAD  1024 /* octets in which readers look for "%PDF-" */
#define WHOLE (PADES_FILE_MAX + PADES_APPEND_MAX)

void
explained_pdf_done(struct explained_pdf *e)
{
	for (size_t i = 0; i < e->n; i++) {
		firma_cms_info_done(&e->at[i].cms);
		firma_cms_stamps_done(&e->at[i].stamps);
		firma_timestamp_done(&e->at[i].stamp);
	}
	free(e->at);
	free(e->empty);
	*e = (struct explained_pdf){ 0 };
}

int
explain_pdf_is(struct firma_bytes file)
{
	const size_t n = file.len < HEAD ? file.len : HEAD;

	return n >= 5 && memmem(file.at, n, "%PDF-", 5) != NULL;
}

static int
number(const char **at, int digits, int *ret)
{
	*ret = 0;
	for (; digits > 0; digits--, (*at)++) {
		if (**at < '0' || **at > '9')
			return 0;
		*ret = *ret * 10 + (**at - '0');
	}
	return 1;
}

/* ISO 32000-1 7.9.4, with its seconds. */
int64_t
explain_pdf_time(const char *text)
{
	struct tm tm = { 0 };
	int hours = 0, minutes = 0, sign;
	int64_t t;

	if (strncmp(text, "D:", 2) != 0)
		return -1;
	text += 2;
	if (!number(&text, 4, &tm.tm_year) || !number(&text, 2, &tm.tm_mon) ||
	    !number(&text, 2, &tm.tm_mday) || !number(&text, 2, &tm.tm_hour) ||
	    !number(&text, 2, &tm.tm_min) || !number(&text, 2, &tm.tm_sec) ||
	    tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return -1;
	sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
	if (sign != 0) {
		text++;
		if (!number(&text, 2, &hours) || hours > 23)
			return -1;
		if (*text == '\'')
			text++;
		if (*text != '\0' &&
		    (!number(&text, 2, &minutes) || minutes > 59))
			return -1;
	} else if (*text != 'Z') {
		return -1; /* local to nobody knows where */
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm) - sign * (hours * 3600 + minutes * 60);
	return t < 0 ? -1 : t;
}

static int
take_flag(const json_t *j, const char *name, int *ret)
{
	const json_t *v = json_object_get(j, name);

	*ret = json_is_true(v);
	return json_is_boolean(v);
}

static int
take_later(const json_t *j, enum pdf_later *ret)
{
	static const char *const names[] = {
#define X(name, text) [PDF_LATER_##name] = (text),
		PDF_LATERS(X)
#undef X
	};
	char text[16];

	if (!pades_take_text(j, "later", text, sizeof(text)))
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0) {
			*ret = (enum pdf_later)i;
			return 1;
		}
	return 0;
}

/* None, or four numbers in order that lie in the file. */
static int
take_range(const json_t *j, size_t len, struct explained_signature *ret)
{
	const json_t *v = json_object_get(j, "range");
	size_t *r = ret->range;

	if (!json_is_array(v))
		return 0;
	if (json_array_size(v) == 0)
		return 1;
	if (json_array_size(v) != 4)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		const json_t *n = json_array_get(v, i);

		if (!json_is_integer(n) || json_integer_value(n) < 0 ||
		    (size_t)json_integer_value(n) > len)
			return 0;
		r[i] = (size_t)json_integer_value(n);
	}
	ret->has_range = 1;
	return r[0] + r[1] <= r[2] && r[2] + r[3] <= len;
}

/* Which part of it makes no sense, or NULL. */
static const char *
take_signature(const json_t *j, size_t len, struct explained_signature *s)
{
	const json_t *permission = json_object_get(j, "permission");

	if (!pades_take_text(j, "field", s->field, sizeof(s->field)) ||
	    !pades_take_text(
		j, "subfilter", s->subfilter, sizeof(s->subfilter)) ||
	    !pades_take_text(j, "what", s->what, sizeof(s->what)) ||
	    !pades_take_text(j, "name", s->name, sizeof(s->name)) ||
	    !pades_take_text(j, "reason", s->reason, sizeof(s->reason)) ||
	    !pades_take_text(j, "location", s->location, sizeof(s->location)) ||
	    !pades_take_text(j, "contact", s->contact, sizeof(s->contact)) ||
	    !pades_take_text(j, "time", s->time, sizeof(s->time)))
		return "a text";
	if (!take_flag(j, "fits", &s->fits) ||
	    !take_flag(j, "in_its_state", &s->is_in_its_state) ||
	    !take_later(j, &s->later))
		return "a flag";
	if (!json_is_integer(permission) ||
	    json_integer_value(permission) < 0 ||
	    json_integer_value(permission) > 3)
		return "permission";
	s->permission = (int)json_integer_value(permission);
	return take_range(j, len, s) ? NULL : "range";
}

static enum firma_err
take_lists(
    const json_t *j, struct explained_pdf *ret, struct firma_cause *cause)
{
	const json_t *signatures = json_object_get(j, "signatures");
	const json_t *empty = json_object_get(j, "empty");
	const size_t n = json_array_size(signatures);
	const size_t m = json_array_size(empty);
	const char *wrong;

	if (!json_is_array(signatures) || n > EXPLAIN_PDF_SIGNATURES ||
	    !json_is_array(empty) || m > EXPLAIN_PDF_SIGNATURES)
		return pades_nonsense(cause, "lists");
	ret->at = calloc(n + 1, sizeof(*ret->at));
	ret->empty = calloc(m + 1, sizeof(*ret->empty));
	if (ret->at == NULL || ret->empty == NULL)
		return FIRMA_ERR_NOMEM;
	for (; ret->n < n; ret->n++)
		if ((wrong = take_signature(json_array_get(signatures, ret->n),
			 ret->len, &ret->at[ret->n])) != NULL)
			return pades_nonsense(cause, wrong);
	for (; ret->n_empty < m; ret->n_empty++) {
		const json_t *v = json_array_get(empty, ret->n_empty);
		const size_t len = json_string_length(v);

		if (!json_is_string(v) || len >= PADES_FIELD ||
		    strlen(json_string_value(v)) != len ||
		    !firma_text_is_clean(
			firma_bytes_of(json_string_value(v), len)))
			return pades_nonsense(cause, "empty");
		memcpy(ret->empty[ret->n_empty], json_string_value(v), len + 1);
	}
	return FIRMA_OK;
}

static enum firma_err
take_answer(
    const json_t *j, struct explained_pdf *ret, struct firma_cause *cause)
{
	const json_t *pages = json_object_get(j, "pages");

	ret->is_refused = pades_refusal_from(j, &ret->why);
	if (ret->is_refused < 0) {
		ret->is_refused = 0;
		return pades_nonsense(cause, "not JSON that it may be");
	}
	if (ret->is_refused)
		return FIRMA_OK;
	if (!json_is_integer(pages) || json_integer_value(pages) < 0 ||
	    json_integer_value(pages) > 1000000)
		return pades_nonsense(cause, "pages");
	ret->n_pages = (int)json_integer_value(pages);
	if (!take_flag(j, "xfa", &ret->has_xfa))
		return pades_nonsense(cause, "xfa");
	return take_lists(j, ret, cause);
}

enum firma_err
explain_pdf_parse(struct firma_bytes answer, size_t len,
    struct explained_pdf *ret, struct firma_cause *cause)
{
	json_t *j = json_loadb(
	    (const char *)answer.at, answer.len, JSON_REJECT_DUPLICATES, NULL);
	enum firma_err r;

	ret->len = len;
	r = take_answer(j, ret, cause);
	json_decref(j);
	return r;
}

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octets between the ranges are one string in hexadecimal. */
static enum firma_err
open_hole(struct firma_bytes hole, struct firma_buf *ret)
{
	enum firma_err r;

	if (hole.len < 4 || hole.len % 2 != 0 || hole.at[0] != '<' ||
	    hole.at[hole.len - 1] != '>')
		return FIRMA_ERR_SHAPE;
	if ((r = firma_buf_reserve(ret, hole.len / 2)) != FIRMA_OK)
		return r;
	for (size_t i = 1; i + 1 < hole.len; i += 2) {
		const int high = digit(hole.at[i]);
		const int low = digit(hole.at[i + 1]);

		if (high < 0 || low < 0)
			return FIRMA_ERR_SHAPE;
		ret->at[ret->len++] = (uint8_t)(high << 4 | low);
	}
	return FIRMA_OK;
}

/* Of the SignedData at the front, and nothing but zeros behind it; 0: no. */
static size_t
message_length(struct firma_bytes v)
{
	const unsigned char *at = v.at;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)v.len);
	size_t n;

	if (cms == NULL)
		return 0;
	CMS_ContentInfo_free(cms);
	n = (size_t)(at - v.at);
	for (size_t i = n; i < v.len; i++)
		if (v.at[i] != 0)
			return 0;
	return n;
}

static enum firma_err
wrong(struct explained_signature *s, enum firma_err r, const char *what)
{
	s->verdict = firma_fail(&s->cause, r, FIRMA_CAUSE_NONE, 0, "%s", what);
	return FIRMA_OK;
}

/* What signatures are compared with. */
struct beside {
	const struct firma_certificate *ca; /* or NULL */
	struct firma_bytes tsa_ca;
	int64_t now;
};

/* Over the two ranges, one after the other. */
static enum firma_err
map_covered(struct explained_signature *s, struct firma_bytes file,
    struct firma_bytes *ret)
{
	const struct firma_bytes parts[2] = {
		firma_bytes_of(file.at + s->range[0], s->range[1]),
		firma_bytes_of(file.at + s->range[2], s->range[3])
	};
	FIRMA_OWN(firma_fd_done) int fd = -1;
	enum firma_err r;

	if ((r = firma_memfd_from_parts(parts, 2, &fd, &s->cause)) != FIRMA_OK)
		return r;
	return firma_memfd_map(fd, WHOLE, ret, &s->cause);
}

static enum firma_err
read_message(struct explained_signature *s, struct firma_bytes content,
    struct firma_bytes der)
{
	enum firma_err r, says = FIRMA_OK;

	r = firma_cms_read(der, content, &s->cms, &says, &s->cause);
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL)
		return r;
	s->verdict = r == FIRMA_OK ? says : r;
	if (s->verdict == FIRMA_OK && s->cms.is_attached)
		return wrong(s, FIRMA_ERR_SIGNATURE,
		    "it signs what is in itself, not the file");
	return FIRMA_OK;
}

static enum firma_err
judge_signature(struct explained_signature *s, struct firma_bytes content,
    struct firma_bytes der, const struct beside *with)
{
	enum firma_err r;

	if ((r = read_message(s, content, der)) != FIRMA_OK)
		return r;
	if (s->cms.signer == NULL)
		return FIRMA_OK;
	r = firma_cms_stamps(der, with->tsa_ca, &s->stamps, NULL);
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_CONFIG)
		return r;
	s->odd = firma_oddities_of_cms(&s->cms) |
	    firma_oddities_of_certificate(s->cms.signer, with->now);
	if (s->at >= 0 &&
	    (s->at < firma_certificate_not_before(s->cms.signer) ||
		firma_certificate_is_expired(s->cms.signer, s->at)))
		s->odd |= FIRMA_ODD(OUTSIDE);
	if (s->verdict == FIRMA_OK && with->ca != NULL &&
	    !firma_certificate_issued_by(s->cms.signer, with->ca))
		s->verdict = FIRMA_ERR_CERT_ISSUER;
	return FIRMA_OK;
}

/* ISO 32000-2 12.8.5: its token is over the octets themselves. */
static enum firma_err
judge_stamp(struct explained_signature *s, struct firma_bytes content,
    struct firma_bytes der, const struct beside *with)
{
	const struct firma_timestamp_expect expect = { .data = content,
		.ca = with->tsa_ca };
	enum firma_err r, says = FIRMA_OK;

	r = firma_timestamp_read(der, &expect, &s->stamp, &says, &s->cause);
	if (r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_CONFIG ||
	    r == FIRMA_ERR_INTERNAL)
		return r;
	s->verdict = r == FIRMA_OK ? says : r;
	return FIRMA_OK;
}

/* The octets of its message are the hole of its own ranges, in its own state. */
static enum firma_err
open_message(struct explained_signature *s, struct firma_bytes file,
    struct firma_buf *ret)
{
	enum firma_err r;

	if (!s->has_range || s->range[0] != 0)
		return wrong(s, FIRMA_ERR_SIGNATURE,
		    "its /ByteRange is not that of a signature");
	r = open_hole(
	    firma_bytes_of(file.at + s->range[1], s->range[2] - s->range[1]),
	    ret);
	if (r == FIRMA_ERR_NOMEM)
		return r;
	if (r != FIRMA_OK || !s->fits)
		return wrong(s, FIRMA_ERR_SIGNATURE,
		    "what its /ByteRange leaves out is not the signature "
		    "alone");
	if (!s->is_in_its_state)
		return wrong(s, FIRMA_ERR_SIGNATURE,
		    "it was not in the file that it covers");
	if ((ret->len = message_length(firma_buf_view(ret))) == 0)
		return wrong(s, FIRMA_ERR_SHAPE,
		    "its /Contents is no SignedData and zeros");
	return FIRMA_OK;
}

static enum firma_err
judge(struct explained_signature *s, struct firma_bytes file,
    const struct beside *with)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct firma_bytes content;
	enum firma_err r;

	s->at = explain_pdf_time(s->time);
	s->is_stamp = strcmp(s->subfilter, "ETSI.RFC3161") == 0;
	if (!s->is_stamp && strcmp(s->subfilter, "ETSI.CAdES.detached") != 0 &&
	    strcmp(s->subfilter, "adbe.pkcs7.detached") != 0)
		return wrong(s, FIRMA_ERR_NOT_SUPPORTED, s->subfilter);
	if ((r = open_message(s, file, &der)) != FIRMA_OK ||
	    s->verdict != FIRMA_OK)
		return r;
	if ((r = map_covered(s, file, &content)) != FIRMA_OK)
		return r;
	r = (s->is_stamp ? judge_stamp : judge_signature)(
	    s, content, firma_buf_view(&der), with);
	firma_memfd_unmap(&content);
	return r;
}

static enum firma_err
judge_all(
    struct explained_pdf *e, struct firma_bytes file, const struct beside *with)
{
	enum firma_err r;

	for (size_t i = 0; i < e->n; i++)
		if ((r = judge(&e->at[i], file, with)) != FIRMA_OK)
			return r;
	return FIRMA_OK;
}

enum firma_err
explain_pdf(int document, int confines, const struct firma_certificate *ca,
    struct firma_bytes tsa_ca, int64_t now, struct explained_pdf *ret,
    struct firma_cause *cause)
{
	const struct beside with = { ca, tsa_ca, now };
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	struct firma_bytes file;
	enum firma_err r;

	r = pades_ask(document, json_pack("{ss}", "op", "look"), &answer,
	    &ret->is_refused, &ret->why, cause);
	if (r != FIRMA_OK || ret->is_refused)
		return r;
	if (confines && (r = confine_reading(cause)) != FIRMA_OK)
		return r;
	if ((r = firma_memfd_map(document, WHOLE, &file, cause)) != FIRMA_OK)
		return r;
	r = explain_pdf_parse(firma_buf_view(&answer), file.len, ret, cause);
	if (r == FIRMA_OK)
		r = judge_all(ret, file, &with);
	firma_memfd_unmap(&file);
	return r;
}

size_t
explained_pdf_signatures(const struct explained_pdf *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++)
		n += !e->at[i].is_stamp;
	return n;
}

static enum firma_exit
exit_of(enum firma_err verdict)
{
	switch (verdict) {
	case FIRMA_OK:
		return FIRMA_EXIT_OK;
	case FIRMA_ERR_CERT_ISSUER:
		return FIRMA_EXIT_REJECTED;
	default:
		return FIRMA_EXIT_INVALID;
	}
}

/* The graver of two. */
static enum firma_exit
graver(enum firma_exit a, enum firma_exit b)
{
	return a == FIRMA_EXIT_INVALID || b == FIRMA_EXIT_OK ? a : b;
}

enum firma_exit
explained_pdf_exit(const struct explained_pdf *e)
{
	enum firma_exit worst = FIRMA_EXIT_OK;

	if (explained_pdf_signatures(e) == 0)
		return FIRMA_EXIT_INVALID;
	for (size_t i = 0; i < e->n; i++) {
		const struct explained_signature *s = &e->at[i];

		if (s->later == PDF_LATER_OTHER)
			return FIRMA_EXIT_INVALID;
		worst = graver(worst, exit_of(s->verdict));
		for (size_t k = 0; k < s->stamps.n; k++)
			worst = graver(worst, exit_of(s->stamps.at[k].verdict));
	}
	return worst;
}
