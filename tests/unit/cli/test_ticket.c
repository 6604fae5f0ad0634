/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "cli/template.h"
#include "cli/ticket.h"

static enum firma_err
word(void *arg, const char *name, struct firma_buf *ret)
{
	(void)arg;
	if (strcmp(name, "rfc") == 0)
		return firma_buf_put_str(ret, "L&O950913MSA");
	if (strcmp(name, "signature") == 0)
		return firma_buf_put(ret, firma_bytes_of("\x00\xff<", 3));
	if (strcmp(name, "arg:service") == 0)
		return firma_buf_put_str(ret, "a'\"b");
	if (strcmp(name, "big") == 0) {
		for (size_t i = 0; i <= TEMPLATE_MAX; i++)
			if (firma_buf_put_u8(ret, 'x') != FIRMA_OK)
				return FIRMA_ERR_NOMEM;
		return FIRMA_OK;
	}
	return strcmp(name, "curp") == 0 ? FIRMA_ERR_VALUE
					 : FIRMA_ERR_NOT_FOUND;
}

/* 2022-11-20 03:02:17 UTC */
static enum firma_err
when(void *arg, const char *name, int64_t *ret)
{
	(void)arg;
	*ret = INT64_C(1668913337);
	return strcmp(name, "now") == 0 || strcmp(name, "not-after") == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOT_FOUND;
}

static enum firma_err
fill(const char *text, struct firma_buf *ret, struct firma_cause *cause)
{
	const struct template_words words = { word, when, NULL };

	return template_fill(
	    firma_bytes_of(text, strlen(text)), &words, ret, cause);
}

static void
words_become_octets(void **state)
{
	static const char *const good[][2] = {
		{ "", "" },
		{ "a{{b}}c", "a{b}c" },
		{ "{rfc}|{rfc}", "L&O950913MSA|L&O950913MSA" },
		{ "{xml:{rfc}}", "L&amp;O950913MSA" },
		{ "{xml:<{arg:service}>}", "&lt;a&apos;&quot;b&gt;" },
		{ "{b64:abc}", "YWJj" },
		{ "{b64:{signature}}", "AP88" },
		{ "{b64:{b64:a}#{b64:{b64:b}}}", "WVE9PSNXV2M5UFE9PQ==" },
		{ "{now:%Y-%m-%dT%H:%M:%SZ}", "2022-11-20T03:02:17Z" },
		{ "{now+600:%H:%M}", "03:12" },
		{ "{now-137:%H:%M:%S}", "03:00:00" },
		{ "{not-after:%y%m%d%%}", "221120%" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
		struct firma_cause cause = { 0 };

		if (fill(good[i][0], &got, &cause) != FIRMA_OK)
			fail_msg("%s: %s", good[i][0], cause.what);
		assert_int_equal(firma_buf_put_u8(&got, 0), FIRMA_OK);
		assert_string_equal((const char *)got.at, good[i][1]);
	}
}

static void
what_is_no_template_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum firma_err r;
	} bad[] = {
		{ "{rfc", FIRMA_ERR_SHAPE },
		{ "rfc}", FIRMA_ERR_SHAPE },
		{ "{b64:{rfc}", FIRMA_ERR_SHAPE },
		{ "{}", FIRMA_ERR_LIMIT },
		{ "{b64:{{x}}}", FIRMA_ERR_NOT_FOUND },
		{ "{who}", FIRMA_ERR_NOT_FOUND },
		{ "{arg:other}", FIRMA_ERR_NOT_FOUND },
		{ "{curp}", FIRMA_ERR_VALUE },
		{ "{xml:{signature}}", FIRMA_ERR_VALUE },
		{ "{now:%c}", FIRMA_ERR_SHAPE },
		{ "{now:%n}", FIRMA_ERR_SHAPE },
		{ "{now:}", FIRMA_ERR_SHAPE },
		{ "{now+x:%Y}", FIRMA_ERR_SHAPE },
		{ "{now+99999999999999999999:%Y}", FIRMA_ERR_SHAPE },
		{ "{then:%Y}", FIRMA_ERR_NOT_FOUND },
		{ "{big}", FIRMA_ERR_LIMIT },
		{ "{b64:{b64:{b64:{b64:{b64:{b64:{b64:{b64:{b64:a}}}}}}}}}",
		    FIRMA_ERR_LIMIT },
		{ "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
		    FIRMA_ERR_LIMIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
		struct firma_cause cause = { 0 };
		const enum firma_err r = fill(bad[i].text, &got, &cause);

		if (r != bad[i].r)
			fail_msg("%s: %s", bad[i].text, firma_err_name(r));
		assert_int_equal(got.len, 0);
		assert_int_equal(cause.what[0], '{');
	}
	/* A percent sign at the very end stands for itself. */
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };

	assert_int_equal(fill("{now:%d%}", &got, NULL), FIRMA_OK);
	assert_memory_equal(got.at, "20%", 3);
}

static void
profiles_are_read(void **state)
{
	static const char text[] =
	    "[ticket]\nname = x\ntitle.en = a\ntitle.es = b\n"
	    "format = sha1-raw\ncontent = {guid}|{rfc}\n"
	    "[fields]\ntoken = {b64:{signature}}\nguid = {guid}\n";
	struct firma_problems problems = { 0 };
	struct ticket t;

	(void)state;
	assert_int_equal(
	    ticket_parse(firma_bytes_of(text, strlen(text)), &t, &problems),
	    FIRMA_OK);
	assert_string_equal(t.name, "x");
	assert_int_equal(t.format, FIRMA_SIGN_SHA1_RAW);
	assert_string_equal(t.content, "{guid}|{rfc}");
	assert_int_equal(t.n_fields, 2);
	assert_string_equal(t.fields[0].name, "token");
	assert_string_equal(t.fields[1].value, "{guid}");
}

static void
every_mistake_has_its_line(void **state)
{
	static const char text[] =
	    "[ticket]\nname = X Y\ntitle.en = a\nformat = pades\n"
	    "colour = red\n[other]\n[fields]\na =\n";
	static const unsigned int lines[] = { 2, 5, 6, 8 };
	struct firma_problems problems = { 0 };
	struct ticket t;

	(void)state;
	assert_int_equal(
	    ticket_parse(firma_bytes_of(text, strlen(text)), &t, &problems),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(t.n_fields, 0);
	for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
		int found = 0;

		for (size_t i = 0; i < problems.n; i++)
			found |= problems.items[i].line == lines[k];
		if (!found)
			fail_msg("line %u: no problem", lines[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_octets),
		cmocka_unit_test(what_is_no_template_is_refused),
		cmocka_unit_test(profiles_are_read),
		cmocka_unit_test(every_mistake_has_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
