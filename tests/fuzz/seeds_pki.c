/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "agent/pki/cms.h"
#include "agent/pki/components.h"
#include "agent/pki/ecdsa_der.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/request.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"
#include "tests/verify/sample.h"

#define PASSWORD "clave\xc3\xb1" /* keyfile.c opens with it */
#define ROUNDS   64              /* few: a target runs often */
#define SERIAL   "30001000000400002417"

/* What i2d made, as a seed of these targets. */
static void
der_seed(
    const char *const targets[], const char *name, unsigned char *der, int len)
{
	FUZZ_MUST(len > 0);
	for (size_t i = 0; targets[i] != NULL; i++)
		seed(targets[i], name, firma_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
}

static void
pem_seed(const char *target, const char *name, BIO *bio)
{
	char *at;
	const long len = BIO_get_mem_data(bio, &at);

	FUZZ_MUST(len > 0);
	seed(target, name, firma_bytes_of(at, (size_t)len));
	BIO_free(bio);
}

/* IMSS-like: T61String with Latin-1, two identifiers in one attribute. */
static X509_NAME *
make_name(void)
{
	static const struct {
		int nid, type;
		const char *value;
	} parts[] = {
		{ NID_commonName, V_ASN1_T61STRING, "DISE\xd1OS & OBRAS SA" },
		{ NID_name, V_ASN1_UTF8STRING, "DISE\xc3\x91OS" },
		{ NID_organizationName, V_ASN1_BMPSTRING, "\0O\0B" },
		{ NID_countryName, V_ASN1_PRINTABLESTRING, "MX" },
		{ NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a@example.mx" },
		{ NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
		    "EKU9003173C9 / XIQB891116QE4" },
		{ NID_serialNumber, V_ASN1_PRINTABLESTRING,
		    " / XIQB891116MGRMZR05" },
		{ NID_organizationalUnitName, V_ASN1_PRINTABLESTRING,
		    "E5352621109" },
	};
	X509_NAME *name = X509_NAME_new();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		FUZZ_MUST(
		    X509_NAME_add_entry_by_NID(name, parts[i].nid,
			parts[i].type, (const unsigned char *)parts[i].value,
			parts[i].type == V_ASN1_BMPSTRING ? 4 : -1, -1,
			0) == 1);
	return name;
}

static X509 *
make_certificate(EVP_PKEY *key, const X509_NAME *name)
{
	X509 *x = X509_new();

	FUZZ_MUST(X509_set_version(x, X509_VERSION_3) == 1);
	FUZZ_MUST(ASN1_STRING_set(X509_get_serialNumber(x), SERIAL, 20) == 1);
	FUZZ_MUST(X509_set_subject_name(x, name) == 1);
	FUZZ_MUST(X509_set_issuer_name(x, name) == 1);
	FUZZ_MUST(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	FUZZ_MUST(X509_gmtime_adj(X509_getm_notAfter(x), 86400) != NULL);
	FUZZ_MUST(X509_set_pubkey(x, key) == 1);
	FUZZ_MUST(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void
certificates(X509 *x, const X509_NAME *name, const char *kind)
{
	static const char *const cert[] = { "certificate", NULL };
	static const char *const names[] = { "name", NULL };
	unsigned char *der = NULL;
	char label[40];
	BIO *bio = BIO_new(BIO_s_mem());

	int len = i2d_X509(x, &der);

	der_seed(cert, kind, der, len);
	FUZZ_MUST(PEM_write_bio_X509(bio, x) == 1);
	(void)snprintf(label, sizeof(label), "%s.pem", kind);
	pem_seed("certificate", label, bio);
	der = NULL;
	len = i2d_X509_NAME(name, &der);
	der_seed(names, kind, der, len);
}

static void
requests(EVP_PKEY *key, const X509_NAME *name, const char *kind)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	struct firma_cause cause;
	unsigned char *der = NULL;
	const int len = i2d_X509_NAME(name, &der);

	FUZZ_MUST(firma_request_build(key, firma_bytes_of(der, (size_t)len),
		      "abc", 32, &out, &cause) == FIRMA_OK);
	seed("request", kind, firma_buf_view(&out));
	OPENSSL_free(der);
}

static void
signatures(EVP_PKEY *key, X509 *x, const char *kind)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf apart = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	static const char content[] = "carta"; /* cms.c has the same */
	struct firma_cause cause;
	unsigned char *der = NULL, digest[32];
	const int len = i2d_X509(x, &der);
	char name[40];

	FUZZ_MUST(firma_certificate_parse(firma_bytes_of(der, (size_t)len), &c,
		      &cause) == FIRMA_OK);
	OPENSSL_free(der);
	FUZZ_MUST(EVP_Digest(content, 5, digest, NULL, EVP_sha256(), NULL));
	FUZZ_MUST(firma_cms_sign_digest(key, c, firma_bytes_of(digest, 32),
		      1790000000, FIRMA_CMS_CADES, &apart, &cause) == FIRMA_OK);
	FUZZ_MUST(firma_cms_attach(firma_buf_view(&apart),
		      firma_bytes_of(content, 5), &whole, &cause) == FIRMA_OK);
	(void)snprintf(name, sizeof(name), "%s-detached", kind);
	seed("cms", name, firma_buf_view(&apart));
	(void)snprintf(name, sizeof(name), "%s-attached", kind);
	seed("cms", name, firma_buf_view(&whole));
}

/* PBES2 as the authority's program writes it, and what else is met. */
static void
encrypted(EVP_PKEY *key, const char *kind)
{
	static const char *const targets[] = { "keyfile", NULL };
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	const EVP_CIPHER *ciphers[] = { EVP_des_ede3_cbc(), EVP_aes_256_cbc() };
	unsigned char *der;
	char name[40];
	int len;

	for (size_t i = 0; i < 2; i++) {
		X509_SIG *sig = PKCS8_encrypt(
		    -1, ciphers[i], PASSWORD, -1, NULL, 0, ROUNDS, info);

		FUZZ_MUST(sig != NULL);
		der = NULL;
		len = i2d_X509_SIG(sig, &der);
		(void)snprintf(name, sizeof(name), "%s-pbes2-%zu", kind, i);
		der_seed(targets, name, der, len);
		X509_SIG_free(sig);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
}

static void
plain(EVP_PKEY *key, const char *kind)
{
	static const char *const targets[] = { "keyfile", NULL };
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	char name[40];
	int len;

	len = i2d_PrivateKey(key, &der); /* PKCS#1 or SEC1 */
	(void)snprintf(name, sizeof(name), "%s-own", kind);
	der_seed(targets, name, der, len);
	FUZZ_MUST(PEM_write_bio_PKCS8PrivateKey(
		      bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	(void)snprintf(name, sizeof(name), "%s-pkcs8.pem", kind);
	pem_seed("keyfile", name, bio);
}

static void
pkcs12(EVP_PKEY *key, X509 *x, const char *kind)
{
	static const char *const targets[] = { "keyfile", NULL };
	PKCS12 *p12 = PKCS12_create(
	    PASSWORD, "firma", key, x, NULL, 0, 0, ROUNDS, ROUNDS, 0);
	unsigned char *der = NULL;
	char name[40];

	FUZZ_MUST(p12 != NULL);
	const int len = i2d_PKCS12(p12, &der);

	(void)snprintf(name, sizeof(name), "%s.p12", kind);
	der_seed(targets, name, der, len);
	PKCS12_free(p12);
}

static void
numbers(EVP_PKEY *key, const char *kind)
{
	struct firma_secret s = { 0 };
	struct firma_cause cause;

	FUZZ_MUST(firma_keyfile_components(key, &s, &cause) == FIRMA_OK);
	seed("components", kind, firma_secret_view(&s));
	firma_secret_done(&s);
}

static void
whole_file(const char *name, struct firma_bytes v, void *unused)
{
	(void)unused;
	seed("explain", name, v);
}

void
seeds_pki(void)
{
	static const uint8_t raw[64] = { 0x80, [32] = 1 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ecdsa = { 0 };
	EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256"),
		EVP_EC_gen("P-384") };
	static const char *const kinds[] = { "rsa-2048", "p-256", "p-384" };
	X509_NAME *name = make_name();

	for (size_t i = 0; i < 3; i++) {
		FUZZ_MUST(keys[i] != NULL);
		X509 *x = make_certificate(keys[i], name);

		certificates(x, name, kinds[i]);
		requests(keys[i], name, kinds[i]);
		signatures(keys[i], x, kinds[i]);
		encrypted(keys[i], kinds[i]);
		plain(keys[i], kinds[i]);
		pkcs12(keys[i], x, kinds[i]);
		numbers(keys[i], kinds[i]);
		X509_free(x);
		EVP_PKEY_free(keys[i]);
	}
	X509_NAME_free(name);
	seed("components", "raw-signature", firma_bytes_of(raw, sizeof(raw)));
	FUZZ_MUST(firma_ecdsa_to_der(
		      firma_bytes_of(raw, sizeof(raw)), &ecdsa) == FIRMA_OK);
	seed("components", "signature", firma_buf_view(&ecdsa));
	sample_each(whole_file, NULL);
}
