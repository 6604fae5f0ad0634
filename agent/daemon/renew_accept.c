/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new certificate: is it the one that was asked for?  Only then is it
 * written to the token, beside its key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/renew_step.h"
#include "agent/pki/acceptance.h"

#define WRITE_NS       (60 * FIRMA_S)

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* Acceptable by any of the site's issuers. */
FIRMA_CHECKED static enum firma_err
judge(const struct firma_change *c, const struct firma_certificate *fresh,
    const struct firma_certificate *old, struct firma_cause *cause)
{
	const struct firma_site_profile *site = c->renewal->site;
	const struct firma_profile *p = site->profile;
	const char *names[FIRMA_PROFILE_ATTRIBUTES];
	const char *seen[] = { c->row.old_serial };
	struct firma_acceptance a = { .fresh = fresh,
		.old = old,
		.issuer = p->issuer == FIRMA_ISSUER_CONFIGURED
		    ? FIRMA_ISSUER_CA
		    : FIRMA_ISSUER_SAME_NAME,
		.attributes = names,
		.n_attributes = p->n_identity,
		.now = (int64_t)(firma_wall_ms() / 1000),
		.skew_s = p->skew_s,
		.min_days = p->min_days,
		.max_days = p->max_days,
		.seen_serials = seen,
		.n_seen_serials = 1 };
	enum firma_err r = FIRMA_ERR_CERT_ISSUER;

	for (size_t i = 0; i < p->n_identity; i++)
		names[i] = p->identity[i];
	memcpy(a.key_spki_sha256, c->row.new_spki, sizeof(a.key_spki_sha256));
	if (a.issuer == FIRMA_ISSUER_SAME_NAME)
		return firma_certificate_accept(&a, cause);
	for (size_t i = 0; i < site->n_issuers && r == FIRMA_ERR_CERT_ISSUER;
	     i++) {
		a.issuer_ca = site->issuers[i];
		r = firma_certificate_accept(&a, cause);
	}
	return r;
}

struct acceptance {
	struct firma_change *change;
	struct firma_certificate *fresh;
};

static void
accepted(void *arg, enum firma_err r, const struct firma_frame *f, bool last,
    const struct firma_cause *cause)
{
	struct acceptance *a = arg;
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *fresh = NULL;
	struct firma_change *c = a->change;
	struct firma_serial_row serial = { 0 };
	struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);

	if (r == FIRMA_OK && k != NULL && k->token != NULL)
		firma_key_take_answer(k->token, f);
	if (!last)
		return;
	fresh = a->fresh;
	free(a);
	if (r != FIRMA_OK || k == NULL) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED,
		    r != FIRMA_OK ? r : FIRMA_ERR_NOT_FOUND, cause);
		return;
	}
	firma_key_set_certificate(k, firma_certificate_der(fresh));
	if ((c = firma_renew_second(c, FIRMA_EVENT_RESULT_OK)) == NULL)
		return;
	COPY(c->row.new_serial, k->serial);
	c->row.new_not_after = k->not_after;
	COPY(serial.serial, k->serial);
	memcpy(serial.spki, k->spki_sha256, sizeof(serial.spki));
	serial.renewal = c->row.id;
	serial.seen = firma_wall_ms();
	c->r = firma_txn_serial(c->txn, &serial);
	firma_change_note(c, "certificate-accept", k, "new", k->serial);
	firma_renew_succeed(c);
}

void
firma_renew_accept(struct firma_change *c)
{
	const struct firma_key *k = firma_renewal_key(c->q->agent, c->renewal);
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf old_der = { 0 };
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *old = NULL;
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *fresh = NULL;
	struct firma_store *store = c->q->agent->store;
	struct firma_serial_row seen;
	struct firma_msg_w_certificate_write m;
	struct firma_cause cause = { 0 };
	struct acceptance *a;
	char serial[FIRMA_SERIAL_TEXT];
	enum firma_err r;

	if ((r = firma_store_document(store, c->row.id, "new", &der, &cause)) !=
		FIRMA_OK ||
	    (r = firma_store_document(
		 store, c->row.id, "old", &old_der, &cause)) != FIRMA_OK ||
	    (r = firma_certificate_parse(
		 firma_buf_view(&der), &fresh, &cause)) != FIRMA_OK ||
	    (r = firma_certificate_parse(
		 firma_buf_view(&old_der), &old, &cause)) != FIRMA_OK) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &cause);
		return;
	}
	r = judge(c, fresh, old, &cause);
	firma_certificate_serial(fresh, serial);
	if (r == FIRMA_OK &&
	    firma_store_serial(store, serial, &seen, NULL) == FIRMA_OK &&
	    memcmp(seen.spki, c->row.new_spki, sizeof(seen.spki)) != 0)
		r = firma_fail(&cause, FIRMA_ERR_CERT_SERIAL, FIRMA_CAUSE_NONE,
		    0, "%s", serial);
	if (r != FIRMA_OK) {
		firma_renew_failed(c, FIRMA_EVENT_RESULT_REJECTED, r, &cause);
		return;
	}
	if (k == NULL || k->token == NULL ||
	    (a = calloc(1, sizeof(*a))) == NULL) {
		firma_renew_failed(c, FIRMA_EVENT_FAILED,
		    k == NULL || k->token == NULL ? FIRMA_ERR_TOKEN_GONE
						  : FIRMA_ERR_NOMEM,
		    NULL);
		return;
	}
	a->change = c;
	a->fresh = fresh;
	fresh = NULL;
	m.id = firma_bytes_of(k->id.at, k->id.len);
	m.label = firma_str_of(k->alias);
	m.certificate = firma_certificate_der(a->fresh);
	r = firma_token_call(k->token, FIRMA_MSG_w_certificate_write, &m, -1,
	    WRITE_NS, FIRMA_FOREVER, accepted, a, &cause);
	if (r != FIRMA_OK) {
		firma_certificate_free(a->fresh);
		free(a);
		firma_renew_failed(c, FIRMA_EVENT_FAILED, r, &cause);
	}
}
