/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h - a request about one key, between its steps: what the handlers of
 * on_key.c (keys that are there) and on_key_new.c (new ones) share.
 */
#ifndef FIRMA_DAEMON_WORK_H
#define FIRMA_DAEMON_WORK_H

#include "agent/daemon/key.h"
#include "agent/daemon/task.h"
#include "agent/pki/certificate.h"

#define FIRMA_WORK_WRITE_NS (60 * FIRMA_S) /* writing to a token */

struct firma_work {
	struct firma_task *q;
	char alias[FIRMA_STORE_NAME], token[FIRMA_CONFIG_NAME];
	const char *action;
	struct firma_key_id id;
	enum firma_key_algorithm algorithm;    /* of what is generated */
	struct firma_certificate *certificate; /* owned */
	const char *note;
	uint64_t seq;     /* of the entry "begun"; 0: there is none */
	enum firma_err r; /* it failed */
	struct firma_cause cause;
};

void firma_work_free(struct firma_work *w);

/*
 * Each of these ends the work and answers its request, now or later.  A failure
 * of what was begun is written first (failure.h).
 */
void firma_work_fail(
    struct firma_work *w, enum firma_err r, const struct firma_cause *cause);
/* The key's row and a ledger entry, then key_item. */
void firma_work_record(struct firma_work *w, const struct firma_key *k);
/* w->certificate beside the key, then firma_work_record(). */
void firma_work_write_certificate(
    struct firma_work *w, const struct firma_key *k);

#endif
