/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one request to the portal and its answer, free of HTTP.
 */
#ifndef FIRMA_REHEARSAL_CALL_H
#define FIRMA_REHEARSAL_CALL_H

#include "tests/rehearsal/ca.h"
#include "tests/rehearsal/company.h"
#include "tests/rehearsal/form.h"
#include "tests/rehearsal/op.h"
#include "tests/rehearsal/refusal.h"
#include "tests/rehearsal/state.h"

#define REHEARSAL_COOKIE_MAX     33 /* octets, with the terminating zero */
#define REHEARSAL_ATTACHMENT_MAX 48 /* octets, with the terminating zero */

/* All borrowed.  company is NULL without a session. */
struct rehearsal_call {
	struct rehearsal_state *st;
	const struct rehearsal_ca *ca;
	const struct rehearsal_form *form;
	enum rehearsal_op op;
	json_t *company;
	enum rehearsal_role role; /* the certificate of the session */
	unsigned int port;
	int html; /* the caller is a browser */
};

struct rehearsal_answer {
	unsigned int status; /* 200 or 303 */
	const char *type;    /* static */
	const char *location;
	char cookie[REHEARSAL_COOKIE_MAX];         /* "": none is set */
	char attachment[REHEARSAL_ATTACHMENT_MAX]; /* "": shown inline */
	struct firma_buf body;
};

void rehearsal_answer_done(struct rehearsal_answer *a);

/*
 * Fill a with a JSON object { op, outcome, text, fields, retry_after }.
 * fields is stolen, NULL for none.
 */
FIRMA_CHECKED enum firma_err rehearsal_answer_json(struct rehearsal_answer *a,
    enum rehearsal_op op, const char *outcome, const char *text, json_t *fields,
    int retry_after);

/*
 * Carry out the call.  The state is changed in memory; the caller saves it,
 * also when the answer is a refusal (refusals are counted).
 */
FIRMA_CHECKED enum firma_err rehearsal_call_run(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why);

#endif
