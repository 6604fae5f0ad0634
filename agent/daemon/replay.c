/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/replay.h"

#include <stdlib.h>

#include "agent/daemon/conn.h"
#include "agent/daemon/handover.h"

#define BUCKETS 1024

/* An ended request: its answers, in a ring, oldest first to go. */
struct kept {
	struct kept *next;
	uid_t uid;
	uint64_t id, fingerprint;
	struct firma_buf out;
	struct firma_handover *handover; /* held, or NULL */
};

struct firma_replay {
	struct firma_task *running[BUCKETS];
	struct kept *ended[BUCKETS];
	struct kept ring[FIRMA_REPLAY_MAX];
	size_t first, n, octets;
};

static size_t
bucket(uint64_t id)
{
	return (size_t)((id ^ id >> 32) % BUCKETS);
}

enum firma_err
firma_replay_new(struct firma_replay **ret)
{
	struct firma_replay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return FIRMA_ERR_NOMEM;
	*ret = r;
	return FIRMA_OK;
}

static void
drop_oldest(struct firma_replay *r)
{
	struct kept *k = &r->ring[r->first];
	struct kept **at = &r->ended[bucket(k->id)];

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	r->octets -= k->out.cap;
	firma_buf_done(&k->out);
	firma_handover_drop(k->handover);
	r->first = (r->first + 1) % FIRMA_REPLAY_MAX;
	r->n--;
}

void
firma_replay_free(struct firma_replay *r)
{
	if (r == NULL)
		return;
	while (r->n > 0)
		drop_oldest(r);
	free(r);
}

enum firma_replay_found
firma_replay_begin(struct firma_replay *r, struct firma_task *q)
{
	const size_t b = bucket(q->id);

	for (struct firma_task *p = r->running[b]; p != NULL;
	     p = p->next_same) {
		if (p->id != q->id || p->peer.uid != q->peer.uid)
			continue;
		if (p->fingerprint != q->fingerprint)
			return FIRMA_REPLAY_OTHER;
		/* What it has answered so far, then the rest as it comes. */
		firma_conn_adopt(q->conn, p);
		firma_conn_put(q->conn, firma_buf_view(&p->out), -1, NULL);
		return FIRMA_REPLAY_RUNNING;
	}
	for (struct kept *k = r->ended[b]; k != NULL; k = k->next) {
		if (k->id != q->id || k->uid != q->peer.uid)
			continue;
		if (k->fingerprint != q->fingerprint)
			return FIRMA_REPLAY_OTHER;
		firma_conn_put(
		    q->conn, firma_buf_view(&k->out), -1, k->handover);
		return FIRMA_REPLAY_ENDED;
	}
	q->next_same = r->running[b];
	r->running[b] = q;
	return FIRMA_REPLAY_NEW;
}

void
firma_replay_end(struct firma_replay *r, struct firma_task *q)
{
	struct firma_task **at = &r->running[bucket(q->id)];
	struct kept *k;

	while (*at != q)
		at = &(*at)->next_same;
	*at = q->next_same;

	while (r->n > 0 &&
	    (r->n == FIRMA_REPLAY_MAX ||
		r->octets + q->out.cap > FIRMA_REPLAY_OCTETS))
		drop_oldest(r);
	k = &r->ring[(r->first + r->n) % FIRMA_REPLAY_MAX];
	*k = (struct kept){ .next = r->ended[bucket(q->id)],
		.uid = q->peer.uid,
		.id = q->id,
		.fingerprint = q->fingerprint,
		.out = q->out,
		.handover = firma_handover_hold(q->handover) };
	q->out = (struct firma_buf){ 0 };
	r->ended[bucket(q->id)] = k;
	r->octets += k->out.cap;
	r->n++;
}
