/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/key_call.h"

#include <stdlib.h>

#include "agent/base/clock.h"
#include "agent/daemon/present.h"

/* A request that waits for its PIN, and what it is answered with. */
struct asking {
	enum firma_msg_type type;
	struct firma_buf request; /* payload */
	firma_token_fn *fn;
	void *arg;
	struct firma_frame frame;
	struct firma_buf payload;
	enum firma_err r;
};

static void
asking_free(struct asking *a)
{
	firma_buf_done(&a->request);
	firma_buf_done(&a->payload);
	free(a);
}

static enum firma_err
check(void *arg, const struct firma_token *t, bool *ret_done,
    struct firma_cause *cause)
{
	(void)arg;
	*ret_done = false;
	return firma_token_ready(t, cause);
}

static enum firma_err
ask(void *arg, struct firma_token *t, const struct firma_present_terms *terms,
    int fd, firma_token_fn *fn, void *fn_arg, struct firma_cause *cause)
{
	const struct asking *a = arg;
	const struct firma_msg_w_with_pin m = { .salt = terms->salt,
		.iterations = terms->iterations,
		.refused = terms->refused,
		.flags = terms->flags,
		.type = (uint32_t)a->type,
		.request = firma_buf_view(&a->request) };

	return firma_token_call(t, FIRMA_MSG_w_with_pin, &m, fd,
	    firma_present_ns(t, fd), FIRMA_FOREVER, fn, fn_arg, cause);
}

/* Kept until what became of the PIN is on the disk. */
static void
answer(void *arg, const struct firma_frame *f)
{
	struct asking *a = arg;

	a->payload.len = 0;
	a->r = firma_buf_put(&a->payload, f->payload);
	a->frame = *f;
	a->frame.payload = firma_buf_view(&a->payload);
}

static void
end(void *arg, enum firma_err r, bool presented,
    const struct firma_cause *cause)
{
	struct asking *a = arg;

	(void)presented;
	if (r == FIRMA_OK)
		r = a->r;
	a->fn(a->arg, r, r == FIRMA_OK ? &a->frame : NULL, true, cause);
	asking_free(a);
}

static const struct firma_present_ops signing = {
	.role = FIRMA_PIN_USER,
	.action = "sign-pin",
	.tells = true,
	.check = check,
	.ask = ask,
	.answer = answer,
	.end = end,
};

FIRMA_CHECKED static enum firma_err
with_pin(const struct firma_key *k, struct firma_task *q,
    enum firma_msg_type type, const void *msg, firma_token_fn *fn, void *arg,
    struct firma_cause *cause)
{
	struct asking *a = calloc(1, sizeof(*a));
	const struct firma_present p = { .ops = &signing,
		.arg = a,
		.q = q,
		.fd = -1,
		.is_kept = k->token->config->keep_pin == FIRMA_KEEP_SIGNING &&
		    firma_present_is_kept(k->token) };
	enum firma_err r;

	if (a == NULL)
		return FIRMA_ERR_NOMEM;
	a->type = type;
	a->fn = fn;
	a->arg = arg;
	a->r = FIRMA_ERR_INTERNAL;
	if ((r = firma_msg_encode(type, msg, &a->request)) != FIRMA_OK ||
	    (r = firma_present_begin(k->token, &p, cause)) != FIRMA_OK)
		asking_free(a);
	return r;
}

enum firma_err
firma_key_call(const struct firma_key *k, struct firma_task *q,
    enum firma_msg_type type, const void *msg, uint64_t deadline,
    firma_token_fn *fn, void *arg, struct firma_cause *cause)
{
	if ((k->flags & FIRMA_KEYFLAG_ALWAYS_AUTHENTICATE) != 0)
		return with_pin(k, q, type, msg, fn, arg, cause);
	return firma_token_call(k->token, type, msg, -1,
	    firma_token_sign_ns(k->token), deadline, fn, arg, cause);
}
