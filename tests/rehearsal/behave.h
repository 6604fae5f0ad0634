/* SPDX-License-Identifier: Apache-2.0 */
/*
 * behave.h - the portal's misbehaviours, switched while it serves.
 *
 * A list of entries "word", "word:count", "word@op" or "word@op:count",
 * separated by commas or white space.  A count says how often it happens; it
 * is remembered in the state (a restart does not begin anew) and starts again
 * when the list's text changes.  DIR/behave, when it exists, is the list;
 * otherwise the list given to `serve`.
 */
#ifndef FIRMA_REHEARSAL_BEHAVE_H
#define FIRMA_REHEARSAL_BEHAVE_H

#include "tests/rehearsal/op.h"
#include "tests/rehearsal/state.h"

#define REHEARSAL_OP_BIT(id) (1U << REHEARSAL_OP_##id)
#define REHEARSAL_ANY_OP     ((1U << REHEARSAL_N_OPS) - 1)
#define REHEARSAL_POLLS                                                      \
	(REHEARSAL_OP_BIT(SUBMIT_REQUEST) | REHEARSAL_OP_BIT(FIND_REQUEST) | \
	    REHEARSAL_OP_BIT(CERTIFICATE))

/*
 *      id           word             the ops that it strikes without "@op"
 */
#define REHEARSAL_BEHAVE_LIST(X)                                             \
	X(DROP, "drop-after-accept",                                         \
	    REHEARSAL_OP_BIT(SUBMIT_LETTER) |                                \
		REHEARSAL_OP_BIT(SUBMIT_REQUEST))                            \
	X(ERROR_500, "error-500", REHEARSAL_ANY_OP)                          \
	X(STALL, "stall", REHEARSAL_ANY_OP)                                  \
	X(REPEAT, "repeat", REHEARSAL_ANY_OP)                                \
	X(GARBAGE, "garbage", REHEARSAL_ANY_OP)                              \
	X(HUGE, "huge-answer", REHEARSAL_ANY_OP)                             \
	X(REDIRECT, "redirect", REHEARSAL_ANY_OP)                            \
	X(END_SESSION, "end-session", REHEARSAL_ANY_OP)                      \
	X(MAIL_NONE, "mail-none", REHEARSAL_OP_BIT(SUBMIT_LETTER))           \
	X(MAIL_ANNOUNCED, "mail-announced", REHEARSAL_OP_BIT(SUBMIT_LETTER)) \
	X(MAIL_SENT, "mail-sent", REHEARSAL_OP_BIT(SUBMIT_LETTER))           \
	X(WAIT, "wait", REHEARSAL_POLLS)                                     \
	X(OTHER_KEY, "other-key", REHEARSAL_OP_BIT(CERTIFICATE))             \
	X(OTHER_NAME, "other-name", REHEARSAL_OP_BIT(CERTIFICATE))           \
	X(OTHER_DATES, "other-dates", REHEARSAL_OP_BIT(CERTIFICATE))         \
	X(OTHER_ISSUER, "other-issuer", REHEARSAL_OP_BIT(CERTIFICATE))       \
	X(SAME_SERIAL, "same-serial", REHEARSAL_OP_BIT(CERTIFICATE))         \
	X(OTHER_LETTER, "other-letter", REHEARSAL_OP_BIT(LETTER))            \
	X(LETTER_COMPANY, "letter-company", REHEARSAL_OP_BIT(LETTER))        \
	X(LETTER_STEP, "letter-step", REHEARSAL_OP_BIT(LETTER))              \
	X(LETTER_LINK, "letter-link", REHEARSAL_OP_BIT(LETTER))

enum rehearsal_behave {
#define X(id, word, ops) REHEARSAL_BEHAVE_##id,
	REHEARSAL_BEHAVE_LIST(X)
#undef X
	    REHEARSAL_N_BEHAVES
};

#define REHEARSAL_BEHAVE_MAX 4096 /* octets of a list */

/*
 * The list that holds now, noted in the state.  `given` is serve's.  A list
 * over REHEARSAL_BEHAVE_MAX or that cannot be read is an error.
 */
FIRMA_CHECKED enum firma_err rehearsal_behave_load(
    struct rehearsal_state *st, const char *given);

/*
 * Does it strike this op now?  Spends one of its count: then the state has to
 * be saved, whatever becomes of the request.
 */
int rehearsal_behave_take(struct rehearsal_state *st,
    enum rehearsal_behave what, enum rehearsal_op op);

/* The first entry that is not of the grammar, copied to ret; 0 when all are. */
int rehearsal_behave_bad(const char *list, char *ret, size_t len);

#endif
