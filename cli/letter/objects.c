/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter/objects.h"

#include <ctype.h>
#include <limits.h>
#include <qpdf/qpdf-c.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"

#define OPAQUE   0.5 /* less of it may not be seen */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A name that stands for one of the things above. */
struct sign {
	const char *name;
	unsigned int has;
};

/* ISO 32000-1 12.6.4: actions by /S. */
static const struct sign actions[] = {
	{ "/JavaScript", LETTER_HAS_SCRIPT },
	{ "/Launch", LETTER_HAS_ACTION },
	{ "/URI", LETTER_HAS_ACTION },
	{ "/GoToR", LETTER_HAS_ACTION },
	{ "/GoToE", LETTER_HAS_ACTION },
	{ "/SubmitForm", LETTER_HAS_ACTION },
	{ "/ImportData", LETTER_HAS_ACTION },
	{ "/Movie", LETTER_HAS_ACTION },
	{ "/Sound", LETTER_HAS_ACTION },
	{ "/Rendition", LETTER_HAS_ACTION },
	{ "/RichMediaExecute", LETTER_HAS_ACTION },
};

/* 12.5.6: annotations by /Subtype. */
static const struct sign subtypes[] = {
	{ "/FileAttachment", LETTER_HAS_FILES },
	{ "/RichMedia", LETTER_HAS_ACTION },
	{ "/Movie", LETTER_HAS_ACTION },
	{ "/Screen", LETTER_HAS_ACTION },
	{ "/3D", LETTER_HAS_ACTION },
};

/* Keys that say it by being there. */
static const struct sign keys[] = {
	{ "/JS", LETTER_HAS_SCRIPT },
	{ "/EF", LETTER_HAS_FILES },
	{ "/EmbeddedFiles", LETTER_HAS_FILES },
	{ "/FT", LETTER_HAS_FORM },
	{ "/XFA", LETTER_HAS_FORM },
	{ "/ByteRange", LETTER_HAS_SIGNATURE },
	{ "/OCProperties", LETTER_HAS_LAYERS },
	{ "/ActualText", LETTER_HAS_HIDDEN },
};

struct walk {
	qpdf_data q;
	unsigned int has;
	qpdf_oh *todo; /* owned */
	size_t n, n_seen;
	unsigned char *visited; /* owned; one bit an object number */
	size_t unpacked;        /* octets of contents */
};

static void
walk_done(struct walk *w)
{
	free(w->todo);
	free(w->visited);
	if (w->q != NULL)
		qpdf_cleanup(&w->q);
}

static unsigned int
sign_of(const struct sign *signs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(signs[i].name, name) == 0)
			return signs[i].has;
	return 0;
}

static void
add(struct walk *w, qpdf_oh oh)
{
	if (w->n + w->n_seen >= LETTER_OBJECTS_MAX) {
		w->has |= LETTER_HAS_MORE;
		return;
	}
	w->todo[w->n++] = oh;
}

/* Only once; object numbers over the bound do not exist in such a file. */
static bool
is_new(struct walk *w, qpdf_oh oh)
{
	const int id =
	    qpdf_oh_is_indirect(w->q, oh) ? qpdf_oh_get_object_id(w->q, oh) : 0;
	bool new;

	if (id <= 0)
		return true;
	if (id >= LETTER_OBJECTS_MAX * CHAR_BIT) {
		w->has |= LETTER_HAS_MORE;
		return false;
	}
	new = (w->visited[id / CHAR_BIT] & 1u << id % CHAR_BIT) == 0;
	w->visited[id / CHAR_BIT] |= (unsigned char)(1u << id % CHAR_BIT);
	return new;
}

static void
look_at_names(struct walk *w, qpdf_oh dict)
{
	const qpdf_oh s = qpdf_oh_get_key(w->q, dict, "/S");
	const qpdf_oh subtype = qpdf_oh_get_key(w->q, dict, "/Subtype");

	if (qpdf_oh_is_name(w->q, s))
		w->has |=
		    sign_of(actions, COUNT(actions), qpdf_oh_get_name(w->q, s));
	if (qpdf_oh_is_name(w->q, subtype))
		w->has |= sign_of(
		    subtypes, COUNT(subtypes), qpdf_oh_get_name(w->q, subtype));
	qpdf_oh_release(w->q, s);
	qpdf_oh_release(w->q, subtype);
}

/* ---- what is drawn ---- */

/*
 * The octets are not parsed: readers differ in where a string, a comment or a
 * picture in them ends, and a document would use that.  Whatever may be an
 * operator is taken for one.
 */

static bool
is_white(unsigned char c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static bool
is_delimiter(unsigned char c)
{
	return c != '\0' && strchr("()<>[]{}/%", c) != NULL;
}

/* "0 Tr", with nothing else about it: text is filled, as it is by itself. */
static bool
is_filled(const unsigned char *v, size_t at)
{
	const size_t end = at;

	while (at > 0 && is_white(v[at - 1]))
		at--;
	return at < end && at > 0 && v[at - 1] == '0' &&
	    (at == 1 || is_white(v[at - 2]));
}

/* A number may touch the operator behind it. */
static bool
is_operator(const unsigned char *v, size_t len, size_t at)
{
	if (len - at < 2 || v[at] != 'T' || v[at + 1] != 'r')
		return false;
	if (at + 2 < len && !is_white(v[at + 2]) && !is_delimiter(v[at + 2]))
		return false;
	return at == 0 || !isalpha(v[at - 1]);
}

/* The name, any of its characters as #xx (7.3.5). */
static bool
is_actual_text(const unsigned char *v, size_t len, size_t at)
{
	for (const char *name = "/ActualText"; *name != '\0'; name++) {
		unsigned int c;

		if (at >= len)
			return false;
		c = v[at++];
		if (c == '#' && len - at >= 2) {
			const char hex[] = { (char)v[at], (char)v[at + 1], 0 };

			c = (unsigned int)strtoul(hex, NULL, 16);
			at += 2;
		}
		if (c != (unsigned char)*name)
			return false;
	}
	return true;
}

static bool
hides_text(const unsigned char *v, size_t len)
{
	/* What is behind a '%', and in no line behind it but white. */
	bool comment = false, ended = false;

	for (size_t at = 0; at < len; at++) {
		if (v[at] == '\n' || v[at] == '\r')
			ended = true;
		if (is_white(v[at]))
			continue;
		if (is_operator(v, len, at) && (comment || !is_filled(v, at)))
			return true;
		if (v[at] == '/' && is_actual_text(v, len, at))
			return true;
		comment = v[at] == '%' || (comment && !ended);
		ended = false;
	}
	return false;
}

static void
look_at_contents(struct walk *w, const unsigned char *v, size_t len)
{
	if (len > LETTER_CONTENTS_MAX - w->unpacked) {
		w->has |= LETTER_HAS_MORE;
		return;
	}
	w->unpacked += len;
	if (hides_text(v, len))
		w->has |= LETTER_HAS_HIDDEN;
}

/* All the contents of a page, as one. */
static void
look_at_page(struct walk *w, qpdf_oh dict)
{
	const qpdf_oh contents = qpdf_oh_get_key(w->q, dict, "/Contents");
	unsigned char *v = NULL;
	size_t len = 0;

	if (qpdf_oh_is_stream(w->q, contents) ||
	    qpdf_oh_is_array(w->q, contents)) {
		if ((qpdf_oh_get_page_content_data(w->q, dict, &v, &len) &
			QPDF_ERRORS) != 0)
			w->has |= LETTER_HAS_DAMAGE;
		else
			look_at_contents(w, v, len);
		free(v);
	}
	qpdf_oh_release(w->q, contents);
}

/* A form or the tile of a pattern: drawn where a page says so. */
static bool
is_drawn(struct walk *w, qpdf_oh dict)
{
	const qpdf_oh subtype = qpdf_oh_get_key(w->q, dict, "/Subtype");
	const bool is = qpdf_oh_has_key(w->q, dict, "/PatternType") ||
	    qpdf_oh_has_key(w->q, dict, "/BBox") ||
	    (qpdf_oh_is_name(w->q, subtype) &&
		strcmp(qpdf_oh_get_name(w->q, subtype), "/Form") == 0);

	qpdf_oh_release(w->q, subtype);
	return is;
}

static void
look_at_stream(struct walk *w, qpdf_oh stream)
{
	unsigned char *v = NULL;
	QPDF_BOOL is_plain = QPDF_FALSE;
	size_t len = 0;

	if ((qpdf_oh_get_stream_data(
		 w->q, stream, qpdf_dl_specialized, &is_plain, &v, &len) &
		QPDF_ERRORS) != 0 ||
	    !is_plain)
		w->has |= LETTER_HAS_DAMAGE;
	else
		look_at_contents(w, v, len);
	free(v);
}

static bool
is_below(struct walk *w, qpdf_oh dict, const char *key)
{
	const qpdf_oh v = qpdf_oh_get_key(w->q, dict, key);
	const bool is = qpdf_oh_is_number(w->q, v) &&
	    !(qpdf_oh_get_numeric_value(w->q, v) >= OPAQUE);

	qpdf_oh_release(w->q, v);
	return is;
}

/* 11.3.5: any but these two may make black on white white. */
static bool
is_blended(struct walk *w, qpdf_oh dict)
{
	const qpdf_oh v = qpdf_oh_get_key(w->q, dict, "/BM");
	bool is = qpdf_oh_is_array(w->q, v);

	if (qpdf_oh_is_name(w->q, v)) {
		const char *name = qpdf_oh_get_name(w->q, v);

		is = strcmp(name, "/Normal") != 0 &&
		    strcmp(name, "/Compatible") != 0;
	}
	qpdf_oh_release(w->q, v);
	return is;
}

/* A picture's own mask is a stream. */
static void
look_at_state(struct walk *w, qpdf_oh dict)
{
	const qpdf_oh mask = qpdf_oh_get_key(w->q, dict, "/SMask");

	if (qpdf_oh_is_dictionary(w->q, mask) || is_below(w, dict, "/ca") ||
	    is_below(w, dict, "/CA") || is_blended(w, dict))
		w->has |= LETTER_HAS_HIDDEN;
	qpdf_oh_release(w->q, mask);
}

/* ---- objects ---- */

/* The values of a dictionary; one at a time may be iterated. */
static void
look_at_dictionary(struct walk *w, qpdf_oh dict)
{
	look_at_names(w, dict);
	look_at_state(w, dict);
	look_at_page(w, dict);
	qpdf_oh_begin_dict_key_iter(w->q, dict);
	while (
	    qpdf_oh_dict_more_keys(w->q) && (w->has & LETTER_HAS_MORE) == 0) {
		const char *key = qpdf_oh_dict_next_key(w->q);

		w->has |= sign_of(keys, COUNT(keys), key);
		add(w, qpdf_oh_get_key(w->q, dict, key));
	}
}

static void
look_at(struct walk *w, qpdf_oh oh)
{
	if (!is_new(w, oh))
		return;
	if (qpdf_oh_is_array(w->q, oh)) {
		const int n = qpdf_oh_get_array_n_items(w->q, oh);

		for (int i = 0; i < n && (w->has & LETTER_HAS_MORE) == 0; i++)
			add(w, qpdf_oh_get_array_item(w->q, oh, i));
	} else if (qpdf_oh_is_stream(w->q, oh)) {
		const qpdf_oh dict = qpdf_oh_get_dict(w->q, oh);

		if (is_drawn(w, dict))
			look_at_stream(w, oh);
		look_at_dictionary(w, dict);
		qpdf_oh_release(w->q, dict);
	} else if (qpdf_oh_is_dictionary(w->q, oh)) {
		look_at_dictionary(w, oh);
	}
}

enum firma_err
letter_objects(struct firma_bytes pdf, unsigned int *ret_has)
{
	FIRMA_OWN(walk_done) struct walk w = { .q = qpdf_init() };

	w.todo = calloc(LETTER_OBJECTS_MAX, sizeof(*w.todo));
	w.visited = calloc(LETTER_OBJECTS_MAX, 1);
	if (w.q == NULL || w.todo == NULL || w.visited == NULL)
		return FIRMA_ERR_NOMEM;
	qpdf_silence_errors(w.q);
	qpdf_set_suppress_warnings(w.q, QPDF_TRUE);
	if ((qpdf_read_memory(w.q, "", (const char *)pdf.at, pdf.len, NULL) &
		QPDF_ERRORS) != 0) {
		*ret_has = LETTER_HAS_DAMAGE;
		return FIRMA_OK;
	}
	if (qpdf_is_encrypted(w.q))
		w.has |= LETTER_HAS_ENCRYPTION;
	add(&w, qpdf_get_trailer(w.q));
	while (w.n > 0 && (w.has & LETTER_HAS_MORE) == 0) {
		const qpdf_oh oh = w.todo[--w.n];

		w.n_seen++;
		look_at(&w, oh);
		qpdf_oh_release(w.q, oh);
	}
	if (qpdf_more_warnings(w.q) || qpdf_has_error(w.q))
		w.has |= LETTER_HAS_DAMAGE;
	*ret_has = w.has;
	return FIRMA_OK;
}
