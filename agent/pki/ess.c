/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/ess.h"

#include <string.h>

#include "agent/pki/der.h"
#include "agent/pki/own_openssl.h"

static const EVP_MD *
sha2_of(struct firma_bytes algorithm)
{
	/* 2.16.840.1.101.3.4.2.n, n = 1, 2, 3 */
	static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02 };
	struct firma_bytes oid = { 0 };

	if (firma_der_take(&algorithm, FIRMA_DER_OID, &oid) != FIRMA_OK ||
	    oid.len != sizeof(sha2) + 1 ||
	    memcmp(oid.at, sha2, sizeof(sha2)) != 0)
		return NULL;
	switch (oid.at[sizeof(sha2)]) {
	case 1:
		return EVP_sha256();
	case 2:
		return EVP_sha384();
	case 3:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/* The first of the identifiers in the attribute. */
static int
first(struct firma_bytes ess, struct firma_bytes *ret_id)
{
	struct firma_bytes body = { 0 }, list = { 0 };

	return firma_der_take(&ess, FIRMA_DER_SEQUENCE, &body) == FIRMA_OK &&
	    ess.len == 0 &&
	    firma_der_take(&body, FIRMA_DER_SEQUENCE, &list) == FIRMA_OK &&
	    firma_der_take(&list, FIRMA_DER_SEQUENCE, ret_id) == FIRMA_OK;
}

static int
is_hash(struct firma_bytes id, const EVP_MD *md, struct firma_bytes certificate)
{
	struct firma_bytes hash = { 0 };
	uint8_t want[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	return md != NULL &&
	    firma_der_take(&id, FIRMA_DER_OCTETS, &hash) == FIRMA_OK &&
	    EVP_Digest(certificate.at, certificate.len, want, &n, md, NULL) ==
	    1 &&
	    firma_bytes_equal(hash, firma_bytes_of(want, n));
}

int
firma_ess_v1_names(struct firma_bytes ess, struct firma_bytes certificate)
{
	struct firma_bytes id = { 0 };

	return first(ess, &id) && is_hash(id, EVP_sha1(), certificate);
}

int
firma_ess_v2_names(struct firma_bytes ess, struct firma_bytes certificate)
{
	struct firma_bytes id = { 0 }, algorithm = { 0 };
	const EVP_MD *md = EVP_sha256(); /* the DEFAULT */

	if (!first(ess, &id))
		return 0;
	if (firma_der_take(&id, FIRMA_DER_SEQUENCE, &algorithm) == FIRMA_OK)
		md = sha2_of(algorithm);
	return is_hash(id, md, certificate);
}
