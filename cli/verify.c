/* SPDX-License-Identifier: Apache-2.0 */
/* firma verify: .p7s, .p7m, .cer and .csr, without the agent. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/identity.h"
#include "agent/pki/request.h"
#include "cli/certificates.h"
#include "cli/file.h"

struct verdict {
	enum firma_err err;
	struct firma_cause cause;
};

static int
judge(const char *path, const struct verdict *v)
{
	if (v->err == FIRMA_OK)
		return FIRMA_EXIT_OK;
	return say_failure(v->err, &v->cause, NULL, "%s", path);
}

/* A certificate verifies when the CA issued it; alone it is only shown. */
static int
certificate(const char *path, const struct firma_certificate *c,
    const struct firma_certificate *ca)
{
	struct verdict v = { 0 };

	if (ca != NULL && !firma_certificate_issued_by(c, ca))
		v.err = FIRMA_ERR_CERT_ISSUER;
	if (out_is_json()) {
		json_t *j = certificates_json(c, ca);

		(void)json_object_set_new(
		    j, "kind", json_string("certificate"));
		(void)json_object_set_new(
		    j, "valid", json_boolean(v.err == FIRMA_OK));
		out_json(j);
	} else {
		certificates_text(c, ca);
	}
	return judge(path, &v);
}

static int
request(const char *path, const struct firma_request *q)
{
	struct firma_identity id;
	char hex[65];

	memset(&id, 0, sizeof(id));
	(void)!firma_identity_of_subject(
	    firma_buf_view(&q->subject_der), &id, NULL);
	firma_hex(firma_bytes_of(q->spki_sha256, sizeof(q->spki_sha256)), hex);
	if (out_is_json()) {
		out_json(json_pack("{ss sb ss ss ss ss ss}", "kind", "request",
		    "valid", 1, "algorithm",
		    firma_key_algorithm_name(q->algorithm), "spki_sha256", hex,
		    "common_name", id.common_name, "rfc", id.rfc, "digest",
		    q->digest));
		return FIRMA_EXIT_OK;
	}
	out_coloured(
	    OUT_GOOD, _("%s: the request is signed by its own key"), path);
	out_pair(_("name"), "%s", id.common_name);
	out_pair("RFC", "%s", id.rfc); /* untranslated: a proper name */
	out_pair(_("algorithm"), "%s", firma_key_algorithm_name(q->algorithm));
	out_pair(_("public key SHA-256"), "%s", hex);
	return FIRMA_EXIT_OK;
}

static void
cms_text(const char *path, const struct firma_cms_info *i,
    const struct firma_certificate *ca, const struct verdict *v)
{
	char day[OUT_DATE];

	if (v->err == FIRMA_OK)
		out_coloured(OUT_GOOD, _("%s: the signature is good"), path);
	certificates_text(i->signer, ca);
	if (i->signing_time > 0)
		out_pair(_("signed on"), _("%s, says the signer"),
		    out_date((uint64_t)i->signing_time, day));
	out_pair(_("digest"), "%s", i->digest);
	out_pair(_("content"), "%s",
	    i->is_attached ? _("inside") : _("in a file of its own"));
	if (i->has_signing_certificate)
		out_pair(_("form"), "%s",
		    "CAdES-BES"); /* untranslated: a standard's name */
	if (strcmp(i->digest, "sha1") == 0)
		out_coloured(
		    OUT_WARN, "%s", _("SHA-1 is broken: this proves little."));
}

static json_t *
cms_json(const struct firma_cms_info *i, const struct firma_certificate *ca,
    const struct verdict *v)
{
	char hex[65];

	firma_hex(
	    firma_bytes_of(i->message_sha256, sizeof(i->message_sha256)), hex);
	return json_pack("{ss sb so so sb sb ss ss}", "kind", "cms", "valid",
	    v->err == FIRMA_OK, "signer", certificates_json(i->signer, ca),
	    "signing_time",
	    out_json_time(i->signing_time > 0 ? (uint64_t)i->signing_time : 0),
	    "attached", i->is_attached, "signing_certificate",
	    i->has_signing_certificate, "digest", i->digest, "content_sha256",
	    hex);
}

/* "terms.pdf.p7s" is beside "terms.pdf", when that exists. */
static int
content_beside(const char *path, char *ret, size_t size)
{
	const size_t n = strlen(path);

	if (n < 5 || n >= size || strcmp(path + n - 4, ".p7s") != 0)
		return 0;
	(void)snprintf(ret, size, "%.*s", (int)(n - 4), path);
	return access(ret, R_OK) == 0;
}

static int
cms(const struct args *a, const char *path, struct firma_bytes der,
    const struct firma_certificate *ca)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf content = { 0 };
	FIRMA_OWN(firma_cms_info_done) struct firma_cms_info info = { 0 };
	const char *beside = args_text(a, "content");
	const char *output = args_text(a, "output");
	char guess[FILE_PATH_MAX];
	struct verdict v = { 0 };

	if (beside == NULL && content_beside(path, guess, sizeof(guess)))
		beside = guess;
	if (beside != NULL &&
	    (v.err = file_read(beside, FIRMA_CMS_CONTENT_MAX, &content,
		 &v.cause)) != FIRMA_OK)
		return say_failure(v.err, &v.cause, NULL, "%s", beside);
	v.err =
	    firma_cms_verify(der, firma_buf_view(&content), &info, &v.cause);
	if (v.err == FIRMA_ERR_SIGNATURE && beside == NULL)
		return say_refusal(FIRMA_EXIT_INVALID,
		    _("if the content is in a file of its own: --content "
		      "FILE"),
		    _("%s: the signature does not verify"), path);
	if (v.err != FIRMA_OK) {
		if (out_is_json())
			out_json(
			    json_pack("{ss sb}", "kind", "cms", "valid", 0));
		return judge(path, &v);
	}
	if (ca != NULL && !firma_certificate_issued_by(info.signer, ca))
		v.err = FIRMA_ERR_CERT_ISSUER;
	if (out_is_json())
		out_json(cms_json(&info, ca, &v));
	else
		cms_text(path, &info, ca, &v);
	if (v.err == FIRMA_OK && output != NULL && info.is_attached)
		v.err = file_write(
		    output, 0644, firma_buf_view(&info.content), &v.cause);
	return judge(path, &v);
}

static int
verify(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *ca = NULL;
	FIRMA_OWN(firma_request_done) struct firma_request q = { 0 };
	const char *path = args_operand(a, 0);
	const char *ca_path = args_text(a, "ca");
	struct firma_cause cause = { 0 };
	enum firma_err r;

	(void)app;
	r = file_read(
	    path, FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX, &file, &cause);
	if (r != FIRMA_OK ||
	    (r = file_unpem(firma_buf_view(&file), &der)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	if (ca_path != NULL &&
	    (r = certificates_file(ca_path, &ca, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", ca_path);
	/* What it is shows in its form, not in its name. */
	if (firma_certificate_parse(firma_buf_view(&der), &c, NULL) == FIRMA_OK)
		return certificate(path, c, ca);
	r = firma_request_check(firma_buf_view(&der), &q, &cause);
	if (r == FIRMA_OK)
		return request(path, &q);
	if (r != FIRMA_ERR_SHAPE && r != FIRMA_ERR_LIMIT)
		return say_failure(r, &cause, NULL, "%s", path);
	return cms(a, path, firma_buf_view(&der), ca);
}

static const struct option_desc options[] = {
	{ "content", 'c', OPTION_TEXT, N_("FILE"),
	    N_("what a detached signature belongs to") },
	{ "ca", 0, OPTION_TEXT, N_("FILE"),
	    N_("the signer's certificate must be issued by it") },
	{ "output", 'o', OPTION_TEXT, N_("FILE"),
	    N_("write the attached content there") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command verify_commands[] = {
	{ "verify", N_("FILE"),
	    N_("verify a .p7s, .p7m, .cer or .csr (no agent needed)"), options,
	    1, 1, verify },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
