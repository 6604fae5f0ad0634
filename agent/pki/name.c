/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/name.h"

#include <string.h>

#include <openssl/objects.h>

#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

static struct firma_bytes
octets(const ASN1_STRING *value)
{
	return firma_bytes_of(
	    ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

static enum firma_err
put_8bit(struct firma_bytes v, struct firma_buf *out)
{
	/*
	 * Valid UTF-8 beyond ASCII is never Latin-1 text by accident, so the
	 * octets decide and not the type, which real encoders get wrong.
	 */
	if (firma_text_is_utf8(v))
		return firma_buf_put(out, v);
	return firma_text_from_cp1252(v, out);
}

static enum firma_err
put_utf16(struct firma_bytes v, struct firma_buf *out)
{
	enum firma_err r = FIRMA_OK;

	if (v.len % 2 != 0)
		return FIRMA_ERR_SHAPE;
	for (size_t i = 0; i < v.len && r == FIRMA_OK; i += 2) {
		uint32_t c = (uint32_t)v.at[i] << 8 | v.at[i + 1];

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < v.len &&
		    (v.at[i + 2] & 0xfc) == 0xdc) {
			const uint32_t low =
			    ((uint32_t)v.at[i + 2] << 8 | v.at[i + 3]) & 0x3ff;

			c = 0x10000 + ((c & 0x3ff) << 10 | low);
			i += 2;
		}
		r = firma_text_put(out, c);
	}
	return r;
}

static enum firma_err
put_utf32(struct firma_bytes v, struct firma_buf *out)
{
	enum firma_err r = FIRMA_OK;

	if (v.len % 4 != 0)
		return FIRMA_ERR_SHAPE;
	for (size_t i = 0; i < v.len && r == FIRMA_OK; i += 4)
		r = firma_text_put(out,
		    (uint32_t)v.at[i] << 24 | (uint32_t)v.at[i + 1] << 16 |
			(uint32_t)v.at[i + 2] << 8 | v.at[i + 3]);
	return r;
}

enum firma_err
firma_name_value(const ASN1_STRING *value, struct firma_buf *ret_utf8)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	enum firma_err r;

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_T61STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_NUMERICSTRING:
		r = put_8bit(octets(value), &out);
		break;
	case V_ASN1_BMPSTRING:
		r = put_utf16(octets(value), &out);
		break;
	case V_ASN1_UNIVERSALSTRING:
		r = put_utf32(octets(value), &out);
		break;
	default:
		return FIRMA_ERR_NOT_SUPPORTED;
	}
	return r == FIRMA_OK ? firma_buf_put(ret_utf8, firma_buf_view(&out))
			     : r;
}

/* X.680 41.4 */
static int
is_printable(struct firma_bytes v)
{
	for (size_t i = 0; i < v.len; i++) {
		const uint8_t c = v.at[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'))
			continue;
		if (c == 0 || strchr(" '()+,-./:=?", c) == NULL)
			return 0;
	}
	return 1;
}

int
firma_name_value_is_strict(const ASN1_STRING *value)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
	const struct firma_bytes v = octets(value);

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_PRINTABLESTRING:
		return is_printable(v);
	case V_ASN1_IA5STRING:
		return firma_text_is_ascii(v);
	case V_ASN1_NUMERICSTRING:
		for (size_t i = 0; i < v.len; i++)
			if (v.at[i] != ' ' && (v.at[i] < '0' || v.at[i] > '9'))
				return 0;
		return 1;
	case V_ASN1_UTF8STRING:
		return firma_text_is_utf8(v);
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		return firma_name_value(value, &utf8) == FIRMA_OK;
	default:
		/* T61String takes any octet; the rest is no string. */
		return 1;
	}
}

enum firma_err
firma_name_parse(
    struct firma_bytes der, X509_NAME **ret_name, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	const unsigned char *p = der.at;

	ERR_clear_error();
	if (der.len > FIRMA_NAME_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a name of %zu octets", der.len);
	if (der.len == 0 ||
	    (name = d2i_X509_NAME(NULL, &p, (long)der.len)) == NULL ||
	    p != der.at + der.len)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a distinguished name");
	if (X509_NAME_entry_count(name) > FIRMA_NAME_ENTRIES_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a name of %d attributes", X509_NAME_entry_count(name));
	*ret_name = name;
	name = NULL;
	return FIRMA_OK;
}

int
firma_name_is_strict(struct firma_bytes der)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;

	if (firma_name_parse(der, &name, NULL) != FIRMA_OK)
		return 0;
	for (int i = 0; i < X509_NAME_entry_count(name); i++)
		if (!firma_name_value_is_strict(
			X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i))))
			return 0;
	return 1;
}

/* set: 0 begins an RDN, -1 joins the one before. */
static enum firma_err
add_again(X509_NAME *to, const X509_NAME_ENTRY *entry, int set,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
	const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
	enum firma_err r = firma_name_value(value, &utf8);
	int form = V_ASN1_UTF8STRING;

	if (r == FIRMA_ERR_NOT_SUPPORTED)
		return X509_NAME_add_entry(to, entry, -1, set) == 1
		    ? FIRMA_OK
		    : firma_openssl_fail(cause, FIRMA_ERR_NOMEM, "a name");
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the attribute %s of a name cannot be read",
		    OBJ_nid2sn(OBJ_obj2nid(type)));
	if (OBJ_obj2nid(type) == NID_pkcs9_emailAddress) {
		/* RFC 5280 4.1.2.6: EmailAddress is an IA5String */
		if (firma_text_is_ascii(firma_buf_view(&utf8)))
			form = V_ASN1_IA5STRING;
	} else if (is_printable(firma_buf_view(&utf8))) {
		form = V_ASN1_PRINTABLESTRING;
	}
	if (X509_NAME_add_entry_by_OBJ(to, type, form,
		utf8.len != 0 ? utf8.at : (const uint8_t *)"", (int)utf8.len,
		-1, set) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_NOMEM, "a name");
	return FIRMA_OK;
}

enum firma_err
firma_name_reencode(struct firma_bytes der, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *from = NULL;
	FIRMA_OWN(firma_x509_name_done) X509_NAME *to = NULL;
	unsigned char *out = NULL;
	int rdn = -1;
	int len;
	enum firma_err r;

	if ((r = firma_name_parse(der, &from, cause)) != FIRMA_OK)
		return r;
	if ((to = X509_NAME_new()) == NULL)
		return FIRMA_ERR_NOMEM;
	for (int i = 0; i < X509_NAME_entry_count(from); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(from, i);
		const int same = X509_NAME_ENTRY_set(entry) == rdn;

		if ((r = add_again(to, entry, same ? -1 : 0, cause)) !=
		    FIRMA_OK)
			return r;
		rdn = X509_NAME_ENTRY_set(entry);
	}
	len = i2d_X509_NAME(to, &out);
	return firma_openssl_put(ret_der, out, len);
}

enum firma_err
firma_name_for_request(struct firma_bytes der, struct firma_buf *ret_der,
    struct firma_cause *cause)
{
	if (firma_name_is_strict(der))
		return firma_buf_put(ret_der, der);
	return firma_name_reencode(der, ret_der, cause);
}
