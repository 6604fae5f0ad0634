/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/vfs.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void
fixture_path(const struct fixture *f, const char *name, char ret[128])
{
	(void)snprintf(ret, 128, "%s/%s", f->dir, name);
}

void
fixture_open(struct fixture *f)
{
	struct firma_cause cause = { 0 };
	const enum firma_err r = firma_store_open(f->dir, &f->store, &cause);

	if (r != FIRMA_OK)
		fail_msg("open: %s: %s", firma_err_name(r), cause.what);
}

void
fixture_close(struct fixture *f)
{
	firma_store_close(f->store);
	f->store = NULL;
}

int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fault_disk_reset();
	if (f == NULL)
		return -1;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/firma-store-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	*state = f;
	fixture_open(f);
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	struct dirent *e;
	char path[128];
	DIR *d;

	fault_disk_reset();
	fixture_close(f);
	if ((d = opendir(f->dir)) != NULL) {
		while ((e = readdir(d)) != NULL) {
			(void)snprintf(
			    path, sizeof(path), "%s/%.60s", f->dir, e->d_name);
			(void)unlink(path);
		}
		(void)closedir(d);
	}
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

void
outcome_set(void *arg, enum firma_err r, const struct firma_cause *cause,
    const struct firma_store_seqs *seqs)
{
	struct outcome *o = arg;

	assert_false(o->done);
	*o = (struct outcome){ true, r, *cause, *seqs };
}

struct outcome
fixture_commit(struct fixture *f, struct firma_txn *t, enum firma_durability d)
{
	struct outcome o = { 0 };

	firma_store_wait(
	    f->store, firma_store_submit(f->store, t, d, outcome_set, &o));
	assert_true(o.done);
	return o;
}

struct firma_ledger_entry
entry_named(const char *name)
{
	struct firma_ledger_entry e = { .uid = 1000,
		.pid = 7,
		.request = 255,
		.has_digest = true,
		.user = "ana",
		.program = "firma",
		.action = "sign",
		.key = "imss",
		.token = "0123abcd",
		.purpose = "renewal 1 terms old",
		.format = "detached",
		.rule = "owner",
		.result = "begun" };

	(void)snprintf(e.name, sizeof(e.name), "%s", name);
	return e;
}

struct firma_txn *
txn_with_entry(struct fixture *f, const char *name)
{
	const struct firma_ledger_entry e = entry_named(name);
	struct firma_txn *t = firma_txn_new(f->store);

	assert_non_null(t);
	assert_int_equal(firma_txn_ledger(t, &e), FIRMA_OK);
	return t;
}

uint64_t
fixture_verify(struct fixture *f)
{
	struct firma_ledger_head head;
	struct firma_cause cause = { 0 };
	enum firma_err r = firma_store_integrity(f->store, &cause);

	if (r != FIRMA_OK)
		fail_msg("integrity: %s: %s", firma_err_name(r), cause.what);
	assert_int_equal(
	    firma_store_ledger_head(f->store, &head, &cause), FIRMA_OK);
	return head.seq;
}
