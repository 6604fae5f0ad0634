/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - a procedure as data: its steps, letters and rules.
 *
 * A profile is an INI file (grammar of the lines: agent/base/ini.h; sections
 * and options: README.md here).  Everything that it says is checked when it is
 * read, so that a renewal that was started cannot meet a dangling reference:
 * documents are saved before they are used, keys exist before they sign, a
 * step that must not be done twice has a way of asking or of going back.
 *
 * May include: agent/base, agent/wire/values.h, agent/pki/identity.h, jansson.
 * Does no I/O.  Any thread.
 */
#ifndef FIRMA_RENEWAL_PROFILE_H
#define FIRMA_RENEWAL_PROFILE_H

#include <stdbool.h>

#include "agent/base/ini.h"
#include "agent/wire/values.h"

/* Octets with the terminating zero; the wire's limits (client.def) plus one. */
#define FIRMA_PROFILE_NAME       65
#define FIRMA_PROFILE_TITLE      513
#define FIRMA_PROFILE_URL        513
#define FIRMA_PROFILE_ENDPOINTS  8193
#define FIRMA_PROFILE_DOCUMENT   33
#define FIRMA_PROFILE_WORD       17
#define FIRMA_FILE_NAME_PATTERN  97

#define FIRMA_PROFILE_STEPS      64
#define FIRMA_PROFILE_LETTERS    8
#define FIRMA_PROFILE_ATTRIBUTES 16
#define FIRMA_PROFILE_USER_STEPS 15
#define FIRMA_PROFILE_RFCS       256 /* octets of a list, with the zero */

/*
 * A letter's signature X has the operator's consent beside it, the document
 * X.consent; no document of a profile has such a name.
 */
#define FIRMA_PROFILE_CONSENT ".consent"

#define FIRMA_STEP_NONE       SIZE_MAX /* no step */

/* What kind of thing a step is. */
/* clang-format off */
#define FIRMA_STEP_DOS(X) \
	X(PORTAL,   "portal")   /* a helper asks the institution */ \
	X(CONFIRM,  "confirm")  /* a person confirms the data */ \
	X(GENERATE, "generate") /* the new key pair, on the token */ \
	X(REQUEST,  "request")  /* PKCS#10 by the new key */ \
	X(SIGN,     "sign")     /* a document, by the old or the new key */ \
	X(ACCEPT,   "accept")   /* check the certificate, write it to the token */

/*
 * Operations of a portal helper (cli/portal/PROTOCOL.md).
 *
 * What an operation is decides what may happen after a lost answer:
 *   FETCH   doing it again changes nothing: done again
 *   SUBMIT  never done again before an ASK answered "unknown"
 *   ONCE    cannot be done again nor asked for: back to an earlier step
 *   ASK     asks about a SUBMIT; never a step of its own
 */
#define FIRMA_PORTAL_OPS(X) \
	X(CHALLENGE,      "challenge",      FETCH) \
	X(ENTER,          "enter",          ONCE) \
	X(DATA,           "data",           FETCH) \
	X(CONFIRM,        "confirm",        FETCH) /* sets the same e-mail again */ \
	X(LETTER,         "letter",         FETCH) \
	X(SUBMIT_LETTER,  "submit-letter",  SUBMIT) \
	X(FIND_LETTER,    "find-letter",    ASK) \
	X(MAIL,           "mail",           FETCH) \
	X(SUBMIT_REQUEST, "submit-request", SUBMIT) \
	X(FIND_REQUEST,   "find-request",   ASK) \
	X(CERTIFICATE,    "certificate",    FETCH) \
	X(FINISH,         "finish",         FETCH) /* gives the same folio again */
/* clang-format on */

enum firma_step_do {
#define X(name, text) FIRMA_DO_##name,
	FIRMA_STEP_DOS(X)
#undef X
};

enum firma_portal_op {
	FIRMA_OP_NONE = 0,
#define X(name, text, kind) FIRMA_OP_##name,
	FIRMA_PORTAL_OPS(X)
#undef X
	    FIRMA_OP_N
};

enum firma_op_kind {
	FIRMA_OP_IS_FETCH,
	FIRMA_OP_IS_SUBMIT,
	FIRMA_OP_IS_ONCE,
	FIRMA_OP_IS_ASK
};

/* "submit-letter"; "" for FIRMA_OP_NONE and numbers outside the table. */
const char *firma_op_name(enum firma_portal_op op);
/* False when no operation has that name. */
bool firma_op_from(const char *name, enum firma_portal_op *ret_op);
enum firma_op_kind firma_op_kind(enum firma_portal_op op);
/*
 * May a helper answer op with outcome (enum firma_outcome)?  "issued" only to
 * operations about the certificate, "unknown" only to those that ask.  Anything
 * else is FIRMA_ERR_PORTAL_ANSWER and the event FAILED.
 */
bool firma_op_may_answer(enum firma_portal_op op, unsigned int outcome);

/* SIGNER: who signs for the old certificate's owner; see enum firma_signer. */
enum firma_step_key {
	FIRMA_KEY_NONE,
	FIRMA_KEY_OLD,
	FIRMA_KEY_NEW,
	FIRMA_KEY_SIGNER
};

/* One step.  "" and NONE where the step has no such thing. */
struct firma_profile_step {
	char id[FIRMA_PROFILE_NAME];
	enum firma_step_do what;
	enum firma_step_key key;
	unsigned int user_step, user_step_last; /* 1 .. 15; "3-4" is both */
	char title_en[FIRMA_PROFILE_TITLE];
	char title_es[FIRMA_PROFILE_TITLE];

	enum firma_portal_op op;
	enum firma_portal_op reconcile;      /* the op that asks, or NONE */
	char letter[FIRMA_PROFILE_DOCUMENT]; /* also set for its signing */
	char role[FIRMA_PROFILE_WORD];       /* "old" or "new" */

	char signs[FIRMA_PROFILE_DOCUMENT]; /* document that is signed */
	char sends[FIRMA_PROFILE_DOCUMENT]; /* document that goes out */
	char saves[FIRMA_PROFILE_DOCUMENT]; /* document that comes of it */
	char same[FIRMA_PROFILE_DOCUMENT];  /* what is fetched must equal it */
	char file[FIRMA_FILE_NAME_PATTERN]; /* of what it saves; file_name.h */
	enum firma_sign_format format;      /* for sign */

	char expects_field[FIRMA_PROFILE_DOCUMENT];
	char expects_value[FIRMA_PROFILE_NAME];
	size_t again; /* index of the step to go back to, or FIRMA_STEP_NONE */
	unsigned int poll_s; /* between two asks; 0: the back-off decides */
	unsigned int line;
};

struct firma_profile_letter {
	char name[FIRMA_PROFILE_DOCUMENT];
	char title_en[FIRMA_PROFILE_TITLE];
	char title_es[FIRMA_PROFILE_TITLE];
	char heading[FIRMA_PROFILE_TITLE]; /* as the PDF has it; title_es */
	unsigned int must; /* FIRMA_MUST_...: what it has to name */
	char allow_rfc
	    [FIRMA_PROFILE_RFCS]; /* not the company's; blanks between */
	unsigned int line;
};

enum firma_old_certificate {
	FIRMA_OLD_MAY_BE_EXPIRED,
	FIRMA_OLD_MUST_BE_VALID
};
enum firma_signer {
	FIRMA_SIGNER_OLD, /* the old key */
	/*
	 * A person's old key; of a company, the key of the representative whom
	 * its certificate names (firma_identity_represents()), and no other.
	 */
	FIRMA_SIGNER_REPRESENTATIVE
};
enum firma_request_subject {
	FIRMA_SUBJECT_COPY,     /* the old certificate's Name, octet by octet */
	FIRMA_SUBJECT_REENCODE, /* the same values, in strict string types */
	/* 2.5.4.45, 2.5.4.5 and the confirmed e-mail (agent/pki/subject.h) */
	FIRMA_SUBJECT_IDENTIFIERS
};
enum firma_request_challenge { FIRMA_CHALLENGE_NONE, FIRMA_CHALLENGE_RANDOM };
enum firma_accept_issuer {
	FIRMA_ISSUER_CONFIGURED, /* one of the configured issuers */
	FIRMA_ISSUER_SAME        /* the name that issued the old one */
};

struct firma_profile {
	char name[FIRMA_PROFILE_NAME];
	char title_en[FIRMA_PROFILE_TITLE];
	char title_es[FIRMA_PROFILE_TITLE];
	char helper[FIRMA_PROFILE_NAME]; /* program firma-portal-HELPER */
	char portal
	    [FIRMA_PROFILE_URL]; /* base URL, "" when only the site knows */
	unsigned int old_certificate; /* enum firma_old_certificate */
	unsigned int signer;          /* enum firma_signer */

	/* [request] */
	unsigned int shape;     /* 0: PKCS#10 */
	unsigned int digest;    /* 0: SHA-256; 1: SHA-1 */
	unsigned int subject;   /* enum firma_request_subject */
	unsigned int strings;   /* enum firma_subject_strings, agent/pki */
	unsigned int challenge; /* enum firma_request_challenge */

	/* [accept] */
	size_t n_identity;
	char identity[FIRMA_PROFILE_ATTRIBUTES][FIRMA_PROFILE_DOCUMENT];
	unsigned int issuer; /* enum firma_accept_issuer */
	unsigned int min_days, max_days, skew_s;

	/* [endpoints]: one JSON object of strings, as the helper gets it */
	char endpoints[FIRMA_PROFILE_ENDPOINTS];

	size_t n_letters, n_steps;
	struct firma_profile_letter letters[FIRMA_PROFILE_LETTERS];
	struct firma_profile_step steps[FIRMA_PROFILE_STEPS];
};

/*
 * Parse text (borrowed, hostile until here).  The caller owns *ret_profile.
 *
 * FIRMA_ERR_CONFIG  problems has every mistake, sorted by line
 * FIRMA_ERR_LIMIT, FIRMA_ERR_NOMEM
 */
FIRMA_CHECKED enum firma_err firma_profile_parse(struct firma_bytes text,
    struct firma_profile **ret_profile, struct firma_problems *problems);
void firma_profile_free(struct firma_profile *p);  /* accepts NULL */
void firma_profile_done(struct firma_profile **p); /* for FIRMA_OWN */

/* Index of a step, or FIRMA_STEP_NONE. */
size_t firma_profile_step(const struct firma_profile *p, const char *id);
/* How many steps users count: the last one's number. */
unsigned int firma_profile_user_steps(const struct firma_profile *p);
/* NULL when there is none. */
const struct firma_profile_letter *firma_profile_letter(
    const struct firma_profile *p, const char *name);
/* Does the name end with FIRMA_PROFILE_CONSENT? */
bool firma_profile_is_consent(const char *document);
/* The step that saves a document, or FIRMA_STEP_NONE. */
size_t firma_profile_saver(const struct firma_profile *p, const char *document);

#endif
