/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_rule.h - is this the letter that is to be signed?
 *
 * What the letter says (letter_read.h), what the procedure wants it to say (the
 * profile's [letter NAME]) and whom the old certificate names, compared.  Each
 * thing that is wrong or strange is a finding.  Pure.
 */
#ifndef FIRMA_CLI_LETTER_RULE_H
#define FIRMA_CLI_LETTER_RULE_H

#include "agent/pki/identity.h"
#include "agent/wire/values.h"
#include "cli/letter_read.h"

#define LETTER_RULES_MAX 8 /* letters of a procedure */
/* All that can be said of a document, and SAME_MAX of each other kind. */
#define LETTER_FINDINGS_MAX 112
#define LETTER_SAME_MAX     16
#define LETTER_HEADING_MAX  513 /* octets with the zero, here and below */
#define LETTER_ALLOW_MAX    257

/* One letter of the procedure. */
struct letter_wanted {
	char name[33];
	char heading[LETTER_HEADING_MAX];
	unsigned int must; /* FIRMA_MUST_... */
	char allow_rfc[LETTER_ALLOW_MAX];
};

struct letter_rules {
	struct letter_wanted all[LETTER_RULES_MAX];
	size_t n;
	size_t which; /* the one that is expected */
	/* Of the old certificate; "" is not compared. */
	char name[FIRMA_IDENTITY_TEXT];
	char rfc[FIRMA_IDENTITY_ID], representative_rfc[FIRMA_IDENTITY_ID];
	char registro[FIRMA_IDENTITY_ID];
};

enum letter_level {
	LETTER_GOOD,
	LETTER_ODD,    /* a person has to look: the hash is the consent */
	LETTER_REFUSED /* not signed */
};

/* What was found, and how much it weighs. */
/* clang-format off */
#define LETTER_FINDINGS(X) \
	X(OTHER_RFC,      "other-rfc",      REFUSED) \
	X(OTHER_REGISTRO, "other-registro", REFUSED) \
	X(OTHER_LETTER,   "other-letter",   REFUSED) \
	X(NO_TITLE,       "no-title",       REFUSED) \
	X(NO_NAME,        "no-name",        REFUSED) \
	X(NO_RFC,         "no-rfc",         REFUSED) \
	X(NO_REGISTRO,    "no-registro",    REFUSED) \
	X(NOT_COMPARED,   "not-compared",   ODD) /* the certificate lacks it */ \
	X(UNREAD,         "unread",         ODD) \
	X(NO_TEXT,        "no-text",        ODD) \
	X(CUT,            "cut",            ODD) \
	X(LONGER_NAME,    "longer-name",    ODD) /* words follow it */ \
	X(MANY_IDS,       "many-identifiers", ODD) \
	X(CHECK_DIGIT,    "check-digit",    ODD) \
	X(MAYBE_REGISTRO, "maybe-registro", ODD) /* nothing calls it so */ \
	X(UNKNOWN_REGISTRO, "unknown-registro", ODD) /* ours is not known */ \
	X(INVISIBLE,      "invisible-characters", ODD) \
	X(ALPHABETS,      "mixed-alphabets", ODD) \
	X(UNREADABLE,     "unreadable-characters", ODD) \
	X(DOCUMENT,       "document",       ODD) /* an enum letter_oddity */
/* clang-format on */

enum letter_finding_kind {
#define X(name, word, level) LETTER_FOUND_##name,
	LETTER_FINDINGS(X)
#undef X
};

struct letter_finding {
	enum letter_finding_kind kind;
	enum letter_level level;
	char found[LETTER_HEADING_MAX];  /* "" when nothing was */
	char wanted[LETTER_HEADING_MAX]; /* "" when nothing is */
	unsigned int page;               /* from 1; 0: none */
	enum letter_oddity odd;          /* of DOCUMENT */
};

struct letter_verdict {
	enum letter_level level; /* of the worst */
	/* FIRMA_OK, or with REFUSED: _LETTER_OTHER, _STEP or _LACKS */
	enum firma_err err;
	struct letter_finding found[LETTER_FINDINGS_MAX];
	size_t n;
	struct letter_finding spare; /* for what there was no room */
};

const char *letter_finding_word(enum letter_finding_kind kind);

/* The company of a certificate. */
void letter_rules_company(
    struct letter_rules *r, const struct firma_identity *id);

/*
 * The registro patronal that the operator gave, of a renewal's fields (JSON).
 * What the portal says is no measure of its own letters, and is not put there.
 * What is none is not taken.
 */
void letter_rules_operator(struct letter_rules *r, const char *fields);

/* Does the expected letter's allow_rfc name it? */
int letter_rules_allow(const struct letter_rules *r, const char *rfc);

/* rules may be NULL: only what is strange is looked for. */
void letter_judge(const struct letter *l, const struct letter_rules *rules,
    struct letter_verdict *ret);

#endif
