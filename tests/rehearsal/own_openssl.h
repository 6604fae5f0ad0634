/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_openssl.h - FIRMA_OWN for OpenSSL's and jansson's objects.
 *
 * The rehearsal is the second opinion on what Firmad signs, so it shares
 * nothing with agent/pki, not even this.
 */
#ifndef FIRMA_REHEARSAL_OWN_OPENSSL_H
#define FIRMA_REHEARSAL_OWN_OPENSSL_H

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "agent/base/own.h"

#define REHEARSAL_OWN(name, type, release)        \
	static inline void name##_done(type **at) \
	{                                         \
		release(*at);                     \
		*at = NULL;                       \
	}

REHEARSAL_OWN(x509, X509, X509_free)
REHEARSAL_OWN(name, X509_NAME, X509_NAME_free)
REHEARSAL_OWN(req, X509_REQ, X509_REQ_free)
REHEARSAL_OWN(pkey, EVP_PKEY, EVP_PKEY_free)
REHEARSAL_OWN(bio, BIO, BIO_free_all)
REHEARSAL_OWN(bn, BIGNUM, BN_free)
REHEARSAL_OWN(cms, CMS_ContentInfo, CMS_ContentInfo_free)
REHEARSAL_OWN(json, json_t, json_decref)

#undef REHEARSAL_OWN

static inline void
ossl_mem_done(unsigned char **at)
{
	OPENSSL_free(*at);
	*at = NULL;
}

#endif
