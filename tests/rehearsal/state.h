/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what the portal remembers: DIR/state.json, one writer at a time.
 *
 * Opening takes DIR/lock (flock) and holds it until _done, so `enrol`, `show`
 * and the serving threads never see each other's half.  The file is replaced
 * atomically; README.md lists its members.
 */
#ifndef FIRMA_REHEARSAL_STATE_H
#define FIRMA_REHEARSAL_STATE_H

#include <jansson.h>

#include "agent/base/buf.h"

struct rehearsal_state {
	int dir, lock; /* descriptors; -1 when closed */
	json_t *root;
};

/* A state that owns nothing, for FIRMA_OWN before _open. */
#define REHEARSAL_STATE_NONE                        \
	{                                           \
		.dir = -1, .lock = -1, .root = NULL \
	}

/*
 * Make DIR (0700) when missing and an empty state in it; then as _open.
 * FIRMA_ERR_EXISTS  there is one already
 */
FIRMA_CHECKED enum firma_err rehearsal_state_create(
    const char *dir, struct rehearsal_state *ret);

/*
 * FIRMA_ERR_NOT_FOUND  DIR holds no portal (run init)
 * FIRMA_ERR_SHAPE      state.json is not what this program writes
 */
FIRMA_CHECKED enum firma_err rehearsal_state_open(
    const char *dir, struct rehearsal_state *ret);

FIRMA_CHECKED enum firma_err rehearsal_state_save(
    const struct rehearsal_state *st);
void rehearsal_state_done(struct rehearsal_state *st);

/* The next number of a counter ("serial", "folio"), which is then spent. */
long long rehearsal_state_count(struct rehearsal_state *st, const char *name);

/* Members as text; "" when missing.  Valid while the member is unchanged. */
const char *rehearsal_text(const json_t *o, const char *member);
long long rehearsal_number(const json_t *o, const char *member);

/* Binary members are base64. */
FIRMA_CHECKED enum firma_err rehearsal_octets(
    const json_t *o, const char *member, struct firma_buf *ret);
FIRMA_CHECKED enum firma_err rehearsal_set_octets(
    json_t *o, const char *member, struct firma_bytes v);
FIRMA_CHECKED enum firma_err rehearsal_set_text(
    json_t *o, const char *member, const char *value);
FIRMA_CHECKED enum firma_err rehearsal_set_number(
    json_t *o, const char *member, long long value);

/* One more; a missing member counts as 0. */
FIRMA_CHECKED enum firma_err rehearsal_bump(json_t *o, const char *member);

#define REHEARSAL_SHA256_HEX 65 /* octets, with the terminating zero */

/* Lower-case hex of the SHA-256. */
FIRMA_CHECKED enum firma_err rehearsal_sha256(
    struct firma_bytes v, char ret[REHEARSAL_SHA256_HEX]);

#endif
