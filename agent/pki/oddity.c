/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/oddity.h"

#include <string.h>

#include <openssl/objects.h>

#include "agent/pki/identity.h"
#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

#define FEW_ROUNDS    100000 /* of PBKDF2; OWASP asks for more */
#define SERIAL_DIGITS 20

static const struct {
	const char *name, *text;
} words[FIRMA_ODD_N] = {
#define X(name, id, text) [FIRMA_ODD_##name] = { (id), (text) },
	FIRMA_ODDITY_LIST(X)
#undef X
};

const char *
firma_oddity_name(enum firma_oddity o)
{
	return words[o].name;
}

const char *
firma_oddity_text(enum firma_oddity o)
{
	return words[o].text;
}

static firma_oddities
of_value(const ASN1_STRING *value)
{
	const struct firma_bytes v = firma_bytes_of(
	    ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	const int strict = firma_name_value_is_strict(value);

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_T61STRING:
		return FIRMA_ODD(T61);
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		return FIRMA_ODD(BMP) | (strict ? 0 : FIRMA_ODD(STRING));
	case V_ASN1_PRINTABLESTRING:
		return strict                ? 0
		    : firma_text_is_ascii(v) ? FIRMA_ODD(PRINTABLE)
					     : FIRMA_ODD(LATIN1);
	default:
		return strict ? 0 : FIRMA_ODD(STRING);
	}
}

firma_oddities
firma_oddities_of_name(struct firma_bytes der)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	struct firma_identity id;
	firma_oddities odd = 0;

	if (firma_name_parse(der, &name, NULL) != FIRMA_OK)
		return FIRMA_ODD(UNREADABLE);
	for (int i = 0; i < X509_NAME_entry_count(name); i++)
		odd |= of_value(
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (firma_identity_of_subject(der, &id, NULL) != FIRMA_OK)
		odd |= FIRMA_ODD(UNREADABLE);
	return odd;
}

static firma_oddities
of_digest(const char *name)
{
	return strcmp(name, "sha1") == 0 ? FIRMA_ODD(SHA1)
	    : strcmp(name, "md5") == 0   ? FIRMA_ODD(MD5)
					 : 0;
}

firma_oddities
firma_oddities_of_certificate(const struct firma_certificate *c, int64_t now)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	char serial[FIRMA_SERIAL_TEXT];
	firma_oddities odd = 0;
	int digest = NID_undef;

	if (firma_certificate_subject_der(c, &subject) == FIRMA_OK)
		odd |= firma_oddities_of_name(firma_buf_view(&subject));
	if (OBJ_find_sigid_algs(
		X509_get_signature_nid(firma_certificate_x509(c)), &digest,
		NULL) == 1)
		odd |= digest == NID_sha1 ? FIRMA_ODD(SHA1)
		    : digest == NID_md5   ? FIRMA_ODD(MD5)
					  : 0;
	firma_certificate_serial(c, serial);
	if (strlen(serial) != SERIAL_DIGITS ||
	    strspn(serial, "0123456789") != SERIAL_DIGITS)
		odd |= FIRMA_ODD(SERIAL);
	if (firma_certificate_is_expired(c, now))
		odd |= FIRMA_ODD(EXPIRED);
	if (now < firma_certificate_not_before(c))
		odd |= FIRMA_ODD(EARLY);
	if (firma_certificate_algorithm(c) == FIRMA_KEY_UNKNOWN)
		odd |= FIRMA_ODD(KEY);
	ERR_clear_error();
	return odd;
}

firma_oddities
firma_oddities_of_request(const struct firma_request *r)
{
	firma_oddities odd =
	    firma_oddities_of_name(firma_buf_view(&r->subject_der));

	odd |= of_digest(r->digest);
	if (!r->is_der)
		odd |= FIRMA_ODD(BER);
	if (r->algorithm == FIRMA_KEY_UNKNOWN)
		odd |= FIRMA_ODD(KEY);
	return odd;
}

firma_oddities
firma_oddities_of_cms(const struct firma_cms_info *info)
{
	firma_oddities odd = of_digest(info->digest);

	if (!info->is_der)
		odd |= FIRMA_ODD(BER);
	if (!info->has_attributes)
		odd |= FIRMA_ODD(BARE);
	if (info->signing_time >= 0 && info->signer != NULL &&
	    (info->signing_time < firma_certificate_not_before(info->signer) ||
		firma_certificate_is_expired(info->signer, info->signing_time)))
		odd |= FIRMA_ODD(OUTSIDE);
	return odd;
}

firma_oddities
firma_oddities_of_protection(const struct firma_keyfile_audit *a)
{
	firma_oddities odd = 0;

	if (!a->is_encrypted)
		return FIRMA_ODD(PLAIN);
	if (a->has_constant_salt)
		odd |= FIRMA_ODD(SALT);
	if (a->has_constant_iv)
		odd |= FIRMA_ODD(IV);
	if (strncmp(a->scheme, "PBES1 ", 6) == 0)
		odd |= FIRMA_ODD(PBES1);
	if (strstr(a->scheme, "des-") != NULL ||
	    strstr(a->scheme, "rc2-") != NULL)
		odd |= FIRMA_ODD(CIPHER);
	/* scrypt's cost is another measure; its callers choose it well. */
	if (strstr(a->scheme, "PBKDF2") != NULL && a->iterations < FEW_ROUNDS)
		odd |= FIRMA_ODD(ROUNDS);
	return odd;
}
