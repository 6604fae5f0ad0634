/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa_check.h - is what a token signed a signature?
 *
 * RSA with the Chinese remainder theorem, which is what tokens compute, gives
 * the private key away by a single faulty signature: who has it and the digest
 * has a factor of the modulus (Boneh, DeMillo, Lipton: On the Importance of
 * Checking Cryptographic Protocols for Faults, 1997).  So none leaves the process
 * before it was verified; that costs a fiftieth of making it.  ECDSA has no such
 * fault, and verifying costs more than signing there: it is left to whoever
 * publishes one (agent/pki/cms.h).
 */
#ifndef FIRMA_WORKER_RSA_CHECK_H
#define FIRMA_WORKER_RSA_CHECK_H

#include <stdbool.h>

#include "agent/base/buf.h"

struct firma_rsa_check; /* of one public key; one thread */

/* n, e: CKA_MODULUS, CKA_PUBLIC_EXPONENT.  NULL: they are no key. */
struct firma_rsa_check *firma_rsa_check_new(
    struct firma_bytes n, struct firma_bytes e);
void firma_rsa_check_free(struct firma_rsa_check *c); /* accepts NULL */

/* info: the DigestInfo that was signed, PKCS#1 v1.5. */
bool firma_rsa_check_holds(struct firma_rsa_check *c, struct firma_bytes info,
    struct firma_bytes signature);

#endif
