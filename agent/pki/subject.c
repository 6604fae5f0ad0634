/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/subject.h"

#include <string.h>

#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

#define UNIT_MAX 64 /* characters: RFC 5280 ub-organizational-unit-name */

/* The string type that Certifica gives an attribute. */
static int
type_of(int nid)
{
	switch (nid) {
	case NID_x500UniqueIdentifier:
	case NID_serialNumber:
		return V_ASN1_PRINTABLESTRING;
	case NID_pkcs9_emailAddress:
		return V_ASN1_IA5STRING;
	default:
		return V_ASN1_UTF8STRING;
	}
}

static enum firma_err
add(X509_NAME *name, int nid, struct firma_bytes utf8,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf octets = { 0 };
	const int type = type_of(nid);
	enum firma_err r;

	r = type == V_ASN1_UTF8STRING ? firma_buf_put(&octets, utf8)
				      : firma_text_to_cp1252(utf8, &octets);
	if (r == FIRMA_OK && type == V_ASN1_IA5STRING &&
	    !firma_text_is_ascii(firma_buf_view(&octets)))
		r = FIRMA_ERR_VALUE;
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the subject's attribute %s", OBJ_nid2sn(nid));
	/* With a plain type OpenSSL takes the octets as they are. */
	if (X509_NAME_add_entry_by_NID(name, nid, type,
		octets.len != 0 ? octets.at : (const uint8_t *)"",
		(int)octets.len, -1, 0) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_NOMEM, "a name");
	return FIRMA_OK;
}

static enum firma_err
put(const X509_NAME *name, struct firma_buf *ret_der)
{
	unsigned char *out = NULL;
	const int len = i2d_X509_NAME(name, &out);

	return firma_openssl_put(ret_der, out, len);
}

enum firma_err
firma_subject_write(struct firma_bytes der, enum firma_subject_strings strings,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *from = NULL;
	FIRMA_OWN(firma_x509_name_done) X509_NAME *to = NULL;
	enum firma_err r;

	if (strings == FIRMA_STRINGS_STRICT)
		return firma_name_for_request(der, ret_der, cause);
	if ((r = firma_name_parse(der, &from, cause)) != FIRMA_OK)
		return r;
	if ((to = X509_NAME_new()) == NULL)
		return FIRMA_ERR_NOMEM;
	for (int i = 0; i < X509_NAME_entry_count(from); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(from, i);
		const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));

		if (nid == NID_undef ||
		    firma_name_value(X509_NAME_ENTRY_get_data(e), &utf8) !=
			FIRMA_OK)
			return firma_fail(cause, FIRMA_ERR_VALUE,
			    FIRMA_CAUSE_NONE, 0,
			    "attribute %d of the subject cannot be read",
			    i + 1);
		if ((r = add(to, nid, firma_buf_view(&utf8), cause)) !=
		    FIRMA_OK)
			return r;
	}
	return put(to, ret_der);
}

static struct firma_bytes
text(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

/* 2.5.4.45 and 2.5.4.5, with which every request begins. */
static enum firma_err
begin(
    const struct firma_identity *id, X509_NAME **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = X509_NAME_new();
	enum firma_err r;

	if (name == NULL)
		return FIRMA_ERR_NOMEM;
	if (id->unique_identifier[0] == '\0')
		return firma_fail(cause, FIRMA_ERR_CERT_IDENTITY,
		    FIRMA_CAUSE_NONE, 0, "the certificate has no 2.5.4.45");
	if ((r = add(name, NID_x500UniqueIdentifier,
		 text(id->unique_identifier), cause)) != FIRMA_OK ||
	    (id->serial_number[0] != '\0' &&
		(r = add(name, NID_serialNumber, text(id->serial_number),
		     cause)) != FIRMA_OK))
		return r;
	*ret = name;
	name = NULL;
	return FIRMA_OK;
}

static enum firma_err
end(const X509_NAME *name, enum firma_subject_strings strings,
    struct firma_buf *ret_der, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const enum firma_err r = put(name, &der);

	return r != FIRMA_OK ? r
			     : firma_subject_write(firma_buf_view(&der),
				   strings, ret_der, cause);
}

enum firma_err
firma_subject_identifiers(const struct firma_identity *old, const char *email,
    enum firma_subject_strings strings, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	enum firma_err r;

	if ((r = begin(old, &name, cause)) != FIRMA_OK ||
	    (email[0] != '\0' &&
		(r = add(name, NID_pkcs9_emailAddress, text(email), cause)) !=
		    FIRMA_OK))
		return r;
	return end(name, strings, ret_der, cause);
}

static size_t
n_characters(const char *utf8)
{
	size_t n = 0;

	for (; *utf8 != '\0'; utf8++)
		n += (*utf8 & 0xc0) != 0x80;
	return n;
}

enum firma_err
firma_subject_seal(const struct firma_identity *efirma, const char *unit,
    enum firma_subject_strings strings, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	const int is_company = efirma->representative_rfc[0] != '\0';
	enum firma_err r;

	if (unit[0] == '\0' || !firma_text_is_utf8(text(unit)) ||
	    !firma_text_is_clean(text(unit)) || n_characters(unit) > UNIT_MAX)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "the branch has 1 to %d characters", UNIT_MAX);
	if ((r = begin(efirma, &name, cause)) != FIRMA_OK ||
	    (r = add(name, is_company ? NID_organizationName : NID_commonName,
		 text(is_company ? efirma->organization : efirma->common_name),
		 cause)) != FIRMA_OK ||
	    (r = add(name, NID_organizationalUnitName, text(unit), cause)) !=
		FIRMA_OK)
		return r;
	return end(name, strings, ret_der, cause);
}

/* A SHA-1 has 20 octets: 28 characters of base64. */
static void
base64_of(
    const uint8_t sha1[SHA_DIGEST_LENGTH], char ret[FIRMA_CHALLENGE_LEN + 1])
{
	(void)EVP_EncodeBlock((unsigned char *)ret, sha1, SHA_DIGEST_LENGTH);
}

enum firma_err
firma_challenge_random(char ret[FIRMA_CHALLENGE_LEN + 1])
{
	uint8_t octets[SHA_DIGEST_LENGTH];

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	base64_of(octets, ret);
	return FIRMA_OK;
}

/* SHA1(a || b) in base64 */
static enum firma_err
hash_two(struct firma_bytes a, struct firma_bytes b,
    char ret[FIRMA_CHALLENGE_LEN + 1])
{
	FIRMA_OWN(firma_buf_done) struct firma_buf both = { 0 };
	uint8_t sum[SHA_DIGEST_LENGTH];
	enum firma_err r;

	if ((r = firma_buf_put(&both, a)) != FIRMA_OK ||
	    (r = firma_buf_put(&both, b)) != FIRMA_OK)
		return r;
	if (SHA1(both.at, both.len, sum) == NULL)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	base64_of(sum, ret);
	return FIRMA_OK;
}

enum firma_err
firma_challenge_computed(
    const char *unique_identifier, char ret[FIRMA_CHALLENGE_LEN + 1])
{
	FIRMA_OWN(firma_buf_done) struct firma_buf x = { 0 };
	char inner[FIRMA_CHALLENGE_LEN + 1];
	enum firma_err r;

	if ((r = firma_text_to_cp1252(text(unique_identifier), &x)) !=
		FIRMA_OK ||
	    (r = hash_two(firma_buf_view(&x), firma_buf_view(&x), inner)) !=
		FIRMA_OK)
		return r;
	return hash_two(firma_buf_view(&x), text(inner), ret);
}
