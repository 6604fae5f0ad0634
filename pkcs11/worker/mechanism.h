/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mechanism.h - what a token offers, and what keys of a kind need of it.
 *
 * Sources: PKCS#11 v2.40, "Current Mechanisms", sections 2.1 (RSA) and 2.3
 *          (elliptic curves); CK_MECHANISM_INFO in the base specification, 3.5.
 */
#ifndef FIRMA_WORKER_MECHANISM_H
#define FIRMA_WORKER_MECHANISM_H

#include <stddef.h>

#include "agent/pki/algorithm.h"
#include "pkcs11/worker/module.h"

#define FIRMA_MECHANISMS_MAX 512 /* of a slot, more are ignored */
#define FIRMA_LACKS          129 /* octets, with the terminating zero */

struct firma_mechanisms {
	struct {
		CK_MECHANISM_TYPE type;
		CK_MECHANISM_INFO info;
	} at[FIRMA_MECHANISMS_MAX];
	size_t n;
};

/* "CKM_ECDSA"; "" for one that is not in the table. */
const char *firma_mechanism_name(CK_MECHANISM_TYPE type);

/* Those of the slot; needs no login. */
FIRMA_CHECKED enum firma_err firma_mechanisms_get(const struct firma_module *m,
    CK_SLOT_ID slot, struct firma_mechanisms *ret, struct firma_cause *cause);

/*
 * The names of the mechanisms, with a size where that is the reason, which keys
 * of algorithm a need to be made and to sign, and which are not there; "" when
 * nothing is missing.  FIRMA_KEY_UNKNOWN needs nothing.
 */
void firma_mechanisms_lack(const struct firma_mechanisms *m,
    enum firma_key_algorithm a, char ret[FIRMA_LACKS]);

#endif
