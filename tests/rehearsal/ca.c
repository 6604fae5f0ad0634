/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/ca.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/file.h"
#include "tests/rehearsal/own_openssl.h"

#define CA_NAME     "AC DE ENSAYO DEL PORTAL PATRONAL"
#define CA_BITS     3072
#define CA_FILE_MAX ((size_t)16384) /* octets */
/* The CA is older than any expired practice certificate. */
#define CA_AGE_S  (6 * REHEARSAL_YEAR_S)
#define CA_LIFE_S (10 * REHEARSAL_YEAR_S)
#define CRL_URL   "URI:http://127.0.0.1/ensayo/ac.crl"

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
};

static const struct extension leaf_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
	{ NID_ext_key_usage, "emailProtection,clientAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid" },
	{ NID_crl_distribution_points, CRL_URL },
};

static enum firma_err
extend(X509 *issuer, X509 *x, const struct extension *e, size_t n)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < n; i++) {
		X509_EXTENSION *made =
		    X509V3_EXT_conf_nid(NULL, &ctx, e[i].nid, e[i].value);
		const int added = made != NULL && X509_add_ext(x, made, -1);

		X509_EXTENSION_free(made);
		if (!added)
			return FIRMA_ERR_INTERNAL;
	}
	return FIRMA_OK;
}

static enum firma_err
set_serial(X509 *x, const char *digits)
{
	FIRMA_OWN(bn_done)
	BIGNUM *n =
	    BN_bin2bn((const unsigned char *)digits, (int)strlen(digits), NULL);

	return n != NULL &&
		BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

static enum firma_err
fill(X509 *x, const struct rehearsal_leaf *leaf, const X509_NAME *issuer)
{
	enum firma_err r;

	if ((r = set_serial(x, leaf->serial)) != FIRMA_OK)
		return r;
	if (!X509_set_version(x, X509_VERSION_3) ||
	    !X509_set_subject_name(x, leaf->subject) ||
	    !X509_set_issuer_name(x, issuer) ||
	    ASN1_TIME_set(X509_getm_notBefore(x), leaf->not_before) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), leaf->not_after) == NULL ||
	    !X509_set_pubkey(x, leaf->key))
		return FIRMA_ERR_INTERNAL;
	return FIRMA_OK;
}

enum firma_err
rehearsal_ca_issue(const struct rehearsal_ca *ca,
    const struct rehearsal_leaf *leaf, X509 **ret)
{
	FIRMA_OWN(x509_done) X509 *x = X509_new();
	enum firma_err r;

	if (x == NULL)
		return FIRMA_ERR_NOMEM;
	r = fill(x, leaf, X509_get_subject_name(ca->certificate));
	if (r != FIRMA_OK)
		return r;
	r = extend(ca->certificate, x, leaf_extensions,
	    sizeof(leaf_extensions) / sizeof(leaf_extensions[0]));
	if (r != FIRMA_OK)
		return r;
	if (X509_sign(x, ca->key, EVP_sha256()) == 0)
		return FIRMA_ERR_INTERNAL;
	*ret = x;
	x = NULL;
	return FIRMA_OK;
}

static enum firma_err
ca_subject(const char *common_name, X509_NAME *n)
{
	const unsigned char *cn = (const unsigned char *)common_name;
	const unsigned char *o =
	    (const unsigned char *)"PORTAL DE ENSAYO (NO ES EL IMSS)";

	return X509_NAME_add_entry_by_NID(
		   n, NID_commonName, MBSTRING_UTF8, cn, -1, -1, 0) &&
		X509_NAME_add_entry_by_NID(
		    n, NID_organizationName, MBSTRING_UTF8, o, -1, -1, 0) &&
		X509_NAME_add_entry_by_NID(n, NID_countryName, MBSTRING_ASC,
		    (const unsigned char *)"MX", -1, -1, 0)
	    ? FIRMA_OK
	    : FIRMA_ERR_INTERNAL;
}

enum firma_err
rehearsal_ca_make(
    const char *common_name, unsigned int rsa_bits, struct rehearsal_ca *ret)
{
	FIRMA_OWN(name_done) X509_NAME *n = X509_NAME_new();
	FIRMA_OWN(rehearsal_ca_done) struct rehearsal_ca ca = { 0 };
	const int64_t now = (int64_t)time(NULL);
	struct rehearsal_leaf self = { .subject = n,
		.not_before = now - CA_AGE_S,
		.not_after = now + CA_LIFE_S };
	enum firma_err r;

	ca.certificate = X509_new();
	ca.key = EVP_RSA_gen(rsa_bits);
	if (n == NULL || ca.certificate == NULL || ca.key == NULL)
		return FIRMA_ERR_NOMEM;
	self.key = ca.key;
	rehearsal_serial(0, self.serial);
	if ((r = ca_subject(common_name, n)) != FIRMA_OK ||
	    (r = fill(ca.certificate, &self, n)) != FIRMA_OK ||
	    (r = extend(ca.certificate, ca.certificate, ca_extensions,
		 sizeof(ca_extensions) / sizeof(ca_extensions[0]))) != FIRMA_OK)
		return r;
	if (X509_sign(ca.certificate, ca.key, EVP_sha256()) == 0)
		return FIRMA_ERR_INTERNAL;
	*ret = ca;
	ca = (struct rehearsal_ca){ 0 };
	return FIRMA_OK;
}

static enum firma_err
write_bio(int dir, const char *name, mode_t mode, BIO *b)
{
	char *at = NULL;
	const long len = BIO_get_mem_data(b, &at);

	return rehearsal_file_write(
	    dir, name, mode, firma_bytes_of(at, len < 0 ? 0 : (size_t)len));
}

enum firma_err
rehearsal_ca_create(int dir)
{
	FIRMA_OWN(rehearsal_ca_done) struct rehearsal_ca ca = { 0 };
	FIRMA_OWN(bio_done) BIO *certificate = BIO_new(BIO_s_mem());
	FIRMA_OWN(bio_done) BIO *key = BIO_new(BIO_s_mem());
	enum firma_err r;

	if ((r = rehearsal_ca_make(CA_NAME, CA_BITS, &ca)) != FIRMA_OK)
		return r;
	if (certificate == NULL || key == NULL ||
	    !PEM_write_bio_X509(certificate, ca.certificate) ||
	    !PEM_write_bio_PKCS8PrivateKey(
		key, ca.key, NULL, NULL, 0, NULL, NULL))
		return FIRMA_ERR_NOMEM;
	if ((r = write_bio(dir, "ca.key", 0600, key)) != FIRMA_OK)
		return r;
	return write_bio(dir, "ca.pem", 0644, certificate);
}

enum firma_err
rehearsal_ca_load(int dir, struct rehearsal_ca *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf key = { 0 };
	FIRMA_OWN(rehearsal_ca_done) struct rehearsal_ca ca = { 0 };
	FIRMA_OWN(bio_done) BIO *b = NULL;
	FIRMA_OWN(bio_done) BIO *kb = NULL;
	enum firma_err r;

	if ((r = rehearsal_file_read(dir, "ca.pem", CA_FILE_MAX, &pem)) !=
		FIRMA_OK ||
	    (r = rehearsal_file_read(dir, "ca.key", CA_FILE_MAX, &key)) !=
		FIRMA_OK)
		return r;
	b = BIO_new_mem_buf(pem.at, (int)pem.len);
	kb = BIO_new_mem_buf(key.at, (int)key.len);
	if (b == NULL || kb == NULL)
		return FIRMA_ERR_NOMEM;
	ca.certificate = PEM_read_bio_X509(b, NULL, NULL, NULL);
	ca.key = PEM_read_bio_PrivateKey(kb, NULL, NULL, NULL);
	if (ca.certificate == NULL || ca.key == NULL ||
	    X509_check_private_key(ca.certificate, ca.key) != 1)
		return FIRMA_ERR_SHAPE;
	*ret = ca;
	ca = (struct rehearsal_ca){ 0 };
	return FIRMA_OK;
}

void
rehearsal_ca_done(struct rehearsal_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->certificate);
	*ca = (struct rehearsal_ca){ 0 };
}

void
rehearsal_serial(long long n, char ret[REHEARSAL_SERIAL_DIGITS + 1])
{
	(void)snprintf(ret, REHEARSAL_SERIAL_DIGITS + 1, "90001000000%09u",
	    (unsigned int)n % 1000000000U);
}

enum firma_err
rehearsal_certificate_der(X509 *certificate, struct firma_buf *ret)
{
	FIRMA_OWN(ossl_mem_done) unsigned char *der = NULL;
	const int len = i2d_X509(certificate, &der);

	return len <= 0 ? FIRMA_ERR_INTERNAL
			: firma_buf_put(ret, firma_bytes_of(der, (size_t)len));
}

enum firma_err
rehearsal_certificate_parse(struct firma_bytes der, X509 **ret)
{
	const unsigned char *p = der.at;
	X509 *x;

	if (der.len == 0 || der.len > CA_FILE_MAX ||
	    (x = d2i_X509(NULL, &p, (long)der.len)) == NULL)
		return FIRMA_ERR_SHAPE;
	if (p != der.at + der.len) {
		X509_free(x);
		return FIRMA_ERR_SHAPE;
	}
	*ret = x;
	return FIRMA_OK;
}

void
rehearsal_certificate_serial(
    const X509 *certificate, char ret[REHEARSAL_SERIAL_MAX])
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(certificate);
	const uint8_t *at = ASN1_STRING_get0_data(n);
	const int got = ASN1_STRING_length(n);
	size_t len = got < 0 ? 0 : (size_t)got;

	if (len > REHEARSAL_SERIAL_MAX / 2 - 1)
		len = REHEARSAL_SERIAL_MAX / 2 - 1;
	for (size_t i = 0; i < len; i++)
		if (at[i] < '0' || at[i] > '9') {
			firma_hex(firma_bytes_of(at, len), ret);
			return;
		}
	(void)snprintf(
	    ret, REHEARSAL_SERIAL_MAX, "%.*s", (int)len, (const char *)at);
}
