/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/support.h"

#include <stdio.h>
#include <sys/stat.h>

#include <openssl/objects.h>
#include <openssl/sha.h>

#define FILE_MAX ((size_t)1024 * 1024)
#define N_KEYS   2

const char *
fixtures(void)
{
	static const char beside[] = FIRMA_SOURCE_DIR "/../shared/fixtures";
	const char *dir = getenv("FIRMA_FIXTURES");
	struct stat st;

	if (dir == NULL)
		dir = beside;
	return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) ? dir : NULL;
}

void
fixture(const char *name, struct firma_buf *ret)
{
	char path[4096];
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/sat/%s", fixtures(),
			name) < (int)sizeof(path));
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	firma_buf_done(ret);
	assert_int_equal(firma_buf_reserve(ret, FILE_MAX), FIRMA_OK);
	ret->len = fread(ret->at, 1, FILE_MAX, f);
	assert_true(ret->len > 0);
	(void)fclose(f);
}

int
skipped(void)
{
	printf("skipped: no folder of real files (FIRMA_FIXTURES)\n");
	return SKIPPED;
}

static EVP_PKEY *
make_key(enum firma_key_algorithm a)
{
	EVP_PKEY *key = NULL;

	if (firma_key_algorithm_is_rsa(a))
		key = EVP_RSA_gen(firma_key_algorithm_bits(a));
	else
		key = EVP_EC_gen(a == FIRMA_KEY_EC_P256 ? "P-256" : "P-384");
	assert_non_null(key);
	return key;
}

EVP_PKEY *
key_of(enum firma_key_algorithm a, int which)
{
	static EVP_PKEY *made[FIRMA_KEY_EC_P384 + 1][N_KEYS];

	assert_true(which >= 0 && which < N_KEYS);
	if (made[a][which] == NULL)
		made[a][which] = make_key(a);
	return made[a][which];
}

void
name_of(const struct attribute *attributes, size_t n, struct firma_buf *ret_der)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = X509_NAME_new();
	unsigned char *out = NULL;
	int len;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    X509_NAME_add_entry_by_NID(name, attributes[i].nid,
			attributes[i].type,
			(const unsigned char *)attributes[i].value, -1, -1, 0),
		    1);
	firma_buf_done(ret_der);
	len = i2d_X509_NAME(name, &out);
	assert_int_equal(firma_openssl_put(ret_der, out, len), FIRMA_OK);
}

void
company_subject(struct firma_buf *ret_der)
{
	static const struct attribute subject[] = {
		{ NID_commonName, V_ASN1_T61STRING, "DISE\xd1OS & OBRAS SA" },
		{ NID_name, V_ASN1_T61STRING, "DISE\xd1OS & OBRAS SA" },
		{ NID_organizationName, V_ASN1_UTF8STRING,
		    "DISE\xc3\x91OS & OBRAS SA" },
		{ NID_countryName, V_ASN1_PRINTABLESTRING, "MX" },
		{ NID_pkcs9_emailAddress, V_ASN1_IA5STRING,
		    "nomina@example.com.mx" },
		{ NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
		    "EKU9003173C9 / XIQB891116QE4" },
		{ NID_serialNumber, V_ASN1_PRINTABLESTRING,
		    " / XIQB891116MGRMZR05" },
		{ NID_organizationalUnitName, V_ASN1_PRINTABLESTRING,
		    "E5352621109" },
	};

	name_of(subject, sizeof(subject) / sizeof(subject[0]), ret_der);
}

static X509_NAME *
decode_name(struct firma_bytes der)
{
	const unsigned char *p = der.at;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.len);

	assert_non_null(name);
	return name;
}

static void
set_serial(X509 *x, const char *serial)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	assert_int_equal(ASN1_STRING_set(n, serial, (int)strlen(serial)), 1);
	assert_int_equal(X509_set_serialNumber(x, n), 1);
	ASN1_INTEGER_free(n);
}

static void
set_dates(X509 *x, int64_t from, int64_t to)
{
	FIRMA_OWN(firma_asn1_time_done)
	ASN1_TIME *begin = ASN1_TIME_set(NULL, (time_t)from);
	FIRMA_OWN(firma_asn1_time_done)
	ASN1_TIME *end = ASN1_TIME_set(NULL, (time_t)to);

	assert_int_equal(X509_set1_notBefore(x, begin), 1);
	assert_int_equal(X509_set1_notAfter(x, end), 1);
}

struct firma_certificate *
certificate_of(const struct recipe *r)
{
	static const struct attribute ca[] = { { NID_commonName,
	    V_ASN1_UTF8STRING,
	    "AC de Pr\xc3\xa1"
	    "ctica" } };
	FIRMA_OWN(firma_buf_done) struct firma_buf usual = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf usual_ca = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_x509_done) X509 *x = X509_new();
	FIRMA_OWN(firma_x509_name_done) X509_NAME *subject = NULL;
	FIRMA_OWN(firma_x509_name_done) X509_NAME *issuer = NULL;
	struct firma_certificate *c = NULL;
	EVP_PKEY *ca_key =
	    r->ca_key != NULL ? r->ca_key : key_of(FIRMA_KEY_EC_P256, 1);
	unsigned char *out = NULL;
	int len;

	company_subject(&usual);
	name_of(ca, 1, &usual_ca);
	subject = decode_name(
	    r->subject.len != 0 ? r->subject : firma_buf_view(&usual));
	issuer = decode_name(
	    r->issuer.len != 0 ? r->issuer : firma_buf_view(&usual_ca));
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(X509_set_subject_name(x, subject), 1);
	assert_int_equal(X509_set_issuer_name(x, issuer), 1);
	assert_int_equal(X509_set_pubkey(x, r->key), 1);
	set_serial(x, r->serial != NULL ? r->serial : FRESH_SERIAL);
	set_dates(x, r->not_before != 0 ? r->not_before : NOW,
	    r->not_after != 0 ? r->not_after : NOW + 730 * DAY);
	assert_true(X509_sign(x, ca_key, EVP_sha256()) > 0);
	len = i2d_X509(x, &out);
	assert_int_equal(firma_openssl_put(&der, out, len), FIRMA_OK);
	assert_int_equal(
	    firma_certificate_parse(firma_buf_view(&der), &c, NULL), FIRMA_OK);
	return c;
}

void
spki_of(EVP_PKEY *key, struct firma_buf *ret_der)
{
	unsigned char *out = NULL;
	const int len = i2d_PUBKEY(key, &out);

	firma_buf_done(ret_der);
	assert_int_equal(firma_openssl_put(ret_der, out, len), FIRMA_OK);
}

void
sha256_of(struct firma_bytes v, uint8_t ret[32])
{
	assert_non_null(SHA256(v.at, v.len, ret));
}

void
leave_no_memory(void)
{
	ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
}
