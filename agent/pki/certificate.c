/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/certificate.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/sha.h>

#include "agent/pki/own_openssl.h"

#define SERIAL_OCTETS_MAX 30 /* RFC 5280 says 20; leave odd CAs room */
#define SERIAL_DIGITS     20 /* of the institutions' serials */
#define PEM_BLOCKS_MAX    64 /* looked at before the certificate */

struct firma_certificate {
	X509 *x509;
	struct firma_buf der;
	struct firma_buf spki;
	uint8_t spki_sha256[FIRMA_SPKI_HASH];
	char serial[FIRMA_SERIAL_TEXT];
	int64_t not_before, not_after;
	enum firma_key_algorithm algorithm;
};

void
firma_certificate_free(struct firma_certificate *c)
{
	if (c == NULL)
		return;
	X509_free(c->x509);
	firma_buf_done(&c->der);
	firma_buf_done(&c->spki);
	free(c);
}

/* The first CERTIFICATE block of a PEM text. */
static enum firma_err
unwrap_pem(struct firma_bytes text, struct firma_buf *der)
{
	FIRMA_OWN(firma_bio_done)
	BIO *in = BIO_new_mem_buf(text.at, (int)text.len);

	if (in == NULL)
		return FIRMA_ERR_NOMEM;
	for (int i = 0; i < PEM_BLOCKS_MAX; i++) {
		FIRMA_OWN(firma_openssl_mem_done) unsigned char *data = NULL;
		char *name = NULL, *header = NULL;
		long len = 0;
		int found;

		if (PEM_read_bio(in, &name, &header, &data, &len) != 1)
			break;
		found = strcmp(name, PEM_STRING_X509) == 0 ||
		    strcmp(name, PEM_STRING_X509_OLD) == 0;
		OPENSSL_free(name);
		OPENSSL_free(header);
		if (found)
			return firma_buf_put(
			    der, firma_bytes_of(data, (size_t)len));
	}
	return firma_openssl_err(FIRMA_ERR_SHAPE);
}

static int
looks_like_pem(struct firma_bytes v)
{
	return v.len > 11 && memmem(v.at, v.len, "-----BEGIN ", 11) != NULL;
}

/* Exactly one certificate, and in DER: written again, it is the same. */
static enum firma_err
parse_der(struct firma_certificate *c, struct firma_cause *cause)
{
	FIRMA_OWN(firma_openssl_mem_done) unsigned char *again = NULL;
	const unsigned char *p = c->der.at;
	int len;

	if (c->der.len == 0 || c->der.len > FIRMA_CERTIFICATE_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a certificate of %zu octets", c->der.len);
	c->x509 = d2i_X509(NULL, &p, (long)c->der.len);
	if (c->x509 == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not an X.509 certificate");
	if (p != c->der.at + c->der.len)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "octets after the certificate");
	len = i2d_X509(c->x509, &again);
	if (len <= 0 ||
	    !firma_bytes_equal(
		firma_bytes_of(again, (size_t)len), firma_buf_view(&c->der)))
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "the certificate is not in DER");
	return FIRMA_OK;
}

static enum firma_err
read_key(struct firma_certificate *c, struct firma_cause *cause)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x509);
	unsigned char *spki = NULL;
	enum firma_err r;
	int len;

	if (key == NULL || (len = i2d_PUBKEY(key, &spki)) <= 0)
		return firma_openssl_fail(cause, FIRMA_ERR_VALUE,
		    "the certificate's public key cannot be read");
	if ((r = firma_openssl_put(&c->spki, spki, len)) != FIRMA_OK)
		return r;
	if (SHA256(c->spki.at, c->spki.len, c->spki_sha256) == NULL)
		return FIRMA_ERR_INTERNAL;
	return firma_key_algorithm_find(key, &c->algorithm);
}

static int
is_digits(struct firma_bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9')
			return 0;
	return 1;
}

static enum firma_err
read_serial(struct firma_certificate *c, struct firma_cause *cause)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(c->x509);
	const int len = ASN1_STRING_length(n);
	const int negative = ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER;
	const struct firma_bytes v =
	    firma_bytes_of(ASN1_STRING_get0_data(n), (size_t)len);

	if (len <= 0 || len > SERIAL_OCTETS_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a serial of %d octets", len);
	if (v.len == SERIAL_DIGITS && !negative && is_digits(v)) {
		memcpy(c->serial, v.at, v.len);
		c->serial[v.len] = '\0';
		return FIRMA_OK;
	}
	if (negative)
		c->serial[0] = '-';
	firma_hex(v, c->serial + (negative ? 1 : 0));
	return FIRMA_OK;
}

static enum firma_err
read_dates(struct firma_certificate *c, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_openssl_time(
		 X509_get0_notBefore(c->x509), &c->not_before)) != FIRMA_OK ||
	    (r = firma_openssl_time(
		 X509_get0_notAfter(c->x509), &c->not_after)) != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the certificate's dates cannot be read");
	return FIRMA_OK;
}

enum firma_err
firma_certificate_parse(struct firma_bytes bytes,
    struct firma_certificate **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const int pem = looks_like_pem(bytes) && bytes.at[0] != 0x30;
	const size_t max =
	    pem ? FIRMA_CERTIFICATE_PEM_MAX : FIRMA_CERTIFICATE_MAX;
	enum firma_err r;

	ERR_clear_error();
	if (bytes.len > max)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a certificate of %zu octets", bytes.len);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return FIRMA_ERR_NOMEM;
	r = pem ? unwrap_pem(bytes, &c->der) : firma_buf_put(&c->der, bytes);
	if (r == FIRMA_ERR_SHAPE || (r == FIRMA_OK && c->der.len == 0))
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "there is no certificate in it");
	if (r != FIRMA_OK || (r = parse_der(c, cause)) != FIRMA_OK ||
	    (r = read_key(c, cause)) != FIRMA_OK ||
	    (r = read_serial(c, cause)) != FIRMA_OK ||
	    (r = read_dates(c, cause)) != FIRMA_OK)
		return r;
	*ret = c;
	c = NULL;
	return FIRMA_OK;
}

struct firma_bytes
firma_certificate_der(const struct firma_certificate *c)
{
	return firma_buf_view(&c->der);
}

void
firma_certificate_spki_sha256(
    const struct firma_certificate *c, uint8_t ret[FIRMA_SPKI_HASH])
{
	memcpy(ret, c->spki_sha256, FIRMA_SPKI_HASH);
}

enum firma_err
firma_certificate_spki_der(
    const struct firma_certificate *c, struct firma_buf *ret_der)
{
	return firma_buf_put(ret_der, firma_buf_view(&c->spki));
}

enum firma_err
firma_certificate_subject_der(
    const struct firma_certificate *c, struct firma_buf *ret_der)
{
	unsigned char *der = NULL;
	const int len = i2d_X509_NAME(X509_get_subject_name(c->x509), &der);

	return firma_openssl_put(ret_der, der, len);
}

enum firma_err
firma_certificate_issuer_der(
    const struct firma_certificate *c, struct firma_buf *ret_der)
{
	unsigned char *der = NULL;
	const int len = i2d_X509_NAME(X509_get_issuer_name(c->x509), &der);

	return firma_openssl_put(ret_der, der, len);
}

void
firma_certificate_serial(
    const struct firma_certificate *c, char ret[FIRMA_SERIAL_TEXT])
{
	memcpy(ret, c->serial, FIRMA_SERIAL_TEXT);
}

int64_t
firma_certificate_not_before(const struct firma_certificate *c)
{
	return c->not_before;
}

int64_t
firma_certificate_not_after(const struct firma_certificate *c)
{
	return c->not_after;
}

int
firma_certificate_is_expired(const struct firma_certificate *c, int64_t at)
{
	return at > c->not_after;
}

enum firma_key_algorithm
firma_certificate_algorithm(const struct firma_certificate *c)
{
	return c->algorithm;
}

int
firma_certificate_issued_by(
    const struct firma_certificate *c, const struct firma_certificate *ca)
{
	EVP_PKEY *key = X509_get0_pubkey(ca->x509);
	const int good = key != NULL &&
	    X509_NAME_cmp(X509_get_issuer_name(c->x509),
		X509_get_subject_name(ca->x509)) == 0 &&
	    X509_verify(c->x509, key) == 1;

	ERR_clear_error();
	return good;
}

int
firma_certificate_same_issuer(
    const struct firma_certificate *a, const struct firma_certificate *b)
{
	const int same = X509_NAME_cmp(X509_get_issuer_name(a->x509),
			     X509_get_issuer_name(b->x509)) == 0;

	ERR_clear_error();
	return same;
}

int
firma_certificate_same_key(
    const struct firma_certificate *c, struct firma_bytes spki)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	const unsigned char *p = spki.at;
	int same;

	if (spki.len == 0 || spki.len > FIRMA_SPKI_MAX)
		return 0;
	key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	same = key != NULL && p == spki.at + spki.len &&
	    EVP_PKEY_eq(X509_get0_pubkey(c->x509), key) == 1;
	ERR_clear_error();
	return same;
}

X509 *
firma_certificate_x509(const struct firma_certificate *c)
{
	return c->x509;
}
