/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A renewal begins: who, whose key, signed for by whom, where.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <jansson.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/fields.h"
#include "agent/daemon/handler.h"
#include "agent/daemon/renewal.h"
#include "agent/pki/identifier.h"
#include "agent/pki/identity.h"

#define ID_LEN         16 /* octets of the new key's CKA_ID */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

struct beginning {
	const struct firma_site_profile *site;
	struct firma_key *old, *signer;
	struct firma_token *token;
	struct firma_identity identity;
	char portal[513], email[255], registro[17], new_alias[65];
	enum firma_key_algorithm algorithm;
};

/* imss -> imss-2026, imss-2026-2, ... */
static void
default_alias(const struct firma_agent *a, const char *old, char ret[65])
{
	const time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	for (int i = 1; i < 100; i++) {
		char suffix[24];

		if (i == 1)
			(void)snprintf(
			    suffix, sizeof(suffix), "-%d", tm.tm_year + 1900);
		else
			(void)snprintf(suffix, sizeof(suffix), "-%d-%d",
			    tm.tm_year + 1900, i);
		(void)snprintf(ret, 65, "%.40s%.23s", old, suffix);
		if (firma_key_find(a, ret) == NULL)
			return;
	}
}

FIRMA_CHECKED static enum firma_err
check_old(const struct firma_agent *a, const struct beginning *b,
    const char **ret_rule, struct firma_cause *cause)
{
	const uint64_t now = firma_wall_ms() / 1000;

	for (size_t i = 0; i < a->renewals->n; i++) {
		const struct firma_renewal_row *row = &a->renewals->at[i]->row;

		if (row->status == FIRMA_RENEWAL_OPEN &&
		    strcmp(row->old_key, b->old->alias) == 0)
			return firma_fail(cause, FIRMA_ERR_EXISTS,
			    FIRMA_CAUSE_NONE, 0,
			    "renewal %llu of key %s is open",
			    (unsigned long long)row->id, row->old_key);
	}
	/* Right after the start its certificate is not read yet. */
	if (b->old->certificate.len == 0 &&
	    (b->old->token == NULL ||
		b->old->token->state == FIRMA_TOKEN_STARTING))
		return firma_fail(cause, FIRMA_ERR_TOKEN_BUSY, FIRMA_CAUSE_NONE,
		    0, "key %s: its token is not there yet", b->old->alias);
	if (b->old->certificate.len == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "certificate of key %s", b->old->alias);
	if (b->site->profile->old_certificate == FIRMA_OLD_MUST_BE_VALID &&
	    (b->old->not_after < now || b->old->not_before > now)) {
		*ret_rule = "old-certificate-valid";
		return firma_fail(cause, FIRMA_ERR_CERT_NOT_EXPIRED,
		    FIRMA_CAUSE_NONE, 0, "key %s, profile %s", b->old->alias,
		    b->site->profile->name);
	}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
check_site(const struct beginning *b, struct firma_cause *cause)
{
	if (b->portal[0] == '\0')
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "no portal: give its address, or [profile %s] portal",
		    b->site->profile->name);
	if (b->site->profile->issuer == FIRMA_ISSUER_CONFIGURED &&
	    b->site->n_issuers == 0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "no issuers: [profile %s] issuers = FILE",
		    b->site->profile->name);
	return FIRMA_OK;
}

/* What the operator typed; what stands in the old certificate is taken. */
FIRMA_CHECKED static enum firma_err
check_typed(
    const struct firma_agent *a, struct beginning *b, struct firma_cause *cause)
{
	enum firma_err r;

	if (b->email[0] != '\0' &&
	    (r = firma_email_check(b->email, cause)) != FIRMA_OK)
		return r;
	if (b->registro[0] != '\0' &&
	    (r = firma_registro_check(b->registro, cause)) != FIRMA_OK)
		return r;
	if (!firma_name_fits(b->new_alias))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "key name %s", b->new_alias);
	if (firma_key_find(a, b->new_alias) != NULL)
		return firma_fail(cause, FIRMA_ERR_EXISTS, FIRMA_CAUSE_NONE, 0,
		    "key %s", b->new_alias);
	for (size_t i = 0; i < a->renewals->n; i++)
		if (a->renewals->at[i]->row.status == FIRMA_RENEWAL_OPEN &&
		    strcmp(a->renewals->at[i]->row.new_key, b->new_alias) == 0)
			return firma_fail(cause, FIRMA_ERR_EXISTS,
			    FIRMA_CAUSE_NONE, 0, "key %s", b->new_alias);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
look_up(struct firma_agent *a, const struct firma_msg_renew_start *m,
    struct beginning *b, struct firma_cause *cause)
{
	char name[65];

	firma_str_copy(m->profile, name, sizeof(name));
	if ((b->site = firma_site_find(a, name)) == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "profile %s", name);
	firma_str_copy(m->old_key, name, sizeof(name));
	if ((b->old = firma_key_find(a, name)) == NULL)
		return firma_key_missing(a, name, cause);
	firma_str_copy(m->signer, name, sizeof(name));
	b->signer = name[0] != '\0' ? firma_key_find(a, name) : b->old;
	if (b->signer == NULL)
		return firma_key_missing(a, name, cause);
	firma_str_copy(m->token, name, sizeof(name));
	b->token = name[0] != '\0' ? firma_token_find(a, name) : b->old->token;
	if (b->token == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "token %s", name);
	firma_str_copy(m->new_alias, b->new_alias, sizeof(b->new_alias));
	if (b->new_alias[0] == '\0')
		default_alias(a, b->old->alias, b->new_alias);
	b->algorithm = m->algorithm != 0
	    ? firma_key_algorithm_from_number(m->algorithm)
	    : firma_key_algorithm_from_name(b->token->config->algorithm);
	if (b->algorithm == FIRMA_KEY_UNKNOWN)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "algorithm");
	firma_str_copy(m->email, b->email, sizeof(b->email));
	firma_str_copy(m->registro, b->registro, sizeof(b->registro));
	firma_str_copy(m->portal, b->portal, sizeof(b->portal));
	if (b->portal[0] == '\0' && b->site->config != NULL)
		COPY(b->portal, b->site->config->portal);
	if (b->portal[0] == '\0')
		COPY(b->portal, b->site->profile->portal);
	return FIRMA_OK;
}

/* The data of step 2, from the old certificate. */
FIRMA_CHECKED static enum firma_err
identify(struct beginning *b, char *ret_fields, size_t size,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const struct firma_identity *id = &b->identity;
	json_t *o;
	enum firma_err r;

	r = firma_certificate_parse(
	    firma_buf_view(&b->old->certificate), &c, cause);
	if (r != FIRMA_OK ||
	    (r = firma_identity_of(c, &b->identity, cause)) != FIRMA_OK)
		return r;
	if (b->registro[0] == '\0')
		(void)snprintf(b->registro, sizeof(b->registro), "%.16s",
		    id->registro_patronal);
	o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "name",
	    id->common_name, "rfc", id->rfc, "curp", id->curp,
	    "representative_rfc", id->representative_rfc, "representative_curp",
	    id->representative_curp, "registro_patronal", b->registro, "email",
	    b->email[0] != '\0' ? b->email : id->email, "certificate_serial",
	    b->old->serial);
	return firma_fields_write(o, ret_fields, size, cause);
}

/* By one of the site's issuers?  Anybody can write an RFC into a certificate. */
static bool
is_issued(const struct beginning *b, const struct firma_certificate *c)
{
	for (size_t i = 0; i < b->site->n_issuers; i++)
		if (firma_certificate_issued_by(c, b->site->issuers[i]))
			return true;
	return b->site->n_issuers == 0;
}

/* SHA-1 goes with RSA keys: told before a key is made that can do nothing. */
FIRMA_CHECKED static enum firma_err
check_kinds(const struct beginning *b, struct firma_cause *cause)
{
	const struct firma_profile *p = b->site->profile;
	bool bad =
	    p->digest == 1 && firma_key_algorithm_field(b->algorithm) != 0;

	for (size_t i = 0; i < p->n_steps && !bad; i++) {
		const struct firma_profile_step *s = &p->steps[i];
		const enum firma_key_algorithm a = s->key == FIRMA_KEY_OLD
		    ? b->old->algorithm
		    : s->key == FIRMA_KEY_SIGNER ? b->signer->algorithm
						 : b->algorithm;

		bad = s->what == FIRMA_DO_SIGN &&
		    firma_sign_is_sha1(s->format) &&
		    firma_key_algorithm_field(a) != 0;
	}
	return bad
	    ? firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		  "profile %s needs RSA keys (--algorithm rsa-2048)", p->name)
	    : FIRMA_OK;
}

/* Another key than the old one signs: may it? */
FIRMA_CHECKED static enum firma_err
check_other_signer(const struct beginning *b, struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	struct firma_identity who = { 0 };
	const uint64_t now = firma_wall_ms() / 1000;
	enum firma_err r;

	if (b->signer->certificate.len == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "certificate of key %s", b->signer->alias);
	if ((r = firma_certificate_parse(
		 firma_buf_view(&b->signer->certificate), &c, cause)) !=
		FIRMA_OK ||
	    (r = firma_identity_of(c, &who, cause)) != FIRMA_OK ||
	    (r = firma_identity_represents(&who, &b->identity, cause)) !=
		FIRMA_OK)
		return r;
	if (!is_issued(b, c))
		return firma_fail(cause, FIRMA_ERR_CERT_ISSUER,
		    FIRMA_CAUSE_NONE, 0,
		    "the certificate of key %s is by none of the issuers",
		    b->signer->alias);
	if (b->signer->not_before > now || b->signer->not_after < now)
		return firma_fail(cause, FIRMA_ERR_CERT_DATES, FIRMA_CAUSE_NONE,
		    0, "the certificate of key %s is not valid now",
		    b->signer->alias);
	return FIRMA_OK;
}

/*
 * Who signs for the old certificate's owner.  Test: tests/renewal/test_efirma.sh.
 */
FIRMA_CHECKED static enum firma_err
check_signer(
    const struct beginning *b, const char **ret_rule, struct firma_cause *cause)
{
	const bool by_another =
	    b->site->profile->signer == FIRMA_SIGNER_REPRESENTATIVE &&
	    b->identity.representative_rfc[0] != '\0';
	enum firma_err r = FIRMA_OK;

	*ret_rule = "representative-only";
	if (by_another && b->signer == b->old)
		r = firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "%s is a company: name the key of its representative, %s, "
		    "as the signer",
		    b->identity.rfc, b->identity.representative_rfc);
	else if (by_another)
		r = check_other_signer(b, cause);
	else if (b->signer != b->old)
		r = firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "key %s signs for itself", b->old->alias);
	if (r == FIRMA_OK)
		*ret_rule = "";
	return r;
}

static void
fill(const struct beginning *b, struct firma_renewal_row *row)
{
	COPY(row->profile, b->site->profile->name);
	COPY(row->step, b->site->profile->steps[0].id);
	COPY(row->old_key, b->old->alias);
	COPY(row->new_key, b->new_alias);
	COPY(row->token, b->token->config->name);
	COPY(row->portal, b->portal);
	COPY(row->email, b->email);
	COPY(row->registro, b->registro);
	COPY(row->old_serial, b->old->serial);
	row->algorithm = (uint32_t)b->algorithm;
	row->started = firma_wall_ms();
	row->has_old_spki = true;
	memcpy(row->old_spki, b->old->spki_sha256, sizeof(row->old_spki));
	COPY(row->signer_key, b->signer->alias);
	memcpy(
	    row->signer_spki, b->signer->spki_sha256, sizeof(row->signer_spki));
}

void
firma_on_renew_start(struct firma_task *q)
{
	const struct firma_msg_renew_start *m = (const void *)&q->msg;
	struct beginning *b;
	struct firma_cause cause = { 0 };
	struct firma_change *c;
	struct firma_renewal_row *row;
	const char *rule = "";
	char alias[65];
	enum firma_err r;

	firma_str_copy(m->old_key, alias, sizeof(alias));
	if (!firma_task_allowed(q, FIRMA_ASK_RENEW_START, alias, NULL) ||
	    (c = firma_change_new(q, NULL)) == NULL)
		return;
	row = &c->row;
	if ((b = calloc(1, sizeof(*b))) == NULL) {
		firma_change_fail(c, FIRMA_ERR_NOMEM, "", NULL);
		return;
	}
	if ((r = look_up(q->agent, m, b, &cause)) != FIRMA_OK ||
	    (r = check_old(q->agent, b, &rule, &cause)) != FIRMA_OK ||
	    (r = check_site(b, &cause)) != FIRMA_OK ||
	    (r = check_typed(q->agent, b, &cause)) != FIRMA_OK ||
	    (r = identify(b, row->fields, sizeof(row->fields), &cause)) !=
		FIRMA_OK ||
	    (r = check_signer(b, &rule, &cause)) != FIRMA_OK ||
	    (r = check_kinds(b, &cause)) != FIRMA_OK) {
		free(b);
		firma_change_fail(c, r, rule, &cause);
		return;
	}
	fill(b, row);
	row->key_id.len = ID_LEN;
	if (getrandom(row->key_id.at, ID_LEN, 0) != ID_LEN)
		c->r = FIRMA_ERR_IO;
	/* The row comes first: documents refer to the one inserted before. */
	if (c->r == FIRMA_OK)
		c->r = firma_txn_renewal(c->txn, row);
	firma_change_document(
	    c, "old", firma_buf_view(&b->old->certificate), false);
	if (b->site->profile->signer == FIRMA_SIGNER_REPRESENTATIVE)
		firma_change_document(c, "signer",
		    firma_buf_view(&b->signer->certificate), false);
	firma_change_note(c, "renew-start", b->old, "", row->profile);
	free(b);
	if (c->r != FIRMA_OK)
		firma_change_fail(c, c->r, "", &c->cause);
	else
		firma_change_commit_new(c);
}
