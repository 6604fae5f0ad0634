/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"

#define TAIL           ((size_t)1054) /* octets: where qpdf looks for startxref */
#define DIGITS_MAX     10
#define COORDINATE_MAX 1e6 /* points: of a rectangle */

void
pdf_done(struct pdf *p)
{
	if (p->q != NULL)
		qpdf_cleanup(&p->q);
	*p = (struct pdf){ 0 };
}

/* An error or a warning of qpdf's, with the octet at which it was found. */
static enum firma_err
complaint(struct pdf *p, qpdf_error e, struct pdf_refusal *why)
{
	const char *what = qpdf_get_error_message_detail(p->q, e);
	const unsigned long long at = qpdf_get_error_file_position(p->q, e);

	switch ((int)qpdf_get_error_code(p->q, e)) {
	case qpdf_e_password:
	case qpdf_e_unsupported: /* an encryption that it does not know */
		return pdf_refuse(why, PDF_ENCRYPTED, "%s", "");
	default:
		break;
	}
	if (what == NULL || what[0] == '\0')
		what = "it cannot be read";
	return at == 0
	    ? pdf_refuse(why, PDF_DAMAGED, "%s", what)
	    : pdf_refuse(why, PDF_DAMAGED, "%s (octet %llu)", what, at);
}

/*
 * A /Size that is larger than it need be is no damage: new numbers begin there.
 * Hybrid files have it, where the stream of the hidden part is listed nowhere.
 */
static int
is_harmless(struct pdf *p, qpdf_error e)
{
	const char *what = qpdf_get_error_message_detail(p->q, e);
	int size, highest;

	return what != NULL &&
	    sscanf(what,
		"reported number of objects (%d) is not one plus the highest "
		"object number (%d)",
		&size, &highest) == 2 &&
	    size > highest;
}

enum firma_err
pdf_check(struct pdf *p, struct pdf_refusal *why)
{
	if (qpdf_has_error(p->q))
		return complaint(p, qpdf_get_error(p->q), why);
	while (qpdf_more_warnings(p->q)) {
		const qpdf_error e = qpdf_next_warning(p->q);

		if (!is_harmless(p, e))
			return complaint(p, e, why);
	}
	return FIRMA_OK;
}

static int
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' ||
	    c == '\0';
}

/* ISO 32000-1 7.5.5: the last one counts; qpdf looks in the same octets. */
static enum firma_err
find_startxref(struct pdf *p, struct pdf_refusal *why)
{
	static const char word[] = "startxref";
	const size_t n = sizeof(word) - 1, len = p->file.len;
	const size_t from = len > TAIL ? len - TAIL : 0;
	size_t at, digits = 0;

	if (len < n)
		return pdf_refuse(why, PDF_DAMAGED, "it has no startxref");
	for (at = len - n; memcmp(p->file.at + at, word, n) != 0; at--)
		if (at == from)
			return pdf_refuse(
			    why, PDF_DAMAGED, "it has no startxref");
	for (at += n; at < len && is_space(p->file.at[at]); at++)
		;
	for (p->startxref = 0; at < len && digits <= DIGITS_MAX &&
	     p->file.at[at] >= '0' && p->file.at[at] <= '9';
	     at++, digits++)
		p->startxref = p->startxref * 10 + (p->file.at[at] - '0');
	if (digits == 0 || p->startxref == 0 || p->startxref >= len - 4)
		return pdf_refuse(
		    why, PDF_DAMAGED, "startxref points outside of the file");
	/* A stream begins with the number of its object. */
	p->is_stream = memcmp(p->file.at + p->startxref, "xref", 4) != 0;
	if (p->is_stream &&
	    (p->file.at[p->startxref] < '0' || p->file.at[p->startxref] > '9'))
		return pdf_refuse(why, PDF_DAMAGED,
		    "startxref does not point to a cross-reference section");
	return FIRMA_OK;
}

static enum firma_err
find_root(struct pdf *p, struct pdf_refusal *why)
{
	long long size;

	p->trailer = qpdf_get_trailer(p->q);
	size = pdf_int(p, pdf_get(p, p->trailer, "/Size"), 0);
	if (size < 1 || size > PDF_ID_MAX - 64)
		return pdf_refuse(
		    why, PDF_DAMAGED, "the trailer's /Size is %lld", size);
	p->size = (int)size;
	p->root = pdf_get(p, p->trailer, "/Root");
	if (!pdf_is_dict(p, p->root) || !qpdf_oh_is_indirect(p->q, p->root))
		return pdf_refuse(why, PDF_DAMAGED, "it has no catalog");
	return FIRMA_OK;
}

enum firma_err
pdf_open(struct firma_bytes file, struct pdf *ret, struct pdf_refusal *why)
{
	qpdflogger_handle quiet;
	enum firma_err r;

	ret->file = file;
	if (file.len < 8 || memcmp(file.at, "%PDF-", 5) != 0)
		return pdf_refuse(why, PDF_NOT_PDF, "%s", "");
	if (file.len > PDF_READ_MAX)
		return pdf_refuse(why, PDF_LIMIT, "%zu octets, at most %zu",
		    file.len, PDF_READ_MAX);
	if ((r = find_startxref(ret, why)) != FIRMA_OK)
		return r;
	if ((ret->q = qpdf_init()) == NULL)
		return FIRMA_ERR_NOMEM;
	qpdf_silence_errors(ret->q);
	qpdf_set_suppress_warnings(ret->q, QPDF_TRUE);
	quiet = qpdflogger_create();
	qpdflogger_set_error(quiet, qpdf_log_dest_discard, NULL, NULL);
	qpdflogger_set_warn(quiet, qpdf_log_dest_discard, NULL, NULL);
	qpdflogger_set_info(quiet, qpdf_log_dest_discard, NULL, NULL);
	qpdf_set_logger(ret->q, quiet);
	qpdflogger_cleanup(&quiet);
	qpdf_set_attempt_recovery(ret->q, QPDF_FALSE);
	(void)qpdf_read_memory(
	    ret->q, "", (const char *)file.at, file.len, NULL);
	if ((r = pdf_check(ret, why)) != FIRMA_OK)
		return r;
	if (qpdf_is_encrypted(ret->q))
		return pdf_refuse(why, PDF_ENCRYPTED, "%s", "");
	if ((r = find_root(ret, why)) != FIRMA_OK)
		return r;
	return pdf_check(ret, why);
}

qpdf_oh
pdf_get(struct pdf *p, qpdf_oh d, const char *key)
{
	return qpdf_oh_get_key_if_dict(p->q, d, key);
}

int
pdf_is_dict(struct pdf *p, qpdf_oh o)
{
	return qpdf_oh_is_dictionary(p->q, o);
}

int
pdf_is_array(struct pdf *p, qpdf_oh o)
{
	return qpdf_oh_is_array(p->q, o);
}

int
pdf_is_null(struct pdf *p, qpdf_oh o)
{
	return qpdf_oh_is_null(p->q, o);
}

int
pdf_is_null_or_dict(struct pdf *p, qpdf_oh o)
{
	return pdf_is_null(p, o) || pdf_is_dict(p, o);
}

int
pdf_is_name(struct pdf *p, qpdf_oh o, const char *name)
{
	return qpdf_oh_is_name_and_equals(p->q, o, name);
}

long long
pdf_int(struct pdf *p, qpdf_oh o, long long otherwise)
{
	long long v;

	return qpdf_oh_is_integer(p->q, o) &&
		qpdf_oh_get_value_as_longlong(p->q, o, &v)
	    ? v
	    : otherwise;
}

void
pdf_text(struct pdf *p, qpdf_oh string, char *ret, size_t size)
{
	struct firma_bytes in = { NULL, 0 };
	const char *s = NULL;
	size_t n = 0;

	if (qpdf_oh_is_string(p->q, string) &&
	    qpdf_oh_get_value_as_utf8(p->q, string, &s, &in.len))
		in.at = (const uint8_t *)s;
	while (in.at != NULL && in.len != 0) {
		struct firma_bytes one = in;
		uint32_t c;

		if (firma_text_take(&in, &c))
			one.len -= in.len;
		else {
			one.len = 1;
			in = firma_bytes_of(in.at + 1, in.len - 1);
		}
		if (!firma_text_is_clean(one))
			one = firma_bytes_of("?", 1);
		if (n + one.len >= size)
			break;
		memcpy(ret + n, one.at, one.len);
		n += one.len;
	}
	ret[n] = '\0';
}

int
pdf_rectangle(struct pdf *p, qpdf_oh o, double ret[4])
{
	double v[4];

	if (!pdf_is_array(p, o) || qpdf_oh_get_array_n_items(p->q, o) != 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		const qpdf_oh item = qpdf_oh_get_array_item(p->q, o, i);

		if (!qpdf_oh_is_number(p->q, item))
			return 0;
		v[i] = qpdf_oh_get_numeric_value(p->q, item);
		if (!isfinite(v[i]) || fabs(v[i]) > COORDINATE_MAX)
			return 0;
	}
	ret[0] = fmin(v[0], v[2]);
	ret[1] = fmin(v[1], v[3]);
	ret[2] = fmax(v[0], v[2]);
	ret[3] = fmax(v[1], v[3]);
	return 1;
}
