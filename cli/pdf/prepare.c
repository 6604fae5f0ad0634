/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdf/prepare.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/own.h"
#include "cli/pdf/page.h"

/* ISO 32000-1, table 165: printed, and not to be moved by whoever reads. */
#define FLAGS     (4 | 128)
#define SIG_FLAGS 3 /* table 219: there are signatures; append only */

struct job {
	const struct pdf_ask *ask;
	struct pdf_refusal *why;
	struct pdf p;
	struct pdf_form form;
	struct pdf_update u;
	struct pdf_prepared *ret;
	/* The field: new, or one that waits, and the place that it has. */
	const struct pdf_field *field;
	qpdf_oh widget;
	struct pdf_page page;
	double rect[4]; /* in user space */
	double w, h;    /* as it is shown, in points; 0: nothing is seen */
	int signature, appearance, new_field; /* numbers of new objects */
	int root_changed;
};

void
pdf_prepared_done(struct pdf_prepared *p)
{
	firma_buf_done(&p->out);
}

static void
job_done(struct job *j)
{
	pdf_update_done(&j->u);
	pdf_done(&j->p);
}

/*
 * A reference to a new object.  qpdf drops a key whose value is null: until it is
 * written, the object is an empty dictionary.
 */
static qpdf_oh
reference(struct job *j, int id)
{
	qpdf_replace_object(j->p.q, id, 0, qpdf_oh_new_dictionary(j->p.q));
	return qpdf_get_object_by_id(j->p.q, id, 0);
}

static void
set(struct job *j, qpdf_oh dict, const char *key, qpdf_oh value)
{
	qpdf_oh_replace_key(j->p.q, dict, key, value);
}

/*
 * The place as it is shown, in points, in the page's own, unturned space.  What
 * is seen there is made in points too: readers scale it to its place.
 */
static void
turn(struct job *j)
{
	const struct pdf_ask *a = j->ask;
	const double *box = j->page.box;
	const double unit = j->page.unit;
	const double w = (box[2] - box[0]) * unit, h = (box[3] - box[1]) * unit;
	double u = a->x, v = a->y, du = a->w, dv = a->h;

	switch (j->page.rotate) {
	case 90:
		u = w - a->y - a->h, v = a->x, du = a->h, dv = a->w;
		break;
	case 180:
		u = w - a->x - a->w, v = h - a->y - a->h;
		break;
	case 270:
		u = a->y, v = h - a->x - a->w, du = a->h, dv = a->w;
		break;
	default:
		break;
	}
	j->rect[0] = box[0] + u / unit;
	j->rect[1] = box[1] + v / unit;
	j->rect[2] = j->rect[0] + du / unit;
	j->rect[3] = j->rect[1] + dv / unit;
}

static enum firma_err
place_new(struct job *j)
{
	const struct pdf_ask *a = j->ask;
	double w, h;
	enum firma_err r;

	r = pdf_page_find(&j->p, a->is_visible ? a->page : 1, &j->page, j->why);
	if (r != FIRMA_OK || !a->is_visible)
		return r;
	w = (j->page.box[2] - j->page.box[0]) * j->page.unit;
	h = (j->page.box[3] - j->page.box[1]) * j->page.unit;
	if (j->page.rotate % 180 != 0) {
		const double other = w;

		w = h;
		h = other;
	}
	/* Written so that what is no number fits nowhere. */
	if (!(a->x >= 0 && a->y >= 0 && a->w > 0 && a->h > 0 &&
		a->x + a->w <= w && a->y + a->h <= h))
		return pdf_refuse(j->why, PDF_PLACE, "%.0f x %.0f", w, h);
	j->w = a->w;
	j->h = a->h;
	turn(j);
	return FIRMA_OK;
}

/* Where the field that waits is shown; it may have no place at all. */
static enum firma_err
place_found(struct job *j)
{
	struct pdf *p = &j->p;
	const qpdf_oh kids = pdf_get(p, j->field->field, "/Kids");
	long long number = 0;
	enum firma_err r;

	j->widget = j->field->field;
	if (pdf_is_array(p, kids) && qpdf_oh_get_array_n_items(p->q, kids) == 1)
		j->widget = qpdf_oh_get_array_item(p->q, kids, 0);
	if (!pdf_rectangle(p, pdf_get(p, j->widget, "/Rect"), j->rect) ||
	    j->rect[2] - j->rect[0] < 1 || j->rect[3] - j->rect[1] < 1)
		return FIRMA_OK;
	r = pdf_page_of_annotation(p, j->widget, &j->page, &number, j->why);
	if (r != FIRMA_OK)
		return r;
	if (number == 0)
		j->page.unit = 1;
	j->w = (j->rect[2] - j->rect[0]) * j->page.unit;
	j->h = (j->rect[3] - j->rect[1]) * j->page.unit;
	if (number != 0 && j->page.rotate % 180 != 0) {
		const double other = j->w;

		j->w = j->h;
		j->h = other;
	}
	return FIRMA_OK;
}

static enum firma_err
choose_field(struct job *j)
{
	char *name = j->ret->field;
	enum firma_err r;

	if (j->form.has_xfa)
		return pdf_refuse(j->why, PDF_XFA, "%s", "");
	if (j->ask->field[0] == '\0')
		(void)snprintf(
		    name, PDF_NAME_MAX, "Signature%lu", j->form.number);
	else
		memcpy(name, j->ask->field, PDF_NAME_MAX);
	if ((r = pdf_form_allows(&j->p, &j->form, name, j->why)) != FIRMA_OK)
		return r;
	if (j->ask->field[0] == '\0')
		return place_new(j);
	r = pdf_form_find(&j->p, &j->form, name, &j->field, j->why);
	return r == FIRMA_OK ? place_found(j) : r;
}

/* "/Key (text)\n" in the encoding that its characters need; nothing for "". */
static enum firma_err
put_words(struct job *j, const char *key, const char *text)
{
	enum firma_err r;

	if (text[0] == '\0')
		return FIRMA_OK;
	if ((r = pdf_update_put(&j->u, "%s ", key)) != FIRMA_OK ||
	    (r = firma_buf_put_str(&j->u.out,
		 qpdf_oh_unparse(j->p.q,
		     qpdf_oh_new_unicode_string(j->p.q, text)))) != FIRMA_OK)
		return r;
	return firma_buf_put_u8(&j->u.out, '\n');
}

/* 12.7.4.5: the fields that this one locks are named in its signature. */
static enum firma_err
put_lock(struct job *j)
{
	const qpdf_oh lock = j->field == NULL
	    ? qpdf_oh_new_null(j->p.q)
	    : pdf_get(&j->p, j->field->field, "/Lock");
	static const char *const keys[] = { "/Action", "/Fields" };
	enum firma_err r;

	if (!pdf_is_dict(&j->p, lock))
		return FIRMA_OK;
	r = pdf_update_put(&j->u,
	    "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP\n"
	    "/Data %d %d R /TransformParams << /Type /TransformParams /V /1.2",
	    qpdf_oh_get_object_id(j->p.q, j->p.root),
	    qpdf_oh_get_generation(j->p.q, j->p.root));
	for (size_t i = 0; i < 2 && r == FIRMA_OK; i++) {
		const qpdf_oh v = pdf_get(&j->p, lock, keys[i]);

		if (pdf_is_null(&j->p, v))
			continue;
		if ((r = pdf_update_put(&j->u, "\n%s ", keys[i])) == FIRMA_OK)
			r = firma_buf_put_str(
			    &j->u.out, qpdf_oh_unparse(j->p.q, v));
	}
	return r == FIRMA_OK ? firma_buf_put_str(&j->u.out, " >> >>]\n") : r;
}

static enum firma_err
put_time(struct job *j)
{
	const time_t t = (time_t)j->ask->time;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "D:%Y%m%d%H%M%SZ", &tm) == 0)
		return pdf_refuse(j->why, PDF_QUESTION, "time");
	return pdf_update_put(&j->u, "/M (%s)\n", text);
}

/* The hole: a string of zeros, to be filled from its beginning. */
static enum firma_err
put_contents(struct job *j)
{
	struct firma_buf *out = &j->u.out;
	const size_t digits = (size_t)j->ask->octets * 2;
	enum firma_err r;

	if ((r = firma_buf_put_str(out, "/Contents ")) != FIRMA_OK)
		return r;
	j->ret->contents = j->p.file.len + out->len;
	j->ret->contents_len = digits + 2;
	if ((r = firma_buf_reserve(out, digits + 2)) != FIRMA_OK)
		return r;
	out->at[out->len] = '<';
	memset(out->at + out->len + 1, '0', digits);
	out->at[out->len + 1 + digits] = '>';
	out->len += digits + 2;
	return firma_buf_put_u8(out, '\n');
}

static enum firma_err
write_signature(struct job *j)
{
	const struct pdf_ask *a = j->ask;
	enum firma_err r;

	j->signature = pdf_update_new(&j->u);
	if ((r = pdf_update_begin(&j->u, j->signature, 0)) != FIRMA_OK ||
	    (r = pdf_update_put(&j->u,
		 "<< /Type /Sig /Filter /Adobe.PPKLite\n"
		 "/SubFilter /ETSI.CAdES.detached\n/ByteRange ")) != FIRMA_OK)
		return r;
	j->ret->range = j->p.file.len + j->u.out.len;
	if ((r = pdf_update_put(&j->u, "[0 %010d %010d %010d]\n", 0, 0, 0)) !=
		FIRMA_OK ||
	    (r = put_contents(j)) != FIRMA_OK ||
	    (r = put_time(j)) != FIRMA_OK ||
	    (r = put_words(j, "/Name", a->name)) != FIRMA_OK ||
	    (r = put_words(j, "/Reason", a->reason)) != FIRMA_OK ||
	    (r = put_words(j, "/Location", a->location)) != FIRMA_OK ||
	    (r = put_words(j, "/ContactInfo", a->contact)) != FIRMA_OK ||
	    (r = put_lock(j)) != FIRMA_OK ||
	    (r = firma_buf_put_str(&j->u.out, ">>")) != FIRMA_OK)
		return r;
	return pdf_update_end(&j->u);
}

static enum firma_err
write_appearance(struct job *j)
{
	enum firma_err r;

	if (j->w == 0)
		return FIRMA_OK;
	j->appearance = pdf_update_new(&j->u);
	if ((r = pdf_update_begin(&j->u, j->appearance, 0)) != FIRMA_OK ||
	    (r = pdf_appearance_make(j->w, j->h, j->page.rotate, j->ask->text,
		 &j->u.out, j->why)) != FIRMA_OK)
		return r;
	return pdf_update_end(&j->u);
}

/* Field and annotation in one dictionary. */
static enum firma_err
write_new_field(struct job *j)
{
	enum firma_err r;

	j->new_field = pdf_update_new(&j->u);
	if ((r = pdf_update_begin(&j->u, j->new_field, 0)) != FIRMA_OK ||
	    (r = pdf_update_put(&j->u,
		 "<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s)\n"
		 "/V %d 0 R /P %d %d R /F %d\n/Rect [%.2f %.2f %.2f %.2f]",
		 j->ret->field, j->signature,
		 qpdf_oh_get_object_id(j->p.q, j->page.page),
		 qpdf_oh_get_generation(j->p.q, j->page.page), FLAGS,
		 j->rect[0], j->rect[1], j->rect[2], j->rect[3])) != FIRMA_OK)
		return r;
	if (j->w != 0 &&
	    (r = pdf_update_put(
		 &j->u, "\n/AP << /N %d 0 R >>", j->appearance)) != FIRMA_OK)
		return r;
	if (j->w != 0 && j->page.rotate != 0 &&
	    (r = pdf_update_put(&j->u, "\n/MK << /R %d >>", j->page.rotate)) !=
		FIRMA_OK)
		return r;
	if ((r = firma_buf_put_str(&j->u.out, " >>")) != FIRMA_OK)
		return r;
	return pdf_update_end(&j->u);
}

/* The field that waits, and where it is shown. */
static enum firma_err
fill_field(struct job *j)
{
	const qpdf_oh field = j->field->field;
	qpdf_oh ap;
	enum firma_err r;

	set(j, field, "/V", reference(j, j->signature));
	if (j->w != 0) {
		ap = qpdf_oh_new_dictionary(j->p.q);
		set(j, ap, "/N", reference(j, j->appearance));
		set(j, j->widget, "/AP", ap);
	}
	if ((r = pdf_update_object(&j->u, field, j->why)) != FIRMA_OK)
		return r;
	return j->w != 0 && j->widget != field &&
		qpdf_oh_is_indirect(j->p.q, j->widget)
	    ? pdf_update_object(&j->u, j->widget, j->why)
	    : FIRMA_OK;
}

/* The field is an annotation of its page. */
static enum firma_err
add_annotation(struct job *j)
{
	qpdf_data q = j->p.q;
	const qpdf_oh page = j->page.page;
	qpdf_oh annots = pdf_get(&j->p, page, "/Annots"), own;

	if (!pdf_is_null(&j->p, annots) && !pdf_is_array(&j->p, annots))
		return pdf_refuse(j->why, PDF_DAMAGED, "/Annots is no array");
	if (pdf_is_null(&j->p, annots) || j->page.shares_annots) {
		own = qpdf_oh_new_array(q);
		for (int i = 0; pdf_is_array(&j->p, annots) &&
		     i < qpdf_oh_get_array_n_items(q, annots);
		     i++)
			qpdf_oh_append_item(
			    q, own, qpdf_oh_get_array_item(q, annots, i));
		set(j, page, "/Annots", own);
		annots = own;
	}
	qpdf_oh_append_item(q, annots, reference(j, j->new_field));
	return pdf_update_object(
	    &j->u, qpdf_oh_is_indirect(q, annots) ? annots : page, j->why);
}

static enum firma_err
write_new_form(struct job *j)
{
	const int id = pdf_update_new(&j->u);
	enum firma_err r;

	set(j, j->p.root, "/AcroForm", reference(j, id));
	j->root_changed = 1;
	if ((r = pdf_update_begin(&j->u, id, 0)) != FIRMA_OK ||
	    (r = pdf_update_put(&j->u, "<< /Fields [%d 0 R] /SigFlags %d >>",
		 j->new_field, SIG_FLAGS)) != FIRMA_OK)
		return r;
	return pdf_update_end(&j->u);
}

static enum firma_err
change_form(struct job *j)
{
	qpdf_data q = j->p.q;
	const qpdf_oh form = j->form.form;
	qpdf_oh fields = j->form.fields;
	int changed = 0;
	enum firma_err r;

	if (pdf_is_null(&j->p, form))
		return write_new_form(j);
	if (j->field == NULL) {
		if (pdf_is_null(&j->p, fields)) {
			set(j, form, "/Fields", qpdf_oh_new_array(q));
			fields = pdf_get(&j->p, form, "/Fields");
		}
		qpdf_oh_append_item(q, fields, reference(j, j->new_field));
		changed = !qpdf_oh_is_indirect(q, fields);
		if (!changed &&
		    (r = pdf_update_object(&j->u, fields, j->why)) != FIRMA_OK)
			return r;
	}
	if (pdf_int(&j->p, pdf_get(&j->p, form, "/SigFlags"), 0) != SIG_FLAGS) {
		set(j, form, "/SigFlags", qpdf_oh_new_integer(q, SIG_FLAGS));
		changed = 1;
	}
	if (changed && qpdf_oh_is_indirect(q, form))
		return pdf_update_object(&j->u, form, j->why);
	j->root_changed |= changed;
	return FIRMA_OK;
}

/*
 * EN 319 142-1 5.6: a file before PDF 2.0 says that it uses what PAdES adds.  An
 * earlier signature has said so, or has been without.
 */
static enum firma_err
declare_extension(struct job *j)
{
	qpdf_data q = j->p.q;
	qpdf_oh all = pdf_get(&j->p, j->p.root, "/Extensions");
	const char *version = qpdf_get_pdf_version(q);

	if (j->form.n_signed != 0 || version == NULL || version[0] >= '2' ||
	    !pdf_is_null(&j->p, pdf_get(&j->p, all, "/ESIC")))
		return FIRMA_OK;
	if (!pdf_is_dict(&j->p, all)) {
		if (!pdf_is_null(&j->p, all))
			return pdf_refuse(j->why, PDF_DAMAGED,
			    "/Extensions is no dictionary");
		set(j, j->p.root, "/Extensions", qpdf_oh_new_dictionary(q));
		all = pdf_get(&j->p, j->p.root, "/Extensions");
	}
	set(j, all, "/ESIC",
	    qpdf_oh_parse(q, "<< /BaseVersion /1.7 /ExtensionLevel 1 >>"));
	if (qpdf_oh_is_indirect(q, all))
		return pdf_update_object(&j->u, all, j->why);
	j->root_changed = 1;
	return FIRMA_OK;
}

static enum firma_err
write_all(struct job *j)
{
	enum firma_err r;

	if ((r = pdf_update_init(&j->u, &j->p)) != FIRMA_OK ||
	    (r = write_signature(j)) != FIRMA_OK ||
	    (r = write_appearance(j)) != FIRMA_OK)
		return r;
	if (j->field != NULL)
		r = fill_field(j);
	else if ((r = write_new_field(j)) == FIRMA_OK)
		r = add_annotation(j);
	if (r != FIRMA_OK || (r = change_form(j)) != FIRMA_OK ||
	    (r = declare_extension(j)) != FIRMA_OK)
		return r;
	if (j->root_changed &&
	    (r = pdf_update_object(&j->u, j->p.root, j->why)) != FIRMA_OK)
		return r;
	return pdf_update_finish(&j->u, j->ask->id, j->why);
}

enum firma_err
pdf_prepare(struct firma_bytes file, const struct pdf_ask *ask,
    struct pdf_prepared *ret, struct pdf_refusal *why)
{
	FIRMA_OWN(job_done)
	struct job j = { .ask = ask, .why = why, .ret = ret };
	enum firma_err r;

	if (ask->octets < PDF_CONTENTS_MIN || ask->octets > PDF_CONTENTS_MAX)
		return pdf_refuse(why, PDF_QUESTION, "octets");
	if (file.len > PDF_MAX)
		return pdf_refuse(why, PDF_LIMIT, "%zu octets, at most %zu",
		    file.len, PDF_MAX);
	if ((r = pdf_open(file, &j.p, why)) != FIRMA_OK ||
	    (r = pdf_form_read(&j.p, &j.form, why)) != FIRMA_OK ||
	    (r = choose_field(&j)) != FIRMA_OK ||
	    (r = write_all(&j)) != FIRMA_OK ||
	    (r = pdf_check(&j.p, why)) != FIRMA_OK)
		return r;
	ret->out = j.u.out;
	j.u.out = (struct firma_buf){ 0 };
	return FIRMA_OK;
}
