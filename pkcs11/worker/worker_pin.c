/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/login.h"
#include "pkcs11/worker/worker_internal.h"
#include "pkcs11/worker/write.h"

/* Wait for the person, with the module free for other lanes. */
FIRMA_CHECKED static enum firma_err
read_secret(
    struct firma_job *j, struct firma_secret *ret, struct firma_cause *cause)
{
	enum firma_err r;

	if (j->fd < 0)
		return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
		    "no descriptor");
	firma_job_pause(j);
	r = firma_secret_read(j->fd, FIRMA_PIN_MAX, j->deadline, ret, cause);
	firma_job_resume(j);
	return r == FIRMA_ERR_LIMIT ? FIRMA_ERR_PIN_FORMAT : r;
}

/* The agent writes down that the PIN is going to be presented. */
FIRMA_CHECKED static enum firma_err
announce(struct firma_job *j, struct firma_bytes hash, CK_FLAGS flags,
    struct firma_cause *cause)
{
	const struct firma_msg_w_presenting m = { .pin_hash = hash,
		.ck_flags = flags };
	struct firma_msg_w_present answer = { 0 };
	enum firma_err r;

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

FIRMA_CHECKED static enum firma_err
judge(const struct firma_msg_w_login *m, struct firma_bytes pin,
    const CK_TOKEN_INFO *info, uint8_t hash[FIRMA_PIN_HASH],
    struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_pin_fits(pin, info, cause)) != FIRMA_OK)
		return r;
	if ((r = firma_pin_hash(pin, m->salt, m->iterations, hash)) != FIRMA_OK)
		return firma_fail(
		    cause, r, FIRMA_CAUSE_NONE, 0, "salt, iterations");
	if (m->refused_hash.len == FIRMA_PIN_HASH &&
	    CRYPTO_memcmp(m->refused_hash.at, hash, FIRMA_PIN_HASH) == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_REPEATED,
		    FIRMA_CAUSE_NONE, 0, "not presented");
	return FIRMA_OK;
}

enum firma_err
firma_handle_login(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_login *m = j->msg;
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	uint8_t hash[FIRMA_PIN_HASH];
	struct firma_bytes hash_view = { NULL, 0 };
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
	    (r = firma_login_allowed(&info, m->flags, cause)) != FIRMA_OK)
		return r;
	if ((info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0) {
		if ((r = read_secret(j, &pin, cause)) != FIRMA_OK ||
		    (r = judge(m, firma_secret_view(&pin), &info, hash,
			 cause)) != FIRMA_OK)
			return r;
		hash_view = firma_bytes_of(hash, sizeof(hash));
	}
	if ((r = announce(j, hash_view, info.flags, cause)) != FIRMA_OK ||
	    (r = firma_login_present(
		 &j->w->session, firma_secret_view(&pin), cause)) != FIRMA_OK)
		return r;
	return firma_job_done(j, 1);
}

enum firma_err
firma_handle_logout(struct firma_job *j, struct firma_cause *cause)
{
	const enum firma_err r = firma_logout(&j->w->session, cause);

	return r == FIRMA_OK ? firma_job_done(j, 0) : r;
}

enum firma_err
firma_handle_init(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_init *m = j->msg;
	FIRMA_OWN(firma_secret_done) struct firma_secret so_pin = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret user_pin = { 0 };
	enum firma_err r;

	if ((r = read_secret(j, &so_pin, cause)) != FIRMA_OK ||
	    (r = read_secret(j, &user_pin, cause)) != FIRMA_OK ||
	    (r = firma_write_init(j->w->token, m->label, m->flags,
		 firma_secret_view(&so_pin), firma_secret_view(&user_pin),
		 cause)) != FIRMA_OK)
		return r;
	return firma_job_done(j, 1);
}
