/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/profile.h"

#include <stdio.h>

#include <jansson.h>

#include "agent/renewal/machine.h"
#include "tests/unit/renewal/support.h"

/* Replace the first from in the IMSS profile; "" appends. */
static void
edit(const char *from, const char *to, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const char *all, *at;

	read_source("cli/profiles/imss-idse.ini", &text);
	assert_int_equal(firma_buf_put_u8(&text, 0), FIRMA_OK);
	all = (const char *)text.at;
	at = *from == '\0' ? all + strlen(all) : strstr(all, from);
	if (at == NULL)
		fail_msg("the profile has no \"%s\"", from);
	assert_int_equal(
	    firma_buf_put(ret, firma_bytes_of(all, (size_t)(at - all))),
	    FIRMA_OK);
	assert_int_equal(firma_buf_put_str(ret, to), FIRMA_OK);
	assert_int_equal(firma_buf_put_str(ret, at + strlen(from)), FIRMA_OK);
}

static unsigned int
line_of(const struct firma_buf *text, const char *what)
{
	const char *at = memmem(text->at, text->len, what, strlen(what));
	unsigned int line = 1;

	assert_non_null(at);
	for (const char *c = (const char *)text->at; c < at; c++)
		line += *c == '\n';
	return line;
}

/* With this change there is a problem with that text, at the line of near. */
static void
mistake(const char *from, const char *to, const char *text, const char *near)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf ini = { 0 };
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = NULL;
	struct firma_problems problems = { 0 };
	bool found = false;

	edit(from, to, &ini);
	assert_int_equal(
	    firma_profile_parse(firma_buf_view(&ini), &p, &problems),
	    FIRMA_ERR_CONFIG);
	assert_null(p);
	for (size_t i = 0; i < problems.n; i++)
		found = found ||
		    (strstr(problems.items[i].text, text) != NULL &&
			(near == NULL ||
			    problems.items[i].line == line_of(&ini, near)));
	if (!found)
		fail_msg("\"%s\" -> \"%s\": no \"%s\"; the first is %u: %s",
		    from, to, text, problems.items[0].line,
		    problems.items[0].text);
}

static void
imss_is_whole(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	bool met[FIRMA_PROFILE_USER_STEPS + 1] = { false };
	json_t *endpoints;

	(void)state;
	assert_string_equal(p->name, "imss-idse");
	assert_int_equal(p->old_certificate, FIRMA_OLD_MAY_BE_EXPIRED);
	assert_int_equal(p->n_steps, 28);
	assert_int_equal(p->n_letters, 2);
	for (size_t i = 0; i < p->n_steps; i++)
		for (unsigned int u = p->steps[i].user_step;
		     u <= p->steps[i].user_step_last; u++)
			met[u] = true;
	for (unsigned int u = 1; u <= FIRMA_PROFILE_USER_STEPS; u++)
		assert_true(met[u]);
	endpoints = json_loads(p->endpoints, 0, NULL);
	assert_true(json_is_object(endpoints));
	json_decref(endpoints);
}

static struct firma_profile *
read_efirma(const char *from, const char *to, struct firma_problems *problems)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf changed = { 0 };
	struct firma_profile *p = NULL;
	const char *at;

	read_source("cli/profiles/sat-efirma.ini", &text);
	assert_int_equal(firma_buf_put_u8(&text, 0), FIRMA_OK);
	at = strstr((const char *)text.at, from);
	assert_non_null(at);
	assert_int_equal(
	    firma_buf_put(&changed,
		firma_bytes_of(text.at, (size_t)(at - (const char *)text.at))),
	    FIRMA_OK);
	assert_int_equal(firma_buf_put_str(&changed, to), FIRMA_OK);
	assert_int_equal(
	    firma_buf_put_str(&changed, at + strlen(from)), FIRMA_OK);
	memset(problems, 0, sizeof(*problems));
	if (firma_profile_parse(firma_buf_view(&changed), &p, problems) !=
	    FIRMA_OK)
		assert_null(p);
	return p;
}

static void
efirma_is_whole(void **state)
{
	struct firma_problems problems = { 0 };
	FIRMA_OWN(firma_profile_done)
	struct firma_profile *p = read_efirma("", "", &problems);
	const struct firma_profile_step *s;

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->old_certificate, FIRMA_OLD_MUST_BE_VALID);
	assert_int_equal(p->signer, FIRMA_SIGNER_REPRESENTATIVE);
	assert_int_equal(p->digest, 1);
	assert_int_equal(p->subject, FIRMA_SUBJECT_IDENTIFIERS);
	assert_int_equal(p->strings, 1);
	assert_int_equal(p->challenge, FIRMA_CHALLENGE_RANDOM);
	assert_int_equal(firma_profile_user_steps(p), 5);
	s = &p->steps[firma_profile_saver(p, "renewal")];
	assert_int_equal(s->key, FIRMA_KEY_SIGNER);
	assert_int_equal(s->format, FIRMA_SIGN_SHA1_ATTACHED);
	assert_string_equal(s->signs, "request");
	assert_string_equal(s->file, "Renovacion_FIEL_{rfc}_{date}_{time}.ren");
}

static void
what_efirma_may_not_say(void **state)
{
	static const char *const bad[][3] = {
		{ "subject = identifiers", "subject = copy",
		    "strings = latin1 goes with" },
		{ "format = cms-sha1-attached", "format = raw-sha1",
		    "a renewal signs CMS" },
		{ "format = cms-sha1-attached", "format = pades",
		    "a renewal signs CMS" },
		{ "format = cms-sha1-attached", "format = cms-bare-detached",
		    "neither the request nor an attached signature" },
		{ "{rfc}_{date}_{time}.ren", "{who}.ren", "file is at most" },
		{ "key = new\nsaves = request", "key = signer\nsaves = request",
		    "only a sign step uses" },
		{ "signer = representative", "signer = anybody", "signer" },
		{ "signer = representative", "signer = old",
		    "goes with signer = representative" },
		{ "challenge = random", "challenge = secret", "challenge" },
		{ "do = confirm\n", "do = confirm\nfile = a\n",
		    "\"file\" means nothing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct firma_problems problems = { 0 };
		struct firma_profile *p =
		    read_efirma(bad[i][0], bad[i][1], &problems);
		bool found = false;

		for (size_t k = 0; k < problems.n; k++)
			found = found ||
			    strstr(problems.items[k].text, bad[i][2]) != NULL;
		if (p != NULL || !found)
			fail_msg("\"%s\": no \"%s\"", bad[i][1], bad[i][2]);
	}
}

/* Every document of the contract, and the key that makes it. */
static void
imss_signs_with_the_right_keys(void **state)
{
	static const struct {
		const char *document, *letter;
		enum firma_step_key key;
		enum firma_sign_format format;
	} want[] = {
		{ "notice.login", "", FIRMA_KEY_OLD, FIRMA_SIGN_CMS_ATTACHED },
		{ "terms.old", "terms", FIRMA_KEY_OLD,
		    FIRMA_SIGN_CMS_DETACHED },
		{ "terms.new", "terms", FIRMA_KEY_NEW,
		    FIRMA_SIGN_CMS_DETACHED },
		{ "conditions.login", "", FIRMA_KEY_NEW,
		    FIRMA_SIGN_CMS_ATTACHED },
		{ "conditions.new", "conditions", FIRMA_KEY_NEW,
		    FIRMA_SIGN_CMS_DETACHED },
		{ "login", "", FIRMA_KEY_NEW, FIRMA_SIGN_CMS_ATTACHED },
	};
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	size_t n_signs = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const size_t at = firma_profile_saver(p, want[i].document);

		assert_true(at < p->n_steps);
		assert_int_equal(p->steps[at].what, FIRMA_DO_SIGN);
		assert_int_equal(p->steps[at].key, want[i].key);
		assert_int_equal(p->steps[at].format, want[i].format);
		assert_string_equal(p->steps[at].letter, want[i].letter);
	}
	for (size_t i = 0; i < p->n_steps; i++)
		n_signs += p->steps[i].what == FIRMA_DO_SIGN;
	assert_int_equal(n_signs, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < p->n_steps; i++)
		if (firma_step_class(&p->steps[i]) == FIRMA_CLASS_ONCE)
			assert_true(p->steps[i].again < i);
}

static void
wrong_values_are_named_with_their_line(void **state)
{
	(void)state;
	mistake("helper = idse\n", "", "\"helper\" is missing", "[profile]");
	mistake("old-certificate = may-be-expired", "old-certificate = perhaps",
	    "may-be-expired, must-be-valid", "old-certificate = perhaps");
	mistake("shape = pkcs10", "shape = ren", "pkcs10", "shape = ren");
	mistake("identity = CN", "identity = CM", "\"CM\" is none of",
	    "identity = CM");
	mistake("identity = CN 2.5.4.41 O OU 2.5.4.45 serialNumber",
	    "identity =", "names no attribute", "identity =");
	mistake("min-days = 150", "min-days = 900", "more than max-days", NULL);
	mistake("skew = 600", "skew = -1", "0 to 86400", "skew = -1");
	mistake(
	    "op = challenge", "op = chalenge", "op is one of", "op = chalenge");
	mistake("op = mail", "op = find-letter", "not find-", "[step mail]");
	mistake("user-step = 3-4", "user-step = 4-3", "user-step is",
	    "user-step = 4-3");
	mistake("user-step = 15", "user-step = 16", "user-step is",
	    "user-step = 16");
	mistake("user-step = 8-9", "user-step = 8-", "user-step is",
	    "user-step = 8-\n");
	mistake("user-step = 12", "user-step = 2", "goes back from 11 to 2",
	    "[step issued]");
	mistake("expects = page=expired", "expects = page", "field=value",
	    "expects = page\n");
	mistake("poll = 60", "poll = 0", "1 to 3600", "poll = 0");
	mistake("[step mail]", "[step Mail]", "of a-z", "[step Mail]");
	mistake("[step mail]", "[stop mail]", "no section [stop mail]",
	    "[stop mail]");
	mistake("[step mail]", "[step data.fetch]", "second time", NULL);
	mistake("op = mail\n", "op = mail\nopp = x\n", "no option \"opp\"",
	    "opp = x");
	mistake("op = mail\n", "op = mail\nop = mail\n", "a second time", NULL);
	mistake("op = mail\n", "op = mail\nsends = terms\n", "means nothing",
	    "[step mail]");
	mistake("op = mail\n", "", "needs an op", "[step mail]");
	mistake("[request]\n", "", "are needed", NULL);
}

static void
wrong_references_are_named(void **state)
{
	(void)state;
	mistake("signs = terms\n", "signs = term\n", "no step before",
	    "[step terms.sign.old]");
	mistake("sends = terms.old", "sends = terms.new", "no step before",
	    "[step terms.submit.old]");
	mistake("same = terms", "same = conditions", "no step before",
	    "[step terms.again]");
	mistake("same = terms", "same = request", "another letter",
	    "[step terms.again]");
	mistake("saves = conditions\n", "saves = terms\n",
	    "saves terms already", "[step conditions.fetch]");
	mistake("[letter conditions]", "[letter conditionz]",
	    "no [letter conditions]", "[step conditions.fetch]");
	mistake("again = notice.challenge", "again = login.challenge",
	    "no step before this one", "[step notice.enter]");
	mistake("again = notice.challenge", "again = notice.enter",
	    "no step before this one", "[step notice.enter]");
	mistake("role = old", "role = new", "signed with the other key",
	    "[step terms.submit.old]");
	mistake("role = old", "role = both", "one of: old, new",
	    "[step terms.submit.old]");
	mistake("sends = request", "sends = terms", "neither the request nor",
	    "[step request.submit]");
	mistake("sends = notice.login", "sends = notice.challenge",
	    "not an attached signature", "[step notice.enter]");
	mistake("sends = terms.new", "sends = terms",
	    "not a detached signature", "[step terms.submit.new]");
}

/* What would make a renewal do something twice, or with the wrong key. */
static void
dangerous_profiles_are_refused(void **state)
{
	(void)state;
	mistake("reconcile = find-request\n", "", "\"reconcile\" is missing",
	    "[step request.submit]");
	mistake("reconcile = find-request", "reconcile = find-letter",
	    "is find-request", "[step request.submit]");
	mistake("reconcile = find-letter", "reconcile = submit-letter",
	    "is find-letter", "[step terms.submit.old]");
	mistake("again = notice.challenge\n", "", "\"again\" is missing",
	    "[step notice.enter]");
	mistake("again = login.challenge", "again = issued",
	    "must not be done twice", "[step login.enter]");
	mistake("again = request.submit", "again = request.make",
	    "must not be done twice", "[step certificate.fetch]");
	mistake("[step mail]",
	    "[step second]\ndo = generate\nkey = new\nuser-step = 6\n"
	    "title.en = a\ntitle.es = b\n[step mail]",
	    "second step that generates", "[step second]");
	mistake("key = old", "key = new", "before it is generated",
	    "[step notice.sign]");
	mistake("do = accept\nuser-step = 9", "do = confirm\nuser-step = 9",
	    "before its certificate is accepted", "[step terms.sign.new]");
	mistake("do = generate", "do = confirm", "before it is generated",
	    "[step request.make]");
	mistake("op = certificate\nsaves = new",
	    "op = letter\nletter = terms\nsaves = new", "fetches a certificate",
	    "[step certificate.accept]");
}

static void
all_mistakes_are_found_in_one_run(void **state)
{
	static const char text[] = "stray = 1\n[profile]\nname = X Y\n"
				   "title.en = \xff\n[nonsense\n[step a]\n"
				   "do = dance\nno equals sign\n[huh]\nx=1\n";
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = NULL;
	struct firma_problems problems = { 0 };
	static const unsigned int lines[] = { 1, 3, 4, 5, 7, 8, 9 };

	(void)state;
	assert_int_equal(firma_profile_parse(
			     firma_bytes_of(text, strlen(text)), &p, &problems),
	    FIRMA_ERR_CONFIG);
	for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
		bool found = false;

		for (size_t i = 0; i < problems.n; i++)
			found = found || problems.items[i].line == lines[k];
		if (!found)
			fail_msg("line %u: no problem", lines[k]);
	}
	for (size_t i = 1; i < problems.n; i++)
		assert_true(
		    problems.items[i - 1].line <= problems.items[i].line);
}

static void
limits_hold(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf many = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf ini = { 0 };
	FIRMA_OWN(firma_mem_done) char *big = calloc(1, FIRMA_INI_SIZE + 1);
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = NULL;
	struct firma_problems problems = { 0 };
	char line[128];

	(void)state;
	assert_non_null(big);
	assert_int_equal(
	    firma_profile_parse(
		firma_bytes_of(big, FIRMA_INI_SIZE + 1), &p, &problems),
	    FIRMA_ERR_LIMIT);
	assert_int_equal(problems.n, 1);

	/* Many steps, many endpoints: problems, no overrun. */
	for (int i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof(line),
		    "[step x%d]\ndo = confirm\nuser-step = 15\n"
		    "title.en = a\ntitle.es = b\n",
		    i);
		assert_int_equal(firma_buf_put_str(&many, line), FIRMA_OK);
	}
	assert_int_equal(firma_buf_put_u8(&many, 0), FIRMA_OK);
	edit("", (const char *)many.at, &ini);
	memset(&problems, 0, sizeof(problems));
	assert_int_equal(
	    firma_profile_parse(firma_buf_view(&ini), &p, &problems),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(problems.n_found, 100 + 28 - FIRMA_PROFILE_STEPS);
	assert_int_equal(problems.n, FIRMA_PROBLEMS_MAX);
}

static void
endpoints_have_a_limit(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf many = { 0 };
	char line[1100] = "";

	(void)state;
	for (int i = 0; i < 9; i++) {
		(void)snprintf(line, sizeof(line), "zz%d = ", i);
		memset(line + strlen(line), 'y', 1000);
		assert_int_equal(firma_buf_put_str(&many, line), FIRMA_OK);
		assert_int_equal(firma_buf_put_u8(&many, '\n'), FIRMA_OK);
		memset(line, 0, sizeof(line));
	}
	assert_int_equal(firma_buf_put_u8(&many, 0), FIRMA_OK);
	mistake("", (const char *)many.at, "the endpoints have over", NULL);
}

/* Cut and bent in every place: never a crash, never half a profile. */
static void
hostile_texts_are_survived(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };

	(void)state;
	read_source("cli/profiles/imss-idse.ini", &text);
	for (size_t i = 0; i < text.len; i += 7) {
		struct firma_profile *p = NULL;
		struct firma_problems problems = { 0 };
		const uint8_t was = text.at[i];

		if (firma_profile_parse(
			firma_bytes_of(text.at, i), &p, &problems) == FIRMA_OK)
			firma_profile_free(p);
		else
			assert_null(p);
		p = NULL;
		memset(&problems, 0, sizeof(problems));
		text.at[i] = (uint8_t)(was ^ (1u << (i % 8)));
		if (firma_profile_parse(firma_buf_view(&text), &p, &problems) ==
		    FIRMA_OK)
			firma_profile_free(p);
		else
			assert_true(problems.n_found > 0);
		text.at[i] = was;
	}
}

static void
operations_know_their_answers(void **state)
{
	enum firma_portal_op op;

	(void)state;
	assert_true(firma_op_from("find-letter", &op));
	assert_int_equal(op, FIRMA_OP_FIND_LETTER);
	assert_false(firma_op_from("", &op));
	assert_string_equal(firma_op_name(FIRMA_OP_NONE), "");
	assert_string_equal(firma_op_name(99), "");
	assert_false(firma_op_may_answer(FIRMA_OP_NONE, FIRMA_OUTCOME_OK));
	assert_false(firma_op_may_answer(99, FIRMA_OUTCOME_OK));
	assert_false(firma_op_may_answer(FIRMA_OP_DATA, 40));
	assert_false(
	    firma_op_may_answer(FIRMA_OP_LETTER, FIRMA_OUTCOME_ISSUED));
	assert_false(firma_op_may_answer(
	    FIRMA_OP_SUBMIT_REQUEST, FIRMA_OUTCOME_UNKNOWN));
	assert_true(
	    firma_op_may_answer(FIRMA_OP_FIND_REQUEST, FIRMA_OUTCOME_UNKNOWN));
	for (unsigned int o = 1; o < FIRMA_OP_N; o++) {
		assert_true(firma_op_may_answer(o, FIRMA_OUTCOME_UNREACHABLE));
		assert_true(firma_op_from(firma_op_name(o), &op) && op == o);
	}
}

static void
letters_say_what_they_must_name(void **state)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = read_imss();
	const struct firma_profile_letter *l;

	(void)state;
	l = firma_profile_letter(p, "terms");
	assert_non_null(l);
	assert_string_equal(l->heading, l->title_es);
	assert_string_equal(l->allow_rfc, "IMS421231I45");
	assert_int_equal(l->must,
	    FIRMA_MUST_TITLE | FIRMA_MUST_NAME | FIRMA_MUST_RFC |
		FIRMA_MUST_REGISTRO);
	mistake("must-name = title", "must-name = title shoe",
	    "\"shoe\" is none of title", "title shoe");
	mistake("allow-rfc = IMS421231I45", "allow-rfc = IMS421231I44",
	    "\"IMS421231I44\" is no RFC", "IMS421231I44");
	/* The operator's consent is NAME.consent, and nothing else is. */
	mistake("saves = terms.old", "saves = terms.old.consent",
	    "such a name is a consent's", NULL);
	mistake("saves = terms.old", "saves = a-signature-of-25-octets.",
	    "too long", NULL);
	assert_true(firma_profile_is_consent("x.consent"));
	assert_false(firma_profile_is_consent("consent"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_say_what_they_must_name),
		cmocka_unit_test(imss_is_whole),
		cmocka_unit_test(efirma_is_whole),
		cmocka_unit_test(what_efirma_may_not_say),
		cmocka_unit_test(imss_signs_with_the_right_keys),
		cmocka_unit_test(wrong_values_are_named_with_their_line),
		cmocka_unit_test(wrong_references_are_named),
		cmocka_unit_test(dangerous_profiles_are_refused),
		cmocka_unit_test(all_mistakes_are_found_in_one_run),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(endpoints_have_a_limit),
		cmocka_unit_test(hostile_texts_are_survived),
		cmocka_unit_test(operations_know_their_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
