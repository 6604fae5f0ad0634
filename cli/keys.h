/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - key_item answers, kept: what several commands look at.
 */
#ifndef FIRMA_CLI_KEYS_H
#define FIRMA_CLI_KEYS_H

#include "cli/app.h"

#define KEYS_MAX 4096 /* more keys than this are an agent gone mad */

struct key {
	char alias[65], token[65], token_serial[65], label[129], subject[513],
	    serial[65];
	uint8_t id[64], spki_sha256[32];
	size_t id_len;
	uint32_t algorithm, flags;
	uint64_t not_before, not_after; /* 0: no certificate */
};

struct keys {
	struct key *at;
	size_t n;
};
void keys_done(struct keys *k);

/* The keys of that alias and token; "" is any.  Zero-initialise ret. */
FIRMA_CHECKED enum firma_err keys_list(struct app *app, const char *alias,
    const char *token, struct keys *ret, struct firma_cause *cause);

/* For app_call(): keeps the key_items that come; arg is a struct keys. */
enum firma_err keys_keep(
    void *arg, enum firma_msg_type type, const void *msg, int *fd);

json_t *keys_json(const struct key *k);
void keys_text(const struct key *k); /* all of it */

/*
 * app_failure() of what the key did not sign, with r and its cause.  A key that has
 * no certificate, where one is needed, is told what it lacks.
 */
int keys_failure(struct app *app, enum firma_err r,
    const struct firma_cause *cause, const char *key);

/* Whole days from now to not_after; negative when it is over. */
long keys_days_left(const struct key *k);

#endif
