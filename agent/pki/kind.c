/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/kind.h"

#include <string.h>

#include "agent/pki/der.h"
#include "agent/pki/keyfile.h"

#define TAG_VERSION 0xa0 /* [0] of a certificate */
#define TAG_CONTENT 0xa0 /* [0] of a ContentInfo */
#define TAG_BITS    0x03
#define TAG_UTF8    0x0c
#define TAG_SET     0x31

/* Past the tag and the length, whatever the length says. */
static int
enter(struct firma_bytes *in, uint8_t tag)
{
	size_t n = 2;

	if (in->len < 2 || in->at[0] != tag)
		return 0;
	if (in->at[1] > 0x80)
		n += in->at[1] & 0x7f;
	if (n > in->len)
		return 0;
	*in = firma_bytes_of(in->at + n, in->len - n);
	return 1;
}

/* Past a whole short element, as versions and serials are. */
static int
skip(struct firma_bytes *in, uint8_t tag)
{
	size_t n;

	if (in->len < 2 || in->at[0] != tag || in->at[1] >= 0x80)
		return 0;
	n = 2u + in->at[1];
	if (n > in->len)
		return 0;
	*in = firma_bytes_of(in->at + n, in->len - n);
	return 1;
}

/* Behind the outer SEQUENCE and an INTEGER: a key in the clear? */
static enum firma_kind
kind_of_numbers(struct firma_bytes in)
{
	if (!skip(&in, FIRMA_DER_INTEGER))
		return FIRMA_KIND_DATA;
	if (firma_der_is(in, FIRMA_DER_INTEGER) || /* PKCS#1 */
	    firma_der_is(in, FIRMA_DER_OCTETS))    /* SEC1 */
		return FIRMA_KIND_KEY;
	return enter(&in, FIRMA_DER_SEQUENCE) &&
		firma_der_is(in, FIRMA_DER_OID) /* PKCS#8 */
	    ? FIRMA_KIND_KEY
	    : FIRMA_KIND_DATA;
}

static int
begins(struct firma_bytes in, const uint8_t *with, size_t n)
{
	return in.len >= n && memcmp(in.at, with, n) == 0;
}

/* Behind a ContentInfo's SEQUENCE: a SignedData over a TSTInfo? */
static int
is_token(struct firma_bytes in)
{
	/* 1.2.840.113549.1.9.16.1.4 */
	static const uint8_t tst_info[] = { FIRMA_DER_OID, 11, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4 };

	return skip(&in, FIRMA_DER_OID) && enter(&in, TAG_CONTENT) &&
	    enter(&in, FIRMA_DER_SEQUENCE) && skip(&in, FIRMA_DER_INTEGER) &&
	    skip(&in, TAG_SET) && enter(&in, FIRMA_DER_SEQUENCE) &&
	    begins(in, tst_info, sizeof(tst_info));
}

/*
 * Behind the SEQUENCE of a PKIStatusInfo, which is short: a TimeStampResp?  A
 * token is behind it, or words or a failure in it.
 */
static int
is_response(struct firma_bytes in)
{
	/* 1.2.840.113549.1.7.2, which no certificate is signed with */
	static const uint8_t signed_data[] = { FIRMA_DER_OID, 9, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 1, 7, 2 };

	if (!skip(&in, FIRMA_DER_INTEGER))
		return 0;
	if (in.len == 0 || firma_der_is(in, TAG_BITS))
		return 1;
	return enter(&in, FIRMA_DER_SEQUENCE) &&
	    (firma_der_is(in, TAG_UTF8) ||
		begins(in, signed_data, sizeof(signed_data)));
}

/* Behind two SEQUENCEs. */
static enum firma_kind
kind_of_signed(struct firma_bytes in)
{
	if (is_response(in))
		return FIRMA_KIND_STAMP;
	if (firma_der_is(in, TAG_VERSION))
		return FIRMA_KIND_CERTIFICATE;
	if (firma_der_is(in, FIRMA_DER_OID)) /* EncryptedPrivateKeyInfo */
		return FIRMA_KIND_KEY;
	if (!skip(&in, FIRMA_DER_INTEGER) || !enter(&in, FIRMA_DER_SEQUENCE))
		return FIRMA_KIND_DATA;
	/* An algorithm follows a v1 certificate's serial, a name a version. */
	return firma_der_is(in, FIRMA_DER_OID) ? FIRMA_KIND_CERTIFICATE
					       : FIRMA_KIND_REQUEST;
}

enum firma_kind
firma_kind_of(struct firma_bytes file)
{
	static const uint8_t zip[] = { 'P', 'K', 3, 4 };
	static const uint8_t empty_zip[] = { 'P', 'K', 5, 6 };

	if (file.len >= sizeof(zip) &&
	    (memcmp(file.at, zip, sizeof(zip)) == 0 ||
		memcmp(file.at, empty_zip, sizeof(empty_zip)) == 0))
		return FIRMA_KIND_ZIP;
	if (firma_pkcs12_is(file))
		return FIRMA_KIND_PKCS12;
	if (!enter(&file, FIRMA_DER_SEQUENCE))
		return FIRMA_KIND_DATA;
	if (firma_der_is(file, FIRMA_DER_OID))
		return is_token(file) ? FIRMA_KIND_STAMP : FIRMA_KIND_CMS;
	if (enter(&file, FIRMA_DER_SEQUENCE))
		return kind_of_signed(file);
	return kind_of_numbers(file);
}

const char *
firma_kind_name(enum firma_kind k)
{
	static const char *const names[] = {
#define X(name, text) [FIRMA_KIND_##name] = (text),
		FIRMA_KIND_LIST(X)
#undef X
	};

	return (size_t)k < sizeof(names) / sizeof(names[0]) ? names[k]
							    : names[0];
}
