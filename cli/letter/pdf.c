/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter/pdf.h"

#include <math.h>
#include <poppler.h>
#include <stdbool.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/letter/objects.h"

#define INFO_MAX 512              /* octets of a title, a producer */
#define SMALL    3.0              /* points: nobody reads it */
#define PALE     (0xffff / 4 * 3) /* of each colour: hardly to be read */
#define PICTURES 0.25             /* of a page: text may lie under them */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a letter that is only to be read has no need of. */
struct seen {
	bool forms, actions, notes, hidden, images, picture;
	bool is_cut; /* there is more text than was taken */
};

struct reading {
	PopplerDocument *doc;
	json_t *text; /* one string a page */
	size_t octets;
	struct seen seen;
};

static void
object_done(void *p)
{
	GObject **o = p;

	g_clear_object(o);
}

static void
gfree_done(void *p)
{
	char **s = p;

	g_free(*s);
	*s = NULL;
}

/*
 * As JSON: one form for each character, ligatures and wide forms undone
 * (NFKC), so that what looks the same is the same.
 */
static json_t *
text_of(const char *s, size_t max, bool *ret_cut)
{
	FIRMA_OWN(gfree_done) char *valid = NULL;
	FIRMA_OWN(gfree_done) char *plain = NULL;
	size_t n;

	if (s == NULL)
		return NULL;
	valid = g_utf8_make_valid(s, (gssize)strnlen(s, 4 * max));
	plain = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL_COMPOSE);
	if (plain == NULL)
		return NULL;
	n = strlen(plain);
	if (ret_cut != NULL && strlen(s) > 4 * max)
		*ret_cut = true;
	if (n > max) {
		n = (size_t)(g_utf8_find_prev_char(plain, plain + max) - plain);
		if (ret_cut != NULL)
			*ret_cut = true;
	}
	return json_stringn(plain, n);
}

/* ---- one page ---- */

/* Text that is there and cannot be seen: very small, or as pale as paper. */
static bool
is_hidden(PopplerPage *page, bool *ret_cut)
{
	GList *all = poppler_page_get_text_attributes(page);
	bool hidden = false;
	const GList *at = all;
	size_t n = 0;

	for (; at != NULL && !hidden && n < LETTER_MARKS_MAX;
	     at = at->next, n++) {
		const PopplerTextAttributes *t = at->data;

		hidden = t->font_size < SMALL ||
		    (t->color.red > PALE && t->color.green > PALE &&
			t->color.blue > PALE);
	}
	if (at != NULL && !hidden)
		*ret_cut = true;
	poppler_page_free_text_attributes(all);
	return hidden;
}

static bool
has_forms(PopplerPage *page)
{
	GList *all = poppler_page_get_form_field_mapping(page);
	const bool has = all != NULL;

	poppler_page_free_form_field_mapping(all);
	return has;
}

/* A link to another place of this document does nothing. */
static bool
has_actions(PopplerPage *page)
{
	GList *all = poppler_page_get_link_mapping(page);
	bool has = false;

	for (const GList *at = all; at != NULL && !has; at = at->next) {
		const PopplerLinkMapping *m = at->data;

		has = m->action != NULL &&
		    m->action->type != POPPLER_ACTION_GOTO_DEST &&
		    m->action->type != POPPLER_ACTION_NONE;
	}
	poppler_page_free_link_mapping(all);
	return has;
}

static bool
has_notes(PopplerPage *page)
{
	GList *all = poppler_page_get_annot_mapping(page);
	bool has = false;

	for (const GList *at = all; at != NULL && !has; at = at->next) {
		const PopplerAnnotMapping *m = at->data;
		const PopplerAnnotType type =
		    poppler_annot_get_annot_type(m->annot);

		has =
		    type != POPPLER_ANNOT_LINK && type != POPPLER_ANNOT_WIDGET;
	}
	poppler_page_free_annot_mapping(all);
	return has;
}

/* Many small ones may cover as much as a large one. */
static void
look_at_images(PopplerPage *page, struct seen *seen)
{
	GList *all = poppler_page_get_image_mapping(page);
	double w = 0, h = 0, covered = 0;

	poppler_page_get_size(page, &w, &h);
	for (const GList *at = all; at != NULL; at = at->next) {
		const PopplerImageMapping *m = at->data;

		covered +=
		    fabs((m->area.x2 - m->area.x1) * (m->area.y2 - m->area.y1));
	}
	seen->images = seen->images || all != NULL;
	seen->picture =
	    seen->picture || (all != NULL && !(covered <= w * h * PICTURES));
	poppler_page_free_image_mapping(all);
}

FIRMA_CHECKED static enum firma_err
read_page(struct reading *r, int number)
{
	FIRMA_OWN(object_done)
	PopplerPage *page = poppler_document_get_page(r->doc, number);
	FIRMA_OWN(gfree_done) char *text = NULL;
	json_t *j;

	if (page != NULL) {
		text = poppler_page_get_text(page);
		r->seen.hidden =
		    r->seen.hidden || is_hidden(page, &r->seen.is_cut);
		r->seen.forms = r->seen.forms || has_forms(page);
		r->seen.actions = r->seen.actions || has_actions(page);
		r->seen.notes = r->seen.notes || has_notes(page);
		look_at_images(page, &r->seen);
	}
	j = text_of(text != NULL ? text : "", LETTER_TEXT_MAX - r->octets,
	    &r->seen.is_cut);
	if (j == NULL)
		return FIRMA_ERR_NOMEM;
	r->octets += json_string_length(j);
	return json_array_append_new(r->text, j) == 0 ? FIRMA_OK
						      : FIRMA_ERR_NOMEM;
}

/* ---- the whole ---- */

FIRMA_CHECKED static enum firma_err
add_odd(const struct reading *r, unsigned int has, json_t *to)
{
	const struct {
		const char *name;
		bool is;
	} odd[] = {
		{ "damaged", (has & LETTER_HAS_DAMAGE) != 0 },
		{ "encrypted", (has & LETTER_HAS_ENCRYPTION) != 0 },
		{ "javascript",
		    (has & LETTER_HAS_SCRIPT) != 0 ||
			poppler_document_has_javascript(r->doc) },
		{ "attachments",
		    (has & LETTER_HAS_FILES) != 0 ||
			poppler_document_has_attachments(r->doc) },
		{ "signatures",
		    (has & LETTER_HAS_SIGNATURE) != 0 ||
			poppler_document_get_n_signatures(r->doc) > 0 },
		{ "layers", (has & LETTER_HAS_LAYERS) != 0 },
		{ "forms", (has & LETTER_HAS_FORM) != 0 || r->seen.forms },
		{ "actions",
		    (has & LETTER_HAS_ACTION) != 0 || r->seen.actions },
		{ "notes", r->seen.notes },
		{ "hidden-text",
		    (has & LETTER_HAS_HIDDEN) != 0 || r->seen.hidden },
		{ "picture", r->seen.picture },
	};

	for (size_t i = 0; i < COUNT(odd); i++)
		if (odd[i].is &&
		    json_array_append_new(to, json_string(odd[i].name)) != 0)
			return FIRMA_ERR_NOMEM;
	return FIRMA_OK;
}

/* What the document's own dictionary says: shown as its word, never believed. */
static void
add_info(PopplerDocument *doc, json_t *to)
{
	FIRMA_OWN(gfree_done) char *title = poppler_document_get_title(doc);
	FIRMA_OWN(gfree_done)
	char *producer = poppler_document_get_producer(doc);
	FIRMA_OWN(gfree_done) char *creator = poppler_document_get_creator(doc);
	FIRMA_OWN(gfree_done)
	char *version = poppler_document_get_pdf_version_string(doc);
	const struct {
		const char *name;
		const char *text;
	} infos[] = {
		{ "title", title },
		{ "producer", producer },
		{ "creator", creator },
		{ "version", version },
	};

	for (size_t i = 0; i < COUNT(infos); i++) {
		json_t *v = text_of(infos[i].text, INFO_MAX, NULL);

		if (v != NULL)
			(void)json_object_set_new(to, infos[i].name, v);
	}
}

static void
add_times(PopplerDocument *doc, json_t *to)
{
	GDateTime *created = poppler_document_get_creation_date_time(doc);
	GDateTime *changed = poppler_document_get_modification_date_time(doc);

	if (created != NULL) {
		(void)json_object_set_new(
		    to, "created", json_integer(g_date_time_to_unix(created)));
		g_date_time_unref(created);
	}
	if (changed != NULL) {
		(void)json_object_set_new(
		    to, "changed", json_integer(g_date_time_to_unix(changed)));
		g_date_time_unref(changed);
	}
}

FIRMA_CHECKED static enum firma_err
describe(struct reading *r, struct firma_bytes pdf, json_t *to)
{
	const int pages = poppler_document_get_n_pages(r->doc);
	json_t *odd = json_array();
	unsigned int has = 0;
	enum firma_err e;
	int read = 0;

	r->text = json_array();
	if (json_object_set_new(to, "text", r->text) != 0 ||
	    json_object_set_new(to, "odd", odd) != 0)
		return FIRMA_ERR_NOMEM;
	for (; read < pages && read < LETTER_PAGES_MAX && !r->seen.is_cut;
	     read++)
		if ((e = read_page(r, read)) != FIRMA_OK)
			return e;
	if ((e = letter_objects(pdf, &has)) != FIRMA_OK)
		return e;
	add_info(r->doc, to);
	add_times(r->doc, to);
	if (json_object_set_new(to, "pages", json_integer(pages)) != 0 ||
	    json_object_set_new(to, "images", json_boolean(r->seen.images)) !=
		0 ||
	    json_object_set_new(to, "cut",
		json_boolean(r->seen.is_cut || read < pages ||
		    (has & LETTER_HAS_MORE) != 0)) != 0)
		return FIRMA_ERR_NOMEM;
	return add_odd(r, has, odd);
}

FIRMA_CHECKED static enum firma_err
not_opened(GError *error, struct firma_cause *cause)
{
	const bool password =
	    g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
	const enum firma_err r = firma_fail(cause,
	    password ? FIRMA_ERR_DENIED : FIRMA_ERR_LETTER_NOT_PDF,
	    FIRMA_CAUSE_NONE, 0, "%.150s",
	    error != NULL ? error->message : "no document");

	g_clear_error(&error);
	return r;
}

static void
json_done(json_t **j)
{
	json_decref(*j);
}

enum firma_err
letter_pdf_describe(
    struct firma_bytes pdf, json_t **ret, struct firma_cause *cause)
{
	FIRMA_OWN(json_done) json_t *j = json_object();
	FIRMA_OWN(object_done) PopplerDocument *doc = NULL;
	struct reading r = { 0 };
	GBytes *bytes = g_bytes_new_static(pdf.at, pdf.len);
	GError *error = NULL;
	enum firma_err e;

	doc = poppler_document_new_from_bytes(bytes, NULL, &error);
	g_bytes_unref(bytes);
	if (doc == NULL)
		return not_opened(error, cause);
	r.doc = doc;
	if (j == NULL)
		return FIRMA_ERR_NOMEM;
	if ((e = describe(&r, pdf, j)) != FIRMA_OK)
		return e;
	*ret = json_incref(j);
	return FIRMA_OK;
}
