/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signatory.h - a key of the token together with its certificate, ready to sign
 * SignedData.  To read both anew costs as much as a software token's signature,
 * so each lane keeps those of the last few keys.
 */
#ifndef FIRMA_WORKER_SIGNATORY_H
#define FIRMA_WORKER_SIGNATORY_H

#include "agent/pki/certificate.h"
#include "pkcs11/worker/pkey.h"

#define FIRMA_SIGNATORIES 8 /* kept; a power of two */

struct firma_signatory {
	struct firma_certificate *certificate;
	struct firma_pkey *key;
	uint64_t learned; /* firma_signer_find()'s number; 0: nothing is kept */
};

/* One lane's. */
struct firma_signatories {
	struct firma_signatory kept[FIRMA_SIGNATORIES];
};

/*
 * certificate  DER; another one than the last time is read anew
 * pin          for a key that asks; borrowed until the key has signed
 * ret          the lane's; valid until the next call
 *
 * The key is looked for on the token as firma_signer_sign() does, and read anew
 * when the signer has learned of it anew.  Errors as firma_pkey_new() and
 * firma_certificate_parse().
 */
FIRMA_CHECKED enum firma_err firma_signatory_find(struct firma_signatories *s,
    struct firma_signer *signer, struct firma_bytes id,
    struct firma_bytes certificate, struct firma_signer_pin *pin,
    const struct firma_signatory **ret, struct firma_cause *cause);

#endif
