/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verify/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "agent/base/own.h"

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(                                         \
			    stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			exit(1);                                               \
		}                                                              \
	} while (0)

#define YEAR (365L * 86400)

/* Where the files go, and the keys that sign them. */
struct maker {
	void (*put)(const char *name, struct firma_bytes v, void *arg);
	void *arg;
	EVP_PKEY *ca_key, *person_key, *company_key, *fresh, *second;
	X509 *ca, *person, *company, *representative;
};

struct part {
	int nid, type;
	const char *value;
};

#define PRINTABLE V_ASN1_PRINTABLESTRING
#define T61       V_ASN1_T61STRING

static const struct part person_name[] = {
	{ NID_commonName, T61,
	    "LUIS PE\xd1"
	    "A" },
	{ NID_name, T61,
	    "LUIS PE\xd1"
	    "A" },
	{ NID_countryName, PRINTABLE, "MX" },
	{ NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "luis@example.mx" },
	{ NID_x500UniqueIdentifier, T61, "PE\xd1L800101AB1" },
	{ NID_serialNumber, PRINTABLE, "PEXL800101HDFXXS09" },
	{ 0, 0, NULL },
};
/* The same person as the authority's program writes requests. */
static const struct part person_request[] = {
	{ NID_x500UniqueIdentifier, PRINTABLE, "PE\xd1L800101AB1" },
	{ NID_serialNumber, PRINTABLE, "PEXL800101HDFXXS09" },
	{ NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "otro@example.mx" },
	{ 0, 0, NULL },
};
static const struct part company_name[] = {
	{ NID_commonName, T61, "OBRAS & DISE\xd1OS SA" },
	{ NID_x500UniqueIdentifier, PRINTABLE, "ODS010101AB1 / REPA800101XY2" },
	{ NID_serialNumber, PRINTABLE, " / REPA800101HDFXXS01" },
	{ 0, 0, NULL },
};
static const struct part company_request[] = {
	{ NID_x500UniqueIdentifier, PRINTABLE, "ODS010101AB1 / REPA800101XY2" },
	{ NID_serialNumber, PRINTABLE, " / REPA800101HDFXXS01" },
	{ NID_organizationalUnitName, PRINTABLE, "OBRAS & SUCURSAL" },
	{ 0, 0, NULL },
};
/* A first request: no CURP. */
static const struct part bare_request[] = {
	{ NID_x500UniqueIdentifier, PRINTABLE, "ODS010101AB1 / REPA800101XY2" },
	{ NID_serialNumber, PRINTABLE, " / " },
	{ 0, 0, NULL },
};
static const struct part representative_name[] = {
	{ NID_commonName, PRINTABLE, "ANA REPRESENTANTE" },
	{ NID_x500UniqueIdentifier, PRINTABLE, "REPA800101XY2" },
	{ NID_serialNumber, PRINTABLE, "REPA800101HDFXXS01" },
	{ 0, 0, NULL },
};
static const struct part odd_name[] = {
	{ NID_commonName, V_ASN1_BMPSTRING, "\0O\0D\0D" },
	{ NID_organizationalUnitName, V_ASN1_IA5STRING, "\xd1" },
	{ 0, 0, NULL },
};
static const struct part hidden_name[] = {
	{ NID_commonName, V_ASN1_UTF8STRING,
	    "A\xe2\x80\xae"
	    "B" },
	{ 0, 0, NULL },
};
static const struct part plain_request[] = {
	{ NID_commonName, V_ASN1_UTF8STRING, "no identifier" },
	{ 0, 0, NULL },
};

static X509_NAME *
name_of(const struct part *p)
{
	X509_NAME *name = X509_NAME_new();

	for (; p->nid != 0; p++)
		MUST(X509_NAME_add_entry_by_NID(name, p->nid, p->type,
			 (const unsigned char *)p->value,
			 p->type == V_ASN1_BMPSTRING ? 6 : -1, -1, 0) == 1);
	return name;
}

static void
put_der(const struct maker *m, const char *name, unsigned char *der, int len)
{
	MUST(len > 0);
	m->put(name, firma_bytes_of(der, (size_t)len), m->arg);
	OPENSSL_free(der);
}

#define PUT_DER(m, name, i2d, object)                  \
	do {                                           \
		unsigned char *der_ = NULL;            \
		const int len_ = i2d((object), &der_); \
		put_der((m), (name), der_, len_);      \
	} while (0)

static X509 *
certificate(const struct maker *m, const struct part *subject, EVP_PKEY *key,
    const char *serial, long from, const EVP_MD *md)
{
	static const struct part authority[] = {
		{ NID_commonName, V_ASN1_UTF8STRING,
		    "AC DE PR\xc3\x81"
		    "CTICA" },
		{ 0, 0, NULL },
	};
	X509_NAME *issuer = name_of(authority);
	X509_NAME *name = name_of(subject != NULL ? subject : authority);
	X509 *x = X509_new();

	MUST(X509_set_version(x, X509_VERSION_3) == 1);
	MUST(ASN1_STRING_set(X509_get_serialNumber(x), serial, -1) == 1);
	MUST(X509_set_issuer_name(x, issuer) == 1);
	MUST(X509_set_subject_name(x, name) == 1);
	MUST(X509_gmtime_adj(X509_getm_notBefore(x), from) != NULL);
	MUST(X509_gmtime_adj(X509_getm_notAfter(x), from + 4 * YEAR) != NULL);
	MUST(X509_set_pubkey(x, key) == 1);
	MUST(X509_sign(x, m->ca_key, md) > 0);
	X509_NAME_free(issuer);
	X509_NAME_free(name);
	return x;
}

static X509_REQ *
request(const struct part *subject, EVP_PKEY *key, const EVP_MD *md)
{
	X509_NAME *name = name_of(subject);
	X509_REQ *q = X509_REQ_new();

	MUST(X509_REQ_set_version(q, X509_REQ_VERSION_1) == 1);
	MUST(X509_REQ_set_subject_name(q, name) == 1);
	MUST(X509_REQ_set_pubkey(q, key) == 1);
	MUST(X509_REQ_add1_attr_by_NID(q, NID_pkcs9_challengePassword,
		 PRINTABLE, (const unsigned char *)"c2VjcmV0bw==", 12) == 1);
	MUST(X509_REQ_sign(q, key, md) > 0);
	X509_NAME_free(name);
	return q;
}

static void
request_der(const struct part *subject, EVP_PKEY *key, const EVP_MD *md,
    struct firma_buf *ret)
{
	X509_REQ *q = request(subject, key, md);
	unsigned char *der = NULL;
	const int len = i2d_X509_REQ(q, &der);

	MUST(len > 0);
	ret->len = 0;
	MUST(firma_buf_put(ret, firma_bytes_of(der, (size_t)len)) == FIRMA_OK);
	OPENSSL_free(der);
	X509_REQ_free(q);
}

/* BER as the authority's program writes it, or DER. */
static void
sign(const struct firma_buf *content, X509 *cert, EVP_PKEY *key,
    const EVP_MD *md, int ber, struct firma_buf *ret)
{
	const unsigned int flags =
	    CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_STREAM;
	BIO *in = BIO_new_mem_buf(content->at, (int)content->len);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	char *at;
	long len;

	MUST(cms != NULL && CMS_add1_signer(cms, cert, key, md, flags) != NULL);
	if (ber) {
		MUST(i2d_CMS_bio_stream(out, cms, in, (int)flags) == 1);
	} else {
		MUST(CMS_final(cms, in, NULL, CMS_BINARY) == 1);
		MUST(i2d_CMS_bio(out, cms) == 1);
	}
	len = BIO_get_mem_data(out, &at);
	ret->len = 0;
	MUST(firma_buf_put(ret, firma_bytes_of(at, (size_t)len)) == FIRMA_OK);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
}

static void
put(const struct maker *m, const char *name, const struct firma_buf *v)
{
	m->put(name, firma_buf_view(v), m->arg);
}

static void
certificates(struct maker *m)
{
	static const char serial[] = "30001000000500009901";
	X509 *x;

	m->ca = certificate(m, NULL, m->ca_key, "1", -YEAR, EVP_sha256());
	m->person = certificate(
	    m, person_name, m->person_key, serial, -YEAR, EVP_sha256());
	m->company = certificate(m, company_name, m->company_key,
	    "30001000000500009902", -YEAR, EVP_sha256());
	m->representative = certificate(m, representative_name, m->second,
	    "30001000000500009903", -YEAR, EVP_sha256());
	PUT_DER(m, "ca.cer", i2d_X509, m->ca);
	PUT_DER(m, "person.cer", i2d_X509, m->person);
	PUT_DER(m, "company.cer", i2d_X509, m->company);
	PUT_DER(m, "representative.cer", i2d_X509, m->representative);
	/* SHA-1, long over, another serial, odd strings */
	x = certificate(
	    m, odd_name, m->fresh, "\x01\x02", -9 * YEAR, EVP_sha1());
	PUT_DER(m, "odd.cer", i2d_X509, x);
	X509_free(x);
	x = certificate(m, hidden_name, m->fresh, serial, YEAR, EVP_sha256());
	PUT_DER(m, "hidden.cer", i2d_X509, x);
	X509_free(x);
}

/* SEQUENCE of an indefinite length around what a DER SEQUENCE has. */
static void
put_ber(const struct maker *m, const char *name, const struct firma_buf *der)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf ber = { 0 };

	MUST(der->len > 4 && der->at[0] == 0x30 && der->at[1] == 0x82);
	MUST(firma_buf_put(&ber, firma_bytes_of("\x30\x80", 2)) == FIRMA_OK);
	MUST(firma_buf_put(&ber, firma_bytes_of(der->at + 4, der->len - 4)) ==
	    FIRMA_OK);
	MUST(firma_buf_put(&ber, firma_bytes_of("\0\0", 2)) == FIRMA_OK);
	put(m, name, &ber);
}

static void
requests(const struct maker *m)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf q = { 0 };

	request_der(company_request, m->fresh, EVP_sha256(), &q);
	put(m, "company.req", &q);
	request_der(person_request, m->fresh, EVP_sha1(), &q);
	put(m, "person.req", &q);
	put_ber(m, "ber.req", &q);
	q.at[q.len - 1] ^= 1;
	put(m, "forged.req", &q);
}

/* A message over another content than the one that was signed. */
static void
put_swapped(const struct maker *m, const char *name,
    const struct firma_buf *message, const struct firma_buf *content)
{
	const unsigned char *p = message->at;
	CMS_ContentInfo *cms =
	    d2i_CMS_ContentInfo(NULL, &p, (long)message->len);
	ASN1_OCTET_STRING **at = cms != NULL ? CMS_get0_content(cms) : NULL;

	MUST(at != NULL && *at != NULL);
	MUST(ASN1_OCTET_STRING_set(*at, content->at, (int)content->len) == 1);
	PUT_DER(m, name, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
}

static void
renewals(const struct maker *m)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf q = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf other = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ren = { 0 };

	request_der(company_request, m->fresh, EVP_sha256(), &other);
	request_der(person_request, m->fresh, EVP_sha1(), &q);
	sign(&q, m->person, m->person_key, EVP_sha1(), 1, &ren);
	put(m, "person.ren", &ren);
	sign(&q, m->person, m->person_key, EVP_sha256(), 0, &ren);
	put(m, "der.ren", &ren);
	put_swapped(m, "swapped.ren", &ren, &other);
	sign(&other, m->person, m->person_key, EVP_sha256(), 0, &ren);
	put(m, "another.ren", &ren);
	sign(&other, m->company, m->company_key, EVP_sha256(), 1, &ren);
	put(m, "company.ren", &ren);
	sign(&other, m->representative, m->second, EVP_sha256(), 1, &ren);
	put(m, "representative.ren", &ren);
	request_der(bare_request, m->fresh, EVP_sha256(), &q);
	sign(&q, m->representative, m->second, EVP_sha256(), 1, &ren);
	put(m, "bare.ren", &ren);
	request_der(plain_request, m->fresh, EVP_sha256(), &q);
	sign(&q, m->person, m->person_key, EVP_sha256(), 0, &ren);
	put(m, "unnamed.ren", &ren);
	request_der(person_request, m->person_key, EVP_sha256(), &q);
	sign(&q, m->person, m->person_key, EVP_sha256(), 0, &ren);
	put(m, "same-key.ren", &ren);
	request_der(person_request, m->fresh, EVP_sha256(), &q);
	q.at[q.len - 1] ^= 1;
	sign(&q, m->person, m->person_key, EVP_sha256(), 0, &ren);
	put(m, "forged.ren", &ren);
	/* a message in a message in a message, and so on */
	for (int i = 0; i < 5; i++) {
		sign(&ren, m->person, m->person_key, EVP_sha256(), 0, &q);
		ren.len = 0;
		MUST(firma_buf_put(&ren, firma_buf_view(&q)) == FIRMA_OK);
	}
	put(m, "deep.p7m", &ren);
}

struct file {
	const char *name;
	struct firma_bytes v;
};

static void
zip(const struct file *files, size_t n, const char *compression,
    struct firma_buf *ret)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	ret->len = 0;
	MUST(firma_buf_reserve(ret, (size_t)256 * 1024) == FIRMA_OK);
	MUST(archive_write_set_format_zip(a) == ARCHIVE_OK);
	MUST(archive_write_set_bytes_per_block(a, 0) == ARCHIVE_OK);
	MUST(archive_write_set_options(a, compression) == ARCHIVE_OK);
	MUST(archive_write_open_memory(
		 a, ret->at, (size_t)256 * 1024, &ret->len) == ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		archive_entry_clear(e);
		archive_entry_set_pathname(e, files[i].name);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (la_int64_t)files[i].v.len);
		MUST(archive_write_header(a, e) == ARCHIVE_OK);
		MUST(archive_write_data(a, files[i].v.at, files[i].v.len) ==
		    (la_ssize_t)files[i].v.len);
	}
	MUST(archive_write_close(a) == ARCHIVE_OK);
	archive_entry_free(e);
	MUST(archive_write_free(a) == ARCHIVE_OK);
}

/* One octet of the first file's content, where nothing but the CRC tells. */
static void
damage(struct firma_buf *stored, struct firma_bytes content)
{
	uint8_t *at = memmem(stored->at, stored->len, content.at, content.len);

	MUST(at != NULL);
	at[content.len - 1] ^= 1;
}

static void
seals(const struct maker *m)
{
	static const uint8_t zeros[8 * 1024 * 1024];
	FIRMA_OWN(firma_buf_done) struct firma_buf q = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf more = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf z = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sdg = { 0 };
	struct file files[65];

	request_der(company_request, m->fresh, EVP_sha1(), &q);
	request_der(company_request, m->second, EVP_sha1(), &more);
	files[0] = (struct file){ "CSD_MATRIZ.req", firma_buf_view(&q) };
	files[1] = (struct file){ "CSD_NORTE.req", firma_buf_view(&more) };
	zip(files, 2, "zip:compression=deflate", &z);
	put(m, "seals.zip", &z);
	sign(&z, m->company, m->company_key, EVP_sha1(), 1, &sdg);
	put(m, "company.sdg", &sdg);
	sign(&z, m->person, m->person_key, EVP_sha256(), 0, &sdg);
	put(m, "another.sdg", &sdg);
	zip(files, 1, "zip:compression=store", &z);
	damage(&z, files[0].v);
	sign(&z, m->company, m->company_key, EVP_sha256(), 0, &sdg);
	put(m, "damaged.sdg", &sdg);
	files[1].v = files[0].v;
	files[2] = (struct file){ "../l\xc3\xa9"
				  "eme\n.txt",
		firma_bytes_of("hola", 4) };
	files[3] =
	    (struct file){ "ceros", firma_bytes_of(zeros, sizeof(zeros)) };
	zip(files, 4, "zip:compression=deflate", &z);
	sign(&z, m->company, m->company_key, EVP_sha256(), 0, &sdg);
	put(m, "strange.sdg", &sdg);
	for (size_t i = 0; i < 65; i++)
		files[i] = (struct file){ "x", firma_bytes_of("y", 1) };
	zip(files, 65, "zip:compression=store", &z);
	put(m, "many.zip", &z);
	z.len -= 100;
	put(m, "cut.zip", &z);
}

/* The authority's constants: see agent/pki/keyfile_audit.c. */
static void
keys(const struct maker *m)
{
	static unsigned char salt[] = { 2, 1, 0, 2, 0x82, 1, 1, 0 };
	static unsigned char iv[] = { 0x30, 0x82, 4, 0xbf, 2, 1, 0, 0x30 };
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(m->fresh);
	X509_ALGOR *how = PKCS5_pbe2_set_iv(
	    EVP_des_ede3_cbc(), 2048, salt, sizeof(salt), iv, NID_hmacWithSHA1);
	X509_SIG *sig = PKCS8_set0_pbe(
	    SAMPLE_PASSWORD, (int)strlen(SAMPLE_PASSWORD), info, how);
	PKCS12 *p12 = PKCS12_create(SAMPLE_PASSWORD, "firma", m->person_key,
	    m->person, NULL, 0, 0, 2048, 2048, 0);

	MUST(sig != NULL && p12 != NULL);
	PUT_DER(m, "constant.key", i2d_X509_SIG, sig);
	PUT_DER(m, "plain.key", i2d_PKCS8_PRIV_KEY_INFO, info);
	PUT_DER(m, "person.pfx", i2d_PKCS12, p12);
	PKCS12_free(p12);
	X509_SIG_free(sig);
	PKCS8_PRIV_KEY_INFO_free(info);
}

void
sample_each(void (*put_one)(const char *name, struct firma_bytes v, void *arg),
    void *arg)
{
	struct maker m = { .put = put_one, .arg = arg };
	EVP_PKEY **all[] = { &m.ca_key, &m.person_key, &m.company_key, &m.fresh,
		&m.second };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		MUST((*all[i] = EVP_RSA_gen(2048)) != NULL);
	certificates(&m);
	requests(&m);
	renewals(&m);
	seals(&m);
	keys(&m);
	X509_free(m.ca);
	X509_free(m.person);
	X509_free(m.company);
	X509_free(m.representative);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		EVP_PKEY_free(*all[i]);
}
