/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What doctor says of the clock, with an agent whose certificates and ledger
 * are dated as the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/doctor.h"
#include "tests/unit/client/fake_agent.h"

#define DAY 86400L /* s */

/* Seconds from now. */
struct dates {
	long certificate, ledger;
	int has_ledger;
};

static void
answer_key(struct fake_request *q, const struct dates *d)
{
	const uint8_t hash[32] = { 1 };

	fake_answer(q, FIRMA_MSG_key_item,
	    &(struct firma_msg_key_item){ .alias = firma_str_of("acme"),
		.spki_sha256 = firma_bytes_of(hash, 32),
		.flags = 0x80,
		.not_before = (uint64_t)(time(NULL) + d->certificate),
		.not_after = (uint64_t)(time(NULL) + d->certificate + DAY) },
	    -1);
}

static void
answer_entry(struct fake_request *q, const struct dates *d)
{
	const time_t at = time(NULL) + d->ledger;
	char line[64];
	struct tm tm;

	if (!d->has_ledger ||
	    ((const struct firma_msg_ledger_read *)q->msg)->from > 1)
		return;
	(void)gmtime_r(&at, &tm);
	(void)strftime(
	    line, sizeof(line), "{\"time\":\"%Y-%m-%dT%H:%M:%S.000Z\"}", &tm);
	fake_answer(q, FIRMA_MSG_ledger_item,
	    &(struct firma_msg_ledger_item){
		.seq = 1, .line = firma_str_of(line) },
	    -1);
}

static int
agent(void *arg, struct fake_request *q)
{
	const struct dates *d = arg;

	if (q->type == FIRMA_MSG_key_list)
		answer_key(q, d);
	else if (q->type == FIRMA_MSG_ledger_read)
		answer_entry(q, d);
	else if (q->type == FIRMA_MSG_ledger_head)
		fake_answer(q, FIRMA_MSG_ledger_headed,
		    &(struct firma_msg_ledger_headed){
			.seq = (uint64_t)d->has_ledger },
		    -1);
	fake_done(q);
	return 1;
}

static void
wrong_clocks(void **state)
{
	static const struct {
		struct dates dates;
		const char *id;
		int status;
	} rows[] = {
		{ { -DAY, 0, 0 }, "clock-fine", 0 },
		{ { -DAY, -3600, 1 }, "clock-fine", 0 },
		/* An entry of this very moment. */
		{ { -DAY, 30, 1 }, "clock-fine", 0 },
		{ { -DAY, 3600, 1 }, "clock-behind-ledger", FIRMA_EXIT_FAILED },
		{ { 3600, -3600, 1 }, "clock-behind-certificate",
		    FIRMA_EXIT_FAILED },
	};

	(void)state;
	out_init(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dates dates = rows[i].dates;
		static struct fake_agent a;
		struct app app = { .socket = a.path };
		struct visit v;

		fake_start(&a, agent, &dates);
		visit_init(&v);
		doctor_clock(&app, &v);
		assert_string_equal(json_string_value(json_object_get(
					json_array_get(v.list, 0), "id")),
		    rows[i].id);
		assert_int_equal(v.status, rows[i].status);
		json_decref(v.list);
		firma_client_free(app.client);
		fake_stop(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
