/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_letter.h - the operator's consent to signing a letter.
 *
 * The agent reads no PDF: `firma` shows the letter and says here that the
 * operator has seen it and wants it signed.  That word is a document of the
 * renewal (SIGNATURE.consent, JSON) and an entry of the ledger, on the disk
 * before the letter is signed.
 */
#ifndef FIRMA_DAEMON_RENEW_LETTER_H
#define FIRMA_DAEMON_RENEW_LETTER_H

#include "agent/daemon/renewal.h"

/* Does this step sign a letter? */
bool firma_letter_step(const struct firma_profile_step *s);

/*
 * The renewal's step may begin: it signs no letter, or a consent to it is on
 * the disk.  FIRMA_ERR_LETTER_CONSENT
 */
FIRMA_CHECKED enum firma_err firma_letter_consented(const struct firma_task *q,
    const struct firma_renewal *r, struct firma_cause *cause);

#endif
