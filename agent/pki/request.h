/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - certificate requests (PKCS#10).
 *
 * Source: RFC 2986; RFC 2985 5.4.1 (challengePassword).
 * May include: agent/base, agent/pki, OpenSSL's types.  Does no I/O.
 */
#ifndef FIRMA_PKI_REQUEST_H
#define FIRMA_PKI_REQUEST_H

#include <openssl/types.h>

#include "agent/pki/algorithm.h"
#include "agent/pki/certificate.h"

#define FIRMA_REQUEST_MAX   ((size_t)16 * 1024) /* octets of DER */
#define FIRMA_CHALLENGE_MAX 64                  /* octets: text */

/* What a request says.  Zero-initialise; _done() accepts half-filled ones. */
struct firma_request {
	enum firma_key_algorithm algorithm;
	uint8_t spki_sha256[FIRMA_SPKI_HASH];
	struct firma_buf spki_der;
	struct firma_buf subject_der; /* verbatim */
	char digest[16];   /* of its signature: "sha256", "sha1", ... */
	int is_signed;     /* by the key in it */
	int is_der;        /* else BER */
	int has_challenge; /* a challengePassword */
};
void firma_request_done(struct firma_request *r);

/*
 * Read a request strictly and verify its own signature.  ret is untouched on
 * failure.
 *
 * FIRMA_ERR_LIMIT      over FIRMA_REQUEST_MAX
 * FIRMA_ERR_SHAPE      not a PKCS#10 request in DER, or octets after it
 * FIRMA_ERR_VALUE      version is not 0, or the key cannot be read
 * FIRMA_ERR_SIGNATURE  the signature is not by the key in it
 */
FIRMA_CHECKED enum firma_err firma_request_check(struct firma_bytes der,
    struct firma_request *ret, struct firma_cause *cause);

/*
 * The same, to explain a file and not to act on it: BER is read too, and a
 * signature that does not verify is no error but is_signed = 0.
 */
FIRMA_CHECKED enum firma_err firma_request_read(struct firma_bytes der,
    struct firma_request *ret, struct firma_cause *cause);

/*
 * Make a request for key, signed by key.
 *
 * key          borrowed; may live on a token
 * subject_der  a Name, copied verbatim (see firma_name_for_request())
 * challenge    challengePassword as PrintableString, or NULL for none
 * digest       octets of the digest that is signed: 32 (SHA-256), or 20 (SHA-1)
 *              for an institution that takes nothing else
 * ret_der      out; appends
 *
 * FIRMA_ERR_SHAPE        subject_der is not a Name
 * FIRMA_ERR_VALUE        challenge does not fit PrintableString, or its length;
 *                        digest
 * FIRMA_ERR_TOKEN_ERROR  the key did not sign
 * FIRMA_ERR_SIGNATURE    the key signed, but the result does not verify
 */
FIRMA_CHECKED enum firma_err firma_request_build(EVP_PKEY *key,
    struct firma_bytes subject_der, const char *challenge, unsigned int digest,
    struct firma_buf *ret_der, struct firma_cause *cause);

#endif
