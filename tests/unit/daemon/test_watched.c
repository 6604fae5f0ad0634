/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/watched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OUT     FIRMA_WATCHED_OUT
#define IN      FIRMA_WATCHED_IN
#define OTHER   FIRMA_WATCHED_OTHER
#define GONE    FIRMA_READER_GONE
#define EMPTY   FIRMA_READER_EMPTY
#define PRESENT FIRMA_READER_PRESENT
#define MUTE    FIRMA_READER_MUTE

/* One reader's words, one after the other, and what each means. */
static void
what_a_word_means(void **state)
{
	static const struct {
		uint32_t flags, events;
		unsigned int what;
	} words[] = {
		{ EMPTY, 0, OTHER }, /* a reader came */
		{ PRESENT, 1, IN },  /* a card was put in */
		{ PRESENT, 1, 0 },   /* the same word again */
		{ PRESENT | MUTE, 1, OTHER }, { PRESENT, 1, OTHER },
		{ EMPTY, 2, OUT },
		{ EMPTY, 4, 0 }, /* in and out: none before, none now */
		{ PRESENT, 5, IN },
		{ PRESENT, 7, OUT | IN }, /* out and in between two words */
		{ 0, 7, OUT },            /* the reader's state is not known */
		{ PRESENT, 8, IN },
		{ GONE, 0, OUT }, /* the reader, with its card */
		{ GONE, 0, 0 },   /* never heard of */
		{ PRESENT, 65535, IN },
		{ PRESENT, 0, OUT | IN }, /* the counter has 16 bits */
	};
	struct firma_watched w = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const unsigned int what = firma_watched_take(
		    &w, "r", words[i].flags, words[i].events);

		if (what != words[i].what)
			fail_msg("word %zu: %u", i, what);
	}
	assert_int_equal(w.n, 1);
}

static void
readers_do_not_mix(void **state)
{
	struct firma_watched w = { 0 };

	(void)state;
	assert_int_equal(firma_watched_take(&w, "a 00", PRESENT, 1), IN);
	assert_int_equal(firma_watched_take(&w, "a 00 01", PRESENT, 1), IN);
	assert_int_equal(firma_watched_take(&w, "a 00", EMPTY, 2), OUT);
	assert_int_equal(firma_watched_take(&w, "a 00 01", PRESENT, 1), 0);
	assert_int_equal(firma_watched_take(&w, "a 00", GONE, 2), OTHER);
	assert_int_equal(w.n, 1);
	assert_string_equal(w.at[0].name, "a 00 01");
}

/* Another firmad-reader tells of everything anew. */
static void
what_is_not_told_again_is_gone(void **state)
{
	struct firma_watched_reader gone;
	struct firma_watched w = { 0 };

	(void)state;
	(void)firma_watched_take(&w, "stays", PRESENT, 1);
	(void)firma_watched_take(&w, "leaves", PRESENT, 3);
	(void)firma_watched_take(&w, "changes", PRESENT, 5);
	assert_false(firma_watched_sweep(&w, &gone));
	firma_watched_stale(&w);
	assert_int_equal(firma_watched_take(&w, "stays", PRESENT, 1), 0);
	assert_int_equal(
	    firma_watched_take(&w, "changes", PRESENT, 7), OUT | IN);
	assert_true(firma_watched_sweep(&w, &gone));
	assert_string_equal(gone.name, "leaves");
	assert_int_equal(gone.flags, PRESENT);
	assert_false(firma_watched_sweep(&w, &gone));
	assert_int_equal(w.n, 2);
}

static void
more_readers_than_there_can_be(void **state)
{
	struct firma_watched w = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < FIRMA_WATCHED_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "r%d", i);
		assert_int_equal(firma_watched_take(&w, name, PRESENT, 1),
		    i < FIRMA_WATCHED_MAX ? IN : 0);
	}
	assert_int_equal(w.n, FIRMA_WATCHED_MAX);
}

#define R63 "0123456789 123456789 123456789 123456789 123456789 123456789 12"

static void
which_slot_is_which_reader(void **state)
{
	static const struct {
		const char *name, *slot;
		bool is_it;
	} cases[] = {
		{ "Virtual PCD 00 00", "Virtual PCD 00 00", true },
		{ "Virtual PCD 00 00", "Virtual PCD 00 0", false },
		{ "Virtual PCD 00 00", "Virtual PCD 00 01", false },
		{ "Virtual PCD 00 0", "Virtual PCD 00 00", false },
		{ "Virtual PCD 00 00", "", false },
		{ "", "", false },
		/* cut to 64 octets, or to 63 */
		{ R63 "3 00 00", R63 "3", true },
		{ R63 "3 00 00", R63, true },
		{ R63 "3 00 00", R63 "4", false },
		/* ... where blanks stand at the cut, as padding they are lost */
		{ "0123456789 123456789 123456789 123456789 123456789 "
		  "1234567     00 00",
		    "0123456789 123456789 123456789 123456789 123456789 "
		    "1234567",
		    true },
		/* what is no ASCII */
		{ "Lector ?? 00", "Lector \xc3\xa9 00", true },
		{ "Lector ?? 00", "Lector ab 00", false },
		{ "Lector ?? 00", "Lector ?? 00", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (firma_watched_is_slot(cases[i].name, cases[i].slot) !=
		    cases[i].is_it)
			fail_msg("%s, %s", cases[i].name, cases[i].slot);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_word_means),
		cmocka_unit_test(readers_do_not_mix),
		cmocka_unit_test(what_is_not_told_again_is_gone),
		cmocka_unit_test(more_readers_than_there_can_be),
		cmocka_unit_test(which_slot_is_which_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
