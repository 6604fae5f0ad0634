/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile_inner.h - what keyfile.c, keyfile_audit.c and pkcs12.c share.
 *
 * Not for use outside agent/pki.
 */
#ifndef FIRMA_PKI_KEYFILE_INNER_H
#define FIRMA_PKI_KEYFILE_INNER_H

#include "agent/base/secret.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/own_openssl.h"

#define FIRMA_PASSWORDS_MAX 2 /* as it is, windows-1252 */

/* The ways to write one password; each ends with a zero that len omits. */
struct firma_passwords {
	struct firma_secret at[FIRMA_PASSWORDS_MAX];
	size_t n;
};

/* FIRMA_ERR_LIMIT: too long.  FIRMA_ERR_KEY_PASSWORD: it has a zero in it. */
FIRMA_CHECKED enum firma_err firma_passwords_new(struct firma_bytes password,
    struct firma_passwords *ret, struct firma_cause *cause);
void firma_passwords_done(struct firma_passwords *p);

/*
 * A library context that has the old ciphers too, where they are installed: one
 * for the process, borrowed, for any thread.  It is kept because OpenSSL 3.0
 * leaks, and can crash, where it fails to make a second one.
 */
FIRMA_CHECKED enum firma_err firma_legacy(OSSL_LIB_CTX **ret);

/* How a password-based algorithm identifier protects; fills all but is_weak. */
FIRMA_CHECKED enum firma_err firma_keyfile_audit_algorithm(
    const X509_ALGOR *algorithm, struct firma_keyfile_audit *ret);

/* FIRMA_ERR_LIMIT when it would take too many rounds; else FIRMA_OK. */
FIRMA_CHECKED enum firma_err firma_keyfile_rounds_check(
    const X509_ALGOR *algorithm, struct firma_cause *cause);

/* The whole file as PKCS#12; the caller frees it.  _LIMIT, _SHAPE. */
FIRMA_CHECKED enum firma_err firma_pkcs12_parse(struct firma_bytes file,
    OSSL_LIB_CTX *ctx, PKCS12 **ret, struct firma_cause *cause);

/*
 * Why did decryption fail?  FIRMA_ERR_NOT_SUPPORTED when OpenSSL's queue says
 * that it does not know an algorithm, else FIRMA_ERR_KEY_PASSWORD.
 */
FIRMA_CHECKED enum firma_err firma_keyfile_refused(struct firma_cause *cause);

/* The same file without PEM armour; FIRMA_ERR_NOT_SUPPORTED: Proc-Type. */
FIRMA_CHECKED enum firma_err firma_keyfile_unwrap(struct firma_bytes file,
    struct firma_buf *ret_der, struct firma_cause *cause);

#endif
