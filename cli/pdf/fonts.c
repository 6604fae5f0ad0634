/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/fonts.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/pdf/page.h"
#include "cli/pdf/text_look.h"

struct search {
	struct pdf_walk *w;
	qpdf_oh had, fonts;
};

static int
has(struct pdf *p, qpdf_oh fonts, const char *name)
{
	return pdf_is_dict(p, fonts) && qpdf_oh_has_key(p->q, fonts, name);
}

static int
is_new(struct search *s, const char *name)
{
	return has(s->w->b, s->fonts, name) && !has(s->w->a, s->had, name);
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* "#46" in a name is "F". */
static void
decode(char *name)
{
	char *to = name;

	for (; *name != '\0'; name++) {
		const int high = name[0] == '#' ? digit(name[1]) : -1;
		const int low = high < 0 ? -1 : digit(name[2]);

		if (low < 0 || high + low == 0) {
			*to++ = *name;
			continue;
		}
		*to++ = (char)(high * 16 + low);
		name += 2;
	}
	*to = '\0';
}

/* All names are looked at, also one in a string: no font is refused in vain. */
static int
names_new_font(struct search *s, const char *da, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		FIRMA_OWN(firma_mem_done) char *name = NULL;
		size_t n = 1;

		if (da[i] != '/')
			continue;
		while (i + n < len && da[i + n] != '\0' &&
		    strchr(" \t\r\n\f()<>[]{}/%", da[i + n]) == NULL)
			n++;
		if ((name = strndup(da + i, n)) == NULL || is_new(s, name))
			return 1;
		decode(name);
		if (is_new(s, name))
			return 1;
	}
	return 0;
}

/* o, of what was signed: the form, a field, an annotation. */
static void
look_at(struct search *s, qpdf_oh o)
{
	struct pdf *p = s->w->a;
	const qpdf_oh da = pdf_get(p, o, "/DA");
	const char *text;
	size_t len = 0;

	/* A signature is not written in a font of the form. */
	if (!qpdf_oh_is_string(p->q, da) ||
	    pdf_is_name(p, pdf_get(p, o, "/FT"), "/Sig"))
		return;
	text = qpdf_oh_get_binary_string_value(p->q, da, &len);
	if (names_new_font(s, text, len))
		pdf_walk_changed(
		    s->w, "a new font of the form, which was named before");
}

static enum firma_err
look_at_field(
    struct pdf *p, const struct pdf_node *t, void *arg, struct pdf_refusal *why)
{
	const qpdf_oh kids = pdf_get(p, t->field, "/Kids");
	const int n = !t->is_inner && pdf_is_array(p, kids)
	    ? qpdf_oh_get_array_n_items(p->q, kids)
	    : 0;

	(void)why;
	look_at(arg, t->field);
	for (int i = 0; i < n; i++)
		look_at(arg, qpdf_oh_get_array_item(p->q, kids, i));
	return FIRMA_OK;
}

/* Notes are written in the form's fonts as well. */
static enum firma_err
look_at_page(struct pdf *p, qpdf_oh page, long long number, void *arg)
{
	const qpdf_oh all = pdf_get(p, page, "/Annots");
	const int n =
	    pdf_is_array(p, all) ? qpdf_oh_get_array_n_items(p->q, all) : 0;

	(void)number;
	for (int i = 0; i < n; i++) {
		const qpdf_oh one = qpdf_oh_get_array_item(p->q, all, i);

		if (pdf_is_null(p, pdf_get(p, one, "/AP")))
			look_at(arg, one);
		qpdf_oh_release(p->q, one);
	}
	return FIRMA_OK;
}

/* Is there one that came?  All of those are of text. */
static int
compare_types(struct search *s)
{
	struct pdf *p = s->w->b;
	int n = 0;

	if (!pdf_is_dict(p, s->fonts))
		return 0;
	qpdf_oh_begin_dict_key_iter(p->q, s->fonts);
	while (qpdf_oh_dict_more_keys(p->q)) {
		const char *name = qpdf_oh_dict_next_key(p->q);

		if (has(s->w->a, s->had, name))
			continue;
		n++;
		if (!pdf_is_text_font(p, pdf_get(p, s->fonts, name)))
			pdf_walk_changed(
			    s->w, "a new font of the form, which is drawn");
	}
	return n > 0;
}

void
pdf_fonts_compare(struct pdf_walk *w, qpdf_oh had, qpdf_oh fonts)
{
	struct search s = { .w = w, .had = had, .fonts = fonts };
	struct pdf_refusal why = { 0 };

	if (!compare_types(&s))
		return;
	look_at(&s, w->form_a.form);
	if (pdf_form_each(w->a, w->form_a.fields, look_at_field, &s, &why) !=
		FIRMA_OK ||
	    pdf_page_each(w->a, look_at_page, &s, &why) != FIRMA_OK)
		pdf_walk_changed(w, "the form's fonts: %.100s", why.detail);
}
