/* SPDX-License-Identifier: Apache-2.0 */
/* The operator: presents the PIN to each token that came back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "tests/soak/soak.h"

#define LOOK_NS (20 * FIRMA_MS)

struct list {
	struct soak_token *at;
	size_t n;
};

static enum firma_err
keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_token_item *m = msg;
	struct list *l = arg;
	struct soak_token *t = &l->at[l->n];

	(void)fd;
	if (msg == NULL)
		l->n = 0;
	if (type != FIRMA_MSG_token_item || l->n >= SOAK_KEYS)
		return FIRMA_OK;
	firma_str_copy(m->name, t->name, sizeof(t->name));
	t->state = m->state;
	t->n_restarts = m->n_restarts;
	l->n++;
	return FIRMA_OK;
}

size_t
soak_tokens(struct firma_client *c, struct soak_token *ret)
{
	const struct firma_msg_token_list ask = { .token = firma_str_of("") };
	struct firma_cause cause = { 0 };
	struct list l = { ret, 0 };
	const enum firma_err r = firma_client_call(c, FIRMA_MSG_token_list,
	    &ask, -1, firma_after(SOAK_WAIT), keep, &l, &cause);

	if (r != FIRMA_OK)
		soak_fail("token list: %s (%s)", firma_err_name(r), cause.what);
	return l.n;
}

struct soak_token
soak_token(struct firma_client *c, const char *name)
{
	struct soak_token list[SOAK_KEYS];
	const size_t n = soak_tokens(c, list);

	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i];
	soak_fail("no token %s", name);
}

static enum firma_err
give(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const char *pin = arg;

	(void)msg;
	if (type == FIRMA_MSG_pin_channel && *fd >= 0)
		(void)send(*fd, pin, strlen(pin), MSG_NOSIGNAL);
	return FIRMA_OK;
}

/* It may go again under our hands: only a PIN that was refused is a fault. */
static void
unlock(struct firma_client *c, const char *token, char *pin, uint32_t flags)
{
	const struct firma_msg_token_unlock ask = {
		.token = firma_str_of(token), .flags = flags
	};
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_client_call(c, FIRMA_MSG_token_unlock,
	    &ask, -1, firma_after(SOAK_WAIT), give, pin, &cause);

	switch (r) {
	case FIRMA_OK:
		atomic_fetch_add(&soak_shared->n_unlocks, 1);
		break;
	case FIRMA_ERR_PIN_REPEATED:
		/* Pulled while it was presented: this one is sure of it. */
		if (flags != 0)
			soak_fail("unlocking %s: %s", token, cause.what);
		atomic_fetch_add(&soak_shared->n_doubts, 1);
		unlock(c, token, pin, FIRMA_UNLOCK_AGAIN);
		break;
	case FIRMA_ERR_TOKEN_STUCK:
	case FIRMA_ERR_TOKEN_GONE:
	case FIRMA_ERR_TOKEN_BUSY:
	case FIRMA_ERR_TOKEN_MODULE:
	case FIRMA_ERR_TOKEN_ERROR:
	case FIRMA_ERR_CANCELLED:
		break;
	default:
		soak_fail("unlocking %s: %s (%s)", token, firma_err_name(r),
		    cause.what);
	}
}

void
soak_operate(void)
{
	const struct timespec pause = { 0, LOOK_NS };
	FILE *f = fopen(soak_options.pin_file, "re");
	struct firma_client *c = soak_open();
	struct soak_token list[SOAK_KEYS];
	char pin[64] = "";

	if (f == NULL || fgets(pin, sizeof(pin), f) == NULL)
		soak_fail("%s: %s", soak_options.pin_file, strerror(errno));
	(void)fclose(f);
	pin[strcspn(pin, "\n")] = '\0';
	while (!atomic_load(&soak_shared->is_over)) {
		const size_t n = soak_tokens(c, list);

		for (size_t i = 0; i < n; i++)
			if (list[i].state == FIRMA_TOKEN_LOCKED)
				unlock(c, list[i].name, pin, 0);
		(void)nanosleep(&pause, NULL);
	}
	firma_client_free(c);
}
