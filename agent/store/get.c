/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/get.h"

#include <inttypes.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/store/columns.h"

enum firma_err
firma_get_head(struct firma_db *db, struct firma_ledger_head *ret_head,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	struct firma_ledger_head head;
	struct firma_bytes hash;
	bool row;
	enum firma_err r;

	r = firma_query_start(db, FIRMA_SQL_HEAD_GET, &q, cause);
	if (r != FIRMA_OK ||
	    (r = firma_query_step(&q, &row, cause)) != FIRMA_OK)
		return r;
	if (!row)
		return firma_fail(cause, FIRMA_ERR_LEDGER_BROKEN,
		    FIRMA_CAUSE_LINE, 0, "the ledger's head is missing");
	head.seq = firma_query_get_u64(&q);
	hash = firma_query_get_bytes(&q);
	if (hash.len != sizeof(head.hash))
		return firma_fail(cause, FIRMA_ERR_LEDGER_BROKEN,
		    FIRMA_CAUSE_LINE, head.seq, "the ledger's head is no hash");
	memcpy(head.hash, hash.at, sizeof(head.hash));
	*ret_head = head;
	return FIRMA_OK;
}

enum firma_err
firma_get_lines(struct firma_db *db, uint64_t from, uint32_t max,
    firma_store_line_fn *fn, void *arg, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	bool row;
	enum firma_err r;

	r = firma_query_start(db, FIRMA_SQL_LEDGER_GET, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_u64(&q, from > INT64_MAX ? INT64_MAX : from);
	firma_query_put_u64(&q, max);
	while ((r = firma_query_step(&q, &row, cause)) == FIRMA_OK && row) {
		const uint64_t seq = firma_query_get_u64(&q);

		if (!fn(arg, seq, firma_query_get_bytes(&q)))
			break;
	}
	return r;
}

enum firma_err
firma_get_serial(struct firma_db *db, const char *serial,
    struct firma_serial_row *ret_row, struct firma_cause *cause)
{
	FIRMA_OWN(firma_query_done) struct firma_query q = { 0 };
	bool row;
	enum firma_err r;

	r = firma_query_start(db, FIRMA_SQL_SERIAL_ONE, &q, cause);
	if (r != FIRMA_OK)
		return r;
	firma_query_put_text(&q, serial, strlen(serial));
	if ((r = firma_query_step(&q, &row, cause)) != FIRMA_OK)
		return r;
	if (!row)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "no certificate with serial %s was accepted", serial);
	return firma_columns_get(&firma_serial_columns, &q, ret_row);
}

struct walk {
	struct firma_ledger_check check;
	enum firma_err r;
	struct firma_cause *cause;
};

static bool
walk_line(void *arg, uint64_t seq, struct firma_bytes line)
{
	struct walk *w = arg;

	(void)seq; /* the line says its own, and is checked for it */
	w->r = firma_ledger_feed(&w->check, line, w->cause);
	return w->r == FIRMA_OK;
}

enum firma_err
firma_get_check(struct firma_db *db, uint64_t depth,
    struct firma_ledger_head *ret_head, struct firma_cause *cause)
{
	struct walk w = { .cause = cause };
	struct firma_ledger_head head;
	enum firma_err r;

	if ((r = firma_get_head(db, &head, cause)) != FIRMA_OK)
		return r;
	w.check.anywhere = head.seq > depth;
	/* To the end, not to the head: what is behind the head is wrong too. */
	while (r == FIRMA_OK && w.r == FIRMA_OK) {
		const uint64_t before = w.check.at.seq;
		const uint64_t from =
		    w.check.anywhere ? head.seq - depth + 1 : before + 1;

		r = firma_get_lines(db, from, UINT32_MAX, walk_line, &w, cause);
		if (w.check.at.seq == before)
			break;
	}
	if (r != FIRMA_OK || w.r != FIRMA_OK)
		return r != FIRMA_OK ? r : w.r;
	if (w.check.at.seq != head.seq ||
	    memcmp(w.check.at.hash, head.hash, sizeof(head.hash)) != 0)
		return firma_fail(cause, FIRMA_ERR_LEDGER_BROKEN,
		    FIRMA_CAUSE_LINE, head.seq,
		    "the ledger ends at entry %" PRIu64
		    ", its head is %" PRIu64,
		    w.check.at.seq, head.seq);
	*ret_head = head;
	return FIRMA_OK;
}
