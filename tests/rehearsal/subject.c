/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/subject.h"

#include <openssl/obj_mac.h>
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/own_openssl.h"

#define LATIN1_MAX 0xff

static enum firma_err
part(const X509_NAME *n, int nid, char ret[REHEARSAL_FIELD_MAX])
{
	FIRMA_OWN(ossl_mem_done) unsigned char *utf8 = NULL;
	const int at = X509_NAME_get_index_by_NID(n, nid, -1);
	size_t len, out = 0;
	int got;

	ret[0] = '\0';
	if (at < 0)
		return FIRMA_OK;
	got = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	if (got < 0 || (len = (size_t)got) >= REHEARSAL_FIELD_MAX)
		return FIRMA_ERR_SHAPE;
	for (size_t i = 0; i < len; i++) {
		if (utf8[i] < 0x20 || utf8[i] == 0x7f)
			return FIRMA_ERR_SHAPE;
		ret[out++] = (char)utf8[i];
	}
	ret[out] = '\0';
	return FIRMA_OK;
}

enum firma_err
rehearsal_identity_of(X509 *certificate, struct rehearsal_identity *ret)
{
	const X509_NAME *n = X509_get_subject_name(certificate);
	struct rehearsal_identity who;
	enum firma_err r;

	if ((r = part(n, NID_commonName, who.name)) != FIRMA_OK ||
	    (r = part(n, NID_x500UniqueIdentifier, who.rfc)) != FIRMA_OK ||
	    (r = part(n, NID_serialNumber, who.curp)) != FIRMA_OK ||
	    (r = part(n, NID_organizationalUnitName, who.registro)) !=
		FIRMA_OK ||
	    (r = part(n, NID_pkcs9_emailAddress, who.email)) != FIRMA_OK)
		return r;
	if (who.name[0] == '\0' || who.rfc[0] == '\0')
		return FIRMA_ERR_SHAPE;
	*ret = who;
	return FIRMA_OK;
}

/* UTF-8 to Latin-1; FIRMA_ERR_VALUE for what Latin-1 has not. */
static enum firma_err
latin1(const char *utf8, char ret[REHEARSAL_FIELD_MAX], int *ret_printable)
{
	const unsigned char *p = (const unsigned char *)utf8;
	int left = (int)strlen(utf8);
	size_t out = 0;

	*ret_printable = 1;
	while (left > 0) {
		unsigned long c = 0;
		const int n = UTF8_getc(p, left, &c);

		if (n <= 0 || c > LATIN1_MAX || out + 1 >= REHEARSAL_FIELD_MAX)
			return FIRMA_ERR_VALUE;
		ret[out++] = (char)c;
		/* X.680 41.4: the characters of a PrintableString. */
		if (c > 0x7e ||
		    (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz"
			    "0123456789 '()+,-./:=?",
			 (int)c) == NULL))
			*ret_printable = 0;
		p += n;
		left -= n;
	}
	ret[out] = '\0';
	return FIRMA_OK;
}

static enum firma_err
add(X509_NAME *n, int nid, const char *utf8)
{
	char text[REHEARSAL_FIELD_MAX];
	enum firma_err r;
	int printable, type;

	if (utf8[0] == '\0')
		return FIRMA_OK;
	if ((r = latin1(utf8, text, &printable)) != FIRMA_OK)
		return r;
	type = nid == NID_pkcs9_emailAddress ? V_ASN1_IA5STRING
	    : printable                      ? V_ASN1_PRINTABLESTRING
					     : V_ASN1_T61STRING;
	return X509_NAME_add_entry_by_NID(
		   n, nid, type, (const unsigned char *)text, -1, -1, 0) == 1
	    ? FIRMA_OK
	    : FIRMA_ERR_VALUE;
}

enum firma_err
rehearsal_subject_of(const struct rehearsal_identity *who, X509_NAME **ret)
{
	FIRMA_OWN(name_done) X509_NAME *n = X509_NAME_new();
	enum firma_err r;

	if (n == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = add(n, NID_commonName, who->name)) != FIRMA_OK ||
	    (r = add(n, NID_name, who->name)) != FIRMA_OK ||
	    (r = add(n, NID_organizationName, who->name)) != FIRMA_OK ||
	    (r = add(n, NID_countryName, "MX")) != FIRMA_OK ||
	    (r = add(n, NID_pkcs9_emailAddress, who->email)) != FIRMA_OK ||
	    (r = add(n, NID_x500UniqueIdentifier, who->rfc)) != FIRMA_OK ||
	    (r = add(n, NID_serialNumber, who->curp)) != FIRMA_OK ||
	    (r = add(n, NID_organizationalUnitName, who->registro)) != FIRMA_OK)
		return r;
	*ret = n;
	n = NULL;
	return FIRMA_OK;
}

static int
same_value(const X509_NAME_ENTRY *a, const X509_NAME_ENTRY *b)
{
	FIRMA_OWN(ossl_mem_done) unsigned char *va = NULL;
	FIRMA_OWN(ossl_mem_done) unsigned char *vb = NULL;
	const int na = ASN1_STRING_to_UTF8(&va, X509_NAME_ENTRY_get_data(a));
	const int nb = ASN1_STRING_to_UTF8(&vb, X509_NAME_ENTRY_get_data(b));

	return na >= 0 && na == nb && memcmp(va, vb, (size_t)na) == 0;
}

int
rehearsal_subject_equal(const X509_NAME *a, const X509_NAME *b)
{
	const int n = X509_NAME_entry_count(a);

	if (n != X509_NAME_entry_count(b))
		return 0;
	for (int i = 0; i < n; i++) {
		const X509_NAME_ENTRY *ea = X509_NAME_get_entry(a, i);
		const X509_NAME_ENTRY *eb = X509_NAME_get_entry(b, i);

		if (OBJ_cmp(X509_NAME_ENTRY_get_object(ea),
			X509_NAME_ENTRY_get_object(eb)) != 0 ||
		    X509_NAME_ENTRY_set(ea) != X509_NAME_ENTRY_set(eb) ||
		    !same_value(ea, eb))
			return 0;
	}
	return 1;
}
