/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/worker.h"

#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "agent/pki/request.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/key.h"
#include "pkcs11/worker/limits.h"
#include "pkcs11/worker/login.h"
#include "pkcs11/worker/outgoing.h"
#include "pkcs11/worker/pkey.h"
#include "pkcs11/worker/worker_internal.h"
#include "pkcs11/worker/write.h"

#define DEADLINE_DEFAULT (60 * FIRMA_S)
#define FURTHER_LANES    2 /* of the handlers */

enum firma_err
firma_job_answer(struct firma_job *j, enum firma_msg_type type, const void *msg)
{
	return firma_lane_answer(&j->w->lane, type, msg, j->id);
}

enum firma_err
firma_job_done(struct firma_job *j, size_t count)
{
	const struct firma_msg_w_done m = { .count = count };

	return firma_job_answer(j, FIRMA_MSG_w_done, &m);
}

void
firma_job_pause(struct firma_job *j)
{
	if (j->w->serial != NULL)
		(void)pthread_mutex_unlock(j->w->serial);
}

void
firma_job_resume(struct firma_job *j)
{
	if (j->w->serial != NULL)
		(void)pthread_mutex_lock(j->w->serial);
}

/* ---- the token ---- */

/* PKCS#11 text, as clean UTF-8 that stays in room. */
static struct firma_str
text(const unsigned char *at, size_t len, char room[65])
{
	firma_module_text(at, len, room, 65);
	return firma_str_of(room);
}

FIRMA_CHECKED static enum firma_err
tell_token(struct firma_job *j, const CK_TOKEN_INFO *info,
    const CK_SLOT_INFO *where, bool is_present, bool is_logged_in)
{
	char label[65], serial[65], manufacturer[65], model[65], slot[65],
	    why[FIRMA_OUTGOING_TEXT] = "";

	if (!is_present)
		firma_outgoing_text(why);
	const struct firma_msg_w_token m = {
		.present = is_present,
		.logged_in = is_logged_in,
		.label = text(info->label, sizeof(info->label), label),
		.serial = text(
		    info->serialNumber, sizeof(info->serialNumber), serial),
		.manufacturer = text(info->manufacturerID,
		    sizeof(info->manufacturerID), manufacturer),
		.model = text(info->model, sizeof(info->model), model),
		.ck_flags = info->flags,
		.min_pin = (uint32_t)info->ulMinPinLen,
		.max_pin = (uint32_t)info->ulMaxPinLen,
		.slot = text(where->slotDescription,
		    sizeof(where->slotDescription), slot),
		.why = firma_str_of(why),
	};

	return firma_job_answer(j, FIRMA_MSG_w_token, &m);
}

/* What the module calls the slot: most name the reader.  Not said: empty. */
static const CK_SLOT_INFO *
slot_of(const struct firma_token *t, CK_SLOT_ID slot, CK_SLOT_INFO *room)
{
	if (t->module->f->C_GetSlotInfo(slot, room) != CKR_OK)
		memset(room, 0, sizeof(*room));
	return room;
}

/*
 * Absent is an answer, not an error.  A blank token that w_init could take is
 * absent too, but the other fields tell of it: ck_flags without
 * CKF_TOKEN_INITIALIZED, not 0.
 */
static enum firma_err
probe(struct firma_job *j, struct firma_cause *cause)
{
	struct firma_worker *w = j->w;
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_INFO where = { 0 };
	bool is_logged_in = false;
	CK_SLOT_ID slot;
	enum firma_err r;

	r = firma_session_logged_in(&w->session, &is_logged_in, cause);
	if (r == FIRMA_OK &&
	    (r = firma_token_find(w->token, &slot, &info, cause)) == FIRMA_OK) {
		firma_kept_pin_check(w, &info);
		return tell_token(j, &info, slot_of(w->token, slot, &where),
		    true, is_logged_in);
	}
	if (r != FIRMA_ERR_TOKEN_GONE)
		return r;
	if (firma_token_find_blank(w->token, &slot, &info, NULL) == FIRMA_OK)
		(void)slot_of(w->token, slot, &where);
	else
		memset(&info, 0, sizeof(info));
	return tell_token(j, &info, &where, false, false);
}

/* Nobody presented a PIN for what comes next: no session stays. */
static enum firma_err
removed(struct firma_job *j, struct firma_cause *cause)
{
	(void)cause;
	firma_token_abandon(j->w->token);
	if (j->w->is_stale)
		j->w->begins_anew = "the card comes back mended";
	return firma_job_done(j, 0);
}

/* ---- keys ---- */

struct telling {
	struct firma_job *j;
	unsigned int more_flags;
};

static enum firma_err
tell_key(void *arg, const struct firma_key *k)
{
	const struct telling *t = arg;
	const struct firma_msg_w_key m = {
		.id = firma_bytes_of(k->object.id, k->object.id_len),
		.label = firma_str_of(k->label),
		.algorithm = (uint32_t)k->algorithm,
		.flags = k->flags | t->more_flags,
		.spki = firma_buf_view(&k->spki),
		.certificate = firma_buf_view(&k->certificate),
	};

	return firma_job_answer(t->j, FIRMA_MSG_w_key, &m);
}

FIRMA_CHECKED static enum firma_err
tell_keys(struct firma_job *j, struct firma_bytes id, struct firma_cause *cause)
{
	struct telling t = { j, 0 };
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_key_each(&j->w->session, id, tell_key, &t, &n, cause)) !=
	    FIRMA_OK)
		return r;
	return firma_job_done(j, n);
}

/* The key that was just made: a module's CKR_OK alone is not believed. */
FIRMA_CHECKED static enum firma_err
tell_made(struct firma_job *j, struct firma_bytes id, unsigned int more_flags,
    struct firma_cause *cause)
{
	struct telling t = { j, more_flags };
	size_t n = 0;
	enum firma_err r;

	if ((r = firma_key_each(&j->w->session, id, tell_key, &t, &n, cause)) !=
	    FIRMA_OK)
		return r;
	return n != 0
	    ? firma_job_done(j, n)
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "CKR_OK, and the key is not there");
}

static enum firma_err
keys(struct firma_job *j, struct firma_cause *cause)
{
	return tell_keys(j, firma_bytes_of(NULL, 0), cause);
}

static enum firma_err
find(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_find *m = j->msg;

	if (m->id.len == 0)
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "id");
	return tell_keys(j, m->id, cause);
}

static enum firma_err
generate(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_generate *m = j->msg;
	const enum firma_err r = firma_write_generate(j->w->token, m->id,
	    m->label, firma_key_algorithm_from_number(m->algorithm), cause);

	return r == FIRMA_OK ? tell_made(j, m->id, 0, cause) : r;
}

static enum firma_err
import(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_import *m = j->msg;
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	struct firma_components key = { 0 };
	enum firma_err r;

	if (j->fd < 0)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "no descriptor");
	firma_job_pause(j);
	r = firma_secret_read(
	    j->fd, FIRMA_COMPONENTS_MAX, j->deadline, &s, cause);
	firma_job_resume(j);
	if (r != FIRMA_OK)
		return r;
	if ((r = firma_components_parse(firma_secret_view(&s), &key)) !=
		FIRMA_OK ||
	    (m->algorithm != 0 && m->algorithm != (uint32_t)key.algorithm))
		return firma_fail(cause, r != FIRMA_OK ? r : FIRMA_ERR_VALUE,
		    FIRMA_CAUSE_NONE, 0, "components");
	if ((r = firma_write_import(
		 j->w->token, m->id, m->label, &key, cause)) != FIRMA_OK)
		return r;
	return tell_made(j, m->id, FIRMA_KEYFLAG_IMPORTED, cause);
}

static enum firma_err
write_certificate(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_certificate_write *m = j->msg;
	enum firma_err r = firma_write_certificate(j->w->token, m->id, m->label,
	    m->certificate, &j->w->is_stale, cause);

	if (r != FIRMA_OK)
		return r;
	r = tell_made(j, m->id, 0, cause);
	if (j->w->is_stale)
		j->w->begins_anew = "the module read a key without its curve";
	return r;
}

static enum firma_err
delete_key(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_delete *m = j->msg;
	size_t n = 0;
	const enum firma_err r =
	    firma_write_delete(j->w->token, m->id, &n, cause);

	return r == FIRMA_OK ? firma_job_done(j, n) : r;
}

/* ---- signing ---- */

static enum firma_err
sign(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_sign *m = j->msg;
	uint8_t room[FIRMA_SIGNATURE_MAX];
	/* Storage of its own on the stack; never grown: the limit is checked. */
	struct firma_buf sig = { room, 0, sizeof(room) };
	enum firma_err r;

	if ((r = firma_signer_sign(j->w->signer, m->id, m->digest, j->pin, &sig,
		 cause)) != FIRMA_OK)
		return r;
	const struct firma_msg_w_signature a = { .signature =
						     firma_buf_view(&sig) };

	return firma_job_answer(j, FIRMA_MSG_w_signature, &a);
}

FIRMA_CHECKED static enum firma_err
tell_der(struct firma_job *j, const struct firma_buf *der)
{
	const struct firma_msg_w_der m = { .der = firma_buf_view(der) };

	return firma_job_answer(j, FIRMA_MSG_w_der, &m);
}

static void
pkey_done(struct firma_pkey **k)
{
	firma_pkey_free(*k);
}

/* Of a format that is CMS. */
static enum firma_cms_form
form_of(unsigned int format)
{
	if (firma_sign_is_bare(format))
		return FIRMA_CMS_BARE;
	if (firma_sign_is_sha1(format))
		return FIRMA_CMS_PKCS7;
	return format == FIRMA_SIGN_PADES ? FIRMA_CMS_PADES : FIRMA_CMS_CADES;
}

static enum firma_err
cms(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_cms *m = j->msg;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const struct firma_signatory *s = NULL;
	enum firma_err r;

	if (!firma_sign_is_cms(m->format))
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "format");
	/* Not between another lane's C_Login and C_Sign: see firma_signer_sign(). */
	(void)pthread_rwlock_rdlock(&j->w->token->signing);
	r = firma_signatory_find(&j->w->signatories, j->w->signer, m->id,
	    m->certificate, j->pin, &s, cause);
	(void)pthread_rwlock_unlock(&j->w->token->signing);
	if (r != FIRMA_OK)
		return r;
	r = firma_cms_sign_digest(firma_pkey_key(s->key), s->certificate,
	    m->digest, (int64_t)m->signing_time, form_of(m->format), &der,
	    cause);
	return r == FIRMA_OK ? tell_der(j, &der)
			     : firma_pkey_fail(s->key, r, cause);
}

static enum firma_err
request(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_request *m = j->msg;
	char challenge[FIRMA_CHALLENGE_MAX + 1];
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(pkey_done) struct firma_pkey *key = NULL;
	enum firma_err r;

	if ((r = firma_pkey_new(j->w->signer, m->id, j->pin, &key, cause)) !=
	    FIRMA_OK)
		return r;
	if (m->challenge.len >= sizeof(challenge))
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "challenge");
	firma_str_copy(m->challenge, challenge, sizeof(challenge));
	r = firma_request_build(firma_pkey_key(key), m->subject,
	    challenge[0] != '\0' ? challenge : NULL, m->digest, &der, cause);
	return r == FIRMA_OK ? tell_der(j, &der)
			     : firma_pkey_fail(key, r, cause);
}

/* ---- serving ---- */

static const struct {
	enum firma_msg_type type;
	firma_handler *fn;
} handlers[] = {
	/* First the frequent one, then what the further lanes take, too. */
	{ FIRMA_MSG_w_sign, sign },
	{ FIRMA_MSG_w_cms, cms },
	{ FIRMA_MSG_w_probe, probe },
	{ FIRMA_MSG_w_removed, removed },
	{ FIRMA_MSG_w_login, firma_handle_login },
	{ FIRMA_MSG_w_logout, firma_handle_logout },
	{ FIRMA_MSG_w_init, firma_handle_init },
	{ FIRMA_MSG_w_change_pin, firma_handle_change_pin },
	{ FIRMA_MSG_w_unblock, firma_handle_unblock },
	{ FIRMA_MSG_w_keys, keys },
	{ FIRMA_MSG_w_find, find },
	{ FIRMA_MSG_w_generate, generate },
	{ FIRMA_MSG_w_import, import },
	{ FIRMA_MSG_w_certificate_write, write_certificate },
	{ FIRMA_MSG_w_delete, delete_key },
	{ FIRMA_MSG_w_request, request },
	{ FIRMA_MSG_w_inspect, firma_handle_inspect },
	{ FIRMA_MSG_w_with_pin, firma_handle_with_pin },
};

firma_handler *
firma_handler_signing(unsigned int type)
{
	switch (type) {
	case FIRMA_MSG_w_sign:
		return sign;
	case FIRMA_MSG_w_cms:
		return cms;
	case FIRMA_MSG_w_request:
		return request;
	default:
		return NULL;
	}
}

static firma_handler *
handler_of(unsigned int type, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned int)handlers[i].type == type)
			return handlers[i].fn;
	return NULL;
}

FIRMA_CHECKED static enum firma_err
run(struct firma_worker *w, const struct firma_frame *f, size_t n_handlers,
    struct firma_cause *cause)
{
	firma_handler *const fn = handler_of(f->type, n_handlers);
	FIRMA_OWN(firma_fd_done) int fd = firma_lane_take_fd(&w->lane);
	union firma_msg_any msg;
	struct firma_job j = { w, f->id, 0, &msg, fd, NULL };
	enum firma_err r;

	if (f->version != FIRMA_WIRE_VERSION)
		return firma_fail(cause, FIRMA_ERR_VERSION, FIRMA_CAUSE_NONE, 0,
		    "frame version %u", f->version);
	if (fn == NULL)
		return firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
		    FIRMA_CAUSE_NONE, 0, "message %#x on this lane", f->type);
	j.deadline = firma_after(
	    f->deadline_ms == 0 ? DEADLINE_DEFAULT : f->deadline_ms * FIRMA_MS);
	if ((r = firma_msg_decode((enum firma_msg_type)f->type, f->payload,
		 &msg, cause)) != FIRMA_OK)
		return r;
	firma_job_resume(&j);
	/* The hot path finds out by itself, without a call more. */
	if (fn != sign)
		firma_session_check(&w->session);
	r = fn(&j, cause);
	firma_job_pause(&j);
	return r;
}

FIRMA_CHECKED static enum firma_err
serve(struct firma_worker *w, size_t n_handlers, struct firma_cause *cause)
{
	for (;;) {
		struct firma_cause why = { 0 };
		struct firma_frame f;
		const char *gone;
		enum firma_err r;

		if ((r = firma_lane_take(&w->lane, &f, cause)) != FIRMA_OK)
			return r;
		r = run(w, &f, n_handlers, &why);
		/* The hot path is not held up. */
		if (r == FIRMA_OK && f.type == FIRMA_MSG_w_sign)
			continue;
		if (r == FIRMA_ERR_AGENT_GONE)
			return r;
		if (r != FIRMA_OK) {
			firma_outgoing_explain(r, &why);
			r = firma_lane_refuse(&w->lane, r, &why, f.id);
		}
		if (r != FIRMA_OK)
			return r;
		if (atomic_load(&w->token->is_deaf))
			w->begins_anew = "the token does not answer the module";
		if (w->begins_anew != NULL)
			return firma_fail(cause, FIRMA_ERR_TOKEN_ERROR,
			    FIRMA_CAUSE_NONE, 0, "%s, and begins anew",
			    w->begins_anew);
		if ((gone = firma_limits_reached()) != NULL)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0,
			    "the module has used up the process's %s", gone);
	}
}

enum firma_err
firma_worker_serve(struct firma_worker *w, struct firma_cause *cause)
{
	return serve(w, sizeof(handlers) / sizeof(handlers[0]), cause);
}

enum firma_err
firma_worker_serve_signing(struct firma_worker *w, struct firma_cause *cause)
{
	return serve(w, FURTHER_LANES, cause);
}
