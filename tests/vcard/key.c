/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.c - key pairs: made by GENERATE ASYMMETRIC KEY PAIR, which answers with a
 * request for a card-verifiable certificate, and used by SIGN.
 *
 * Source of the certificates: BSI TR-03110 part 3, "CV certificates".
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "tests/vcard/card.h"
#include "tests/vcard/out.h"
#include "tests/vcard/tlv.h"

#define TAG_REQUEST   0x67
#define TAG_CVC       0x7f21
#define TAG_BODY      0x7f4e
#define TAG_PROFILE   0x5f29
#define TAG_AUTHORITY 0x42
#define TAG_PUBLIC    0x7f49
#define TAG_HOLDER    0x5f20
#define TAG_SIGNATURE 0x5f37
#define TAG_OID       0x06
#define TAG_INTEGER   0x02
#define TAG_MODULUS   0x81 /* or an elliptic curve's prime */
#define TAG_EXPONENT  0x82
#define TAG_POINT     0x86
#define TAG_COFACTOR  0x87

#define EF_KEY        0xcc00 /* | key */

#define SIGN_RSA_RAW  0x20
#define SIGN_RSA_PSS  0x40
#define SIGN_EC       0x70
#define SIGN_EC_HASH  0x71 /* SHA-1; then -224, -256, -384, -512 */
#define SIGNATURE_MAX 512

#define OID_EC        "\x04\x00\x7f\x00\x07\x02\x02\x02\x02\x03"
#define OID_LEN       10

static void
pkey_done(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}
static void
ctx_done(EVP_PKEY_CTX **p)
{
	EVP_PKEY_CTX_free(*p);
}
static void
md_ctx_done(EVP_MD_CTX **p)
{
	EVP_MD_CTX_free(*p);
}

/* The contents of an EF CCxx. */
static void
key_store(EVP_PKEY *pkey, struct firma_buf *ret)
{
	uint8_t *der = NULL;
	const int n = i2d_PrivateKey(pkey, &der);

	if (n <= 0)
		out_die("a key has no DER");
	ret->len = 0;
	out_put(ret, firma_bytes_of(der, (size_t)n));
	OPENSSL_free(der);
}

static EVP_PKEY *
key_load(struct firma_bytes der)
{
	const uint8_t *at = der.at;

	return d2i_AutoPrivateKey(NULL, &at, (long)der.len);
}

static void
put_number(struct firma_buf *b, unsigned tag, EVP_PKEY *pkey, const char *name)
{
	uint8_t octets[SIGNATURE_MAX];
	BIGNUM *n = NULL;
	int len;

	if (EVP_PKEY_get_bn_param(pkey, name, &n) != 1 ||
	    BN_num_bytes(n) > (int)sizeof(octets))
		out_die("a key without %s", name);
	len = BN_bn2bin(n, octets);
	BN_free(n);
	tlv_put(b, tag, firma_bytes_of(octets, (size_t)len));
}

static void
put_point(struct firma_buf *b, EVP_PKEY *pkey)
{
	uint8_t *point = NULL;
	const size_t n = EVP_PKEY_get1_encoded_public_key(pkey, &point);

	if (n == 0)
		out_die("a key without its point");
	tlv_put(b, TAG_POINT, firma_bytes_of(point, n));
	OPENSSL_free(point);
}

/*
 * The public key as a certificate has it: for RSA modulus and exponent; for a
 * curve the parameters that were asked for, and the point before the cofactor.
 */
static void
put_public(struct firma_buf *b, EVP_PKEY *pkey, struct firma_bytes wanted)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };
	const bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
	struct firma_bytes value;
	bool done = false;
	unsigned tag;

	while (tlv_next(&wanted, &tag, &value)) {
		if (tag == TAG_COFACTOR && !done) {
			put_point(&in, pkey);
			done = true;
		}
		if (!rsa || tag == TAG_OID)
			tlv_put(&in, tag, value);
	}
	if (rsa) {
		put_number(&in, TAG_MODULUS, pkey, "n");
		put_number(&in, TAG_EXPONENT, pkey, "e");
	} else if (!done) {
		put_point(&in, pkey);
	}
	tlv_put(b, TAG_PUBLIC, firma_buf_view(&in));
}

static void
put_signature(struct firma_buf *b, EVP_PKEY *pkey, struct firma_bytes over)
{
	FIRMA_OWN(md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t sig[SIGNATURE_MAX];
	size_t n = sizeof(sig);

	if (md == NULL ||
	    EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, pkey) != 1 ||
	    EVP_DigestSign(md, sig, &n, over.at, over.len) != 1)
		out_die("a certificate cannot be signed");
	tlv_put(b, TAG_SIGNATURE, firma_bytes_of(sig, n));
}

/* A card-verifiable certificate of pkey, signed with pkey. */
static void
put_cvc(struct firma_buf *b, EVP_PKEY *pkey, struct firma_bytes wanted,
    struct firma_bytes authority, struct firma_bytes holder)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 }, all = { 0 };

	tlv_put(&in, TAG_PROFILE, firma_bytes_of("", 1));
	tlv_put(&in, TAG_AUTHORITY, authority);
	put_public(&in, pkey, wanted);
	tlv_put(&in, TAG_HOLDER, holder);
	tlv_put(&all, TAG_BODY, firma_buf_view(&in));
	put_signature(&all, pkey, firma_buf_view(&all));
	tlv_put(b, TAG_CVC, firma_buf_view(&all));
}

void
key_make_device(struct card *c, struct firma_buf *ret_certificate)
{
	FIRMA_OWN(pkey_done) EVP_PKEY *pkey = EVP_EC_gen("P-256");
	FIRMA_OWN(firma_buf_done) struct firma_buf wanted = { 0 };
	char holder[STATE_SERIAL_MAX + 6];

	if (pkey == NULL)
		out_die("no device key");
	key_store(pkey, &c->state.device);
	tlv_put(&wanted, TAG_OID, firma_bytes_of(OID_EC, OID_LEN));
	put_number(&wanted, TAG_MODULUS, pkey, "p");
	(void)snprintf(holder, sizeof(holder), "%s00001", c->state.serial);
	put_cvc(ret_certificate, pkey, firma_buf_view(&wanted),
	    firma_bytes_of("UTVCDICA00001", 13),
	    firma_bytes_of(holder, strlen(holder)));
}

/* The curve whose prime is asked for. */
static EVP_PKEY *
generate_ec(struct firma_bytes prime)
{
	if (prime.len == 32 &&
	    memcmp(prime.at, "\xff\xff\xff\xff\0\0\0\1", 8) == 0)
		return EVP_EC_gen("P-256");
	if (prime.len == 48 && memcmp(prime.at, "\xff\xff\xff\xff\xff", 5) == 0)
		return EVP_EC_gen("P-384");
	return NULL;
}

/* NULL: a kind of key that the card does not make. */
static EVP_PKEY *
generate(struct firma_bytes wanted)
{
	struct firma_bytes v;
	unsigned bits = 0;

	if (tlv_find(wanted, TAG_MODULUS, &v))
		return generate_ec(v);
	if (!tlv_find(wanted, TAG_INTEGER, &v) || v.len > 3)
		return NULL;
	for (size_t i = 0; i < v.len; i++)
		bits = bits << 8 | v.at[i];
	if (bits != 2048 && bits != 3072 && bits != 4096)
		return NULL;
	return EVP_RSA_gen(bits);
}

/* The request is signed by the new key, and the whole by the device's. */
static void
put_request(struct card *c, EVP_PKEY *pkey, const struct firma_bytes *asked,
    struct firma_buf *ret)
{
	FIRMA_OWN(pkey_done)
	EVP_PKEY *device = key_load(firma_buf_view(&c->state.device));
	FIRMA_OWN(firma_buf_done) struct firma_buf in = { 0 };

	if (device == NULL)
		out_die("the device key is broken");
	put_cvc(&in, pkey, asked[0], asked[1], asked[2]);
	tlv_put(&in, TAG_AUTHORITY,
	    firma_bytes_of(c->state.serial, strlen(c->state.serial)));
	put_signature(&in, device, firma_buf_view(&in));
	tlv_put(ret, TAG_REQUEST, firma_buf_view(&in));
}

unsigned
key_generate(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	FIRMA_OWN(pkey_done) EVP_PKEY *pkey = NULL;
	struct firma_bytes asked[3];
	struct state_ef *ef;

	if (!c->verified)
		return SW_SECURITY;
	if (!tlv_find(a->data, TAG_PUBLIC, &asked[0]) ||
	    !tlv_find(a->data, TAG_AUTHORITY, &asked[1]) ||
	    !tlv_find(a->data, TAG_HOLDER, &asked[2]))
		return SW_DATA;
	if (state_find(&c->state, EF_KEY | a->p1) != NULL)
		return SW_CONDITIONS;
	pkey = generate(asked[0]);
	if (pkey == NULL)
		return SW_DATA;
	ef = state_make(&c->state, EF_KEY | a->p1);
	if (ef == NULL)
		return SW_NO_ROOM;
	key_store(pkey, &ef->data);
	put_request(c, pkey, asked, ret);
	state_save(&c->state);
	return SW_OK;
}

/* SIGN_EC_HASH: the chip hashes what is to be signed. */
static const EVP_MD *
md_of_algorithm(unsigned algorithm)
{
	switch (algorithm) {
	case SIGN_EC_HASH:
		return EVP_sha1();
	case SIGN_EC_HASH + 1:
		return EVP_sha224();
	case SIGN_EC_HASH + 2:
		return EVP_sha256();
	case SIGN_EC_HASH + 3:
		return EVP_sha384();
	case SIGN_EC_HASH + 4:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/*
 * SIGN_RSA_PSS: the input is a DigestInfo, of which the digest is signed.
 * Returns the algorithm, NULL: none; *in becomes the digest.
 */
static const EVP_MD *
open_digest_info(struct firma_bytes *in, uint8_t hash[EVP_MAX_MD_SIZE])
{
	const uint8_t *at = in->at;
	X509_SIG *info = d2i_X509_SIG(NULL, &at, (long)in->len);
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *digest;
	const EVP_MD *md = NULL;
	size_t n;

	if (info == NULL)
		return NULL;
	X509_SIG_get0(info, &algorithm, &digest);
	n = (size_t)ASN1_STRING_length(digest);
	md = EVP_get_digestbyobj(algorithm->algorithm);
	if (md != NULL && n == (size_t)EVP_MD_get_size(md)) {
		memcpy(hash, ASN1_STRING_get0_data(digest), n);
		*in = firma_bytes_of(hash, n);
	} else {
		md = NULL;
	}
	X509_SIG_free(info);
	return md;
}

static bool
set_padding(EVP_PKEY_CTX *ctx, unsigned algorithm, const EVP_MD *md)
{
	if (algorithm == SIGN_RSA_RAW)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
	return algorithm == SIGN_RSA_PSS && md != NULL &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* False: the algorithm is not one of this key, or the input does not fit. */
static bool
sign(EVP_PKEY *pkey, unsigned algorithm, struct firma_bytes in,
    uint8_t sig[SIGNATURE_MAX], size_t *n)
{
	FIRMA_OWN(ctx_done) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	const bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
	const EVP_MD *md = md_of_algorithm(algorithm);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
		out_die("a key is broken");
	if (algorithm == SIGN_RSA_PSS)
		md = open_digest_info(&in, hash);
	if (rsa ? !set_padding(ctx, algorithm, md)
		: md == NULL && algorithm != SIGN_EC)
		return false;
	if (!rsa && md != NULL) {
		if (EVP_Digest(in.at, in.len, hash, &len, md, NULL) != 1)
			out_die("no digest");
		in = firma_bytes_of(hash, len);
	}
	return EVP_PKEY_sign(ctx, sig, n, in.at, in.len) == 1;
}

unsigned
key_sign(struct card *c, const struct apdu *a, struct firma_buf *ret)
{
	const struct state_ef *ef = state_find(&c->state, EF_KEY | a->p1);
	FIRMA_OWN(pkey_done) EVP_PKEY *pkey = NULL;
	uint8_t sig[SIGNATURE_MAX];
	size_t n = sizeof(sig);

	if (ef == NULL)
		return SW_NO_REFERENCE;
	if (!c->verified)
		return SW_SECURITY;
	pkey = key_load(firma_buf_view(&ef->data));
	if (pkey == NULL)
		out_die("the key %02x is broken", a->p1);
	if (!sign(pkey, a->p2, a->data, sig, &n))
		return SW_DATA;
	out_put(ret, firma_bytes_of(sig, n));
	return SW_OK;
}
