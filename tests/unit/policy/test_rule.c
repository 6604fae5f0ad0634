/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"

#define OWN 990u

static struct firma_verdict
decide(const struct firma_config *c, uid_t uid, enum firma_ask_action action,
    const char *key)
{
	const struct firma_rule_facts facts = { OWN, c };
	const struct firma_peer peer = { uid, 100, 1 };
	const struct firma_ask ask = { action, key, "" };

	return firma_rule_decide(&facts, &peer, &ask);
}

static void
root_and_owner_may_everything_and_nobody_else_anything(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < FIRMA_ASK_N; a++) {
		const struct firma_verdict root = decide(NULL, 0, a, "k");
		const struct firma_verdict owner = decide(NULL, OWN, a, "k");
		const struct firma_verdict other = decide(NULL, 1000, a, "k");

		if (a == FIRMA_ASK_SIGN_SHA1)
			continue; /* a test of its own */
		assert_true(root.allowed);
		assert_string_equal(root.rule, "root");
		assert_true(owner.allowed);
		assert_string_equal(owner.rule, "owner");
		assert_false(other.allowed);
		assert_string_equal(other.rule, "nobody-else");
	}
}

/* The group counts for nothing: not even root's. */
static void
a_group_is_no_title(void **state)
{
	const struct firma_rule_facts facts = { OWN, NULL };
	const struct firma_peer peer = { 1000, 0, 1 };
	const struct firma_ask ask = { FIRMA_ASK_SIGN, "k", "" };

	(void)state;
	assert_false(firma_rule_decide(&facts, &peer, &ask).allowed);
}

static void
a_key_can_forbid_bare_digests(void **state)
{
	static const char text[] = "[key a]\ndigest-only = no\n[key b]\n";
	FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
	struct firma_problems problems = { 0 };
	struct firma_verdict v;

	(void)state;
	assert_int_equal(firma_config_parse(firma_bytes_of(text, strlen(text)),
			     "/etc", &c, &problems),
	    FIRMA_OK);
	v = decide(c, 0, FIRMA_ASK_SIGN_DIGEST, "a");
	assert_false(v.allowed);
	assert_string_equal(v.rule, "no-digest");
	assert_true(decide(c, 0, FIRMA_ASK_SIGN, "a").allowed);
	assert_true(decide(c, 0, FIRMA_ASK_SIGN_DIGEST, "b").allowed);
	assert_true(decide(c, OWN, FIRMA_ASK_SIGN_DIGEST, "c").allowed);
	v = decide(c, 1000, FIRMA_ASK_SIGN_DIGEST, "b");
	assert_string_equal(v.rule, "nobody-else");
}

static void
sha1_only_where_the_configuration_says_so(void **state)
{
	static const char text[] = "[key a]\nsha1 = yes\n[key b]\n";
	FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
	struct firma_problems problems = { 0 };
	struct firma_verdict v;

	(void)state;
	assert_int_equal(firma_config_parse(firma_bytes_of(text, strlen(text)),
			     "/etc", &c, &problems),
	    FIRMA_OK);
	assert_true(decide(c, 0, FIRMA_ASK_SIGN_SHA1, "a").allowed);
	assert_true(decide(c, OWN, FIRMA_ASK_SIGN_SHA1, "a").allowed);
	v = decide(c, 0, FIRMA_ASK_SIGN_SHA1, "b");
	assert_false(v.allowed);
	assert_string_equal(v.rule, "no-sha1");
	assert_false(decide(c, OWN, FIRMA_ASK_SIGN_SHA1, "c").allowed);
	assert_false(decide(NULL, 0, FIRMA_ASK_SIGN_SHA1, "a").allowed);
	v = decide(c, 1000, FIRMA_ASK_SIGN_SHA1, "a");
	assert_string_equal(v.rule, "nobody-else");
}

static void
an_unknown_action_is_refused_even_to_root(void **state)
{
	(void)state;
	assert_false(decide(NULL, 0, FIRMA_ASK_N, "k").allowed);
	assert_false(decide(NULL, 0, 4711, "k").allowed);
	assert_string_equal(firma_ask_name(4711), "?");
}

static void
names_are_distinct(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < FIRMA_ASK_N; a++)
		for (unsigned int b = 0; b < a; b++)
			assert_string_not_equal(
			    firma_ask_name(a), firma_ask_name(b));
	assert_string_equal(
	    firma_ask_name(FIRMA_ASK_SIGN_DIGEST), "sign-digest");
	assert_string_equal(firma_rule_name(0), "no-digest");
	assert_string_equal(firma_rule_name(4), "nobody-else");
	assert_null(firma_rule_name(5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    root_and_owner_may_everything_and_nobody_else_anything),
		cmocka_unit_test(a_group_is_no_title),
		cmocka_unit_test(a_key_can_forbid_bare_digests),
		cmocka_unit_test(sha1_only_where_the_configuration_says_so),
		cmocka_unit_test(an_unknown_action_is_refused_even_to_root),
		cmocka_unit_test(names_are_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
