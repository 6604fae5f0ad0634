/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program itself, as people and scripts run it, against an agent that is
 * made from the wire's tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "tests/unit/client/fake_agent.h"

#define DAY 86400

/* What one run printed. */
static char out[65536], err[65536];

/* What the fake agent has and was asked. */
static struct {
	int days_left;          /* of the one certificate */
	enum firma_err refusal; /* of everything, when set */
	unsigned int n_presented, n_started, n_results;
	int unlocked;
	uint32_t outcome; /* of the last renew_result */
	char fields[256];
	/* the renewal: which answer renew_next gives, counted up */
	const struct firma_msg_renew_todo *todos;
	size_t n_todos, at;
	uint32_t step_state;
} fake;

static void
answer_key(struct fake_request *q)
{
	const uint64_t now = (uint64_t)time(NULL);
	const uint8_t hash[32] = { 1, 2, 3 };
	const struct firma_msg_key_item k = { .alias = firma_str_of("acme"),
		.token = firma_str_of("main"),
		.id = firma_bytes_of("\x01\x02", 2),
		.spki_sha256 = firma_bytes_of(hash, 32),
		.algorithm = 1,
		.flags = FIRMA_KEYFLAG_PROOF | FIRMA_KEYFLAG_CERTIFICATE,
		.serial = firma_str_of("30001000000400002431"),
		.not_before = now - 100 * DAY,
		.not_after = (uint64_t)((int64_t)now +
		    (int64_t)fake.days_left * DAY + 60) };

	fake_answer(q, FIRMA_MSG_key_item, &k, -1);
}

static void
answer_token(struct fake_request *q)
{
	const struct firma_msg_token_item t = { .name = firma_str_of("main"),
		.state =
		    fake.unlocked ? FIRMA_TOKEN_UNLOCKED : FIRMA_TOKEN_LOCKED,
		.serial = firma_str_of("42") };

	fake_answer(q, FIRMA_MSG_token_item, &t, -1);
}

static void
answer_renewal(struct fake_request *q)
{
	const int complete = fake.at >= fake.n_todos;
	const struct firma_msg_renewal_item r = { .renewal = 3,
		.status =
		    complete ? FIRMA_RENEWAL_COMPLETE : FIRMA_RENEWAL_OPEN,
		.step = complete ? firma_str_of("login.enter")
				 : fake.todos[fake.at].step,
		.step_state = fake.step_state,
		.old_key = firma_str_of("acme"),
		.new_key = firma_str_of("acme-2"),
		.old_serial = firma_str_of("111"),
		.new_serial = firma_str_of("222"),
		.new_not_after = 1900000000,
		.email = firma_str_of("a@example.mx") };

	fake_answer(q, FIRMA_MSG_renewal_item, &r, -1);
}

/* One PIN packet by the one-shot channel; 1234 is right. */
static void
take_pin(struct fake_request *q)
{
	char pin[16] = "";
	int p[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p), 0);
	fake_answer(q, FIRMA_MSG_pin_channel,
	    &(struct firma_msg_pin_channel){ .max_pin = 8 }, p[1]);
	(void)close(p[1]);
	if (recv(p[0], pin, sizeof(pin) - 1, 0) > 0)
		fake.n_presented++;
	(void)close(p[0]);
	fake.unlocked = strcmp(pin, "1234") == 0;
	if (fake.unlocked)
		fake_done(q);
	else
		fake_error(q, FIRMA_ERR_PIN, "", "main");
}

static void
sign(struct fake_request *q)
{
	const uint8_t hash[32] = { 9 };

	if (!fake.unlocked)
		fake_error(q, FIRMA_ERR_PIN_NEEDED, "", "main");
	else
		fake_answer(q, FIRMA_MSG_signed,
		    &(struct firma_msg_signed){
			.signature = firma_bytes_of("SIGNATURE", 9),
			.ledger_seq = 5,
			.sha256 = firma_bytes_of(hash, 32) },
		    -1);
}

static void
next(struct fake_request *q)
{
	static const struct firma_msg_renew_todo end = { .n_user_steps = 15 };

	fake_answer(q, FIRMA_MSG_renew_todo,
	    fake.at < fake.n_todos ? &fake.todos[fake.at] : &end, -1);
	fake_done(q);
}

static void
act(struct fake_request *q)
{
	const uint32_t action = fake.todos[fake.at].action;

	fake.n_started++;
	fake.step_state =
	    action == FIRMA_ACTION_PORTAL ? FIRMA_STEP_INTENT : FIRMA_STEP_TODO;
	answer_renewal(q);
	if (action != FIRMA_ACTION_PORTAL)
		fake.at++;
	fake_done(q);
}

static void
result(struct fake_request *q)
{
	const struct firma_msg_renew_result *m = q->msg;

	fake.n_results++;
	fake.outcome = m->outcome;
	firma_str_copy(m->fields, fake.fields, sizeof(fake.fields));
	if (m->outcome == FIRMA_OUTCOME_OK)
		fake.at++;
	fake.step_state = FIRMA_STEP_TODO;
	answer_renewal(q);
	fake_done(q);
}

/* Between the agent's thread and the test's: `fake` changes hands. */
static pthread_mutex_t hands = PTHREAD_MUTEX_INITIALIZER;

static void
change_hands(void)
{
	assert_int_equal(pthread_mutex_lock(&hands), 0);
	assert_int_equal(pthread_mutex_unlock(&hands), 0);
}

static int
answer(struct fake_request *q)
{
	if (fake.refusal != FIRMA_OK) {
		fake_error(q, fake.refusal, "nobody-else", "what");
		return 1;
	}
	switch ((int)q->type) {
	case FIRMA_MSG_key_list:
		answer_key(q);
		fake_done(q);
		break;
	case FIRMA_MSG_token_list:
		answer_token(q);
		fake_done(q);
		break;
	case FIRMA_MSG_token_unlock:
		take_pin(q);
		break;
	case FIRMA_MSG_sign:
		sign(q);
		break;
	case FIRMA_MSG_renew_list:
		if (fake.todos != NULL)
			answer_renewal(q);
		fake_done(q);
		break;
	case FIRMA_MSG_renew_next:
		next(q);
		break;
	case FIRMA_MSG_renew_act:
		act(q);
		break;
	case FIRMA_MSG_renew_result:
		result(q);
		break;
	default:
		fake_done(q);
	}
	return 1;
}

static int
agent(void *arg, struct fake_request *q)
{
	int up;

	(void)arg;
	assert_int_equal(pthread_mutex_lock(&hands), 0);
	up = answer(q);
	assert_int_equal(pthread_mutex_unlock(&hands), 0);
	return up;
}

static void
slurp(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	ret[fread(ret, 1, size - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
}

/* Run a shell line in the agent's folder; $F is the program. */
static int
run(struct fake_agent *a, const char *line)
{
	char command[4096];
	int status;

	(void)snprintf(command, sizeof(command),
	    "cd %s && export F=%s FIRMA_SOCKET=%s FIRMA_LOCALEDIR=%s "
	    "LC_ALL=C.UTF-8 LANGUAGE=en XDG_STATE_HOME=%s/state "
	    "FIRMA_PORTAL_DIR=%s; unset XDG_RUNTIME_DIR; "
	    "exec setsid -w sh -c '%s' </dev/null >out 2>err",
	    a->dir, FIRMA_PROGRAM, a->path, FIRMA_LOCALE, a->dir, a->dir, line);
	change_hands();
	status = system(command);
	change_hands();
	(void)snprintf(command, sizeof(command), "%s/out", a->dir);
	slurp(command, out, sizeof(out));
	(void)snprintf(command, sizeof(command), "%s/err", a->dir);
	slurp(command, err, sizeof(err));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
start(void **state)
{
	static struct fake_agent a;

	memset(&fake, 0, sizeof(fake));
	fake.days_left = 100;
	fake_start(&a, agent, NULL);
	*state = &a;
	return 0;
}

static int
stop(void **state)
{
	struct fake_agent *a = *state;
	char command[256];
	int failed;

	(void)snprintf(command, sizeof(command),
	    "cd %s && rm -rf -- out err state doc* pin bad firma-portal-*",
	    a->dir);
	failed = system(command);
	fake_stop(a);
	return failed;
}

/* ---- tests ---- */

static void
status_for_monitors(void **state)
{
	static const struct {
		int days, exit;
		const char *says;
	} rows[] = { { 100, 0, "100 days left" }, { 31, 0, "31 days left" },
		{ 30, 20, "30 days left" }, { 8, 20, "8 days left" },
		{ 7, 21, "7 days left" }, { 1, 21, "1 day left" },
		{ 0, 21, "0 days left" }, { -3, 21, "expired" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.days_left = rows[i].days;
		assert_int_equal(run(*state, "$F status"), rows[i].exit);
		assert_non_null(strstr(out, rows[i].says));
		assert_string_equal(err, "");
	}
	fake.days_left = 40;
	assert_int_equal(run(*state, "$F status -w 50"), 20);
	assert_int_equal(run(*state, "$F status -w 50 -c 45"), 21);
}

static void
json_is_json(void **state)
{
	static const char *const lines[] = { "$F status --json",
		"$F key list --json", "$F key show acme --json",
		"$F token list --json", "$F renew status --json",
		"$F --json doctor" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *j;

		assert_int_equal(run(*state, lines[i]), 0);
		j = json_loads(out, 0, NULL);
		if (j == NULL)
			fail_msg("%s: %s", lines[i], out);
		json_decref(j);
		assert_null(strchr(out, '\033'));
	}
	assert_int_equal(run(*state, "$F status --json"), 0);
	json_t *j = json_loads(out, 0, NULL);
	const json_t *c = json_array_get(json_object_get(j, "certificates"), 0);

	assert_int_equal(
	    json_integer_value(json_object_get(c, "days_left")), 100);
	assert_string_equal(json_string_value(json_object_get(c, "serial")),
	    "30001000000400002431");
	json_decref(j);
}

static void
refusals_name_their_rule(void **state)
{
	fake.refusal = FIRMA_ERR_DENIED;
	assert_int_equal(run(*state, "$F key list"), FIRMA_EXIT_DENIED);
	assert_string_equal(out, "");
	assert_non_null(strstr(err, "firma: "));
	assert_non_null(strstr(err, "[rule: nobody-else]"));
	assert_non_null(strstr(err, "\n  -> "));
	assert_int_equal(run(*state, "$F key list --lang es"), 4);
	assert_non_null(strstr(err, "una regla lo proh"));
	assert_non_null(strstr(err, "[regla: nobody-else]"));
}

static void
spanish_without_its_locale(void **state)
{
	assert_int_equal(
	    run(*state, "env -u LANGUAGE LC_ALL=es_MX.UTF-8 $F status"), 0);
	assert_non_null(strstr(out, "quedan 100 días"));
	assert_int_equal(
	    run(*state, "env -u LANGUAGE LC_ALL=C $F --lang es status"), 0);
	assert_non_null(strstr(out, "quedan 100 días"));
	assert_int_equal(run(*state,
			     "env -u LANGUAGE LC_ALL=es_MX.UTF-8 $F "
			     "status --lang=en"),
	    0);
	assert_non_null(strstr(out, "100 days left"));
}

static void
usage_mistakes(void **state)
{
	static const char *const lines[] = { "$F", "$F nosuch", "$F key",
		"$F key nosuch", "$F status --nosuch", "$F sign",
		"$F renew start", "$F key generate", "$F key import",
		"$F sign acme --digest 00 doc", "$F renew evidence",
		"$F renew status x" };

	assert_int_equal(run(*state, lines[0]), 0); /* the list */
	for (size_t i = 1; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (run(*state, lines[i]) != FIRMA_EXIT_USAGE)
			fail_msg("%s", lines[i]);
		assert_non_null(strstr(err, "firma: "));
		assert_non_null(strstr(err, "  -> "));
	}
}

/* The PIN goes by the channel, once; a wrong one is not tried again. */
static void
one_presentation(void **state)
{
	assert_int_equal(run(*state,
			     "echo 1234 > pin; echo 9999 > bad; echo x > doc; "
			     "$F sign acme doc --pin-file bad"),
	    FIRMA_EXIT_PIN);
	assert_int_equal(fake.n_presented, 1);
	assert_int_equal(
	    run(*state, "$F sign acme doc --pin-file other=pin"), 5);
	assert_int_equal(fake.n_presented, 1); /* no source, no terminal */
	assert_int_equal(
	    run(*state, "$F sign acme doc --pin-file main=pin"), 0);
	assert_int_equal(fake.n_presented, 2);
	assert_int_equal(run(*state, "cat doc.p7s"), 0);
	assert_string_equal(out, "SIGNATURE");
	assert_int_equal(run(*state,
			     "$F sign acme doc --format raw -o - "
			     "--pin-file main=bad"),
	    0);
	assert_string_equal(out, "SIGNATURE");
	assert_int_equal(run(*state, "$F sign acme --format raw < doc"), 0);
	assert_string_equal(out, "SIGNATURE");
	assert_int_equal(fake.n_presented, 2);
}

static void
pin_from_stdin(void **state)
{
	assert_int_equal(
	    run(*state, "echo 1234 | $F token unlock main --pin-file -"), 0);
	assert_int_equal(fake.n_presented, 1);
	assert_true(fake.unlocked);
	/* The PIN is in no output. */
	assert_null(strstr(out, "1234"));
	assert_null(strstr(err, "1234"));
}

static struct firma_msg_renew_todo
todo(const char *step, unsigned int user_step, enum firma_action action,
    const char *op)
{
	return (struct firma_msg_renew_todo){ .renewal = 3,
		.step = firma_str_of(step),
		.user_step = user_step,
		.n_user_steps = 15,
		.action = (uint32_t)action,
		.title_en = firma_str_of("Doing it"),
		.title_es = firma_str_of("Haciéndolo"),
		.op = firma_str_of(op),
		.helper = firma_str_of("test"),
		.portal = firma_str_of("http://127.0.0.1/"),
		.endpoints = firma_str_of("{}"),
		.token = firma_str_of("main"),
		.why = firma_str_of("the portal refused (no)"),
		.fields = firma_str_of(
		    "{\"name\":\"EMPRESA\",\"email\":\"a@example.mx\"}") };
}

/* A portal helper that answers its second request with that outcome. */
static void
make_helper(const struct fake_agent *a, const char *outcome)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/firma-portal-test", a->dir);
	assert_non_null(f = fopen(path, "w"));
	(void)fprintf(f,
	    "#!/bin/sh\nread -r o\n"
	    "echo '{\"id\":1,\"outcome\":\"ok\"}'\nread -r a\n"
	    "echo '{\"id\":2,\"outcome\":\"%s\","
	    "\"fields\":{\"folio\":\"7\"}}'\n",
	    outcome);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static void
renewal_to_its_end(void **state)
{
	const struct firma_msg_renew_todo todos[] = {
		todo("data.confirm", 2, FIRMA_ACTION_CONFIRM, ""),
		todo("key.generate", 3, FIRMA_ACTION_UNLOCK, ""),
		todo("terms.fetch", 5, FIRMA_ACTION_PORTAL, "finish"),
		todo("done", 15, FIRMA_ACTION_ACT, ""),
	};

	fake.todos = todos;
	fake.n_todos = 4;
	assert_int_equal(run(*state,
			     "echo 9999 > bad; $F renew --yes "
			     "--pin-file bad"),
	    FIRMA_EXIT_PIN);
	assert_int_equal(fake.n_presented, 1);
	fake.at = 2;
	make_helper(*state, "ok");
	assert_int_equal(run(*state, "$F renew --lang es"), 0);
	assert_int_equal(fake.n_results, 1);
	assert_int_equal(fake.outcome, FIRMA_OUTCOME_OK);
	assert_string_equal(fake.fields, "{\"folio\":\"7\"}");
	assert_string_equal(out,
	    "[5-14/15] Haciéndolo ... listo\n[15/15] Haciéndolo ... listo\n"
	    "renewed: 111 -> 222, valid until 2030-03-17\n");
}

static void
nobody_to_ask(void **state)
{
	const struct firma_msg_renew_todo todos[] = {
		todo("data.confirm", 2, FIRMA_ACTION_CONFIRM, ""),
		todo("data.submit", 2, FIRMA_ACTION_PERSON, ""),
	};

	fake.todos = todos;
	fake.n_todos = 2;
	assert_int_equal(run(*state, "$F renew"), FIRMA_EXIT_PERSON);
	assert_int_equal(fake.n_started, 0);
	assert_non_null(strstr(out, "EMPRESA"));
	assert_non_null(strstr(err, "--yes"));
	assert_int_equal(run(*state, "$F renew --yes --email nonsense"), 10);
	assert_int_equal(fake.n_started, 0);
	assert_int_equal(run(*state, "$F renew --yes"), FIRMA_EXIT_PERSON);
	assert_int_equal(fake.n_started, 1);
	fake.step_state = FIRMA_STEP_REFUSED;
	assert_int_equal(
	    run(*state, "$F renew --lang es"), FIRMA_EXIT_REJECTED);
	assert_non_null(strstr(err, "el portal rechazó (no)"));
	assert_int_equal(run(*state, "$F renew resume"), 0);
	assert_int_equal(fake.n_started, 2);
}

static void
waits_only_so_long(void **state)
{
	struct firma_msg_renew_todo t =
	    todo("certificate.fetch", 8, FIRMA_ACTION_WAIT, "");

	t.not_earlier = (uint64_t)time(NULL) + 3600;
	fake.todos = &t;
	fake.n_todos = 1;
	assert_int_equal(run(*state, "$F renew --wait 1"), FIRMA_EXIT_WAIT);
	assert_non_null(strstr(err, "  -> "));
}

/* An answer without sense: the agent hears that nobody knows. */
static void
nonsense_from_the_portal(void **state)
{
	const struct firma_msg_renew_todo t =
	    todo("terms.fetch", 5, FIRMA_ACTION_PORTAL, "finish");

	fake.todos = &t;
	fake.n_todos = 1;
	make_helper(*state, "perfect");
	assert_int_equal(run(*state, "$F renew"), 1);
	assert_int_equal(fake.n_results, 1);
	assert_int_equal(fake.outcome, FIRMA_OUTCOME_UNREACHABLE);
	assert_non_null(strstr(err, "makes no sense"));
}

static void
nobody_listens(void **state)
{
	assert_int_equal(run(*state, "$F --socket /nonexistent key list"),
	    FIRMA_EXIT_NO_AGENT);
	assert_int_equal(run(*state, "FIRMA_SOCKET=/nonexistent $F doctor"),
	    FIRMA_EXIT_NO_AGENT);
	assert_non_null(strstr(out, "TROUBLE: the agent"));
}

static void
full_output(void **state)
{
	assert_int_equal(run(*state, "$F help | head -c 1 >/dev/null"), 0);
	fake.unlocked = 1;
	assert_int_equal(run(*state, "echo x | $F sign acme >/dev/full"), 1);
	assert_non_null(strstr(err, "firma: "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_for_monitors),
		TEST(json_is_json),
		TEST(refusals_name_their_rule),
		TEST(spanish_without_its_locale),
		TEST(usage_mistakes),
		TEST(one_presentation),
		TEST(pin_from_stdin),
		TEST(renewal_to_its_end),
		TEST(nobody_to_ask),
		TEST(waits_only_so_long),
		TEST(nonsense_from_the_portal),
		TEST(nobody_listens),
		TEST(full_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
