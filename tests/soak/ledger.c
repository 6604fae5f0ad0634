/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Afterwards: the whole ledger against what the clients hold.  An entry "sign"
 * belongs to a signature that a client has, or an entry "sign-failed" names it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/soak/soak.h"

#define PAGE 500

struct check {
	uint64_t next;  /* seq that is read next */
	uint64_t at;    /* records before it are matched */
	uint64_t *open; /* entries "sign" without a record */
	uint64_t n_open, room;
	uint64_t *failed; /* named by entries "sign-failed" */
	uint64_t n_failed;
	uint64_t n_entries, n_page;
};

static int
by_seq(const void *a, const void *b)
{
	const uint64_t x = ((const struct soak_record *)a)->seq;
	const uint64_t y = ((const struct soak_record *)b)->seq;

	return x < y ? -1 : x > y;
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

/* Room for one more in both lists. */
static void
grow(struct check *k)
{
	if (k->n_open < k->room && k->n_failed < k->room)
		return;
	k->room = k->room * 2 + 1024;
	k->open = realloc(k->open, k->room * sizeof(*k->open));
	k->failed = realloc(k->failed, k->room * sizeof(*k->failed));
	if (k->open == NULL || k->failed == NULL)
		soak_fail("no memory");
}

static void
take_entry(struct check *k, uint64_t seq, const char *digest)
{
	const struct soak_record *r = &soak_shared->records[k->at];
	char hex[2 * SOAK_SHA256 + 1];

	k->n_entries++;
	if (k->at >= soak_options.n_signatures || r->seq != seq) {
		k->open[k->n_open++] = seq;
		return;
	}
	firma_hex(firma_bytes_of(r->digest, SOAK_SHA256), hex);
	if (strcmp(hex, digest) != 0)
		soak_fail("entry %llu has the digest %s, the signature %s",
		    (unsigned long long)seq, digest, hex);
	k->at++;
}

static enum firma_err
take_line(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_ledger_item *m = msg;
	struct check *k = arg;
	json_t *o;

	(void)fd;
	if (type != FIRMA_MSG_ledger_item)
		return FIRMA_OK;
	if (m->seq != k->next)
		soak_fail("entry %llu instead of %llu",
		    (unsigned long long)m->seq, (unsigned long long)k->next);
	k->next++;
	k->n_page++;
	o = json_loadb(m->line.at, m->line.len, 0, NULL);
	if (o == NULL)
		soak_fail("entry %llu is no JSON", (unsigned long long)m->seq);
	grow(k);
	if (strcmp(text(o, "action"), "sign") == 0 &&
	    strcmp(text(o, "name"), "soak") == 0)
		take_entry(k, m->seq, text(o, "digest"));
	else if (strcmp(text(o, "action"), "sign-failed") == 0)
		k->failed[k->n_failed++] =
		    (uint64_t)json_integer_value(json_object_get(o, "ref"));
	json_decref(o);
	return FIRMA_OK;
}

static void
read_all(struct check *k)
{
	struct firma_client *c = soak_open();

	do {
		const struct firma_msg_ledger_read ask = { .from = k->next,
			.max = PAGE };
		struct firma_cause cause = { 0 };
		enum firma_err r;

		k->n_page = 0;
		r = firma_client_call(c, FIRMA_MSG_ledger_read, &ask, -1,
		    firma_after(SOAK_WAIT), take_line, k, &cause);
		if (r != FIRMA_OK)
			soak_fail(
			    "ledger: %s (%s)", firma_err_name(r), cause.what);
	} while (k->n_page > 0);
	firma_client_free(c);
}

/* No two signatures have one entry, none has none. */
static void
check_records(void)
{
	const uint64_t n = soak_options.n_signatures;

	qsort(soak_shared->records, n, sizeof(soak_shared->records[0]), by_seq);
	for (uint64_t i = 0; i < n; i++)
		if (soak_shared->records[i].seq == 0 ||
		    (i > 0 &&
			soak_shared->records[i].seq ==
			    soak_shared->records[i - 1].seq))
			soak_fail("the entry %llu is named twice, or missing",
			    (unsigned long long)soak_shared->records[i].seq);
}

void
soak_check_ledger(void)
{
	struct check k = { .next = 1 };
	uint64_t n_lost = 0;

	check_records();
	read_all(&k);
	if (k.at != soak_options.n_signatures)
		soak_fail("%llu signatures of %llu have an entry",
		    (unsigned long long)k.at,
		    (unsigned long long)soak_options.n_signatures);
	qsort(k.failed, k.n_failed, sizeof(*k.failed), by_number);
	for (uint64_t i = 0; i < k.n_open; i++)
		if (bsearch(&k.open[i], k.failed, k.n_failed, sizeof(*k.failed),
			by_number) == NULL)
			n_lost++;
	for (uint64_t i = 0; i < soak_options.n_signatures; i++)
		if (bsearch(&soak_shared->records[i].seq, k.failed, k.n_failed,
			sizeof(*k.failed), by_number) != NULL)
			soak_fail("a signature that was given is said to have "
				  "failed");
	if (n_lost > 0)
		soak_fail("%llu entries have no signature and no failure",
		    (unsigned long long)n_lost);
	(void)printf(
	    "ledger: %llu entries, %llu of signatures that were given, "
	    "%llu of failures, none lost\n",
	    (unsigned long long)(k.next - 1), (unsigned long long)k.at,
	    (unsigned long long)k.n_open);
	free(k.open);
	free(k.failed);
}
