/* SPDX-License-Identifier: Apache-2.0 */
/* What explain.h found, for people. */
#include "agent/base/lang.h"
#include "cli/certificates.h"
#include "cli/explain.h"
#include "cli/key_audit.h"
#include "cli/stamp_say.h"

void
oddities_text(firma_oddities odd)
{
	for (unsigned int i = 0; i < FIRMA_ODD_N; i++)
		if ((odd & (firma_oddities)1 << i) != 0)
			out_coloured(OUT_WARN, "  %s %s", _("odd:"),
			    _(firma_oddity_text(i)));
}

static const char *
title(const struct explanation *e)
{
	switch (e->kind) {
	case FIRMA_KIND_CERTIFICATE:
		return _("a certificate");
	case FIRMA_KIND_REQUEST:
		return _("a certificate request");
	case FIRMA_KIND_CMS:
		if (e->n_parts == 0)
			return _("a signed message");
		if (e->parts[0].kind == FIRMA_KIND_REQUEST)
			return _("a renewal: a signed certificate request");
		return e->parts[0].kind == FIRMA_KIND_ZIP
		    ? _("a signed ZIP")
		    : _("a signed document");
	case FIRMA_KIND_KEY:
		return _("a private key");
	case FIRMA_KIND_PKCS12:
		return _("a private key and its certificate (PKCS#12)");
	case FIRMA_KIND_ZIP:
		return _("a ZIP");
	case FIRMA_KIND_STAMP:
		return _("a time stamp");
	case FIRMA_KIND_DATA:
		break;
	}
	return e->is_left_out ? _("a file that was not looked into")
			      : _("a file of another kind");
}

/* Of a signature that was found at all. */
static void
judged(const char *label, enum firma_err verdict)
{
	out_pair(label, "%s",
	    verdict == FIRMA_OK || verdict == FIRMA_ERR_CERT_ISSUER
		? _("good")
		: _("NOT good"));
}

static void
relation(const struct firma_relation *r)
{
	const char *who = _("cannot be compared: an identifier is missing");

	if (r->identity == FIRMA_RELATION_SAME)
		who = _("the signer's");
	else if (r->identity == FIRMA_RELATION_REPRESENTATIVE)
		who = _("a company's; its representative is the signer");
	else if (r->rfc_differs && r->curp_differs)
		who = _("NOT the signer's: RFC and CURP differ");
	else if (r->identity == FIRMA_RELATION_OTHER)
		who = r->rfc_differs ? _("NOT the signer's: the RFC differs")
				     : _("NOT the signer's: the CURP differs");
	out_pair(_("identity"), "%s", who);
	out_pair(_("key"), "%s",
	    r->is_new_key ? _("new: not the signer's")
			  : _("NOT new: it is the signer's own"));
}

static void
request(const struct explanation *e)
{
	char hex[2 * FIRMA_SPKI_HASH + 1];

	if (e->request.spki_der.len == 0)
		return;
	judged(_("its own signature"), e->verdict);
	if (e->has_relation)
		relation(&e->relation);
	certificates_identity(&e->identity);
	out_pair(_("algorithm"), "%s",
	    firma_key_algorithm_name(e->request.algorithm));
	out_pair(_("digest"), "%s", e->request.digest);
	firma_hex(firma_bytes_of(e->request.spki_sha256, FIRMA_SPKI_HASH), hex);
	out_pair(_("public key SHA-256"), "%s", hex);
}

static void
message(const struct explanation *e, const struct firma_certificate *ca)
{
	const struct firma_cms_info *i = &e->cms;
	char day[OUT_DATE];

	if (i->signer == NULL)
		return;
	judged(_("signature"), e->verdict);
	if (i->signing_time > 0)
		out_pair(_("signed on"), _("%s, says the signer"),
		    out_date((uint64_t)i->signing_time, day));
	out_pair(_("digest"), "%s", i->digest);
	out_pair(_("content"), "%s",
	    i->is_attached ? _("inside") : _("in a file of its own"));
	if (i->has_signing_certificate)
		/* untranslated: names of a standard's forms */
		out_pair(_("form"), "%s",
		    e->stamps.n != 0 ? "CAdES-T" : "CAdES-BES");
	certificates_text(i->signer, ca);
	for (size_t n = 0; n < e->stamps.n; n++)
		stamp_text_of(&e->stamps.at[n].stamp, e->stamps.at[n].verdict,
		    &e->stamps.at[n].cause, i->signer);
}

static void
opened(const struct explanation *e)
{
	char hex[2 * FIRMA_SPKI_HASH + 1];

	if (!e->is_opened)
		return;
	out_pair(_("algorithm"), "%s", firma_key_algorithm_name(e->algorithm));
	firma_hex(firma_bytes_of(e->spki_sha256, FIRMA_SPKI_HASH), hex);
	out_pair(_("public key SHA-256"), "%s", hex);
}

static void
pkcs12(const struct explanation *e, const struct firma_certificate *ca)
{
	const struct firma_pkcs12_audit *p = &e->pkcs12;

	if (p->mac[0] != '\0')
		out_pair(_("integrity"), _("%s, %lld iterations"), p->mac,
		    (long long)p->mac_iterations);
	for (size_t i = 0; i < p->n_parts; i++)
		if (p->parts[i].protection.is_encrypted)
			key_audit_text(&p->parts[i].protection);
		else if (p->parts[i].n_certificates != 0)
			out_pair(_("not encrypted"), _("%zu certificates"),
			    p->parts[i].n_certificates);
	opened(e);
	if (e->certificate != NULL)
		certificates_text(e->certificate, ca);
}

static void
stamp(const struct explanation *e)
{
	char hex[2 * sizeof(e->stamp.imprint_hash) + 1];

	if (e->stamp.tsa == NULL)
		return;
	out_pair(_("time stamp"), "%s",
	    e->verdict == FIRMA_OK || e->verdict == FIRMA_ERR_CERT_ISSUER
		? _("it verifies")
		: _("it does NOT verify"));
	firma_hex(
	    firma_bytes_of(e->stamp.imprint_hash, e->stamp.imprint_len), hex);
	out_pair(_("over"), "%s %s", e->stamp.imprint, hex);
	out_pair(_("content"), "%s",
	    e->stamp.is_compared ? _("it is over the file")
				 : _("not compared with a file"));
	stamp_text(&e->stamp);
}

static void
body(const struct explanation *e, const struct firma_certificate *ca)
{
	switch (e->kind) {
	case FIRMA_KIND_CERTIFICATE:
		if (e->certificate != NULL)
			certificates_text(e->certificate, ca);
		break;
	case FIRMA_KIND_REQUEST:
		request(e);
		break;
	case FIRMA_KIND_CMS:
		message(e, ca);
		break;
	case FIRMA_KIND_KEY:
		if (e->protection.scheme[0] != '\0')
			key_audit_text(&e->protection);
		opened(e);
		break;
	case FIRMA_KIND_PKCS12:
		pkcs12(e, ca);
		break;
	case FIRMA_KIND_STAMP:
		stamp(e);
		break;
	case FIRMA_KIND_ZIP:
	case FIRMA_KIND_DATA:
		break;
	}
}

void
explanation_text(const struct explanation *e, const char *path,
    const struct firma_certificate *ca)
{
	const char *name = e->name[0] != '\0' ? e->name : path;

	out_coloured(OUT_BOLD, "%s: %s", name, title(e));
	body(e, ca);
	/* That one was said of the certificate. */
	oddities_text(e->odd & ~FIRMA_ODD(EXPIRED));
	for (size_t i = 0; i < e->n_parts; i++)
		if (e->parts[i].kind != FIRMA_KIND_DATA ||
		    e->kind == FIRMA_KIND_ZIP)
			explanation_text(&e->parts[i],
			    e->kind == FIRMA_KIND_CMS ? _("in it") : name, ca);
}
