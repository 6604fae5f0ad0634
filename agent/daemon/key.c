/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/log.h"
#include "agent/daemon/token.h"
#include "agent/pki/certificate.h"
#include "agent/pki/identity.h"

#define LIST_NS        (60 * FIRMA_S) /* a card with 200 keys is slow to list */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* Where alias is, or where it would be inserted. */
static size_t
place(const struct firma_agent *a, const char *alias, bool *ret_found)
{
	size_t lo = 0, hi = a->n_keys;

	*ret_found = false;
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int c = strcmp(a->keys[mid]->alias, alias);

		if (c == 0) {
			*ret_found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct firma_key *
firma_key_find(const struct firma_agent *a, const char *alias)
{
	bool found;
	const size_t i = place(a, alias, &found);

	return found ? a->keys[i] : NULL;
}

enum firma_err
firma_key_missing(
    const struct firma_agent *a, const char *alias, struct firma_cause *cause)
{
	const struct firma_config_key *c = firma_config_key(a->config, alias);
	const struct firma_token *t =
	    c != NULL ? firma_token_find(a, c->token) : NULL;
	enum firma_err r;

	if (t != NULL && (r = firma_token_ready(t, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; t == NULL && i < a->n_tokens; i++) {
		const unsigned int state = a->tokens[i]->state;

		if (state == FIRMA_TOKEN_ABSENT ||
		    state == FIRMA_TOKEN_STARTING ||
		    state == FIRMA_TOKEN_BROKEN)
			return firma_fail(cause, FIRMA_ERR_NOT_FOUND,
			    FIRMA_CAUSE_NONE, 0,
			    "key %s; token %s is not there", alias,
			    a->tokens[i]->config->name);
	}
	return firma_fail(
	    cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE, 0, "key %s", alias);
}

struct firma_key *
firma_key_find_id(const struct firma_agent *a, const struct firma_token *t,
    struct firma_bytes id)
{
	for (size_t i = 0; i < a->n_keys; i++) {
		struct firma_key *k = a->keys[i];

		if (k->token == t &&
		    firma_bytes_equal(id, firma_bytes_of(k->id.at, k->id.len)))
			return k;
	}
	return NULL;
}

static struct firma_key *
find_spki(const struct firma_agent *a, const char *serial,
    const uint8_t spki_sha256[FIRMA_STORE_HASH])
{
	for (size_t i = 0; i < a->n_keys; i++)
		if (memcmp(a->keys[i]->spki_sha256, spki_sha256,
			FIRMA_STORE_HASH) == 0 &&
		    strcmp(a->keys[i]->token_serial, serial) == 0)
			return a->keys[i];
	return NULL;
}

static void
key_free(struct firma_key *k)
{
	firma_buf_done(&k->spki);
	firma_buf_done(&k->certificate);
	free(k);
}

static bool
insert(struct firma_agent *a, struct firma_key *k)
{
	bool found;
	const size_t i = place(a, k->alias, &found);

	if (found || a->n_keys == FIRMA_KEYS_MAX)
		return false;
	if (a->n_keys == a->cap_keys) {
		const size_t cap = a->cap_keys == 0 ? 16 : a->cap_keys * 2;
		struct firma_key **p =
		    reallocarray(a->keys, cap, sizeof(struct firma_key *));

		if (p == NULL)
			return false;
		a->keys = p;
		a->cap_keys = cap;
	}
	memmove(a->keys + i + 1, a->keys + i,
	    (a->n_keys - i) * sizeof(struct firma_key *));
	a->keys[i] = k;
	a->n_keys++;
	k->durability = (enum firma_durability)firma_config_durability_of(
	    a->config, k->alias);
	return true;
}

static void
take_out(struct firma_agent *a, struct firma_key *k)
{
	size_t i = 0;

	while (a->keys[i] != k)
		i++;
	a->n_keys--;
	memmove(a->keys + i, a->keys + i + 1,
	    (a->n_keys - i) * sizeof(struct firma_key *));
}

void
firma_key_forget(struct firma_agent *a, struct firma_key *k)
{
	take_out(a, k);
	key_free(k);
}

void
firma_keys_free(struct firma_agent *a)
{
	for (size_t i = 0; i < a->n_keys; i++)
		key_free(a->keys[i]);
	free(a->keys);
	a->keys = NULL;
	a->n_keys = a->cap_keys = 0;
}

/* ---- from the store ---- */

static bool
load_row(void *arg, const struct firma_key_row *row)
{
	struct firma_agent *a = arg;
	struct firma_key *k;

	if (row->retired || row->alias[0] == '\0')
		return true;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return false;
	COPY(k->alias, row->alias);
	COPY(k->token_serial, row->token);
	k->id = row->id;
	memcpy(k->spki_sha256, row->spki, sizeof(k->spki_sha256));
	k->algorithm = firma_key_algorithm_from_number(row->algorithm);
	k->flags = row->flags;
	k->recorded = true;
	if (!insert(a, k)) {
		key_free(k);
		return false;
	}
	return true;
}

enum firma_err
firma_keys_load(struct firma_agent *a, struct firma_cause *cause)
{
	return firma_store_keys(a->store, load_row, a, cause);
}

void
firma_key_row(const struct firma_key *k, struct firma_key_row *ret)
{
	*ret = (struct firma_key_row){ .id = k->id,
		.flags = k->flags,
		.algorithm = (uint32_t)k->algorithm };
	COPY(ret->token, k->token_serial);
	COPY(ret->alias, k->alias);
	memcpy(ret->spki, k->spki_sha256, sizeof(ret->spki));
}

/* ---- from the token ---- */

static bool
alias_free(const struct firma_agent *a, const char *alias)
{
	return firma_name_fits(alias) && firma_key_find(a, alias) == NULL;
}

/* Configured, or the label when it can be a name, or by the SPKI. */
static void
choose_alias(const struct firma_token *t, const struct firma_msg_w_key *m,
    const uint8_t sha256[FIRMA_STORE_HASH], char ret[FIRMA_STORE_NAME])
{
	const struct firma_agent *a = t->agent;
	char hex[2 * FIRMA_STORE_HASH + 1];

	for (size_t i = 0; i < a->config->n_keys; i++) {
		const struct firma_config_key *c = &a->config->keys[i];
		const bool by_id = c->id_len != 0 &&
		    firma_bytes_equal(m->id, firma_bytes_of(c->id, c->id_len));
		const bool by_spki = c->has_spki &&
		    memcmp(c->spki_sha256, sha256, FIRMA_STORE_HASH) == 0;

		if ((by_id || by_spki) &&
		    strcmp(c->token, t->config->name) == 0 &&
		    alias_free(a, c->alias)) {
			(void)snprintf(ret, FIRMA_STORE_NAME, "%s", c->alias);
			return;
		}
	}
	firma_str_copy(m->label, ret, FIRMA_STORE_NAME);
	if (alias_free(a, ret))
		return;
	firma_hex(firma_bytes_of(sha256, FIRMA_STORE_HASH), hex);
	(void)snprintf(ret, FIRMA_STORE_NAME, "key-%.16s", hex);
}

void
firma_key_set_certificate(struct firma_key *k, struct firma_bytes der)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	struct firma_identity id;

	k->flags &= ~FIRMA_KEYFLAG_CERTIFICATE;
	k->certificate.len = 0;
	k->subject[0] = k->serial[0] = '\0';
	k->not_before = k->not_after = 0;
	if (der.len == 0 ||
	    firma_certificate_parse(der, &c, NULL) != FIRMA_OK ||
	    firma_buf_put(&k->certificate, der) != FIRMA_OK)
		return;
	k->flags |= FIRMA_KEYFLAG_CERTIFICATE;
	firma_certificate_serial(c, k->serial);
	k->not_before = (uint64_t)firma_certificate_not_before(c);
	k->not_after = (uint64_t)firma_certificate_not_after(c);
	if (firma_identity_of(c, &id, NULL) == FIRMA_OK)
		(void)snprintf(k->subject, sizeof(k->subject), "%.420s%s%.60s",
		    id.common_name, id.rfc[0] != '\0' ? ", RFC " : "", id.rfc);
}

struct firma_key *
firma_key_take(
    struct firma_token *t, const struct firma_msg_w_key *m, const char *alias)
{
	struct firma_agent *a = t->agent;
	const uint32_t kept = FIRMA_KEYFLAG_IMPORTED;
	uint8_t sha256[FIRMA_STORE_HASH];
	struct firma_key *k;

	if (m->spki.len == 0 ||
	    EVP_Digest(
		m->spki.at, m->spki.len, sha256, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	k = find_spki(a, t->serial, sha256);
	if (k == NULL) {
		if ((k = calloc(1, sizeof(*k))) == NULL)
			return NULL;
		if (alias != NULL)
			COPY(k->alias, alias);
		else
			choose_alias(t, m, sha256, k->alias);
		COPY(k->token_serial, t->serial);
		memcpy(k->spki_sha256, sha256, sizeof(sha256));
		if (!insert(a, k)) {
			key_free(k);
			return NULL;
		}
	}
	k->token = t;
	k->on_token = k->seen = true;
	k->algorithm = firma_key_algorithm_from_number(m->algorithm);
	k->id.len = m->id.len;
	if (m->id.len != 0)
		memcpy(k->id.at, m->id.at, m->id.len);
	/* A locked token shows less: what was read when it was open stays. */
	if (t->logged_in || !k->recorded)
		k->flags = (k->flags & kept) | m->flags;
	firma_str_copy(m->label, k->label, sizeof(k->label));
	k->spki.len = 0;
	if (firma_buf_put(&k->spki, m->spki) != FIRMA_OK)
		firma_log(FIRMA_LOG_WARNING, "key %s: no memory", k->alias);
	firma_key_set_certificate(k, m->certificate);
	return k;
}

void
firma_key_take_answer(struct firma_token *t, const struct firma_frame *f)
{
	struct firma_msg_w_key m;

	if (f->type == FIRMA_MSG_w_key && t->present &&
	    firma_msg_decode(FIRMA_MSG_w_key, f->payload, &m, NULL) == FIRMA_OK)
		(void)firma_key_take(t, &m, NULL);
}

static void
listed(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct firma_token *t = arg;
	struct firma_agent *a = t->agent;
	struct firma_msg_w_key m;

	if (r != FIRMA_OK) {
		firma_log(FIRMA_LOG_WARNING, "token %s: list of keys: %s (%s)",
		    t->config->name, firma_err_text(r), cause->what);
		firma_token_settled(t);
		return;
	}
	/* Taken out meanwhile: these keys are not there any more. */
	if (!t->present) {
		if (last)
			firma_token_settled(t);
		return;
	}
	if (f->type == FIRMA_MSG_w_key) {
		if (firma_msg_decode(FIRMA_MSG_w_key, f->payload, &m, NULL) !=
			FIRMA_OK ||
		    firma_key_take(t, &m, NULL) == NULL)
			firma_log(FIRMA_LOG_WARNING,
			    "token %s: a key that cannot be used",
			    t->config->name);
		return;
	}
	if (!last)
		return;
	for (size_t i = a->n_keys; i-- > 0;) {
		struct firma_key *k = a->keys[i];

		if (k->token != t || k->seen)
			continue;
		k->on_token = false;
		if (!k->recorded)
			firma_key_forget(a, k);
	}
	firma_token_settled(t);
}

void
firma_keys_refresh(struct firma_token *t)
{
	const struct firma_msg_w_keys m = { 0 };
	struct firma_agent *a = t->agent;
	struct firma_cause cause = { 0 };

	for (size_t i = 0; i < a->n_keys; i++) {
		struct firma_key *k = a->keys[i];

		if (strcmp(k->token_serial, t->serial) == 0)
			k->token = t;
		if (k->token == t)
			k->seen = false;
	}
	if (firma_token_call(t, FIRMA_MSG_w_keys, &m, -1, LIST_NS,
		FIRMA_FOREVER, listed, t, &cause) != FIRMA_OK) {
		firma_log(FIRMA_LOG_WARNING, "list of keys: %s", cause.what);
		firma_token_settled(t);
	}
}

void
firma_keys_token_gone(struct firma_token *t)
{
	struct firma_agent *a = t->agent;

	for (size_t i = a->n_keys; i-- > 0;) {
		struct firma_key *k = a->keys[i];

		if (k->token != t)
			continue;
		k->on_token = false;
		if (!k->recorded)
			firma_key_forget(a, k);
	}
}

void
firma_key_entry(const struct firma_key *k, struct firma_ledger_entry *e)
{
	COPY(e->key, k->alias);
	COPY(e->token, k->token_serial);
	e->has_spki = true;
	memcpy(e->spki, k->spki_sha256, sizeof(e->spki));
}

void
firma_key_answer(struct firma_task *q, const struct firma_key *k)
{
	const struct firma_msg_key_item m = {
		.alias = firma_str_of(k->alias),
		.token = firma_str_of(
		    k->token != NULL ? k->token->config->name : ""),
		.token_serial = firma_str_of(k->token_serial),
		.id = firma_bytes_of(k->id.at, k->id.len),
		.spki_sha256 =
		    firma_bytes_of(k->spki_sha256, sizeof(k->spki_sha256)),
		.algorithm = (uint32_t)k->algorithm,
		.flags = k->flags | (k->on_token ? FIRMA_KEYFLAG_ON_TOKEN : 0),
		.label = firma_str_of(k->label),
		.subject = firma_str_of(k->subject),
		.serial = firma_str_of(k->serial),
		.not_before = k->not_before,
		.not_after = k->not_after,
	};

	firma_task_answer(q, FIRMA_MSG_key_item, &m);
}
