/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_openssl.h - FIRMA_OWN for OpenSSL's objects, and their failures as ours.
 *
 * FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
 *
 * May include: agent/base, OpenSSL.
 */
#ifndef FIRMA_PKI_OWN_OPENSSL_H
#define FIRMA_PKI_OWN_OPENSSL_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "agent/base/buf.h"
#include "agent/base/own.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a type takes none */
#define FIRMA_OWN_OPENSSL(name, type, release)            \
	static inline void firma_##name##_done(type **at) \
	{                                                 \
		release(*at);                             \
		*at = NULL;                               \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

FIRMA_OWN_OPENSSL(asn1_octets, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
FIRMA_OWN_OPENSSL(asn1_time, ASN1_TIME, ASN1_TIME_free)
FIRMA_OWN_OPENSSL(bio, BIO, BIO_free_all)
FIRMA_OWN_OPENSSL(bn, BIGNUM, BN_clear_free)
FIRMA_OWN_OPENSSL(cms, CMS_ContentInfo, CMS_ContentInfo_free)
FIRMA_OWN_OPENSSL(evp_md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
FIRMA_OWN_OPENSSL(evp_pkey, EVP_PKEY, EVP_PKEY_free)
FIRMA_OWN_OPENSSL(evp_pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
FIRMA_OWN_OPENSSL(lib_ctx, OSSL_LIB_CTX, OSSL_LIB_CTX_free)
FIRMA_OWN_OPENSSL(pkcs12, PKCS12, PKCS12_free)
FIRMA_OWN_OPENSSL(pkcs7, PKCS7, PKCS7_free)
FIRMA_OWN_OPENSSL(pkcs8, PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
FIRMA_OWN_OPENSSL(x509, X509, X509_free)
FIRMA_OWN_OPENSSL(x509_name, X509_NAME, X509_NAME_free)
FIRMA_OWN_OPENSSL(x509_req, X509_REQ, X509_REQ_free)
FIRMA_OWN_OPENSSL(x509_sig, X509_SIG, X509_SIG_free)

/* For FIRMA_OWN: octets that OpenSSL allocated (i2d_*). */
static inline void
firma_openssl_mem_done(unsigned char **at)
{
	OPENSSL_free(*at);
	*at = NULL;
}

/*
 * e, or FIRMA_ERR_NOMEM when an error in the queue says that memory ran out:
 * then nothing is known about the input.  Empties the queue.  Who asks it after
 * something that went well (FIRMA_OK) begins with ERR_clear_error(): what another
 * left there is not his.
 */
FIRMA_CHECKED enum firma_err firma_openssl_err(enum firma_err e);

/*
 * What firma_fail() does with firma_openssl_err(e), with OpenSSL's first queued
 * error as the code and its reason after the text.
 */
FIRMA_CHECKED enum firma_err firma_openssl_fail(
    struct firma_cause *cause, enum firma_err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Append what an i2d function made; frees der.  len <= 0: FIRMA_ERR_INTERNAL. */
FIRMA_CHECKED enum firma_err firma_openssl_put(
    struct firma_buf *b, unsigned char *der, int len);

/* Seconds since 1970 UTC.  FIRMA_ERR_VALUE: no time that can be read. */
FIRMA_CHECKED enum firma_err firma_openssl_time(
    const ASN1_TIME *t, int64_t *ret_seconds);

#endif
