/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/look.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/page.h"

void
pdf_look_done(struct pdf_look *l)
{
	free(l->at);
	free(l->empty);
	*l = (struct pdf_look){ 0 };
}

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Are the octets of the file from..to the string v, in plain hexadecimal? */
static int
is_written_there(
    const struct pdf *p, size_t from, size_t to, const char *v, size_t n)
{
	const uint8_t *s = p->file.at + from;

	if (to - from != 2 * n + 2 || s[0] != '<' || s[2 * n + 1] != '>')
		return 0;
	for (size_t i = 0; i < n; i++) {
		const int high = digit(s[1 + 2 * i]), low = digit(s[2 + 2 * i]);

		if (high < 0 || low < 0 ||
		    (uint8_t)(high << 4 | low) != (uint8_t)v[i])
			return 0;
	}
	return 1;
}

static int
take_range(struct pdf *p, qpdf_oh array, long long ret[4])
{
	const long long len = (long long)p->file.len;

	if (!pdf_is_array(p, array) ||
	    qpdf_oh_get_array_n_items(p->q, array) != 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		ret[i] = pdf_int(p, qpdf_oh_get_array_item(p->q, array, i), -1);
		if (ret[i] < 0 || ret[i] > len)
			return 0;
	}
	return ret[0] + ret[1] <= ret[2] && ret[2] + ret[3] <= len;
}

/* /Contents as octets; 0 when it is no string. */
static const char *
contents(struct pdf *p, qpdf_oh signature, size_t *ret_len)
{
	const qpdf_oh v = pdf_get(p, signature, "/Contents");

	if (!qpdf_oh_is_string(p->q, v))
		return NULL;
	return qpdf_oh_get_binary_string_value(p->q, v, ret_len);
}

/*
 * A signature that was put into the file later than what it covers is another's:
 * copied, or moved to another field.
 */
static int
was_there(struct pdf *p, const struct pdf_signature *s, qpdf_oh signature)
{
	FIRMA_OWN(pdf_done) struct pdf before = { 0 };
	struct pdf_form form = { 0 };
	struct pdf_refusal why;
	const size_t end = (size_t)(s->range[2] + s->range[3]);
	const char *now, *then;
	size_t n = 0, m = 0;

	if (end == p->file.len)
		return 1;
	if (pdf_open(firma_bytes_of(p->file.at, end), &before, &why) !=
		FIRMA_OK ||
	    pdf_form_read(&before, &form, &why) != FIRMA_OK ||
	    (now = contents(p, signature, &n)) == NULL)
		return 0;
	for (size_t i = 0; i < form.n; i++)
		if (strcmp(form.at[i].name, s->field) == 0) {
			then = contents(&before, form.at[i].value, &m);
			return then != NULL && n == m &&
			    memcmp(now, then, n) == 0;
		}
	return 0;
}

static void
take_name(struct pdf *p, qpdf_oh name, char *ret, size_t size)
{
	const char *s =
	    qpdf_oh_is_name(p->q, name) ? qpdf_oh_get_name(p->q, name) : "";
	size_t n = 0;

	for (s += s[0] == '/'; *s != '\0' && n < size - 1; s++)
		ret[n++] = *s < 0x21 || *s > 0x7e ? '?' : *s;
	ret[n] = '\0';
}

static enum firma_err
take_signature(
    struct pdf *p, const struct pdf_field *f, struct pdf_signature *s)
{
	const qpdf_oh v = f->value;
	const char *octets;
	size_t n = 0;

	memcpy(s->field, f->name, sizeof(s->field));
	take_name(
	    p, pdf_get(p, v, "/SubFilter"), s->subfilter, sizeof(s->subfilter));
	pdf_text(p, pdf_get(p, v, "/Name"), s->name, sizeof(s->name));
	pdf_text(p, pdf_get(p, v, "/Reason"), s->reason, sizeof(s->reason));
	pdf_text(
	    p, pdf_get(p, v, "/Location"), s->location, sizeof(s->location));
	pdf_text(
	    p, pdf_get(p, v, "/ContactInfo"), s->contact, sizeof(s->contact));
	pdf_text(p, pdf_get(p, v, "/M"), s->time, sizeof(s->time));
	s->permission = pdf_form_permission(p, v);
	s->has_range = take_range(p, pdf_get(p, v, "/ByteRange"), s->range);
	if (!s->has_range) {
		s->later = PDF_LATER_OTHER;
		return FIRMA_OK;
	}
	octets = contents(p, v, &n);
	s->fits = s->range[0] == 0 && octets != NULL &&
	    is_written_there(
		p, (size_t)s->range[1], (size_t)s->range[2], octets, n);
	s->is_in_its_state = was_there(p, s, v);
	return pdf_changes_after(p, (size_t)(s->range[2] + s->range[3]),
	    s->permission, &s->later, s->what);
}

static enum firma_err
count(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	(void)p;
	(void)page;
	*(int *)arg = (int)number;
	return FIRMA_OK;
}

static enum firma_err
take_fields(struct pdf *p, const struct pdf_form *form, struct pdf_look *ret)
{
	enum firma_err r;

	ret->at = calloc(PDF_FIELDS_MAX, sizeof(*ret->at));
	ret->empty = calloc(PDF_FIELDS_MAX, sizeof(*ret->empty));
	if (ret->at == NULL || ret->empty == NULL)
		return FIRMA_ERR_NOMEM;
	for (size_t i = 0; i < form->n; i++)
		if (pdf_is_null(p, form->at[i].value))
			memcpy(ret->empty[ret->n_empty++], form->at[i].name,
			    PDF_NAME_MAX);
		else if ((r = take_signature(
			      p, &form->at[i], &ret->at[ret->n++])) != FIRMA_OK)
			return r;
	return FIRMA_OK;
}

enum firma_err
pdf_look(struct firma_bytes file, struct pdf_look *ret, struct pdf_refusal *why)
{
	FIRMA_OWN(pdf_done) struct pdf p = { 0 };
	struct pdf_form form = { 0 };
	enum firma_err r;

	if ((r = pdf_open(file, &p, why)) != FIRMA_OK ||
	    (r = pdf_form_read(&p, &form, why)) != FIRMA_OK ||
	    (r = pdf_page_each(&p, count, &ret->n_pages, why)) != FIRMA_OK ||
	    (r = take_fields(&p, &form, ret)) != FIRMA_OK)
		return r;
	ret->has_xfa = form.has_xfa;
	return pdf_check(&p, why);
}
