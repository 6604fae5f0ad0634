/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include <string.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/pki/own_openssl.h"
#include "cli/file.h"

void
explanation_done(struct explanation *e)
{
	for (size_t i = 0; i < e->n_parts; i++)
		explanation_done(&e->parts[i]);
	free(e->parts);
	firma_certificate_free(e->certificate);
	firma_request_done(&e->request);
	firma_cms_info_done(&e->cms);
	firma_cms_stamps_done(&e->stamps);
	firma_timestamp_done(&e->stamp);
	*e = (struct explanation){ 0 };
}

/* What says nothing about the file. */
static int
is_ours(enum firma_err r)
{
	return r == FIRMA_ERR_NOMEM || r == FIRMA_ERR_INTERNAL;
}

/* r is the verdict, unless it is no statement on the file. */
static enum firma_err
verdict(struct explanation *e, enum firma_err r)
{
	if (is_ours(r))
		return r;
	e->verdict = r;
	return FIRMA_OK;
}

static int
is_issued(const struct firma_certificate *c, const struct explain_with *with)
{
	return with->ca == NULL || firma_certificate_issued_by(c, with->ca);
}

static enum firma_err
certificate(struct firma_bytes file, const struct explain_with *with,
    struct explanation *e)
{
	const enum firma_err r =
	    firma_certificate_parse(file, &e->certificate, &e->cause);

	if (r != FIRMA_OK)
		return verdict(e, r);
	e->odd = firma_oddities_of_certificate(e->certificate, with->now);
	if (!is_issued(e->certificate, with))
		e->verdict = FIRMA_ERR_CERT_ISSUER;
	return FIRMA_OK;
}

static enum firma_err
request(struct firma_bytes der, struct explanation *e)
{
	enum firma_err r = firma_request_read(der, &e->request, &e->cause);

	if (r != FIRMA_OK)
		return verdict(e, r);
	e->odd = firma_oddities_of_request(&e->request);
	/* A name that cannot be read is an oddity, and shows as empty. */
	r = firma_identity_of_subject(
	    firma_buf_view(&e->request.subject_der), &e->identity, NULL);
	if (is_ours(r))
		return r;
	if (!e->request.is_signed)
		e->verdict =
		    firma_fail(&e->cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
			0, "the request is not signed by its own key");
	return FIRMA_OK;
}

static enum firma_err
opened(struct explanation *e, EVP_PKEY *key)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf spki = { 0 };
	unsigned char *der = NULL;
	const int len = i2d_PUBKEY(key, &der);
	enum firma_err r;

	if ((r = firma_openssl_put(&spki, der, len)) != FIRMA_OK ||
	    (r = firma_key_algorithm_find(key, &e->algorithm)) != FIRMA_OK)
		return r;
	if (SHA256(spki.at, spki.len, e->spki_sha256) == NULL)
		return FIRMA_ERR_INTERNAL;
	e->is_opened = 1;
	return FIRMA_OK;
}

static enum firma_err
key(struct firma_bytes file, const struct explain_with *with,
    struct explanation *e)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *inside = NULL;
	enum firma_err r;

	r = firma_keyfile_audit(file, &e->protection, &e->cause);
	if (r != FIRMA_OK)
		return verdict(e, r);
	e->odd = firma_oddities_of_protection(&e->protection);
	if (e->protection.is_encrypted && !with->has_password)
		return FIRMA_OK;
	r = firma_keyfile_open(file,
	    e->protection.is_encrypted ? with->password
				       : firma_bytes_of(NULL, 0),
	    &inside, &e->cause);
	return r == FIRMA_OK ? opened(e, inside) : verdict(e, r);
}

static firma_oddities
of_pkcs12(const struct firma_pkcs12_audit *p)
{
	firma_oddities odd = p->mac[0] == '\0' ? FIRMA_ODD(NO_MAC) : 0;

	for (size_t i = 0; i < p->n_parts; i++)
		if (p->parts[i].protection.is_encrypted)
			odd |= firma_oddities_of_protection(
			    &p->parts[i].protection);
		else if (p->parts[i].n_plain_keys != 0)
			odd |= FIRMA_ODD(PLAIN);
	return odd;
}

static enum firma_err
pkcs12(struct firma_bytes file, const struct explain_with *with,
    struct explanation *e)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *inside = NULL;
	enum firma_err r;

	r = firma_pkcs12_audit(file, &e->pkcs12, &e->cause);
	if (r != FIRMA_OK)
		return verdict(e, r);
	e->odd = of_pkcs12(&e->pkcs12);
	if (!with->has_password)
		return FIRMA_OK;
	r = firma_pkcs12_open(
	    file, with->password, &inside, &e->certificate, &e->cause);
	if (r != FIRMA_OK)
		return verdict(e, r);
	e->odd |= firma_oddities_of_certificate(e->certificate, with->now);
	if (!is_issued(e->certificate, with))
		e->verdict = FIRMA_ERR_CERT_ISSUER;
	return opened(e, inside);
}

/* The content and the password belong to the outermost file. */
static struct explain_with
within(const struct explain_with *with)
{
	return (struct explain_with){
		.ca = with->ca, .tsa_ca = with->tsa_ca, .now = with->now
	};
}

static enum firma_err look(struct firma_bytes file,
    const struct explain_with *with, unsigned int depth, struct explanation *e);

static enum firma_err
zip(struct firma_bytes file, const struct explain_with *with,
    unsigned int depth, struct explanation *e)
{
	FIRMA_OWN(zip_done) struct zip z = { 0 };
	const struct explain_with inner = within(with);
	enum firma_err r;

	if ((r = zip_read(file, &z, &e->cause)) != FIRMA_OK)
		return verdict(e, r);
	if (z.n == 0)
		return FIRMA_OK;
	if ((e->parts = calloc(z.n, sizeof(*e->parts))) == NULL)
		return FIRMA_ERR_NOMEM;
	for (; e->n_parts < z.n; e->n_parts++) {
		const struct zip_entry *from = &z.at[e->n_parts];
		struct explanation *to = &e->parts[e->n_parts];

		memcpy(to->name, from->name, sizeof(to->name));
		to->is_left_out = from->is_left_out;
		r = look(firma_buf_view(&from->content), &inner, depth, to);
		if (r != FIRMA_OK) {
			e->n_parts++;
			return r;
		}
		if (to->kind != FIRMA_KIND_REQUEST)
			e->odd |= FIRMA_ODD(STRANGER);
		for (size_t i = 0; i < e->n_parts; i++)
			if (to->request.spki_der.len != 0 &&
			    firma_bytes_equal(
				firma_buf_view(&to->request.spki_der),
				firma_buf_view(&e->parts[i].request.spki_der)))
				e->odd |= FIRMA_ODD(TWICE);
	}
	return FIRMA_OK;
}

/* Requests below a message, against who signed it. */
static void
relate(struct explanation *e, const struct firma_certificate *signer,
    const struct firma_identity *by)
{
	if (e->kind == FIRMA_KIND_REQUEST && e->request.spki_der.len != 0) {
		e->relation =
		    firma_relation_of(&e->request, &e->identity, signer, by);
		e->has_relation = 1;
	}
	/* What another message signs is related to its own signer. */
	for (size_t i = 0; e->kind == FIRMA_KIND_ZIP && i < e->n_parts; i++)
		relate(&e->parts[i], signer, by);
}

static enum firma_err
message(struct firma_bytes der, const struct explain_with *with,
    unsigned int depth, struct explanation *e)
{
	const struct explain_with inner = within(with);
	struct firma_identity by = { 0 };
	enum firma_err r, says = FIRMA_OK;

	r = firma_cms_read(der, with->content, &e->cms, &says, &e->cause);
	if (r != FIRMA_OK)
		return verdict(e, r);
	e->verdict = says;
	e->odd = firma_oddities_of_cms(&e->cms) |
	    firma_oddities_of_certificate(e->cms.signer, with->now);
	if (says == FIRMA_OK && !is_issued(e->cms.signer, with))
		e->verdict = FIRMA_ERR_CERT_ISSUER;
	/* Those that are too many, or in a message that is none: not told. */
	r = firma_cms_stamps(der, with->tsa_ca, &e->stamps, NULL);
	if (is_ours(r) || r == FIRMA_ERR_CONFIG)
		return r;
	if (!e->cms.is_attached)
		return FIRMA_OK;
	if ((e->parts = calloc(1, sizeof(*e->parts))) == NULL)
		return FIRMA_ERR_NOMEM;
	e->n_parts = 1;
	r = look(firma_buf_view(&e->cms.content), &inner, depth, e->parts);
	if (r != FIRMA_OK)
		return r;
	r = firma_identity_of(e->cms.signer, &by, NULL);
	if (is_ours(r))
		return r;
	relate(e->parts, e->cms.signer, &by);
	return FIRMA_OK;
}

/* A response is its token, or why there is none. */
static enum firma_err
stamp(struct firma_bytes file, const struct explain_with *with,
    struct explanation *e)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf token = { 0 };
	const struct firma_timestamp_expect expect = { .digest =
							   with->content_digest,
		.data = with->content,
		.ca = with->tsa_ca };
	enum firma_err r = FIRMA_OK, says = FIRMA_OK;

	if (!firma_timestamp_is_token(file)) {
		r = firma_timestamp_open(file, &token, &e->cause);
		if (r != FIRMA_OK)
			return verdict(e, r);
		file = firma_buf_view(&token);
	}
	r = firma_timestamp_read(file, &expect, &e->stamp, &says, &e->cause);
	if (r == FIRMA_ERR_CONFIG)
		return r;
	return verdict(e, r == FIRMA_OK ? says : r);
}

/* What is in a file is not PEM, and is not looked into without end. */
static enum firma_err
look(struct firma_bytes file, const struct explain_with *with,
    unsigned int depth, struct explanation *e)
{
	e->kind = firma_kind_of(file);
	if (++depth == EXPLAIN_DEPTH_MAX &&
	    (e->kind == FIRMA_KIND_CMS || e->kind == FIRMA_KIND_ZIP)) {
		e->verdict =
		    firma_fail(&e->cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
			"more than %d files in one another", EXPLAIN_DEPTH_MAX);
		return FIRMA_OK;
	}
	switch (e->kind) {
	case FIRMA_KIND_CERTIFICATE:
		return certificate(file, with, e);
	case FIRMA_KIND_REQUEST:
		return request(file, e);
	case FIRMA_KIND_CMS:
		return message(file, with, depth, e);
	case FIRMA_KIND_KEY:
		return key(file, with, e);
	case FIRMA_KIND_PKCS12:
		return pkcs12(file, with, e);
	case FIRMA_KIND_ZIP:
		return zip(file, with, depth, e);
	case FIRMA_KIND_STAMP:
		return stamp(file, with, e);
	case FIRMA_KIND_DATA:
		break;
	}
	return FIRMA_OK;
}

enum firma_err
explain(struct firma_bytes file, const struct explain_with *with,
    struct explanation *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	enum firma_err r;

	/* A certificate is found among the other blocks of a PEM text. */
	ret->kind = FIRMA_KIND_CERTIFICATE;
	r = certificate(file, with, ret);
	if (r != FIRMA_OK || ret->certificate != NULL)
		return r;
	*ret = (struct explanation){ 0 };
	r = file_unpem(file, &der);
	if (is_ours(r))
		return r;
	if (r != FIRMA_OK) {
		ret->verdict = firma_fail(&ret->cause, r, FIRMA_CAUSE_NONE, 0,
		    "PEM that cannot be read");
		return FIRMA_OK;
	}
	if ((r = look(firma_buf_view(&der), with, 0, ret)) != FIRMA_OK ||
	    (ret->kind != FIRMA_KIND_DATA && ret->kind != FIRMA_KIND_KEY))
		return r;
	/* keyfile.h knows which of several PEM blocks is the key. */
	explanation_done(ret);
	ret->kind = FIRMA_KIND_KEY;
	if ((r = key(file, with, ret)) != FIRMA_OK ||
	    ret->protection.scheme[0] != '\0' ||
	    firma_kind_of(firma_buf_view(&der)) == FIRMA_KIND_KEY)
		return r;
	explanation_done(ret);
	ret->verdict =
	    firma_fail(&ret->cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		"no certificate, request, SignedData, key or ZIP");
	return FIRMA_OK;
}

static int
is_refused(const struct explanation *e)
{
	return e->has_relation &&
	    (!e->relation.is_new_key ||
		e->relation.identity == FIRMA_RELATION_OTHER);
}

static enum firma_exit
exit_of(const struct explanation *e, enum firma_err v)
{
	switch (v) {
	case FIRMA_OK:
		return is_refused(e) ? FIRMA_EXIT_REJECTED : FIRMA_EXIT_OK;
	case FIRMA_ERR_CERT_ISSUER:
		return FIRMA_EXIT_REJECTED;
	case FIRMA_ERR_SIGNATURE:
	case FIRMA_ERR_KEY_PASSWORD:
	case FIRMA_ERR_KEY_MISMATCH:
	case FIRMA_ERR_STAMP:
		return FIRMA_EXIT_INVALID;
	case FIRMA_ERR_TSA_REFUSED:
		return FIRMA_EXIT_REJECTED;
	default:
		return FIRMA_EXIT_UNREADABLE;
	}
}

/* The graver of two. */
static enum firma_exit
graver(enum firma_exit a, enum firma_exit b)
{
	static const enum firma_exit order[] = { FIRMA_EXIT_INVALID,
		FIRMA_EXIT_UNREADABLE, FIRMA_EXIT_REJECTED };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return FIRMA_EXIT_OK;
}

enum firma_exit
explanation_exit(const struct explanation *e)
{
	enum firma_exit worst = exit_of(e, e->verdict);

	for (size_t i = 0; i < e->stamps.n; i++)
		worst = graver(worst, exit_of(e, e->stamps.at[i].verdict));

	for (size_t i = 0; i < e->n_parts; i++)
		worst = graver(worst, explanation_exit(&e->parts[i]));
	return worst;
}
