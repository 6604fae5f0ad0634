/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a token, and whether it may be asked: the rest of token.h.
 */
#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/process.h"
#include "agent/daemon/token.h"

/* PKCS#11 v3.0 section 3.3, CK_TOKEN_INFO flags.  The numbers are the
 * standard's; its header stays in pkcs11/. */
#define CKF_USER_PIN_INITIALIZED 0x00000008u
#define CKF_USER_PIN_COUNT_LOW   0x00010000u
#define CKF_USER_PIN_FINAL_TRY   0x00020000u
#define CKF_USER_PIN_LOCKED      0x00040000u

enum firma_pin_state
firma_token_pin_state(const struct firma_token *t)
{
	if (!t->present)
		return FIRMA_PIN_FINE;
	if ((t->ck_flags & CKF_USER_PIN_LOCKED) != 0)
		return FIRMA_PIN_LOCKED;
	if ((t->ck_flags & CKF_USER_PIN_INITIALIZED) == 0)
		return FIRMA_PIN_UNSET;
	/* Flags lie on some tokens: our own count says it too. */
	if ((t->ck_flags & CKF_USER_PIN_FINAL_TRY) != 0 ||
	    (t->config->pin_tries != 0 &&
		t->n_burnt + 1 >= t->config->pin_tries))
		return FIRMA_PIN_FINAL_TRY;
	if (t->doubtful || t->so_doubtful)
		return FIRMA_PIN_DOUBTFUL;
	if ((t->ck_flags & CKF_USER_PIN_COUNT_LOW) != 0 || t->n_burnt != 0)
		return FIRMA_PIN_COUNT_LOW;
	return FIRMA_PIN_FINE;
}

/* Requests that need the login, and so keep it. */
static bool
is_use(enum firma_msg_type type)
{
	switch (type) {
	case FIRMA_MSG_w_sign:
	case FIRMA_MSG_w_cms:
	case FIRMA_MSG_w_request:
	case FIRMA_MSG_w_generate:
	case FIRMA_MSG_w_import:
	case FIRMA_MSG_w_certificate_write:
	case FIRMA_MSG_w_delete:
		return true;
	default:
		return false;
	}
}

bool
firma_token_is_idle(const struct firma_token *t)
{
	const uint64_t after = t->config->lock_after_s * FIRMA_S;

	return after != 0 &&
	    (t->used == 0 || firma_uptime() - t->used >= after);
}

enum firma_err
firma_token_call(struct firma_token *t, enum firma_msg_type type,
    const void *msg, int fd, uint64_t may_take, uint64_t deadline,
    firma_token_fn *fn, void *arg, struct firma_cause *cause)
{
	enum firma_err r;

	if (is_use(type))
		t->used = firma_uptime();
	if (t->process == NULL) {
		firma_fd_done(&fd);
		return firma_fail(cause,
		    t->agent->stopping ? FIRMA_ERR_CANCELLED
				       : FIRMA_ERR_TOKEN_MODULE,
		    FIRMA_CAUSE_NONE, 0, "%s: %s", t->config->name,
		    t->why[0] != '\0' ? t->why : "starting");
	}
	r = firma_process_call(
	    t->process, type, msg, fd, may_take, deadline, fn, arg);
	if (r != FIRMA_OK)
		return firma_fail(
		    cause, r, FIRMA_CAUSE_NONE, 0, "%s", t->config->name);
	return FIRMA_OK;
}

enum firma_err
firma_token_der(const struct firma_frame *f, struct firma_bytes *ret_der)
{
	struct firma_msg_w_der m;
	enum firma_err r;

	if (f->type != FIRMA_MSG_w_der)
		return FIRMA_ERR_INTERNAL;
	r = firma_msg_decode(FIRMA_MSG_w_der, f->payload, &m, NULL);
	if (r == FIRMA_OK)
		*ret_der = m.der;
	return r;
}

enum firma_err
firma_token_tell(struct firma_token *t, enum firma_msg_type type,
    const void *msg, uint64_t may_take)
{
	if (t->process == NULL)
		return FIRMA_ERR_TOKEN_STUCK;
	return firma_process_tell(t->process, type, msg, may_take);
}

enum firma_err
firma_token_ready(const struct firma_token *t, struct firma_cause *cause)
{
	enum firma_err r = FIRMA_OK;

	switch (t->state) {
	case FIRMA_TOKEN_UNLOCKED:
		if (!firma_token_is_idle(t))
			return FIRMA_OK;
		r = FIRMA_ERR_PIN_NEEDED;
		break;
	case FIRMA_TOKEN_LOCKED:
		r = FIRMA_ERR_PIN_NEEDED;
		break;
	case FIRMA_TOKEN_ABSENT:
		r = FIRMA_ERR_TOKEN_GONE;
		break;
	case FIRMA_TOKEN_BLANK:
		r = FIRMA_ERR_TOKEN_BLANK;
		break;
	case FIRMA_TOKEN_STARTING:
		r = FIRMA_ERR_TOKEN_BUSY;
		break;
	case FIRMA_TOKEN_BROKEN:
	default:
		r = t->agent->stopping ? FIRMA_ERR_CANCELLED
				       : FIRMA_ERR_TOKEN_MODULE;
		break;
	}
	return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0, "%s%s%s",
	    t->config->name, t->why[0] != '\0' ? ": " : "", t->why);
}

uint64_t
firma_token_sign_ns(const struct firma_token *t)
{
	return t->config->deadline_s * FIRMA_S;
}

uint64_t
firma_token_generate_ns(const struct firma_token *t)
{
	return t->config->generate_deadline_s * FIRMA_S;
}
