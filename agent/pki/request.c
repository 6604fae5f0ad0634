/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/sha.h>

#include "agent/pki/der.h"
#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"

FIRMA_OWN_OPENSSL(attribute, X509_ATTRIBUTE, X509_ATTRIBUTE_free)

void
firma_request_done(struct firma_request *r)
{
	firma_buf_done(&r->spki_der);
	firma_buf_done(&r->subject_der);
	*r = (struct firma_request){ 0 };
}

static struct firma_request
take(struct firma_request *from)
{
	const struct firma_request got = *from;

	*from = (struct firma_request){ 0 };
	return got;
}

static enum firma_err
parse(struct firma_bytes der, X509_REQ **ret, int *ret_is_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_req_done) X509_REQ *req = NULL;
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *again = NULL;
	const unsigned char *p = der.at;
	int len;

	ERR_clear_error();
	if (der.len > FIRMA_REQUEST_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a request of %zu octets", der.len);
	if (der.len == 0 ||
	    (req = d2i_X509_REQ(NULL, &p, (long)der.len)) == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a PKCS#10 request");
	if (p != der.at + der.len)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "octets after the request");
	len = i2d_X509_REQ(req, &again);
	*ret_is_der = len > 0 &&
	    firma_bytes_equal(firma_bytes_of(again, (size_t)len), der) &&
	    firma_der_is_strict(der);
	if (firma_openssl_err(FIRMA_OK) != FIRMA_OK)
		return FIRMA_ERR_NOMEM;
	*ret = req;
	req = NULL;
	return FIRMA_OK;
}

static enum firma_err
verify(X509_REQ *req, EVP_PKEY **ret_key, int *ret_is_signed,
    struct firma_cause *cause)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);

	/* RFC 2986 4.1: version 0 is all there is */
	if (X509_REQ_get_version(req) != X509_REQ_VERSION_1)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "the request's version is %ld", X509_REQ_get_version(req));
	if (key == NULL)
		return firma_openssl_fail(cause, FIRMA_ERR_VALUE,
		    "the request's public key cannot be read");
	*ret_is_signed = X509_REQ_verify(req, key) == 1;
	*ret_key = key;
	return firma_openssl_err(FIRMA_OK);
}

/* "sha256" of sha256WithRSAEncryption; "unknown" when it has no digest. */
static void
digest_name(const X509_REQ *req, char ret[16])
{
	int digest = NID_undef;
	const char *name = "unknown";

	if (OBJ_find_sigid_algs(
		X509_REQ_get_signature_nid(req), &digest, NULL) == 1 &&
	    digest != NID_undef)
		name = OBJ_nid2sn(digest);
	(void)snprintf(ret, 16, "%s", name);
	for (char *p = ret; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

enum firma_err
firma_request_read(struct firma_bytes der, struct firma_request *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_req_done) X509_REQ *req = NULL;
	FIRMA_OWN(firma_request_done) struct firma_request got = { 0 };
	EVP_PKEY *key = NULL;
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if ((r = parse(der, &req, &got.is_der, cause)) != FIRMA_OK ||
	    (r = verify(req, &key, &got.is_signed, cause)) != FIRMA_OK)
		return r;
	len = i2d_PUBKEY(key, &out);
	if ((r = firma_openssl_put(&got.spki_der, out, len)) != FIRMA_OK)
		return r;
	out = NULL;
	len = i2d_X509_NAME(X509_REQ_get_subject_name(req), &out);
	if ((r = firma_openssl_put(&got.subject_der, out, len)) != FIRMA_OK)
		return r;
	if (SHA256(got.spki_der.at, got.spki_der.len, got.spki_sha256) == NULL)
		return FIRMA_ERR_INTERNAL;
	if ((r = firma_key_algorithm_find(key, &got.algorithm)) != FIRMA_OK)
		return r;
	digest_name(req, got.digest);
	got.has_challenge =
	    X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1) >= 0;
	firma_request_done(ret);
	*ret = take(&got);
	return FIRMA_OK;
}

enum firma_err
firma_request_check(struct firma_bytes der, struct firma_request *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_request_done) struct firma_request got = { 0 };
	enum firma_err r;

	if ((r = firma_request_read(der, &got, cause)) != FIRMA_OK)
		return r;
	if (!got.is_der)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "the request is not in DER");
	if (!got.is_signed)
		return firma_fail(cause, FIRMA_ERR_SIGNATURE, FIRMA_CAUSE_NONE,
		    0, "the request is not signed by its own key");
	firma_request_done(ret);
	*ret = take(&got);
	return FIRMA_OK;
}

static enum firma_err
add_challenge(X509_REQ *req, const char *challenge, struct firma_cause *cause)
{
	FIRMA_OWN(firma_attribute_done) X509_ATTRIBUTE *a = NULL;
	const size_t len = strlen(challenge);

	if (len == 0 || len > FIRMA_CHALLENGE_MAX ||
	    ASN1_PRINTABLE_type((const unsigned char *)challenge, (int)len) !=
		V_ASN1_PRINTABLESTRING)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "the challenge password");
	a = X509_ATTRIBUTE_create_by_NID(NULL, NID_pkcs9_challengePassword,
	    V_ASN1_PRINTABLESTRING, challenge, (int)len);
	if (a == NULL || X509_REQ_add1_attr(req, a) != 1)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_NOMEM, "the challenge password");
	return FIRMA_OK;
}

static enum firma_err
fill(X509_REQ *req, EVP_PKEY *key, struct firma_bytes subject_der,
    const char *challenge, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *subject = NULL;
	enum firma_err r;

	if ((r = firma_name_parse(subject_der, &subject, cause)) != FIRMA_OK)
		return r;
	if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_subject_name(req, subject) != 1 ||
	    X509_REQ_set_pubkey(req, key) != 1)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_INTERNAL, "a request for this key");
	return challenge != NULL ? add_challenge(req, challenge, cause)
				 : FIRMA_OK;
}

enum firma_err
firma_request_build(EVP_PKEY *key, struct firma_bytes subject_der,
    const char *challenge, unsigned int digest, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_req_done) X509_REQ *req = X509_REQ_new();
	FIRMA_OWN(firma_request_done) struct firma_request checked = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	if (req == NULL)
		return FIRMA_ERR_NOMEM;
	if (digest != 32 && digest != 20)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "a digest of %u octets", digest);
	if ((r = fill(req, key, subject_der, challenge, cause)) != FIRMA_OK)
		return r;
	if (X509_REQ_sign(req, key, digest == 20 ? EVP_sha1() : EVP_sha256()) <=
	    0)
		return firma_openssl_fail(cause, FIRMA_ERR_TOKEN_ERROR,
		    "the key did not sign the request");
	len = i2d_X509_REQ(req, &out);
	if ((r = firma_openssl_put(&der, out, len)) != FIRMA_OK)
		return r;
	/* Read again from its octets: software verifies what a token made. */
	if ((r = firma_request_check(firma_buf_view(&der), &checked, cause)) !=
	    FIRMA_OK)
		return r;
	return firma_buf_put(ret_der, firma_buf_view(&der));
}
