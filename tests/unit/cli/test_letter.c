/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a letter's text, and which letters are refused.  The numbers are
 * those of public test identities, or made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/letter_say.h"

#define TERMS                                                                   \
	"Carta de Términos y Condiciones para la Obtención y Uso del NPIE y " \
	"Certificado Digital"
#define CONDITIONS "Carta de Condiciones de Uso"
#define OURS                                                     \
	"\nNombre: MUEBLES PEÑA SA DE CV\nRFC: MPE150312AB6\n"  \
	"Registro patronal: Y54-72318-10-3\n28 de noviembre de " \
	"2026\n"

static void
page(struct letter_facts *f, const char *text)
{
	assert_int_equal(
	    letter_facts_page(f, firma_bytes_of(text, strlen(text))), FIRMA_OK);
}

/* ---- identifiers and dates ---- */

static void
found(enum letter_kind kind, const char *text, const char *wanted, int valid)
{
	struct letter_facts f = { 0 };
	const struct letter_id *id;

	page(&f, text);
	id = letter_facts_find(&f, kind, wanted);
	if (id == NULL)
		fail_msg("%s: no %s", text, wanted);
	assert_int_equal(id->is_valid, valid);
	assert_int_equal(f.n_ids, 1);
	letter_facts_done(&f);
}

static void
nothing(const char *text)
{
	struct letter_facts f = { 0 };

	page(&f, text);
	if (f.n_ids != 0)
		fail_msg("%s: %s", text, f.ids[0].text);
	letter_facts_done(&f);
}

static void
identifiers_in_each_form(void **state)
{
	(void)state;
	found(LETTER_RFC, "RFC:EKU9003173C9.", "EKU9003173C9", 1);
	found(LETTER_RFC, "rfc eku-900317-3c9", "EKU9003173C9", 1);
	found(LETTER_RFC, "(EKU 900317 3C9)", "EKU9003173C9", 1);
	found(LETTER_RFC, "EKU.900317.3C9", "EKU9003173C9", 1);
	found(LETTER_RFC, "EKU_900317 / 3C9", "EKU9003173C9", 1);
	found(LETTER_RFC, "EKU-\n900317-\n  3C9", "EKU9003173C9", 1);
	found(LETTER_RFC, "EKU900-\n3173C9", "EKU9003173C9", 1);
	found(LETTER_RFC, "EKU\n900317\n3C9", "EKU9003173C9", 1);
	found(LETTER_RFC, "PEGL800214H91", "PEGL800214H91", 1);
	found(LETTER_RFC, "Ñ&Ñ010101AB0 y", "Ñ&Ñ010101AB0", 0);
	found(
	    LETTER_CURP, "CURP / PEGL800214MDFXRC08", "PEGL800214MDFXRC08", 1);
	found(LETTER_REGISTRO, "Y60-77636-10-5", "Y6077636105", 1);
	found(LETTER_REGISTRO, "Y60 / 77636 / 10 / 5", "Y6077636105", 1);
	found(LETTER_REGISTRO, "Y60-\n77636.10_5", "Y6077636105", 1);
	found(LETTER_REGISTRO, "E5352621109", "E5352621109", 1);
	/* What it is called decides about digits alone, and about a wrong one. */
	found(LETTER_REGISTRO, "Registro Patronal: 01234567897", "01234567897",
	    1);
	found(LETTER_NSS, "NSS: 00000000018", "00000000018", 1);
	found(
	    LETTER_REGISTRO, "registro patronal E5352621100", "E5352621100", 0);
	nothing("Tel. 00000000018");
	nothing("E5352621100");
	nothing("folio XXEKU9003173C9");
	nothing("EKU9003173C9X");
	nothing("EKU--900317-3C9");
	nothing("EKU9013173C9"); /* a thirteenth month */
	nothing("90001000000428122179");
}

static void
dates_in_each_form(void **state)
{
	(void)state;
	found(LETTER_DATE, "a 28 de Noviembre de 2026,", "2026-11-28", 1);
	found(LETTER_DATE, "1 de enero del 2027", "2027-01-01", 1);
	found(LETTER_DATE, "9 de\nsetiembre de 2026", "2026-09-09", 1);
	found(LETTER_DATE, "2026-02-28", "2026-02-28", 1);
	found(LETTER_DATE, "28/11/2026 19:01", "2026-11-28", 1);
	found(LETTER_DATE, "1.2.2026", "2026-02-01", 1);
	nothing("30 de febrero de 2026");
	nothing("29/02/2026");
	nothing("2026-13-01");
	nothing("28/11-2026");
}

static void
each_is_told_once_with_its_page(void **state)
{
	struct letter_facts f = { 0 };

	(void)state;
	page(&f, "uno");
	page(&f, "EKU9003173C9, EKU-900317-3C9");
	page(&f, "EKU9003173C9 28/11/2026");
	assert_int_equal(f.n_ids, 2);
	assert_int_equal(f.ids[0].page, 2);
	assert_int_equal(f.ids[1].page, 3);
	for (int i = 0; i < 80; i++) {
		char text[32];

		(void)snprintf(
		    text, sizeof(text), "%d/%d/2030", i % 28 + 1, i / 28 + 1);
		page(&f, text);
	}
	assert_int_equal(f.n_ids, LETTER_IDS_MAX);
	assert_true(f.has_more);
	letter_facts_done(&f);
}

/* ---- titles and names ---- */

static void
same_words_are_the_same(void **state)
{
	struct letter_facts f = { 0 };
	unsigned int at = 0;

	(void)state;
	page(&f, "\n");
	page(&f,
	    "portal\n  CARTA  DE TERMINOS y Condiciones para la Obten-\n"
	    "ción y Uso del\nNPIE y Certificado Digital.\nDe Muebles\n"
	    "Peña, S.A. de C.V. y otros");
	assert_int_not_equal(letter_facts_heading(&f, TERMS), SIZE_MAX);
	assert_true(letter_facts_names(&f, "MUEBLES PEÑA SA DE CV", &at));
	assert_int_equal(at, 2);
	assert_false(letter_facts_names(&f, "MUEBLES PE", NULL));
	assert_false(letter_facts_names(&f, "", NULL));
	assert_false(letter_facts_names(&f, " . ", NULL));
	/* A title that is a part of a sentence is none. */
	assert_int_equal(letter_facts_heading(&f, "De Muebles"),
	    letter_facts_heading(&f, "De  muebles."));
	assert_int_equal(letter_facts_heading(&f, "Peña SA"), SIZE_MAX);
	letter_facts_done(&f);
}

static void
a_title_is_on_the_first_pages(void **state)
{
	struct letter_facts f = { 0 };

	(void)state;
	page(&f, "uno");
	page(&f, "dos");
	page(&f, CONDITIONS);
	assert_int_equal(letter_facts_heading(&f, CONDITIONS), SIZE_MAX);
	letter_facts_done(&f);
}

static void
what_deceives_the_eye_is_told(void **state)
{
	static const struct {
		const char *text;
		unsigned int strange;
	} cases[] = {
		{ "RFC EKU9003173C9", 0 },
		{ "obten\u00adción", 0 },
		{ "EKU\u200b9003173C9", LETTER_TEXT_INVISIBLE },
		{ "\u202e9C3713009UKE", LETTER_TEXT_INVISIBLE },
		{ "Cаrta", LETTER_TEXT_ALPHABETS }, /* a Cyrillic a */
		{ "\u0395KU9003173C9", LETTER_TEXT_ALPHABETS },
		/* Nothing Latin is near: all of it is for the eye alone. */
		{ "\u0410\u0412\u0421 010101-123", LETTER_TEXT_ALPHABETS },
		{ "\ua4d0\ua4d3", LETTER_TEXT_ALPHABETS }, /* Lisu */
		{ "E\u0338KU", LETTER_TEXT_ALPHABETS },
		{ "\u2022 \u201cuno\u201d \u2014 1 \u20ac\u2026", 0 },
		{ "\ue000\ue001", LETTER_TEXT_UNREADABLE },
		{ "\xff\xfe", LETTER_TEXT_UNREADABLE },
		{ "a\001b", LETTER_TEXT_INVISIBLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct letter_facts f = { 0 };

		page(&f, cases[i].text);
		assert_int_equal(f.strange, cases[i].strange);
		letter_facts_done(&f);
	}
	/* A zero-width space does not hide a number. */
	found(LETTER_RFC, "EKU\u200b9003173C9", "EKU9003173C9", 1);
}

/* ---- whose letter, and which ---- */

static const struct letter_rules rules = {
	.all = { { "terms", TERMS,
		     FIRMA_MUST_TITLE | FIRMA_MUST_NAME | FIRMA_MUST_RFC |
			 FIRMA_MUST_REGISTRO,
		     "IMS421231I45" },
	    { "conditions", CONDITIONS, FIRMA_MUST_TITLE, "" } },
	.n = 2,
	.name = "MUEBLES PEÑA SA DE CV",
	.rfc = "MPE150312AB6",
	.representative_rfc = "PEGL800214H91",
	.registro = "Y5472318103",
};

static void
judged(const char *text, enum firma_err wanted, enum letter_level level)
{
	struct letter l = { .n_pages = 1 };
	struct letter_verdict v;

	page(&l.facts, text);
	letter_judge(&l, &rules, &v);
	if (v.err != wanted || v.level != level)
		fail_msg("%s: %s, %d", text, firma_err_name(v.err), v.level);
	letter_done(&l);
}

static void
other_letters_are_refused(void **state)
{
	(void)state;
	judged(TERMS OURS, FIRMA_OK, LETTER_GOOD);
	judged(TERMS OURS "IMS421231I45 PEGL800214H91 XAXX010101000", FIRMA_OK,
	    LETTER_GOOD);
	judged(
	    TERMS OURS "EKU9003173C9", FIRMA_ERR_LETTER_OTHER, LETTER_REFUSED);
	judged(TERMS OURS "registro patronal E5352621109",
	    FIRMA_ERR_LETTER_OTHER, LETTER_REFUSED);
	judged(TERMS OURS "y en el puesto E53-52621-10-9",
	    FIRMA_ERR_LETTER_OTHER, LETTER_REFUSED);
	/* One folio in ten looks like a registro. */
	judged(TERMS OURS "folio de la carta que se firma: E5352621109",
	    FIRMA_OK, LETTER_ODD);
	judged(CONDITIONS OURS, FIRMA_ERR_LETTER_STEP, LETTER_REFUSED);
	/* The first title is the letter's. */
	judged(
	    CONDITIONS "\n" TERMS OURS, FIRMA_ERR_LETTER_STEP, LETTER_REFUSED);
	judged(TERMS "\n" CONDITIONS OURS, FIRMA_OK, LETTER_GOOD);
	judged("Véase la " TERMS OURS, FIRMA_ERR_LETTER_LACKS, LETTER_REFUSED);
	judged(TERMS "\nRFC: MPE150312AB6 Y5472318103", FIRMA_ERR_LETTER_LACKS,
	    LETTER_REFUSED);
	judged(TERMS "\nMUEBLES PEÑA SA DE CV Y5472318103",
	    FIRMA_ERR_LETTER_LACKS, LETTER_REFUSED);
	judged(TERMS "\nMUEBLES PEÑA SA DE CV MPE150312AB6",
	    FIRMA_ERR_LETTER_LACKS, LETTER_REFUSED);
	/* A further word makes it another's name. */
	judged(TERMS "\nMUEBLES PEÑA SA DE CV DEL NORTE\nMPE150312AB6 "
		     "Y5472318103",
	    FIRMA_OK, LETTER_ODD);
	judged(TERMS "\nMuebles Peña, S.A. de C.V. del Norte\nMPE150312AB6 "
		     "Y5472318103",
	    FIRMA_OK, LETTER_ODD);
	judged(TERMS "\nMUEBLES PEÑA SA DE CV, del norte\nMPE150312AB6 "
		     "Y5472318103",
	    FIRMA_OK, LETTER_GOOD);
	judged(TERMS OURS "por MUEBLES PEÑA SA DE CV se firma", FIRMA_OK,
	    LETTER_GOOD);
	/* The nearer word says what a number is. */
	judged(TERMS OURS "registro patronal Y54-72318-10-3, NSS 12345678903",
	    FIRMA_OK, LETTER_GOOD);
	judged(TERMS OURS "NSS 12345678903, registro patronal 01234567897",
	    FIRMA_ERR_LETTER_OTHER, LETTER_REFUSED);
	/* The legal form as it is abbreviated. */
	judged(TERMS "\nMUEBLES PEÑA, S. A. de C. V.\nMPE150312AB6 "
		     "Y5472318103",
	    FIRMA_OK, LETTER_GOOD);
	judged(TERMS "\nMUEBLES PEÑA S A DE C V\nMPE150312AB6 Y5472318103",
	    FIRMA_ERR_LETTER_LACKS, LETTER_REFUSED);
	/* N is not N with tilde in an RFC, and neither is it in doubt. */
	judged(TERMS OURS "MPÉ150312AB6", FIRMA_OK, LETTER_GOOD);
}

static void
what_is_odd_wants_a_person(void **state)
{
	struct letter l = { .n_pages = 2, .odd = 1u << LETTER_ODD_JAVASCRIPT };
	struct letter_verdict v;
	char words[64];

	(void)state;
	judged("", FIRMA_OK, LETTER_ODD);
	judged(TERMS OURS "\u200b", FIRMA_OK, LETTER_ODD);
	judged(TERMS OURS "EKU9003173C0", FIRMA_OK, LETTER_ODD);
	page(&l.facts, TERMS OURS);
	page(&l.facts, " \n");
	letter_judge(&l, &rules, &v);
	assert_int_equal(v.level, LETTER_ODD);
	letter_odd_words(&v, words, sizeof(words));
	assert_string_equal(words, "javascript no-text");
	letter_odd_words(&v, words, 18);
	assert_string_equal(words, "javascript more");
	letter_odd_words(&v, words, 12);
	assert_string_equal(words, "more");
	letter_done(&l);
}

/* Where ours is not known, nobody says that theirs is ours. */
static void
a_number_that_cannot_be_compared_is_odd(void **state)
{
	struct letter_rules unknown = rules;
	struct letter l = { .n_pages = 1 };
	struct letter_verdict v;

	(void)state;
	unknown.registro[0] = '\0';
	unknown.all[0].must &= ~FIRMA_MUST_REGISTRO;
	page(&l.facts, TERMS OURS);
	letter_judge(&l, &unknown, &v);
	assert_int_equal(v.level, LETTER_ODD);
	assert_int_equal(v.found[0].kind, LETTER_FOUND_UNKNOWN_REGISTRO);
	letter_done(&l);
}

/* The portal's word is no measure of the portal's letters. */
static void
the_operator_says_whose_number_it_is(void **state)
{
	static const struct {
		const char *fields, *registro;
	} cases[] = {
		{ "{\"registro_patronal\":\"Y54-72318 10-3\"}", "Y5472318103" },
		{ "{\"registro_patronal\":\"Y5472318103\","
		  "\"portal_registro_patronal\":\"E5352621109\"}",
		    "Y5472318103" },
		{ "{\"registro_patronal\":\"E5352621109\","
		  "\"portal_registro_patronal\":\"E5352621109\"}",
		    "E5352621109" },
		{ "{\"portal_registro_patronal\":\"E5352621109\"}", "" },
		{ "{\"registro\":\"E5352621109\"}", "" },
		{ "{\"registro_patronal\":\"Y5472318100\"}", "" },
		{ "{\"registro_patronal\":\"\"}", "" },
		{ "nonsense", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct letter_rules r = { 0 };

		letter_rules_operator(&r, cases[i].fields);
		assert_string_equal(r.registro, cases[i].registro);
	}
}

/* However many strange things are said, a refusal is not crowded out. */
static void
a_crowd_hides_nothing(void **state)
{
	struct letter l = { .n_pages = 2 };
	struct letter_verdict v;
	char text[4096] = TERMS OURS;

	(void)state;
	for (unsigned int i = 10; i < 70; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "ABC0101%02u%03u ", i % 28 + 1, i);
	page(&l.facts, text);
	page(&l.facts, "EKU9003173C9");
	letter_judge(&l, &rules, &v);
	if (letter_facts_find(&l.facts, LETTER_RFC, "EKU9003173C9") != NULL)
		assert_int_equal(v.err, FIRMA_ERR_LETTER_OTHER);
	assert_int_not_equal(v.level, LETTER_GOOD);
	letter_done(&l);
}

/* Wrong numbers do not hide what the document is, nor another's number. */
static void
many_of_a_kind_hide_no_other(void **state)
{
	struct letter l = { .n_pages = 1, .odd = 1u << LETTER_ODD_JAVASCRIPT };
	char text[4096] = TERMS OURS "EKU9003173C9 ", words[257];
	struct letter_verdict v;

	(void)state;
	for (unsigned int i = 10; i < 60; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "ABC0101%02u%03u ", i % 28 + 1, i);
	page(&l.facts, text);
	letter_judge(&l, &rules, &v);
	assert_int_equal(v.err, FIRMA_ERR_LETTER_OTHER);
	letter_odd_words(&v, words, sizeof(words));
	if (strncmp(words, "javascript other-rfc ", 21) != 0 ||
	    strstr(words, "check-digit") == NULL ||
	    strstr(words, "many-identifiers") == NULL)
		fail_msg("%s", words);
	assert_true(v.n <= 2 * LETTER_SAME_MAX + 3);
	letter_done(&l);
}

static void
unread(const char *line, enum firma_err wanted)
{
	struct letter l = { 0 };
	struct letter_verdict v;

	assert_int_equal(
	    letter_parse(firma_bytes_of(line, strlen(line)), &l), FIRMA_OK);
	assert_int_equal(l.unread, wanted);
	letter_judge(&l, &rules, &v);
	assert_int_equal(v.level, LETTER_ODD);
	letter_done(&l);
}

static void
nonsense(const char *line)
{
	struct letter l = { 0 };

	if (letter_parse(firma_bytes_of(line, strlen(line)), &l) !=
	    FIRMA_ERR_SHAPE)
		fail_msg("taken: %s", line);
}

static void
the_helpers_answer_is_not_believed(void **state)
{
	struct letter l = { 0 };
	static const char good[] =
	    "{\"text\":[\"a\\nb\"],\"odd\":[\"forms\"],\"pages\":1,"
	    "\"images\":false,\"cut\":false,\"title\":\"a\\u001b[31m\","
	    "\"created\":-5}";

	(void)state;
	unread(
	    "{\"error\":\"FIRMA_ERR_DENIED\",\"why\":\"x\"}", FIRMA_ERR_DENIED);
	assert_non_null(
	    strstr(letter_unread_text(FIRMA_ERR_DENIED), "password"));
	unread("{\"error\":\"FIRMA_ERR_LETTER_NOT_PDF\",\"why\":7}",
	    FIRMA_ERR_LETTER_NOT_PDF);
	nonsense("{\"error\":\"FIRMA_OK\"}");
	nonsense("[]");
	nonsense("");
	nonsense(
	    "{\"text\":[],\"odd\":[\"virus\"],\"pages\":0,\"images\":false,"
	    "\"cut\":false}");
	nonsense("{\"text\":[\"\"],\"odd\":[],\"pages\":0,\"images\":false,"
		 "\"cut\":false}");
	nonsense("{\"text\":[\"\"],\"odd\":[],\"pages\":2,\"images\":false,"
		 "\"cut\":false}");
	nonsense("{\"text\":[7],\"odd\":[],\"pages\":1,\"images\":false,"
		 "\"cut\":false}");
	nonsense("{\"text\":[],\"odd\":[],\"pages\":-1,\"images\":false,"
		 "\"cut\":false}");
	assert_int_equal(
	    letter_parse(firma_bytes_of(good, sizeof(good) - 1), &l), FIRMA_OK);
	assert_string_equal(l.title, "a?[31m");
	assert_int_equal(l.created, 0);
	assert_int_equal(l.odd, 1u << LETTER_ODD_FORMS);
	letter_done(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_in_each_form),
		cmocka_unit_test(dates_in_each_form),
		cmocka_unit_test(each_is_told_once_with_its_page),
		cmocka_unit_test(same_words_are_the_same),
		cmocka_unit_test(a_title_is_on_the_first_pages),
		cmocka_unit_test(what_deceives_the_eye_is_told),
		cmocka_unit_test(other_letters_are_refused),
		cmocka_unit_test(what_is_odd_wants_a_person),
		cmocka_unit_test(a_number_that_cannot_be_compared_is_odd),
		cmocka_unit_test(the_operator_says_whose_number_it_is),
		cmocka_unit_test(a_crowd_hides_nothing),
		cmocka_unit_test(many_of_a_kind_hide_no_other),
		cmocka_unit_test(the_helpers_answer_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
