/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/login.h"
#include "pkcs11/worker/worker_internal.h"
#include "pkcs11/worker/write.h"

/* Whose time it is from here on. */
FIRMA_CHECKED static enum firma_err
asking(struct firma_job *j, bool person)
{
	const struct firma_msg_w_asking m = { .person = person ? 1 : 0 };

	return firma_job_answer(j, FIRMA_MSG_w_asking, &m);
}

/* Wait for the person, with the module free for other lanes. */
FIRMA_CHECKED static enum firma_err
read_secret(
    struct firma_job *j, struct firma_secret *ret, struct firma_cause *cause)
{
	enum firma_err r;

	if (j->fd < 0)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "no descriptor");
	if ((r = asking(j, true)) != FIRMA_OK)
		return r;
	firma_job_pause(j);
	r = firma_secret_read(j->fd, FIRMA_PIN_MAX, j->deadline, ret, cause);
	firma_job_resume(j);
	if (r == FIRMA_OK)
		r = asking(j, false);
	return r == FIRMA_ERR_LIMIT ? FIRMA_ERR_PIN_FORMAT : r;
}

/* What every request that presents a PIN says about it; views. */
struct terms {
	struct firma_bytes salt, refused;
	uint32_t iterations;
};

FIRMA_CHECKED static enum firma_err
judge(const struct terms *terms, struct firma_bytes pin,
    uint8_t ret_hash[FIRMA_PIN_HASH], struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_pin_hash(
		 pin, terms->salt, terms->iterations, ret_hash)) != FIRMA_OK)
		return firma_fail(
		    cause, r, FIRMA_CAUSE_NONE, 0, "salt, iterations");
	for (size_t at = 0; at + FIRMA_PIN_HASH <= terms->refused.len;
	     at += FIRMA_PIN_HASH)
		if (CRYPTO_memcmp(
			terms->refused.at + at, ret_hash, FIRMA_PIN_HASH) == 0)
			return firma_fail(cause, FIRMA_ERR_PIN_REPEATED,
			    FIRMA_CAUSE_NONE, 0, "not presented");
	return FIRMA_OK;
}

static void
serial_of(const CK_TOKEN_INFO *info, char ret[65])
{
	firma_module_text(
	    info->serialNumber, sizeof(info->serialNumber), ret, 65);
}

/*
 * The agent writes down that the PIN is going to be presented, and allows it.
 * An empty pin is typed on the reader's keypad.
 */
FIRMA_CHECKED static enum firma_err
announce(struct firma_job *j, const struct terms *terms, struct firma_bytes pin,
    const CK_TOKEN_INFO *info, struct firma_cause *cause)
{
	uint8_t hash[FIRMA_PIN_HASH];
	char serial[65];
	struct firma_msg_w_presenting m = { .ck_flags = info->flags };
	struct firma_msg_w_present answer = { 0 };
	enum firma_err r;

	/* A blank token has no session to ask it by. */
	if ((info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	    (r = firma_session_answers(&j->w->session, cause)) != FIRMA_OK)
		return r;
	if (pin.len != 0) {
		if ((r = judge(terms, pin, hash, cause)) != FIRMA_OK)
			return r;
		m.pin_hash = firma_bytes_of(hash, sizeof(hash));
	}
	serial_of(info, serial);
	m.serial = firma_str_of(serial);
	if ((r = firma_job_answer(j, FIRMA_MSG_w_presenting, &m)) != FIRMA_OK)
		return r;
	firma_job_pause(j);
	r = firma_lane_await(&j->w->lane, FIRMA_MSG_w_present, j->id,
	    j->deadline, &answer, cause);
	firma_job_resume(j);
	if (r != FIRMA_OK)
		return r;
	return answer.go != 0 ? FIRMA_OK
			      : firma_fail(cause, FIRMA_ERR_CANCELLED,
				    FIRMA_CAUSE_NONE, 0, "not presented");
}

/* The token took the PIN; whatever fails now is not about it. */
static enum firma_err
presented(void *arg)
{
	return firma_job_answer(
	    arg, FIRMA_MSG_w_presented, &(struct firma_msg_w_presented){ 0 });
}

static bool
has_keypad(const CK_TOKEN_INFO *info)
{
	return (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

/* A PIN that fits; nothing when it is typed on the keypad. */
FIRMA_CHECKED static enum firma_err
read_pin(struct firma_job *j, const CK_TOKEN_INFO *info,
    struct firma_secret *ret, struct firma_cause *cause)
{
	enum firma_err r;

	if (has_keypad(info))
		return FIRMA_OK;
	if ((r = read_secret(j, ret, cause)) != FIRMA_OK)
		return r;
	return firma_pin_fits(firma_secret_view(ret), info, cause);
}

/*
 * The lengths that a token tells are those of the user's PIN.  A SmartCard-HSM
 * takes 16 octets from the SO and at most 15 from the user.
 */
FIRMA_CHECKED static enum firma_err
read_so_pin(struct firma_job *j, const CK_TOKEN_INFO *info,
    struct firma_secret *ret, struct firma_cause *cause)
{
	CK_TOKEN_INFO no_maximum = *info;

	no_maximum.ulMaxPinLen = 0;
	return read_pin(j, &no_maximum, ret, cause);
}

/* ---- keep-pin ---- */

void
firma_kept_pin_check(struct firma_worker *w, const CK_TOKEN_INFO *info)
{
	char serial[65];

	if (w->kept.pin.len == 0)
		return;
	if (info != NULL) {
		serial_of(info, serial);
		if (strcmp(serial, w->kept.serial) == 0)
			return;
	}
	firma_secret_done(&w->kept.pin);
	w->kept = (struct firma_kept_pin){ 0 };
}

/* Keep pin (taken) for this token. */
static void
keep(struct firma_job *j, const CK_TOKEN_INFO *info, struct firma_secret *pin)
{
	firma_kept_pin_check(j->w, NULL);
	if (pin->len == 0)
		return;
	serial_of(info, j->w->kept.serial);
	j->w->kept.pin = *pin;
	*pin = (struct firma_secret){ 0 };
}

/*
 * The PIN of the person, or, without a descriptor, the one that is kept, taken
 * out: only a token that takes it again has it kept again.
 */
FIRMA_CHECKED static enum firma_err
pin_for(struct firma_job *j, const CK_TOKEN_INFO *info,
    struct firma_secret *ret, struct firma_cause *cause)
{
	if (j->fd >= 0)
		return read_pin(j, info, ret, cause);
	firma_kept_pin_check(j->w, info);
	if (j->w->kept.pin.len == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0, "no PIN is kept");
	*ret = j->w->kept.pin;
	j->w->kept = (struct firma_kept_pin){ 0 };
	return FIRMA_OK;
}

enum firma_err
firma_handle_login(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_login *m = j->msg;
	const struct terms terms = { m->salt, m->refused, m->iterations };
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	bool is_logged_in = false;
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_ID slot;
	enum firma_err r;

	if ((r = firma_session_logged_in(
		 &j->w->session, &is_logged_in, cause)) != FIRMA_OK)
		return r;
	if (is_logged_in)
		return firma_job_done(j, 0);
	if ((r = firma_token_find(j->w->token, &slot, &info, cause)) !=
		FIRMA_OK ||
	    (r = firma_login_allowed(&info, m->flags, cause)) != FIRMA_OK ||
	    (r = firma_session_answers(&j->w->session, cause)) !=
		FIRMA_OK || /* nobody types in vain */
	    (r = pin_for(j, &info, &pin, cause)) != FIRMA_OK ||
	    (r = announce(j, &terms, firma_secret_view(&pin), &info, cause)) !=
		FIRMA_OK ||
	    (r = firma_login_present(
		 &j->w->session, firma_secret_view(&pin), cause)) != FIRMA_OK)
		return r;
	if ((m->flags & FIRMA_LOGIN_KEEP) != 0)
		keep(j, &info, &pin);
	return firma_job_done(j, 1);
}

/* Old PIN, new PIN: both fit before the old one is presented. */
enum firma_err
firma_handle_change_pin(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_change_pin *m = j->msg;
	const struct terms terms = { m->salt, m->refused, m->iterations };
	FIRMA_OWN(firma_secret_done) struct firma_secret old_pin = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret new_pin = { 0 };
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_ID slot;
	enum firma_err r;

	if ((r = firma_token_find(j->w->token, &slot, &info, cause)) !=
		FIRMA_OK ||
	    (r = firma_login_allowed(&info, m->flags, cause)) != FIRMA_OK ||
	    (r = read_pin(j, &info, &old_pin, cause)) != FIRMA_OK ||
	    (r = read_pin(j, &info, &new_pin, cause)) != FIRMA_OK ||
	    (r = announce(j, &terms, firma_secret_view(&old_pin), &info,
		 cause)) != FIRMA_OK ||
	    (r = firma_write_pin(j->w->token, firma_secret_view(&old_pin),
		 firma_secret_view(&new_pin), cause)) != FIRMA_OK)
		return r;
	if (j->w->kept.pin.len != 0)
		keep(j, &info, &new_pin);
	return firma_job_done(j, 1);
}

/* The CKA_ID that a request to sign names. */
static struct firma_bytes
id_of(const union firma_msg_any *m, unsigned int type)
{
	const struct firma_msg_w_sign *s = (const void *)m;
	const struct firma_msg_w_cms *c = (const void *)m;
	const struct firma_msg_w_request *q = (const void *)m;

	return type == FIRMA_MSG_w_sign ? s->id
	    : type == FIRMA_MSG_w_cms   ? c->id
					: q->id;
}

/* What can be refused without a PIN: a key that does not ask gets none. */
FIRMA_CHECKED static enum firma_err
check_asks(struct firma_job *j, struct firma_bytes id, unsigned int flags,
    CK_TOKEN_INFO *ret_info, struct firma_cause *cause)
{
	bool asks = false;
	CK_SLOT_ID slot;
	enum firma_err r;

	if ((r = firma_signer_find(j->w->signer, id, &asks, NULL, cause)) !=
		FIRMA_OK ||
	    (r = firma_token_find(j->w->token, &slot, ret_info, cause)) !=
		FIRMA_OK ||
	    (r = firma_login_allowed(ret_info, flags, cause)) != FIRMA_OK)
		return r;
	return asks ? FIRMA_OK
		    : firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
			  "the key does not ask for its PIN");
}

enum firma_err
firma_handle_with_pin(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_with_pin *m = j->msg;
	const struct terms terms = { m->salt, m->refused, m->iterations };
	firma_handler *const fn = firma_handler_signing(m->type);
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	struct firma_signer_pin once = { .accepted = presented, .arg = j };
	union firma_msg_any msg;
	struct firma_job inner = *j;
	CK_TOKEN_INFO info = { 0 };
	enum firma_err r;

	if (fn == NULL)
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "w_with_pin.type");
	if ((r = firma_msg_decode((enum firma_msg_type)m->type, m->request,
		 &msg, cause)) != FIRMA_OK ||
	    (r = check_asks(j, id_of(&msg, m->type), m->flags, &info, cause)) !=
		FIRMA_OK ||
	    (r = pin_for(j, &info, &pin, cause)) != FIRMA_OK ||
	    (r = announce(j, &terms, firma_secret_view(&pin), &info, cause)) !=
		FIRMA_OK)
		return r;
	once.pin = firma_secret_view(&pin);
	inner.msg = &msg;
	inner.pin = &once;
	r = fn(&inner, cause);
	if (r == FIRMA_OK && j->fd < 0)
		keep(j, &info, &pin);
	return r;
}

/* SO-PIN, new PIN. */
enum firma_err
firma_handle_unblock(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_unblock *m = j->msg;
	const struct terms terms = { m->salt, m->refused, m->iterations };
	FIRMA_OWN(firma_secret_done) struct firma_secret so_pin = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret user_pin = { 0 };
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_ID slot;
	enum firma_err r;

	firma_kept_pin_check(j->w, NULL);
	if ((r = firma_token_find(j->w->token, &slot, &info, cause)) !=
		FIRMA_OK ||
	    (r = firma_so_login_allowed(&info, m->flags, cause)) != FIRMA_OK ||
	    (r = read_so_pin(j, &info, &so_pin, cause)) != FIRMA_OK ||
	    (r = read_pin(j, &info, &user_pin, cause)) != FIRMA_OK ||
	    (r = announce(j, &terms, firma_secret_view(&so_pin), &info,
		 cause)) != FIRMA_OK ||
	    (r = firma_write_user_pin(j->w->token, slot,
		 firma_secret_view(&so_pin), firma_secret_view(&user_pin),
		 presented, j, cause)) != FIRMA_OK)
		return r;
	return firma_job_done(j, 1);
}

enum firma_err
firma_handle_logout(struct firma_job *j, struct firma_cause *cause)
{
	const enum firma_err r = firma_logout(&j->w->session, cause);

	firma_kept_pin_check(j->w, NULL);
	return r == FIRMA_OK ? firma_job_done(j, 0) : r;
}

enum firma_err
firma_handle_init(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_init *m = j->msg;
	const struct terms terms = { m->salt, m->refused, m->iterations };
	FIRMA_OWN(firma_secret_done) struct firma_secret so_pin = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret user_pin = { 0 };
	struct firma_init plan = { 0 };
	enum firma_err r;

	firma_kept_pin_check(j->w, NULL);
	if ((r = firma_write_init_plan(
		 j->w->token, m->label, m->flags, &plan, cause)) != FIRMA_OK ||
	    (r = firma_so_login_allowed(&plan.info, m->flags, cause)) !=
		FIRMA_OK ||
	    (r = read_so_pin(j, &plan.info, &so_pin, cause)) != FIRMA_OK ||
	    (r = read_pin(j, &plan.info, &user_pin, cause)) != FIRMA_OK ||
	    (r = announce(j, &terms, firma_secret_view(&so_pin), &plan.info,
		 cause)) != FIRMA_OK ||
	    (r = firma_write_init_token(j->w->token, &plan,
		 firma_secret_view(&so_pin), cause)) != FIRMA_OK ||
	    (r = presented(j)) != FIRMA_OK ||
	    (r = firma_write_user_pin(j->w->token, plan.slot,
		 firma_secret_view(&so_pin), firma_secret_view(&user_pin), NULL,
		 NULL, cause)) != FIRMA_OK)
		return r;
	return firma_job_done(j, 1);
}
