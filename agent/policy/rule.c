/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/rule.h"

#include <string.h>

enum opinion { NONE, ALLOW, REFUSE };

struct rule {
	const char *name;
	enum opinion (*says)(const struct firma_rule_facts *facts,
	    const struct firma_peer *peer, const struct firma_ask *ask);
};

const char *
firma_ask_name(unsigned int action)
{
	static const char *const names[] = {
#define X(name, text) [FIRMA_ASK_##name] = (text),
		FIRMA_ASK_ACTIONS(X)
#undef X
	};

	return action < FIRMA_ASK_N ? names[action] : "?";
}

/* Says something about the key, so it stands before those about people. */
static enum opinion
no_digest(const struct firma_rule_facts *facts, const struct firma_peer *peer,
    const struct firma_ask *ask)
{
	const struct firma_config_key *key;

	(void)peer;
	if (ask->action != FIRMA_ASK_SIGN_DIGEST || facts->config == NULL)
		return NONE;
	key = firma_config_key(facts->config, ask->key);
	return key != NULL && !key->digest_only ? REFUSE : NONE;
}

/* A renewal's profile names SHA-1 by itself; here somebody just asks for it. */
static enum opinion
no_sha1(const struct firma_rule_facts *facts, const struct firma_peer *peer,
    const struct firma_ask *ask)
{
	const struct firma_config_key *key;

	(void)peer;
	if (ask->action != FIRMA_ASK_SIGN_SHA1)
		return NONE;
	key = facts->config != NULL ? firma_config_key(facts->config, ask->key)
				    : NULL;
	return key != NULL && key->sha1 ? NONE : REFUSE;
}

static enum opinion
root(const struct firma_rule_facts *facts, const struct firma_peer *peer,
    const struct firma_ask *ask)
{
	(void)facts;
	(void)ask;
	return peer->uid == 0 ? ALLOW : NONE;
}

static enum opinion
owner(const struct firma_rule_facts *facts, const struct firma_peer *peer,
    const struct firma_ask *ask)
{
	(void)ask;
	return peer->uid == facts->own_uid ? ALLOW : NONE;
}

static enum opinion
nobody_else(const struct firma_rule_facts *facts, const struct firma_peer *peer,
    const struct firma_ask *ask)
{
	(void)facts;
	(void)peer;
	(void)ask;
	return REFUSE;
}

/* The order is the meaning: the first opinion decides. */
static const struct rule rules[] = {
	{ "no-digest", no_digest },
	{ "no-sha1", no_sha1 },
	{ "root", root },
	{ "owner", owner },
	{ "nobody-else", nobody_else },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

struct firma_verdict
firma_rule_decide(const struct firma_rule_facts *facts,
    const struct firma_peer *peer, const struct firma_ask *ask)
{
	if ((unsigned int)ask->action < FIRMA_ASK_N)
		for (size_t i = 0; i < N_RULES; i++) {
			const enum opinion o = rules[i].says(facts, peer, ask);

			if (o != NONE)
				return (struct firma_verdict){ o == ALLOW,
					rules[i].name };
		}
	/* Reached by an action that is none: refused like a stranger. */
	return (struct firma_verdict){ false, rules[N_RULES - 1].name };
}

const char *
firma_rule_name(size_t i)
{
	return i < N_RULES ? rules[i].name : NULL;
}
