/* SPDX-License-Identifier: Apache-2.0 */
/* Portal helpers, honest and hostile, made of shell. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "cli/renew_portal.h"

static char dir[] = "/tmp/firma-portal.XXXXXX";
static char program[64];

static enum firma_err
parse(const char *line, struct portal_reply *ret, char name[65])
{
	struct firma_cause why;

	return portal_parse(
	    firma_bytes_of(line, strlen(line)), 7, ret, name, &why);
}

static void
good_answers(void **state)
{
	struct portal_reply r = { 0 };
	char name[65];

	(void)state;
	assert_int_equal(
	    parse("{\"id\":7,\"outcome\":\"wait\",\"text\":\"a\\u001bb\","
		  "\"session\":\"s\",\"fields\":{\"b\":\"2\",\"a\":\"1\"},"
		  "\"file\":\"terms.pdf\",\"retry_after\":9,\"more\":1}",
		&r, name),
	    FIRMA_OK);
	assert_int_equal(r.outcome, FIRMA_OUTCOME_WAIT);
	assert_string_equal(r.text, "a?b"); /* it goes to a terminal */
	assert_string_equal(r.session, "s");
	assert_string_equal(r.fields, "{\"a\":\"1\",\"b\":\"2\"}");
	assert_string_equal(name, "terms.pdf");
	assert_int_equal(r.retry_after, 9);
	assert_int_equal(
	    parse("{\"id\":7,\"outcome\":\"ok\"}", &r, name), FIRMA_OK);
	assert_string_equal(r.fields, "");
	assert_string_equal(name, "");
}

static void
hostile_answers(void **state)
{
	static const char *const bad[] = { "", "x", "[]", "{}", "null",
		"{\"id\":8,\"outcome\":\"ok\"}", "{\"outcome\":\"ok\"}",
		"{\"id\":\"7\",\"outcome\":\"ok\"}",
		"{\"id\":7,\"outcome\":\"fine\"}", "{\"id\":7,\"outcome\":1}",
		"{\"id\":7,\"outcome\":\"ok\",\"text\":1}",
		"{\"id\":7,\"outcome\":\"ok\",\"file\":\"../x\"}",
		"{\"id\":7,\"outcome\":\"ok\",\"file\":\"/etc/passwd\"}",
		"{\"id\":7,\"outcome\":\"ok\",\"file\":\".x\"}",
		"{\"id\":7,\"outcome\":\"ok\",\"file\":\"a\\u0000b\"}",
		"{\"id\":7,\"outcome\":\"ok\",\"retry_after\":-1}",
		"{\"id\":7,\"outcome\":\"ok\",\"retry_after\":1.5}",
		"{\"id\":7,\"outcome\":\"ok\",\"fields\":[]}",
		"{\"id\":7,\"outcome\":\"ok\",\"fields\":{\"a\":1}}",
		"{\"id\":7,\"id\":7,\"outcome\":\"ok\"}",
		"{\"id\":7,\"outcome\":\"ok\"} x",
		"{\"id\":7,\"outcome\":\"ok\",\"text\":\"\xff\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct portal_reply r = { 0 };
		char name[65];

		if (parse(bad[i], &r, name) != FIRMA_ERR_PORTAL_ANSWER)
			fail_msg("%s", bad[i]);
	}
}

static void
too_long_texts(void **state)
{
	char line[20000], long_text[9000];
	struct portal_reply r = { 0 };
	char name[65];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	(void)snprintf(line, sizeof(line),
	    "{\"id\":7,\"outcome\":\"ok\",\"session\":\"%s\"}", long_text);
	assert_int_equal(parse(line, &r, name), FIRMA_ERR_PORTAL_ANSWER);
	(void)snprintf(line, sizeof(line),
	    "{\"id\":7,\"outcome\":\"ok\",\"fields\":{\"a\":\"%s\"}}",
	    long_text);
	assert_int_equal(parse(line, &r, name), FIRMA_ERR_PORTAL_ANSWER);
}

/* A helper whose answer to the second request is body (a shell command). */
static void
make_helper(const char *body)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	(void)fprintf(f,
	    "#!/bin/sh\n[ -z \"$FIRMA_SOCKET\" ] || exit 3\n"
	    "dir=$2\nread -r open\n"
	    "echo '{\"id\":1,\"outcome\":\"ok\"}'\n"
	    "read -r ask\n%s\n",
	    body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(program, 0700), 0);
}

static enum firma_err
ask(const char *body, struct portal_helper *h, struct portal_reply *ret)
{
	const struct portal_open o = { "test", "http://127.0.0.1/",
		"{\"a\":\"b\"}", "", "es", NULL };
	struct firma_cause why = { 0 };
	enum firma_err r;

	make_helper(body);
	if ((r = portal_start(h, &o, &why)) != FIRMA_OK)
		return r;
	return portal_ask(h, json_pack("{ss}", "op", "data"), ret, &why);
}

static void
honest_helper(void **state)
{
	FIRMA_OWN(portal_helper_done) struct portal_helper h = PORTAL_HELPER;
	FIRMA_OWN(portal_reply_done) struct portal_reply r = { 0 };
	struct stat st;
	char folder[FILE_PATH_MAX];

	(void)state;
	assert_int_equal(ask("echo hello > $dir/doc.txt\n"
			     "echo '{\"id\":2,\"outcome\":\"ok\","
			     "\"file\":\"doc.txt\"}'\nread -r x",
			     &h, &r),
	    FIRMA_OK);
	assert_true(r.has_file);
	assert_int_equal(r.file.len, 6);
	assert_int_equal(stat(h.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	memcpy(folder, h.dir, sizeof(folder));
	portal_helper_done(&h);
	assert_int_not_equal(stat(folder, &st), 0);
}

static void
dying_helpers(void **state)
{
	static const char *const bodies[] = { "exit 0", "kill -9 $$",
		"printf '{\"id\":2,'", "exec 1>&-" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		FIRMA_OWN(portal_helper_done)
		struct portal_helper h = PORTAL_HELPER;
		FIRMA_OWN(portal_reply_done) struct portal_reply r = { 0 };

		assert_int_equal(ask(bodies[i], &h, &r), FIRMA_OK);
		assert_int_equal(r.outcome, FIRMA_OUTCOME_UNREACHABLE);
		assert_true(r.text[0] != '\0');
		assert_int_equal(h.pid, 0);
	}
}

static void
hostile_helpers(void **state)
{
	static const char *const bodies[] = { "echo nonsense",
		"echo '{\"id\":1,\"outcome\":\"ok\"}'",
		"head -c 70000 /dev/zero | tr '\\0' x; read -r x",
		/* files that are none, or lie elsewhere */
		"echo '{\"id\":2,\"outcome\":\"ok\",\"file\":\"no\"}'",
		"ln -s /etc/passwd $dir/a\n"
		"echo '{\"id\":2,\"outcome\":\"ok\",\"file\":\"a\"}'",
		"mkfifo $dir/a\n"
		"echo '{\"id\":2,\"outcome\":\"ok\",\"file\":\"a\"}'",
		"truncate -s 17M $dir/a\n"
		"echo '{\"id\":2,\"outcome\":\"ok\",\"file\":\"a\"}'" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		FIRMA_OWN(portal_helper_done)
		struct portal_helper h = PORTAL_HELPER;
		FIRMA_OWN(portal_reply_done) struct portal_reply r = { 0 };

		if (ask(bodies[i], &h, &r) != FIRMA_ERR_PORTAL_ANSWER)
			fail_msg("%s", bodies[i]);
		assert_int_equal(h.pid, 0);
	}
}

static void
no_such_helper(void **state)
{
	FIRMA_OWN(portal_helper_done) struct portal_helper h = PORTAL_HELPER;
	struct portal_open o = { "nosuch", "", "{}", "", "en", NULL };
	struct firma_cause why = { 0 };

	(void)state;
	assert_int_equal(portal_start(&h, &o, &why), FIRMA_ERR_NOT_FOUND);
	o.helper = "../../bin/sh";
	assert_int_equal(portal_start(&h, &o, &why), FIRMA_ERR_CONFIG);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(program, sizeof(program), "%s/firma-portal-test", dir);
	return setenv("FIRMA_PORTAL_DIR", dir, 1) != 0 ||
	    setenv("FIRMA_SOCKET", "/nobody/tells/a/helper", 1) != 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(program);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_answers),
		cmocka_unit_test(hostile_answers),
		cmocka_unit_test(too_long_texts),
		cmocka_unit_test(honest_helper),
		cmocka_unit_test(dying_helpers),
		cmocka_unit_test(hostile_helpers),
		cmocka_unit_test(no_such_helper),
	};

	/* A helper that died is written to: that is an error, not the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
