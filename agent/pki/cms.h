/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cms.h - SignedData: made over a digest, completed with content, verified.
 *
 * Sources: RFC 5652 (CMS), RFC 5035 (signingCertificateV2), ETSI EN 319 122-1
 * (CAdES baseline signed attributes).
 * May include: agent/base, agent/pki, OpenSSL's types.  Does no I/O.
 */
#ifndef FIRMA_PKI_CMS_H
#define FIRMA_PKI_CMS_H

#include <openssl/types.h>

#include "agent/pki/certificate.h"

#define FIRMA_CMS_MAX         ((size_t)64 * 1024) /* octets, without content */
#define FIRMA_CMS_CONTENT_MAX ((size_t)32 * 1024 * 1024) /* attached */
#define FIRMA_SHA256          32                         /* octets */

#define FIRMA_SHA1            20

/* Which signed attributes stand between the document and the signature. */
enum firma_cms_form {
	/* contentType, signingTime, messageDigest, signingCertificateV2 */
	FIRMA_CMS_CADES,
	/* the same without signingTime: EN 319 142-1 5.3, a PDF has /M for it */
	FIRMA_CMS_PADES,
	/* none: the digest itself is signed (RFC 5652 5.4) */
	FIRMA_CMS_BARE,
	/* contentType, signingTime, messageDigest: as PKCS#7 programs write it */
	FIRMA_CMS_PKCS7,
	FIRMA_CMS_N
};

/*
 * Sign a document whose digest is known and whose octets are not.
 *
 * key           borrowed; may live on a token
 * cert          the signer's; included in the SignedData
 * digest        FIRMA_SHA256 octets, or FIRMA_SHA1 for an institution that
 *               takes nothing else; the length says which
 * signing_time  seconds since 1970 UTC; 0 <= t < year 10000
 * ret_der       out; appends a SignedData in DER without content.  The same
 *               inputs and an RSA key give the same octets.
 *
 * With FIRMA_CMS_BARE nothing tells the signature apart from one over signed
 * attributes: who passes a stranger's document here refuses one that is a DER
 * SET (firma_cms_is_attributes()).
 *
 * FIRMA_ERR_KEY_MISMATCH  key is not the certificate's
 * FIRMA_ERR_VALUE         the time, the form or the digest's length
 * FIRMA_ERR_TOKEN_ERROR   the key did not sign
 * FIRMA_ERR_SIGNATURE     the key signed, but the result does not verify
 */
FIRMA_CHECKED enum firma_err firma_cms_sign_digest(EVP_PKEY *key,
    const struct firma_certificate *cert, struct firma_bytes digest,
    int64_t signing_time, enum firma_cms_form form, struct firma_buf *ret_der,
    struct firma_cause *cause);

/* Is the whole document one DER SET, as signed attributes are when signed? */
int firma_cms_is_attributes(struct firma_bytes document);

/*
 * Put the content into a detached SignedData.  Appends DER.
 *
 * FIRMA_ERR_SIGNATURE  content is not what was signed
 * FIRMA_ERR_STATE      there is content in it already
 * FIRMA_ERR_LIMIT      over FIRMA_CMS_CONTENT_MAX
 * FIRMA_ERR_SHAPE      der is not a SignedData with one signer
 */
FIRMA_CHECKED enum firma_err firma_cms_attach(struct firma_bytes der,
    struct firma_bytes content, struct firma_buf *ret_der,
    struct firma_cause *cause);

/* What a verified SignedData says.  Zero-initialise; ended by _done(). */
struct firma_cms_info {
	struct firma_certificate *signer;
	struct firma_buf content; /* a copy, when attached */
	int is_attached;
	int is_der;
	int has_attributes;   /* else the content itself is signed */
	int64_t signing_time; /* as claimed by the signer; -1 if absent */
	int has_signing_certificate; /* signingCertificateV2, and it matches */
	char digest[16];             /* "sha256", "sha384", "sha512", "sha1" */
	uint8_t message_sha256[FIRMA_SHA256]; /* of the content */
};
void firma_cms_info_done(struct firma_cms_info *info);

/*
 * Verify the signature and the signed attributes of a SignedData with one
 * signer whose certificate is in it.  Not the certificate's chain, dates or
 * revocation: compare info->signer with the certificate that is expected.
 * SHA-1 verifies and is reported in info->digest; the caller judges.
 *
 * der      DER, or BER as some old programs write it
 * content  the document when detached; { NULL, 0 } with is_attached.  Given for
 *          an attached one, it must be the same octets.
 * ret      whole or untouched
 *
 * FIRMA_ERR_SIGNATURE      anything does not verify: signature, message digest,
 *                          content type, a signingCertificate that names
 *                          another certificate, content that differs
 * FIRMA_ERR_SHAPE          not a SignedData, not one signer, no certificate of
 *                          the signer's, octets after it
 * FIRMA_ERR_LIMIT          over FIRMA_CMS_MAX + FIRMA_CMS_CONTENT_MAX
 * FIRMA_ERR_NOT_SUPPORTED  another digest or key kind
 */
FIRMA_CHECKED enum firma_err firma_cms_verify(struct firma_bytes der,
    struct firma_bytes content, struct firma_cms_info *ret,
    struct firma_cause *cause);

/*
 * The same, to explain a message and not to act on it: what does not verify is
 * still told.  FIRMA_OK when ret could be filled; *ret_verdict is then what
 * firma_cms_verify() says, and cause why.  With a verdict other than FIRMA_OK
 * nothing in ret is proven, and digest may be "".
 */
FIRMA_CHECKED enum firma_err firma_cms_read(struct firma_bytes der,
    struct firma_bytes content, struct firma_cms_info *ret,
    enum firma_err *ret_verdict, struct firma_cause *cause);

/*
 * firma_cms_verify() for a detached one with signed attributes whose content is
 * only known by its digest.  message_sha256 stays zero when that is a SHA-1.
 */
FIRMA_CHECKED enum firma_err firma_cms_verify_digest(struct firma_bytes der,
    struct firma_bytes digest, struct firma_cms_info *ret,
    struct firma_cause *cause);

#endif
