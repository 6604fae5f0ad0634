/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the portal's own judgement of signatures and requests.
 *
 * Written on OpenSSL alone: an opinion independent of the program that made
 * what is judged.  The chain and the dates of the signer are not judged (the
 * procedure's point is that an EXPIRED certificate signs): the signer must be
 * exactly the certificate that the step demands.
 */
#ifndef FIRMA_REHEARSAL_CHECK_H
#define FIRMA_REHEARSAL_CHECK_H

#include <openssl/x509.h>

#include "agent/base/buf.h"
#include "tests/rehearsal/refusal.h"

#define REHEARSAL_CMS_MAX     ((size_t)64 * 1024) /* octets */
#define REHEARSAL_REQUEST_MAX ((size_t)16 * 1024) /* octets */

/*
 * A SignedData in DER over `content` (detached), or over what it carries
 * itself when content.at is NULL (attached): one signer, SHA-256, the signed
 * attributes contentType, messageDigest, signingTime and
 * signingCertificateV2, each once, the last naming the signer's certificate.
 * The only certificate in it is `signer`.
 *
 * ret_content  attached only: appends the content; may be NULL when detached
 * Sources: RFC 5652 5 and 11, RFC 5035 3, RFC 5126 (CAdES-BES) 4.3.
 */
FIRMA_CHECKED enum firma_err rehearsal_check_cms(struct firma_bytes cms,
    X509 *signer, struct firma_bytes content, struct firma_buf *ret_content,
    struct rehearsal_refusal *why);

/* The one certificate that a CMS carries, to find whose it is.  Not judged. */
FIRMA_CHECKED enum firma_err rehearsal_cms_certificate(
    struct firma_bytes cms, X509 **ret, struct rehearsal_refusal *why);

/*
 * A PKCS#10 request in DER that may be granted to the holder of old: signed by
 * its own key with SHA-2, subject equal to old's, RSA of 2048 to 4096 bits or
 * P-256 or P-384, not old's key.
 */
FIRMA_CHECKED enum firma_err rehearsal_check_request(struct firma_bytes der,
    X509 *old, X509_REQ **ret, struct rehearsal_refusal *why);

/* Any well-formed request with a good self-signature, for `issue`. */
FIRMA_CHECKED enum firma_err rehearsal_request_parse(
    struct firma_bytes der, X509_REQ **ret, struct rehearsal_refusal *why);

#endif
