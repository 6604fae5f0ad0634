/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keys.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/pki/algorithm.h"

#define DAY 86400

void
keys_done(struct keys *k)
{
	free(k->at);
	*k = (struct keys){ 0 };
}

static void
keep(struct key *k, const struct firma_msg_key_item *m)
{
	*k = (struct key){ .algorithm = m->algorithm,
		.flags = m->flags,
		.not_before = m->not_before,
		.not_after = m->not_after };
	firma_str_copy(m->alias, k->alias, sizeof(k->alias));
	firma_str_copy(m->token, k->token, sizeof(k->token));
	firma_str_copy(
	    m->token_serial, k->token_serial, sizeof(k->token_serial));
	firma_str_copy(m->label, k->label, sizeof(k->label));
	firma_str_copy(m->subject, k->subject, sizeof(k->subject));
	firma_str_copy(m->serial, k->serial, sizeof(k->serial));
	k->id_len = m->id.len < sizeof(k->id) ? m->id.len : sizeof(k->id);
	if (k->id_len > 0)
		memcpy(k->id, m->id.at, k->id_len);
	if (m->spki_sha256.len == sizeof(k->spki_sha256))
		memcpy(
		    k->spki_sha256, m->spki_sha256.at, sizeof(k->spki_sha256));
}

enum firma_err
keys_keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct keys *k = arg;
	struct key *more;

	(void)fd;
	if (msg == NULL)
		k->n = 0;
	if (type != FIRMA_MSG_key_item)
		return FIRMA_OK;
	if (k->n == KEYS_MAX)
		return FIRMA_ERR_LIMIT;
	if ((more = realloc(k->at, (k->n + 1) * sizeof(*more))) == NULL)
		return FIRMA_ERR_NOMEM;
	k->at = more;
	keep(&k->at[k->n++], msg);
	return FIRMA_OK;
}

enum firma_err
keys_list(struct app *app, const char *alias, const char *token,
    struct keys *ret, struct firma_cause *cause)
{
	const struct firma_msg_key_list ask = { firma_str_of(alias),
		firma_str_of(token), 0 };

	return app_call(app, FIRMA_MSG_key_list, &ask, -1, APP_SHORT, keys_keep,
	    ret, cause);
}

long
keys_days_left(const struct key *k)
{
	const int64_t left =
	    (int64_t)k->not_after - (int64_t)(firma_wall_ms() / 1000);

	/* Rounded down: the last day counts as 0, the day after as -1. */
	return (long)(left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY));
}

json_t *
keys_json(const struct key *k)
{
	return json_pack(
	    "{ss ss ss so so ss sb sb sb sb sb sb sb sb ss ss ss so so}",
	    "alias", k->alias, "token", k->token, "token_serial",
	    k->token_serial, "id",
	    out_json_hex(firma_bytes_of(k->id, k->id_len)), "spki_sha256",
	    out_json_hex(firma_bytes_of(k->spki_sha256, 32)), "algorithm",
	    firma_key_algorithm_name(
		firma_key_algorithm_from_number(k->algorithm)),
	    "local", (k->flags & FIRMA_KEYFLAG_LOCAL) != 0, "always_sensitive",
	    (k->flags & FIRMA_KEYFLAG_ALWAYS_SENSITIVE) != 0,
	    "never_extractable",
	    (k->flags & FIRMA_KEYFLAG_NEVER_EXTRACTABLE) != 0, "extractable",
	    (k->flags & FIRMA_KEYFLAG_EXTRACTABLE) != 0, "imported",
	    (k->flags & FIRMA_KEYFLAG_IMPORTED) != 0, "retired",
	    (k->flags & FIRMA_KEYFLAG_RETIRED) != 0, "on_token",
	    (k->flags & FIRMA_KEYFLAG_ON_TOKEN) != 0, "certificate",
	    (k->flags & FIRMA_KEYFLAG_CERTIFICATE) != 0, "label", k->label,
	    "subject", k->subject, "serial", k->serial, "not_before",
	    out_json_time(k->not_before), "not_after",
	    out_json_time(k->not_after));
}

static const char *
origin(const struct key *k)
{
	if ((k->flags & FIRMA_KEYFLAG_RETIRED) != 0)
		return _("retired: only its record is left");
	if ((k->flags & FIRMA_KEYFLAG_IMPORTED) != 0)
		return _("imported from a file");
	if ((k->flags & FIRMA_KEYFLAG_PROOF) == FIRMA_KEYFLAG_PROOF)
		return _("made on the token, cannot leave it");
	return _("not proven to be made on the token");
}

void
keys_text(const struct key *k)
{
	char hex[129], from[OUT_DATE], to[OUT_DATE];

	out_coloured(OUT_BOLD, "%s", k->alias[0] != '\0' ? k->alias : "-");
	out_pair(_("  token"), "%s", k->token);
	out_pair(_("  algorithm"), "%s",
	    firma_key_algorithm_name(
		firma_key_algorithm_from_number(k->algorithm)));
	out_pair(_("  private key"), "%s", origin(k));
	firma_hex(firma_bytes_of(k->id, k->id_len), hex);
	out_pair(_("  identifier"), "%s", hex);
	firma_hex(firma_bytes_of(k->spki_sha256, 32), hex);
	out_pair(_("  public key SHA-256"), "%s", hex);
	if (k->not_after == 0) {
		out_pair(_("  certificate"), "%s",
		    (k->flags & FIRMA_KEYFLAG_ON_TOKEN) != 0
			? _("none")
			: _("not known: the key is not on its token now"));
		return;
	}
	out_pair(_("  certificate"), "%s", k->serial);
	out_pair(_("  subject"), "%s", k->subject);
	out_pair(_("  valid"), _("from %s until %s"),
	    out_date(k->not_before, from), out_date(k->not_after, to));
}

int
keys_failure(struct app *app, enum firma_err r, const struct firma_cause *cause,
    const char *key)
{
	FIRMA_OWN(keys_done) struct keys k = { 0 };

	if (r == FIRMA_ERR_NOT_FOUND &&
	    keys_list(app, key, "", &k, NULL) == FIRMA_OK && k.n == 1 &&
	    k.at[0].not_after == 0 &&
	    (k.at[0].flags & FIRMA_KEYFLAG_ON_TOKEN) != 0)
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("firma certificate import KEY FILE; --format raw needs "
		      "none"),
		    _("nothing is signed with key %s: it has no certificate"),
		    key);
	return app_failure(
	    app, r, cause, _("nothing is signed with key %s"), key);
}
