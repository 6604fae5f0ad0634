/* SPDX-License-Identifier: Apache-2.0 */
/* What explain_pdf.h found, as data and for people. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/lang.h"
#include "cli/certificates.h"
#include "cli/explain.h"
#include "cli/explain_pdf.h"
#include "cli/stamp_say.h"

#define WHEN 64 /* octets of a time, with the terminating zero */

static const char *
later_name(enum pdf_later later)
{
	static const char *const names[] = {
#define X(name, text) [PDF_LATER_##name] = (text),
		PDF_LATERS(X)
#undef X
	};

	return names[later];
}

static int
is_good(const struct explained_signature *s)
{
	return s->verdict == FIRMA_OK || s->verdict == FIRMA_ERR_CERT_ISSUER;
}

static json_t *
signature_json(
    const struct explained_signature *s, const struct firma_certificate *ca)
{
	json_t *range = json_array(), *stamps, *j;

	for (size_t i = 0; s->has_range && i < 4; i++)
		(void)json_array_append_new(
		    range, json_integer((json_int_t)s->range[i]));
	j = json_pack("{ss ss sb ss ss so ss ss ss ss ss so si so}", "field",
	    s->field, "kind", s->is_stamp ? "timestamp" : "signature", "valid",
	    s->verdict == FIRMA_OK && s->later != PDF_LATER_OTHER, "later",
	    later_name(s->later), "later_what", s->what, "byte_range", range,
	    "subfilter", s->subfilter, "name", s->name, "reason", s->reason,
	    "location", s->location, "contact", s->contact, "claimed_time",
	    out_json_time(s->at > 0 ? (uint64_t)s->at : 0), "certifies",
	    s->permission, "odd", oddities_json(s->odd));
	if (s->verdict != FIRMA_OK) {
		(void)json_object_set_new(
		    j, "error", json_string(firma_err_name(s->verdict)));
		(void)json_object_set_new(j, "why", json_string(s->cause.what));
	}
	if (s->stamp.tsa != NULL)
		(void)json_object_set_new(
		    j, "timestamp", stamp_json(&s->stamp));
	if (s->cms.signer == NULL)
		return j;
	stamps = json_array();
	(void)json_object_set_new(
	    j, "signer", certificates_json(s->cms.signer, ca));
	for (size_t i = 0; i < s->stamps.n; i++)
		(void)json_array_append_new(stamps,
		    stamp_json_of(&s->stamps.at[i].stamp,
			s->stamps.at[i].verdict, &s->stamps.at[i].cause,
			s->cms.signer));
	(void)json_object_set_new(j, "timestamps", stamps);
	(void)json_object_set_new(j, "digest", json_string(s->cms.digest));
	(void)json_object_set_new(j, "signing_certificate",
	    json_boolean(s->cms.has_signing_certificate));
	(void)json_object_set_new(j, "content_sha256",
	    out_json_hex(firma_bytes_of(s->cms.message_sha256, FIRMA_SHA256)));
	return j;
}

json_t *
explained_pdf_json(
    const struct explained_pdf *e, const struct firma_certificate *ca)
{
	json_t *signatures = json_array(), *empty = json_array();

	for (size_t i = 0; i < e->n; i++)
		(void)json_array_append_new(
		    signatures, signature_json(&e->at[i], ca));
	for (size_t i = 0; i < e->n_empty; i++)
		(void)json_array_append_new(empty, json_string(e->empty[i]));
	return json_pack("{ss sb si sb so so}", "kind", "pdf", "valid",
	    explained_pdf_exit(e) == FIRMA_EXIT_OK, "pages", e->n_pages, "xfa",
	    e->has_xfa, "signatures", signatures, "empty_fields", empty);
}

static const char *
when(const struct explained_signature *s, char ret[WHEN])
{
	const time_t t = (time_t)s->at;
	struct tm tm;

	if (s->at < 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(ret, WHEN, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return s->time;
	return ret;
}

static void
coverage(const struct explained_signature *s, size_t len)
{
	const size_t end = s->range[2] + s->range[3];

	if (!s->has_range) {
		out_pair(_("covers"), "%s", _("nothing that can be told"));
		return;
	}
	switch (s->later) {
	case PDF_LATER_NOTHING:
		out_pair(_("covers"), "%s", _("the whole file"));
		break;
	case PDF_LATER_SPACES:
		out_pair(_("covers"), "%s",
		    _("the whole file but for blanks at its end"));
		break;
	case PDF_LATER_SIGNATURES:
		out_pair(_("covers"),
		    _("the first %zu octets of %zu; only signatures came after "
		      "them"),
		    end, len);
		break;
	case PDF_LATER_FIELDS:
		out_pair(_("covers"),
		    _("the first %zu octets of %zu; after them fields of the "
		      "form were filled in, which it allows: %s"),
		    end, len, s->what);
		break;
	case PDF_LATER_OTHER:
		out_pair(_("covers"),
		    _("the first %zu octets of %zu; CHANGED after it was "
		      "signed: %s"),
		    end, len, s->what);
		break;
	}
}

static const char *
permission(int p)
{
	switch (p) {
	case 1:
		return _("as its author; nothing may be changed");
	case 2:
		return _("as its author; filling in and signing are allowed");
	case 3:
		return _("as its author; filling in, signing and notes are "
			 "allowed");
	default:
		return "";
	}
}

static void
signature_text(const struct explained_signature *s, size_t len,
    const struct firma_certificate *ca)
{
	char text[WHEN];

	out_coloured(OUT_BOLD, _("field %s"), s->field);
	if (s->is_stamp) {
		stamp_text_of(&s->stamp, s->verdict, &s->cause, NULL);
		coverage(s, len);
		return;
	}
	out_pair(_("signature"), "%s", is_good(s) ? _("good") : _("NOT good"));
	coverage(s, len);
	if (s->time[0] != '\0')
		out_pair(
		    _("signed on"), _("%s, says the signer"), when(s, text));
	out_pair(_("reason"), "%s", s->reason);
	out_pair(_("place"), "%s", s->location);
	out_pair(_("contact"), "%s", s->contact);
	out_pair(_("certified"), "%s", permission(s->permission));
	if (s->cms.signer != NULL) {
		out_pair(_("digest"), "%s", s->cms.digest);
		out_pair(_("form"), "%s%s",
		    s->cms.has_signing_certificate &&
			    strncmp(s->subfilter, "ETSI.", 5) == 0
			? s->stamps.n != 0 ? "PAdES-T, " : "PAdES, "
			: "", /* untranslated: a standard's name */
		    s->subfilter);
		certificates_text(s->cms.signer, ca);
		for (size_t i = 0; i < s->stamps.n; i++)
			stamp_text_of(&s->stamps.at[i].stamp,
			    s->stamps.at[i].verdict, &s->stamps.at[i].cause,
			    s->cms.signer);
	}
	oddities_text(s->odd & ~FIRMA_ODD(EXPIRED));
}

void
explained_pdf_text(const struct explained_pdf *e, const char *path,
    const struct firma_certificate *ca)
{
	const size_t n = explained_pdf_signatures(e);

	if (n == e->n)
		out_coloured(OUT_BOLD,
		    _("%s: a PDF, pages: %d, signatures: %zu"), path,
		    e->n_pages, n);
	else
		out_coloured(OUT_BOLD,
		    _("%s: a PDF, pages: %d, signatures: %zu, document time "
		      "stamps: %zu"),
		    path, e->n_pages, n, e->n - n);
	for (size_t i = 0; i < e->n_empty; i++)
		out_pair(_("empty field"), "%s", e->empty[i]);
	for (size_t i = 0; i < e->n; i++)
		signature_text(&e->at[i], e->len, ca);
}

void
explained_pdf_complain(const struct explained_pdf *e, const char *path)
{
	if (explained_pdf_signatures(e) == 0)
		(void)say_refusal(FIRMA_EXIT_INVALID,
		    _("if its signature is in a file of its own: firma verify "
		      "FILE.p7s"),
		    _("%s: there is no signature in it"), path);
	for (size_t i = 0; i < e->n; i++) {
		const struct explained_signature *s = &e->at[i];

		if (s->verdict != FIRMA_OK && s->is_stamp)
			(void)stamp_failure(s->verdict, &s->cause, path);
		else if (s->verdict != FIRMA_OK)
			(void)say_failure(s->verdict, &s->cause, NULL,
			    _("%s: field %s"), path, s->field);
		else if (s->later == PDF_LATER_OTHER)
			(void)say_refusal(FIRMA_EXIT_INVALID,
			    _("ask for the file as it was signed, or cut it "
			      "out: head -c OCTETS FILE"),
			    _("%s: changed after it was signed in field %s: "
			      "%s"),
			    path, s->field, s->what);
		for (size_t k = 0; k < s->stamps.n; k++)
			if (s->stamps.at[k].verdict != FIRMA_OK)
				(void)stamp_failure(s->stamps.at[k].verdict,
				    &s->stamps.at[k].cause, path);
	}
}
