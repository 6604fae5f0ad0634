/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - what each request does to a company's renewal.  One function an
 * op; the table in steps.c says which session each needs.
 */
#ifndef FIRMA_REHEARSAL_STEPS_H
#define FIRMA_REHEARSAL_STEPS_H

#include "tests/rehearsal/call.h"

#define REHEARSAL_FOLIO_MAX 32 /* octets, with the terminating zero */

typedef enum firma_err rehearsal_step(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why);

/* letters.c */
rehearsal_step rehearsal_do_letter, rehearsal_do_submit_letter,
    rehearsal_do_find_letter;
/* mail.c */
rehearsal_step rehearsal_do_mail;
/* requests.c */
rehearsal_step rehearsal_do_submit_request, rehearsal_do_find_request,
    rehearsal_do_certificate;

/* The portal's order: refused unless the renewal is at `from` or later. */
FIRMA_CHECKED enum firma_err rehearsal_need_stage(
    const struct rehearsal_call *call, enum rehearsal_stage from,
    struct rehearsal_refusal *why);

/* A receipt number never used. */
void rehearsal_folio(struct rehearsal_state *st, char ret[REHEARSAL_FOLIO_MAX]);

/* After the first letter: announce, send, or say nothing of an e-mail. */
FIRMA_CHECKED enum firma_err rehearsal_mail_decide(struct rehearsal_call *call);

#endif
