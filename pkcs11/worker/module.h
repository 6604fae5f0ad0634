/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - a PKCS#11 module in this process: the one home of dlopen().
 *
 * A module is never finalised and never unloaded: either can hang, and the
 * process that holds it is short of nothing that its end does not give back.
 * May include: agent/base.
 */
#ifndef FIRMA_WORKER_MODULE_H
#define FIRMA_WORKER_MODULE_H

#include <stdbool.h>

#include "pkcs11/worker/cryptoki.h"

#define FIRMA_MODULE_LIBRARY 64 /* octets, with the terminating zero */

struct firma_module {
	const char *path; /* borrowed from the caller */
	CK_FUNCTION_LIST_PTR f;
	bool is_threaded;  /* took CKF_OS_LOCKING_OK: calls may overlap */
	bool rsa_decrypts; /* CKM_RSA_PKCS signs only with CKA_DECRYPT */
	char library[FIRMA_MODULE_LIBRARY]; /* "SoftHSM 2.6 (SoftHSM)" */
};

/*
 * Load and initialise.  FIRMA_ERR_TOKEN_MODULE: no such file, not a PKCS#11
 * module, another major version, or C_Initialize failed.
 */
FIRMA_CHECKED enum firma_err firma_module_load(const char *path,
    struct firma_module *ret_module, struct firma_cause *cause);

/*
 * Copy a blank-padded, maybe not UTF-8 field of PKCS#11 as clean text: no
 * padding at the end, '?' for what is not printable ASCII or valid UTF-8.
 */
void firma_module_text(
    const unsigned char *at, size_t len, char *ret, size_t size);

#endif
