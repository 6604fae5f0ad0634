/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h - the numbers that stand in the fields of messages.
 * Written once here; names for people come from the same tables.
 * Key algorithms are in agent/pki/algorithm.h.
 */
#ifndef FIRMA_WIRE_VALUES_H
#define FIRMA_WIRE_VALUES_H

/* clang-format off */
/* token_item.state */
#define FIRMA_TOKEN_STATES(X) \
	X(STARTING,  0, "starting")   /* its process is being started */ \
	X(ABSENT,    1, "absent")     /* process runs, token is not there */ \
	X(LOCKED,    2, "locked")     /* there, no PIN presented */ \
	X(UNLOCKED,  3, "unlocked") \
	X(BLANK,     4, "blank")      /* a slot is there, to be initialised */ \
	X(BROKEN,    5, "broken")     /* module missing or failing; backing off */

/* token_item.pin_state: what the token's flags and our own record say */
#define FIRMA_PIN_STATES(X) \
	X(FINE,      0, "fine") \
	X(COUNT_LOW, 1, "count-low")  /* refused at least once */ \
	X(FINAL_TRY, 2, "final-try") \
	X(LOCKED,    3, "locked") \
	X(UNSET,     4, "unset") \
	X(DOUBTFUL,  5, "doubtful")   /* a presentation's outcome is unknown */

/* sign.format */
#define FIRMA_SIGN_FORMATS(X) \
	X(RAW,          0, "raw")       /* PKCS#1 v1.5 or ECDSA-Sig-Value */ \
	X(CMS_DETACHED, 1, "detached")  /* CAdES-BES, content beside it */ \
	X(CMS_ATTACHED, 2, "attached")  /* as detached: the client puts it in */ \
	X(PADES,        3, "pades")     /* detached, for a PDF: no signing time */ \
	X(BARE_DETACHED, 4, "bare-detached") /* CMS without signed attributes */ \
	X(BARE_ATTACHED, 5, "bare-attached") \
	X(SHA1_RAW,      6, "sha1-raw")      /* for old institutions; RSA only */ \
	X(SHA1_ATTACHED, 7, "sha1-attached") /* PKCS#7 with SHA-1, attached */

/* renewal_item.status */
#define FIRMA_RENEWAL_STATUSES(X) \
	X(OPEN,      0, "open") \
	X(COMPLETE,  1, "complete")   /* first login done, old key still there */ \
	X(RETIRED,   2, "retired")    /* complete, and the old key is gone */ \
	X(ABORTED,   3, "aborted")

/* renewal_item.step_state: see agent/renewal/machine.h */
#define FIRMA_STEP_STATES(X) \
	X(TODO,      0, "to-do") \
	X(INTENT,    1, "begun")      /* intent is written, result is not */ \
	X(ASK,       2, "ask")        /* begun before a restart: ask, never repeat */ \
	X(WAIT,      3, "waiting") \
	X(PERSON,    4, "person")     /* a person has to decide or act */ \
	X(REFUSED,   5, "refused") \
	X(DONE,      6, "done")

/* renew_todo.action: what the client does now */
#define FIRMA_ACTIONS(X) \
	X(NOTHING,   0, "nothing")    /* complete, retired or aborted */ \
	X(CONFIRM,   1, "confirm")    /* show the data, ask; renew_act with e-mail */ \
	X(ACT,       2, "act")        /* renew_act; the agent does it */ \
	X(PORTAL,    3, "portal")     /* renew_act, run the helper's op, renew_result */ \
	X(ASK,       4, "ask")        /* run the reconciling op, renew_result */ \
	X(WAIT,      5, "wait")       /* until not_earlier, then renew_next */ \
	X(PERSON,    6, "person")     /* show why; renew_act with flag RESUME goes on */ \
	X(UNLOCK,    7, "unlock")     /* the token is locked: unlock, then renew_next */

/* renew_result.outcome: what a portal helper answers */
#define FIRMA_OUTCOMES(X) \
	X(OK,          0, "ok") \
	X(ISSUED,      1, "issued") \
	X(WAIT,        2, "wait") \
	X(REJECTED,    3, "rejected") \
	X(UNREACHABLE, 4, "unreachable") \
	X(PERSON,      5, "person") \
	X(UNKNOWN,     6, "unknown")

/* renew_consent.how: how the operator consented to a letter */
#define FIRMA_CONSENTS(X) \
	X(TERMINAL,  0, "terminal")   /* it was shown, "yes" was typed */ \
	X(YES,       1, "yes")        /* --yes: each rule holds, nothing is odd */ \
	X(HASH,      2, "hash")       /* --consent with its SHA-256 */
/* clang-format on */

#define FIRMA_VALUE_LIST(X)                                \
	X(token_state, TOKEN, FIRMA_TOKEN_STATES)          \
	X(pin_state, PIN, FIRMA_PIN_STATES)                \
	X(sign_format, SIGN, FIRMA_SIGN_FORMATS)           \
	X(renewal_status, RENEWAL, FIRMA_RENEWAL_STATUSES) \
	X(step_state, STEP, FIRMA_STEP_STATES)             \
	X(action, ACTION, FIRMA_ACTIONS)                   \
	X(outcome, OUTCOME, FIRMA_OUTCOMES)                \
	X(consent, CONSENT, FIRMA_CONSENTS)

enum firma_token_state {
#define X(name, n, text) FIRMA_TOKEN_##name = (n),
	FIRMA_TOKEN_STATES(X)
#undef X
};
enum firma_pin_state {
#define X(name, n, text) FIRMA_PIN_##name = (n),
	FIRMA_PIN_STATES(X)
#undef X
};
enum firma_sign_format {
#define X(name, n, text) FIRMA_SIGN_##name = (n),
	FIRMA_SIGN_FORMATS(X)
#undef X
};
enum firma_renewal_status {
#define X(name, n, text) FIRMA_RENEWAL_##name = (n),
	FIRMA_RENEWAL_STATUSES(X)
#undef X
};
enum firma_step_state {
#define X(name, n, text) FIRMA_STEP_##name = (n),
	FIRMA_STEP_STATES(X)
#undef X
};
enum firma_action {
#define X(name, n, text) FIRMA_ACTION_##name = (n),
	FIRMA_ACTIONS(X)
#undef X
};
enum firma_outcome {
#define X(name, n, text) FIRMA_OUTCOME_##name = (n),
	FIRMA_OUTCOMES(X)
#undef X
};
enum firma_consent {
#define X(name, n, text) FIRMA_CONSENT_##name = (n),
	FIRMA_CONSENTS(X)
#undef X
};

/* What a number of sign_format means; 0 for one without meaning. */
int firma_sign_is_cms(unsigned int format);
int firma_sign_is_attached(unsigned int format); /* the content goes in later */
int firma_sign_is_sha1(unsigned int format);
/* The document's digest is signed, with no attributes around it. */
int firma_sign_is_bare(unsigned int format);

/* Bits of key_item.flags and w_key.flags. */
#define FIRMA_KEYFLAG_LOCAL               0x01u  /* CKA_LOCAL */
#define FIRMA_KEYFLAG_ALWAYS_SENSITIVE    0x02u  /* CKA_ALWAYS_SENSITIVE */
#define FIRMA_KEYFLAG_NEVER_EXTRACTABLE   0x04u  /* CKA_NEVER_EXTRACTABLE */
#define FIRMA_KEYFLAG_ALWAYS_AUTHENTICATE 0x08u  /* CKA_ALWAYS_AUTHENTICATE */
#define FIRMA_KEYFLAG_SENSITIVE           0x10u  /* CKA_SENSITIVE */
#define FIRMA_KEYFLAG_EXTRACTABLE         0x20u  /* CKA_EXTRACTABLE */
#define FIRMA_KEYFLAG_IMPORTED            0x40u  /* by us, from a file */
#define FIRMA_KEYFLAG_CERTIFICATE         0x80u  /* a certificate is there */
#define FIRMA_KEYFLAG_RETIRED             0x100u /* record only; key is gone */
#define FIRMA_KEYFLAG_ON_TOKEN            0x200u /* seen there; of now, not kept */
#define FIRMA_KEYFLAG_PROOF                                     \
	(FIRMA_KEYFLAG_LOCAL | FIRMA_KEYFLAG_ALWAYS_SENSITIVE | \
	    FIRMA_KEYFLAG_NEVER_EXTRACTABLE)

/* Bits of token_item.flags. */
#define FIRMA_TOKENFLAG_PINPAD   0x01u /* protected authentication path */
#define FIRMA_TOKENFLAG_SOFTWARE 0x02u /* the agent's own software token */

/* Bits of the flags of all messages that present a PIN; ERASE: of _init. */
#define FIRMA_UNLOCK_LAST_TRY 0x01u /* the operator allows the last try */
#define FIRMA_UNLOCK_AGAIN    0x04u /* and a PIN whose outcome was lost */
#define FIRMA_LOGIN_KEEP      0x08u /* w_login: keep the PIN, see keep-pin */
#define FIRMA_INIT_ERASE      0x02u /* the token is not blank: erase it */

/* Bits of letter_item.must: what a letter has to name. */
#define FIRMA_MUST_TITLE    0x01u
#define FIRMA_MUST_NAME     0x02u /* the company's */
#define FIRMA_MUST_RFC      0x04u
#define FIRMA_MUST_REGISTRO 0x08u /* registro patronal */

/* Bits of renew_act.flags and renew_retire.flags. */
#define FIRMA_ACT_RESUME  0x01u /* a person decided: go on from PERSON/REFUSED */
#define FIRMA_RETIRE_KEEP 0x01u /* keep the key object, only mark it */

/* Name of a value, or "?" when the number is not in the table. */
#define X(what, prefix, list)                                \
	const char *firma_##what##_name(unsigned int value); \
	int firma_##what##_from(const char *name, unsigned int *ret_value);
FIRMA_VALUE_LIST(X)
#undef X

#endif
