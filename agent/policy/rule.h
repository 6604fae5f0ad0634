/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.h - who may do what: a pure decision over an ordered table of rules.
 *
 * The first rule that has an opinion decides, and its name goes into the answer
 * and the ledger.  The last rule always has one: "nobody-else" refuses.
 * Operators with roles become further rows between "owner" and "nobody-else".
 *
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_POLICY_RULE_H
#define FIRMA_POLICY_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/policy/config.h"

/* What can be asked of the agent.  The names stand in the ledger: append. */
/* clang-format off */
#define FIRMA_ASK_ACTIONS(X) \
	X(CONNECT,            "connect")      /* hello */ \
	X(STATUS,             "status") \
	X(TOKEN_LIST,         "token-list") \
	X(TOKEN_UNLOCK,       "token-unlock") \
	X(TOKEN_LOCK,         "token-lock") \
	X(TOKEN_INIT,         "token-init") \
	X(KEY_LIST,           "key-list") \
	X(KEY_GENERATE,       "key-generate") \
	X(KEY_IMPORT,         "key-import") \
	X(REQUEST,            "request") \
	X(CERTIFICATE_IMPORT, "certificate-import") \
	X(CERTIFICATE_READ,   "certificate-read") \
	X(SIGN,               "sign") \
	X(SIGN_DIGEST,        "sign-digest")  /* a digest, no document */ \
	X(RENEW_START,        "renew-start") \
	X(RENEW_READ,         "renew-read")   /* list, next, document, steps */ \
	X(RENEW,              "renew")        /* act, result */ \
	X(RENEW_ABORT,        "renew-abort") \
	X(RENEW_RETIRE,       "renew-retire") \
	X(LEDGER_READ,        "ledger-read") \
	X(TOKEN_CHANGE_PIN,   "token-change-pin") \
	X(TOKEN_UNBLOCK,      "token-unblock") \
	X(SIGN_SHA1,          "sign-sha1")    /* a document's SHA-1 */
/* clang-format on */

enum firma_ask_action {
#define X(name, text) FIRMA_ASK_##name,
	FIRMA_ASK_ACTIONS(X)
#undef X
	    FIRMA_ASK_N
};

/* "sign-digest"; "?" for a number that is not in the table. */
const char *firma_ask_name(unsigned int action);

/* The caller, as SO_PEERCRED says. */
struct firma_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/* What is asked.  key and token are "" where the action has none. */
struct firma_ask {
	enum firma_ask_action action;
	const char *key;
	const char *token;
};

/* What the decision is made from. */
struct firma_rule_facts {
	uid_t own_uid;                     /* the agent's */
	const struct firma_config *config; /* NULL: no keys are configured */
};

struct firma_verdict {
	bool allowed;
	const char *rule; /* its name; static */
};

/*
 * Rules, in order:
 *   "no-digest"    refuses sign-digest with a key whose digest-only = no,
 *                  whoever asks
 *   "no-sha1"      refuses sign-sha1 with a key whose configuration does not
 *                  say sha1 = yes, whoever asks
 *   "root"         uid 0 may do everything
 *   "owner"        the agent's own uid may do everything
 *   "nobody-else"  refuses
 */
struct firma_verdict firma_rule_decide(const struct firma_rule_facts *facts,
    const struct firma_peer *peer, const struct firma_ask *ask);

/* Names of all rules, in order; NULL when i is past the end. */
const char *firma_rule_name(size_t i);

#endif
