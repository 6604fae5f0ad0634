/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill STATE N - a year of an agent's work: N entries of another key's signatures at
 * the end of the ledger in this state folder, whose agent does not run.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/store/store.h"

#define AT_ONCE 500 /* entries in a transaction */

static void
failed(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	(void)arg;
	(void)seqs;
	if (r != FIRMA_OK)
		errx(1, "%s (%s)", firma_err_text(r), cause->what);
}

static void
add(struct firma_txn *t, unsigned long i)
{
	struct firma_ledger_entry e = {
		.uid = 1000, .pid = 4711, .request = i
	};

	(void)snprintf(e.user, sizeof(e.user), "nominas");
	(void)snprintf(e.program, sizeof(e.program), "firma");
	(void)snprintf(e.action, sizeof(e.action), "sign");
	(void)snprintf(e.key, sizeof(e.key), "otra");
	(void)snprintf(e.name, sizeof(e.name), "movimientos-%07lu.txt", i);
	(void)snprintf(e.format, sizeof(e.format), "detached");
	(void)snprintf(e.result, sizeof(e.result), "ok");
	e.has_spki = e.has_digest = true;
	memset(e.spki, 7, sizeof(e.spki));
	memcpy(e.digest, &i, sizeof(i));
	if (firma_txn_ledger(t, &e) != FIRMA_OK)
		errx(1, "entry %lu", i);
}

int
main(int argc, char **argv)
{
	struct firma_store *s = NULL;
	struct firma_cause cause = { 0 };
	unsigned long n;
	uint64_t ticket = 0;

	if (argc != 3)
		errx(2, "usage: fill STATE N");
	n = strtoul(argv[2], NULL, 10);
	if (firma_store_open(argv[1], &s, &cause) != FIRMA_OK)
		errx(1, "%s: %s", argv[1], cause.what);
	for (unsigned long i = 0; i < n;) {
		struct firma_txn *t = firma_txn_new(s);

		if (t == NULL)
			errx(1, "no memory");
		for (unsigned int k = 0; k < AT_ONCE && i < n; k++)
			add(t, i++);
		ticket = firma_store_submit(
		    s, t, FIRMA_DURABLE_PROCESS, failed, NULL);
		if (i / AT_ONCE % 64 == 0)
			firma_store_wait(s, ticket);
	}
	if (ticket != 0)
		firma_store_wait(s, ticket);
	firma_store_close(s);
	return 0;
}
