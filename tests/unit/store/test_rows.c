/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "tests/unit/store/fixture.h"

static const uint8_t spki_a[32] = { 0xa }, spki_b[32] = { 0xb };

/* Fill a row with octets that differ from member to member. */
static struct firma_renewal_row
renewal_of(uint64_t id)
{
	struct firma_renewal_row row = { .id = id,
		.profile = "imss-idse",
		.status = 1,
		.step = "terms.sign.old",
		.step_state = 2,
		.algorithm = 3,
		.old_key = "imss",
		.new_key = "imss-2026",
		.token = "5e71a1",
		.portal = "http://127.0.0.1:8080/imss/",
		.email = "n\xc3\xb3mina@example.mx",
		.registro = "E5352621109",
		.session = "cookie",
		.fields = "{\"name\":\"X\"}",
		.why = "stalled",
		.key_id = { { 1, 2, 3 }, 3 },
		.signing_time = 11,
		.not_earlier = 12,
		.started = 13,
		.changed = UINT64_MAX,
		.has_old_spki = true,
		.old_serial = "00001000000500003416",
		.new_serial = "00001000000500003417",
		.new_not_after = 14 };

	memcpy(row.old_spki, spki_a, 32);
	memcpy(row.new_spki, spki_b, 32);
	return row;
}

static uint64_t
renewal_put(struct fixture *f, const struct firma_renewal_row *row)
{
	struct firma_txn *t = firma_txn_new(f->store);
	struct outcome o;

	assert_int_equal(firma_txn_renewal(t, row), FIRMA_OK);
	o = fixture_commit(f, t, FIRMA_DURABLE_DISK);
	assert_int_equal(o.r, FIRMA_OK);
	return o.seqs.renewal;
}

static void
a_renewal_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct firma_renewal_row row = renewal_of(0), got;
	struct firma_cause cause = { 0 };

	row.id = renewal_put(f, &row);
	assert_int_equal(row.id, 1);
	/* Across a restart too. */
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(
	    firma_store_renewal(f->store, 1, &got, &cause), FIRMA_OK);
	assert_memory_equal(&got, &row, sizeof(row));
	assert_int_equal(firma_store_renewal(f->store, 2, &got, &cause),
	    FIRMA_ERR_NOT_FOUND);
}

static bool
collect_id(void *arg, const struct firma_renewal_row *row)
{
	uint64_t *sum = arg;

	*sum = *sum * 10 + row->id;
	return row->id != 2;
}

static void
a_renewal_is_replaced_only_where_it_is(void **state)
{
	struct fixture *f = *state;
	struct firma_renewal_row row = renewal_of(0), got;
	struct firma_cause cause = { 0 };
	struct firma_txn *t;
	uint64_t seen = 0;

	for (int i = 0; i < 3; i++)
		(void)renewal_put(f, &row);
	row = renewal_of(2);
	(void)snprintf(row.step, sizeof(row.step), "issued");
	assert_int_equal(renewal_put(f, &row), 2);
	assert_int_equal(
	    firma_store_renewal(f->store, 2, &got, &cause), FIRMA_OK);
	assert_string_equal(got.step, "issued");
	assert_int_equal(
	    firma_store_renewal(f->store, 1, &got, &cause), FIRMA_OK);
	assert_string_equal(got.step, "terms.sign.old");
	/* The visitor stops the list at 2. */
	assert_int_equal(
	    firma_store_renewals(f->store, collect_id, &seen, &cause),
	    FIRMA_OK);
	assert_int_equal(seen, 12);

	row.id = 9;
	t = txn_with_entry(f, "of a renewal that is not there");
	assert_int_equal(firma_txn_renewal(t, &row), FIRMA_OK);
	assert_int_equal(
	    fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_ERR_NOT_FOUND);
	assert_int_equal(fixture_verify(f), 0); /* nothing of it is there */
}

static enum firma_err
document_put(struct fixture *f, uint64_t renewal, const char *name,
    const char *octets, bool replace)
{
	struct firma_txn *t = firma_txn_new(f->store);

	assert_int_equal(firma_txn_document(t, renewal, name,
			     firma_bytes_of(octets, strlen(octets)), replace),
	    FIRMA_OK);
	return fixture_commit(f, t, FIRMA_DURABLE_DISK).r;
}

static void
assert_document(struct fixture *f, const char *name, const char *octets)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };

	assert_int_equal(
	    firma_store_document(f->store, 1, name, &got, &cause), FIRMA_OK);
	assert_int_equal(got.len, strlen(octets));
	if (got.len != 0)
		assert_memory_equal(got.at, octets, got.len);
}

static bool
collect_names(void *arg, const struct firma_document_row *row)
{
	char *names = arg;

	(void)snprintf(names + strlen(names), 64, "%s:%u ", row->name,
	    (unsigned int)row->size);
	return true;
}

static void
a_document_is_final(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct fixture *f = *state;
	const struct firma_renewal_row row = renewal_of(0);
	struct firma_cause cause = { 0 };
	char names[256] = "";

	(void)renewal_put(f, &row);
	assert_int_equal(document_put(f, 1, "terms", "one", false), FIRMA_OK);
	assert_int_equal(document_put(f, 1, "empty", "", false), FIRMA_OK);
	assert_int_equal(document_put(f, 1, "terms", "one", false), FIRMA_OK);
	assert_int_equal(
	    document_put(f, 1, "terms", "two", false), FIRMA_ERR_EXISTS);
	assert_document(f, "terms", "one");
	assert_document(f, "empty", "");
	assert_int_equal(document_put(f, 1, "terms", "three", true), FIRMA_OK);
	assert_document(f, "terms", "three");
	assert_int_equal(
	    document_put(f, 2, "terms", "x", false), FIRMA_ERR_NOT_FOUND);
	assert_int_equal(
	    firma_store_documents(f->store, 1, collect_names, names, &cause),
	    FIRMA_OK);
	assert_string_equal(names, "terms:5 empty:0 ");
	assert_int_equal(
	    firma_store_document(f->store, 1, "request", &got, &cause),
	    FIRMA_ERR_NOT_FOUND);
}

static void
a_document_may_come_with_its_renewal(void **state)
{
	struct fixture *f = *state;
	const struct firma_renewal_row row = renewal_of(0);
	struct firma_txn *t = firma_txn_new(f->store);
	FIRMA_OWN(firma_buf_done) struct firma_buf big = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };

	assert_int_equal(
	    firma_buf_reserve(&big, FIRMA_STORE_DOCUMENT_MAX + 1), FIRMA_OK);
	memset(big.at, 'x', FIRMA_STORE_DOCUMENT_MAX + 1);
	big.len = FIRMA_STORE_DOCUMENT_MAX + 1;
	assert_int_equal(firma_txn_renewal(t, &row), FIRMA_OK);
	assert_int_equal(
	    firma_txn_document(t, 0, "old", firma_buf_view(&big), false),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(
	    firma_txn_document(t, 0, "a-name-of-more-than-32-characters",
		firma_bytes_of("x", 1), false),
	    FIRMA_ERR_LIMIT);
	big.len--;
	assert_int_equal(
	    firma_txn_document(t, 0, "old", firma_buf_view(&big), false),
	    FIRMA_OK);
	assert_int_equal(fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
	assert_int_equal(
	    firma_store_document(f->store, 1, "old", &got, &cause), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_buf_view(&got), firma_buf_view(&big)));
	/* Without a renewal before it there is nothing to belong to. */
	assert_int_equal(
	    document_put(f, 0, "old", "x", false), FIRMA_ERR_NOT_FOUND);
}

static void
the_pin_record_is_kept(void **state)
{
	struct fixture *f = *state;
	struct firma_pin_record row = { .token = "5e71a1",
		.salt = { 1 },
		.n_presented = 1,
		.presenting = true,
		.presenting_hash = { 2 },
		.updated = 5 },
				got;
	struct firma_cause cause = { 0 };

	assert_int_equal(firma_store_pin(f->store, "5e71a1", 0, &got, &cause),
	    FIRMA_ERR_NOT_FOUND);
	for (int i = 0; i < 2; i++) {
		struct firma_txn *t = firma_txn_new(f->store);

		assert_int_equal(firma_txn_pin(t, &row), FIRMA_OK);
		assert_int_equal(
		    fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
		fixture_close(f);
		fixture_open(f);
		assert_int_equal(
		    firma_store_pin(f->store, "5e71a1", 0, &got, &cause),
		    FIRMA_OK);
		assert_memory_equal(&got, &row, sizeof(row));
		/* The token refused it. */
		row.presenting = false;
		row.n_refused = row.n_burnt = 1;
		memcpy(row.refused, row.presenting_hash, 32);
		row.refused[sizeof(row.refused) - 1] = 9;
	}
	/* The SO-PIN has a record of its own. */
	assert_int_equal(firma_store_pin(f->store, "5e71a1", 1, &got, &cause),
	    FIRMA_ERR_NOT_FOUND);
}

static enum firma_err
key_put(struct fixture *f, const uint8_t spki[32], const char *alias)
{
	struct firma_txn *t = firma_txn_new(f->store);
	struct firma_key_row row = { .token = "5e71a1",
		.id = { { spki[0] }, 1 },
		.flags = 7,
		.algorithm = 2 };

	memcpy(row.spki, spki, 32);
	(void)snprintf(row.alias, sizeof(row.alias), "%s", alias);
	assert_int_equal(firma_txn_key(t, &row), FIRMA_OK);
	return fixture_commit(f, t, FIRMA_DURABLE_DISK).r;
}

/* All keys as "<first octet of spki>=alias[!] ", ! for retired. */
static bool
collect_key(void *arg, const struct firma_key_row *row)
{
	char *text = arg;

	(void)snprintf(text + strlen(text), 80, "%x=%s%s ", row->spki[0],
	    row->alias, row->retired ? "!" : "");
	return true;
}

static void
assert_keys(struct fixture *f, const char *want)
{
	struct firma_cause cause = { 0 };
	char text[512] = "";

	assert_int_equal(
	    firma_store_keys(f->store, collect_key, text, &cause), FIRMA_OK);
	assert_string_equal(text, want);
}

static void
an_alias_belongs_to_one_key_and_moves(void **state)
{
	struct fixture *f = *state;
	struct firma_txn *t;

	assert_int_equal(key_put(f, spki_a, "imss"), FIRMA_OK);
	assert_int_equal(key_put(f, spki_b, "imss"), FIRMA_ERR_EXISTS);
	assert_keys(f, "a=imss ");
	assert_int_equal(key_put(f, spki_b, "imss-new"), FIRMA_OK);
	assert_int_equal(key_put(f, spki_b, "imss-new"), FIRMA_OK);

	/* The old key gets another name and the new one its name, at once. */
	t = firma_txn_new(f->store);
	assert_int_equal(
	    firma_txn_alias(t, "imss-old", "5e71a1", spki_a), FIRMA_OK);
	assert_int_equal(
	    firma_txn_alias(t, "imss", "5e71a1", spki_b), FIRMA_OK);
	assert_int_equal(fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
	assert_keys(f, "a=imss-old b=imss ");

	/* Taken from whoever has it. */
	t = firma_txn_new(f->store);
	assert_int_equal(
	    firma_txn_alias(t, "imss", "5e71a1", spki_a), FIRMA_OK);
	assert_int_equal(fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
	assert_keys(f, "a=imss b= ");
}

static void
an_alias_does_not_move_to_nowhere(void **state)
{
	static const uint8_t spki_c[32] = { 0xc };
	struct fixture *f = *state;
	struct firma_txn *t;

	assert_int_equal(key_put(f, spki_a, "imss"), FIRMA_OK);
	t = firma_txn_new(f->store);
	assert_int_equal(
	    firma_txn_alias(t, "imss", "5e71a1", spki_c), FIRMA_OK);
	assert_int_equal(
	    fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_ERR_NOT_FOUND);
	assert_keys(f, "a=imss "); /* not lost on the way */
}

static void
a_retired_key_frees_its_alias(void **state)
{
	struct fixture *f = *state;
	struct firma_txn *t;

	assert_int_equal(key_put(f, spki_a, "imss"), FIRMA_OK);
	t = firma_txn_new(f->store);
	assert_int_equal(firma_txn_key_gone(t, "5e71a1", spki_a), FIRMA_OK);
	assert_int_equal(fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
	assert_int_equal(key_put(f, spki_b, "imss"), FIRMA_OK);
	assert_keys(f, "a=imss! b=imss ");
	t = firma_txn_new(f->store);
	assert_int_equal(firma_txn_alias(t, "x", "5e71a1", spki_a), FIRMA_OK);
	assert_int_equal(
	    fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_ERR_NOT_FOUND);
	t = firma_txn_new(f->store);
	assert_int_equal(firma_txn_key_gone(t, "other", spki_a), FIRMA_OK);
	assert_int_equal(
	    fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_ERR_NOT_FOUND);
}

static enum firma_err
serial_put(struct fixture *f, const char *serial, const uint8_t spki[32])
{
	struct firma_txn *t = firma_txn_new(f->store);
	struct firma_serial_row row = { .renewal = 1, .seen = 2 };

	(void)snprintf(row.serial, sizeof(row.serial), "%s", serial);
	memcpy(row.spki, spki, 32);
	assert_int_equal(firma_txn_serial(t, &row), FIRMA_OK);
	return fixture_commit(f, t, FIRMA_DURABLE_DISK).r;
}

static void
a_serial_belongs_to_one_key(void **state)
{
	struct fixture *f = *state;
	struct firma_serial_row got;
	struct firma_cause cause = { 0 };

	assert_int_equal(firma_store_serial(f->store, "1", &got, &cause),
	    FIRMA_ERR_NOT_FOUND);
	assert_int_equal(serial_put(f, "1", spki_a), FIRMA_OK);
	assert_int_equal(serial_put(f, "1", spki_a), FIRMA_OK);
	assert_int_equal(serial_put(f, "1", spki_b), FIRMA_ERR_EXISTS);
	assert_int_equal(
	    firma_store_serial(f->store, "1", &got, &cause), FIRMA_OK);
	assert_memory_equal(got.spki, spki_a, 32);
	assert_int_equal(got.renewal, 1);
}

static void
a_text_without_end_is_refused_at_once(void **state)
{
	struct fixture *f = *state;
	struct firma_renewal_row row = renewal_of(0);
	struct firma_key_row key = { .id = { { 0 }, FIRMA_STORE_KEY_ID + 1 } };
	struct firma_txn *t = firma_txn_new(f->store);

	memset(row.why, 'x', sizeof(row.why));
	assert_int_equal(firma_txn_renewal(t, &row), FIRMA_ERR_VALUE);
	assert_int_equal(firma_txn_key(t, &key), FIRMA_ERR_LIMIT);
	/* Nothing was added, so nothing happens. */
	assert_int_equal(fixture_commit(f, t, FIRMA_DURABLE_DISK).r, FIRMA_OK);
	assert_keys(f, "");
}

static void
the_file_is_private(void **state)
{
	static const char *const name[] = { "firmad.db", "firmad.db-wal",
		"firmad.db-shm" };
	struct fixture *f = *state;
	char path[128];
	struct stat st;

	(void)fixture_commit(f, txn_with_entry(f, "x"), FIRMA_DURABLE_DISK);
	for (size_t i = 0; i < 3; i++) {
		fixture_path(f, name[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	/* A mode that somebody widened is narrowed again. */
	fixture_close(f);
	fixture_path(f, name[0], path);
	assert_int_equal(chmod(path, 0664), 0);
	fixture_open(f);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_renewal_comes_back_as_it_was),
		TEST(a_renewal_is_replaced_only_where_it_is),
		TEST(a_document_is_final),
		TEST(a_document_may_come_with_its_renewal),
		TEST(the_pin_record_is_kept),
		TEST(an_alias_belongs_to_one_key_and_moves),
		TEST(an_alias_does_not_move_to_nowhere),
		TEST(a_retired_key_frees_its_alias),
		TEST(a_serial_belongs_to_one_key),
		TEST(a_text_without_end_is_refused_at_once),
		TEST(the_file_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
