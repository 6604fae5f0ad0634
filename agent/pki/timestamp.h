/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timestamp.h - time stamps: asked for, read, verified, put into a SignedData.
 *
 * A stamp is a CMS SignedData over a TSTInfo: an authority (TSA) says that it saw
 * a digest at a time.  Nothing here speaks to an authority; cli/stamp.h does.
 *
 * Sources: RFC 3161 (requests, responses, tokens), RFC 5816 (ESSCertIDv2 in
 * them), RFC 5035, ETSI EN 319 122-1 5.3 (signature-time-stamp, CAdES-T).
 * May include: agent/base, agent/pki, OpenSSL.  Does no I/O, no clock.
 */
#ifndef FIRMA_PKI_TIMESTAMP_H
#define FIRMA_PKI_TIMESTAMP_H

#include <stdint.h>

#include "agent/pki/certificate.h"
#include "agent/pki/cms.h"

#define FIRMA_TIMESTAMP_MAX         ((size_t)64 * 1024)   /* octets of one */
#define FIRMA_TIMESTAMP_REQUEST_MAX ((size_t)256)         /* octets */
#define FIRMA_TIMESTAMP_NONCE       8                     /* octets */
#define FIRMA_TIMESTAMP_CA_MAX      ((size_t)1024 * 1024) /* octets of PEM */
#define FIRMA_TIMESTAMPS_MAX        8 /* in one SignedData */

/*
 * A TimeStampReq for a SHA-256: random nonce, certificates wanted, no policy.
 * Appends at most FIRMA_TIMESTAMP_REQUEST_MAX octets of DER.
 */
FIRMA_CHECKED enum firma_err firma_timestamp_request(
    const uint8_t sha256[FIRMA_SHA256],
    uint8_t ret_nonce[FIRMA_TIMESTAMP_NONCE], struct firma_buf *ret_der);

/*
 * The token in a TimeStampResp, octet for octet.  It is not verified.
 *
 * FIRMA_ERR_TSA_REFUSED  the status is not granted; the cause has it, the
 *                        failure's name and the authority's own words
 * FIRMA_ERR_TSA_ANSWER   not a TimeStampResp, or over FIRMA_TIMESTAMP_MAX
 */
FIRMA_CHECKED enum firma_err firma_timestamp_open(struct firma_bytes response,
    struct firma_buf *ret_token, struct firma_cause *cause);

/* The other way: a response with status "granted" around a token (.tsr). */
FIRMA_CHECKED enum firma_err firma_timestamp_response(
    struct firma_bytes token, struct firma_buf *ret_response);

/*
 * What a stamp is compared with.  Views; all of it may be absent.
 *
 * sha256  of what was stamped; or NULL
 * digest  the same by another SHA-2: its length says which; or empty
 * data    what was stamped itself, when there is no digest and at is not NULL
 * nonce   of the request, or NULL
 * ca      certificates of authorities, PEM (several) or DER (one): the TSA's
 *         certificate must lead to one of them at the stamp's time.  Empty:
 *         who issued it is not looked at.
 */
struct firma_timestamp_expect {
	const uint8_t *sha256;
	struct firma_bytes digest;
	struct firma_bytes data;
	const uint8_t *nonce;
	struct firma_bytes ca;
};

/* What a stamp says.  Zero-initialise; ended by _done(). */
struct firma_timestamp {
	struct firma_certificate *tsa; /* who signed it */
	char name[256];      /* the TSA's common name, else its organization */
	int64_t at;          /* seconds since 1970 UTC */
	unsigned int at_ms;  /* and milliseconds */
	int64_t accuracy_us; /* microseconds; -1: not told */
	char policy[64];     /* dotted OID */
	char serial[FIRMA_SERIAL_TEXT]; /* lower-case hex */
	char imprint[16];               /* "sha256", "sha384", "sha512" */
	char digest[16];                /* the signature's: the same names */
	uint8_t imprint_hash[64];       /* of what was stamped */
	size_t imprint_len;             /* octets */
	int is_compared; /* with sha256 or data: it is a stamp over that */
	int has_chain;   /* to a CA of expect->ca */
};
void firma_timestamp_done(struct firma_timestamp *t);

/*
 * Verify a token: the authority's signature with SHA-2, its certificate (valid
 * at the stamp's time, for time stamps alone by a critical extendedKeyUsage, the
 * one that the signingCertificate or signingCertificateV2 names), and what
 * expect has.
 *
 * FIRMA_ERR_STAMP        anything of it does not hold; the cause says what
 * FIRMA_ERR_CERT_ISSUER  all but the way to a CA of expect->ca
 * FIRMA_ERR_SHAPE        no token, or its TSA's certificate is not in it
 * FIRMA_ERR_LIMIT        over FIRMA_TIMESTAMP_MAX
 * FIRMA_ERR_CONFIG       expect->ca has no certificate, or cannot be read
 */
FIRMA_CHECKED enum firma_err firma_timestamp_verify(struct firma_bytes token,
    const struct firma_timestamp_expect *expect, struct firma_timestamp *ret,
    struct firma_cause *cause);

/*
 * The same, to explain a token and not to act on it: FIRMA_OK when ret could be
 * filled; *ret_verdict is then what _verify() says, and cause why.
 */
FIRMA_CHECKED enum firma_err firma_timestamp_read(struct firma_bytes token,
    const struct firma_timestamp_expect *expect, struct firma_timestamp *ret,
    enum firma_err *ret_verdict, struct firma_cause *cause);

/* Is it a SignedData over a TSTInfo?  Nothing else is looked at. */
int firma_timestamp_is_token(struct firma_bytes der);

/*
 * SHA-256 of the signature value of the one signer: what a signature time stamp
 * (CAdES-T) is over.  FIRMA_ERR_SHAPE: not a SignedData with one signer.
 */
FIRMA_CHECKED enum firma_err firma_cms_signature_sha256(struct firma_bytes der,
    uint8_t ret_sha256[FIRMA_SHA256], struct firma_cause *cause);

/*
 * Put a token into a SignedData with one signer, as the unsigned attribute
 * id-aa-signatureTimeStampToken.  All that is signed, and the certificates, stay
 * octet for octet.  Appends DER.
 *
 * FIRMA_ERR_STAMP          the token is not one over this signature
 * FIRMA_ERR_EXISTS         there are FIRMA_TIMESTAMPS_MAX in it already
 * FIRMA_ERR_NOT_SUPPORTED  der is BER, which would have to be rewritten
 * FIRMA_ERR_SHAPE, _LIMIT  as firma_cms_verify()
 */
FIRMA_CHECKED enum firma_err firma_cms_stamp(struct firma_bytes der,
    struct firma_bytes token, struct firma_buf *ret_der,
    struct firma_cause *cause);

/* The signature time stamps of a SignedData.  Zero-initialise; end by _done(). */
struct firma_cms_stamps {
	struct {
		struct firma_timestamp stamp; /* tsa is NULL: cannot be read */
		enum firma_err verdict;       /* as firma_timestamp_verify() */
		struct firma_cause cause;
		struct firma_buf token;
	} at[FIRMA_TIMESTAMPS_MAX];
	size_t n;
};
void firma_cms_stamps_done(struct firma_cms_stamps *s);

/*
 * Read and judge them.  ret is whole or untouched; there may be none.
 *
 * ca  as in struct firma_timestamp_expect
 *
 * FIRMA_ERR_LIMIT   over FIRMA_TIMESTAMPS_MAX
 * FIRMA_ERR_SHAPE   not a SignedData with one signer
 * FIRMA_ERR_CONFIG  ca cannot be read
 */
FIRMA_CHECKED enum firma_err firma_cms_stamps(struct firma_bytes der,
    struct firma_bytes ca, struct firma_cms_stamps *ret,
    struct firma_cause *cause);

#endif
