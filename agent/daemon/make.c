/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/daemon/log.h"

#define FIND_NS (20 * FIRMA_S)
/* A token that says one of these knows the key. */
#define TELLING                                          \
	(FIRMA_KEYFLAG_PROOF | FIRMA_KEYFLAG_SENSITIVE | \
	    FIRMA_KEYFLAG_EXTRACTABLE)

struct make {
	struct firma_agent *agent;
	char token[FIRMA_CONFIG_NAME], alias[FIRMA_STORE_NAME];
	struct firma_key_id id;
	enum firma_key_algorithm algorithm;
	firma_make_fn *fn;
	void *arg;
	bool generated; /* by this call */
	bool proven;    /* what was told last has all of the proof */
	bool silent;    /* ... or says nothing about the key */
	char key[FIRMA_STORE_NAME]; /* alias in the index once told */
};

static void
end(struct make *m, enum firma_err r, const struct firma_cause *cause)
{
	struct firma_key *k =
	    r == FIRMA_OK ? firma_key_find(m->agent, m->key) : NULL;

	if (r == FIRMA_OK && k == NULL)
		r = FIRMA_ERR_INTERNAL;
	m->fn(m->arg, r, k, !m->generated, cause);
	free(m);
}

static void
unproven(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct make *m = arg;
	struct firma_key *k = firma_key_find(m->agent, m->key);
	struct firma_cause why = { 0 };

	(void)f;
	if (!last)
		return;
	if (r != FIRMA_OK)
		firma_log(FIRMA_LOG_ERROR,
		    "token %s: a key without proof was not deleted: %s (%s)",
		    m->token, firma_err_text(r), cause->what);
	if (k != NULL)
		firma_key_forget(m->agent, k);
	(void)snprintf(why.what, sizeof(why.what), "token %s", m->token);
	end(m, FIRMA_ERR_KEY_PROOF, &why);
}

static void
made(struct make *m)
{
	struct firma_token *t = firma_token_find(m->agent, m->token);
	const struct firma_msg_w_delete d = { .id = firma_bytes_of(
						  m->id.at, m->id.len) };
	struct firma_cause cause = { 0 };

	if (m->silent)
		firma_log(FIRMA_LOG_WARNING,
		    "key %s: token %s does not say yet that it was made there "
		    "and cannot leave; it is asked when it is read again",
		    m->key, m->token);
	if (m->proven || m->silent) {
		end(m, FIRMA_OK, NULL);
		return;
	}
	/* What an earlier try made may be in use; the token may prove it again
	 * when it is well.  Only what was made just now goes. */
	if (!m->generated) {
		(void)snprintf(
		    cause.what, sizeof(cause.what), "token %s", m->token);
		end(m, FIRMA_ERR_KEY_PROOF, &cause);
		return;
	}
	if (firma_token_call(t, FIRMA_MSG_w_delete, &d, -1, FIND_NS,
		FIRMA_FOREVER, unproven, m, &cause) != FIRMA_OK)
		end(m, FIRMA_ERR_KEY_PROOF, &cause);
}

/* w_key of the id: into the index. */
static bool
told(struct make *m, const struct firma_frame *f)
{
	struct firma_token *t = firma_token_find(m->agent, m->token);
	struct firma_msg_w_key w;
	struct firma_key *k;

	if (firma_msg_decode(FIRMA_MSG_w_key, f->payload, &w, NULL) != FIRMA_OK)
		return false;
	m->proven = (w.flags & FIRMA_KEYFLAG_PROOF) == FIRMA_KEYFLAG_PROOF;
	m->silent = (w.flags & TELLING) == 0;
	if ((k = firma_key_take(t, &w, m->alias)) == NULL)
		return false;
	(void)snprintf(m->key, sizeof(m->key), "%s", k->alias);
	return true;
}

static void
generated(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct make *m = arg;

	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_key) {
		if (!told(m, f))
			firma_log(FIRMA_LOG_ERROR, "token %s: key told wrongly",
			    m->token);
		return;
	}
	if (!last)
		return;
	if (r != FIRMA_OK)
		end(m, r, cause);
	else
		made(m);
}

static void
found(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct make *m = arg;
	struct firma_token *t = firma_token_find(m->agent, m->token);
	const struct firma_msg_w_generate g = {
		.id = firma_bytes_of(m->id.at, m->id.len),
		.label = firma_str_of(m->alias),
		.algorithm = (uint32_t)m->algorithm,
	};
	struct firma_cause why = { 0 };

	if (r == FIRMA_OK && f->type == FIRMA_MSG_w_key) {
		(void)told(m, f);
		return;
	}
	if (!last)
		return;
	if (r != FIRMA_OK && r != FIRMA_ERR_NOT_FOUND) {
		end(m, r, cause);
		return;
	}
	if (m->key[0] != '\0') {
		made(m); /* adopted */
		return;
	}
	m->generated = true;
	r = firma_token_call(t, FIRMA_MSG_w_generate, &g, -1,
	    firma_token_generate_ns(t), FIRMA_FOREVER, generated, m, &why);
	if (r != FIRMA_OK)
		end(m, r, &why);
}

enum firma_err
firma_make(struct firma_token *t, const char *alias,
    const struct firma_key_id *id, enum firma_key_algorithm algorithm,
    firma_make_fn *fn, void *arg, struct firma_cause *cause)
{
	const struct firma_msg_w_find w = { .id = firma_bytes_of(
						id->at, id->len) };
	struct make *m;
	enum firma_err r;

	if ((r = firma_token_ready(t, cause)) != FIRMA_OK)
		return r;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return FIRMA_ERR_NOMEM;
	m->agent = t->agent;
	(void)snprintf(m->token, sizeof(m->token), "%s", t->config->name);
	(void)snprintf(m->alias, sizeof(m->alias), "%s", alias);
	m->id = *id;
	m->algorithm = algorithm;
	m->fn = fn;
	m->arg = arg;
	r = firma_token_call(t, FIRMA_MSG_w_find, &w, -1, FIND_NS,
	    FIRMA_FOREVER, found, m, cause);
	if (r != FIRMA_OK)
		free(m);
	return r;
}

const char *
firma_make_note(const struct firma_key *key, bool adopted)
{
	if (adopted)
		return "was made by an earlier try";
	return (key->flags & FIRMA_KEYFLAG_PROOF) == FIRMA_KEYFLAG_PROOF
	    ? "local, always sensitive, never extractable"
	    : "made by the token, which does not prove it yet";
}
