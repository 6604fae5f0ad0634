/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/letter.h"

#include <stdio.h>
#include <string.h>

#include "agent/pki/identifier.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The next of words with blanks between, cut to fit; 0 at the end. */
static int
next_word(const char **at, char ret[FIRMA_PROFILE_DOCUMENT])
{
	size_t n;

	*at += strspn(*at, " \t");
	n = strcspn(*at, " \t");
	(void)snprintf(ret, FIRMA_PROFILE_DOCUMENT, "%.*s",
	    (int)(n < FIRMA_PROFILE_DOCUMENT ? n : FIRMA_PROFILE_DOCUMENT - 1),
	    *at);
	*at += n;
	return n > 0;
}

static void
read_must(struct firma_profile_letter *letter, const struct firma_ini_line *l,
    struct firma_problems *problems)
{
	static const char *const words[] = { "title", "name", "rfc",
		"registro-patronal" };
	static const unsigned int bits[] = { FIRMA_MUST_TITLE, FIRMA_MUST_NAME,
		FIRMA_MUST_RFC, FIRMA_MUST_REGISTRO };
	char word[FIRMA_PROFILE_DOCUMENT];
	const char *at = l->value;

	while (next_word(&at, word)) {
		size_t i = 0;

		while (i < COUNT(words) && strcmp(word, words[i]) != 0)
			i++;
		if (i == COUNT(words)) {
			firma_problem_add(problems, l->line,
			    "must-name: \"%s\" is none of title name rfc "
			    "registro-patronal",
			    word);
			return;
		}
		letter->must |= bits[i];
	}
}

static void
read_allow_rfc(struct firma_profile_letter *letter,
    const struct firma_ini_line *l, struct firma_problems *problems)
{
	char word[FIRMA_PROFILE_DOCUMENT];
	const char *at = l->value;

	while (next_word(&at, word))
		if (firma_rfc_check(word, NULL) != FIRMA_OK) {
			firma_problem_add(problems, l->line,
			    "allow-rfc: \"%s\" is no RFC", word);
			return;
		}
	if (strlen(l->value) >= sizeof(letter->allow_rfc)) {
		firma_problem_add(problems, l->line,
		    "allow-rfc has over %zu octets",
		    sizeof(letter->allow_rfc) - 1);
		return;
	}
	memcpy(letter->allow_rfc, l->value, strlen(l->value) + 1);
}

void
firma_profile_letter_option(struct firma_profile_letter *letter,
    const struct firma_ini_line *l, struct firma_problems *problems)
{
	if (strcmp(l->name, "must-name") == 0)
		read_must(letter, l, problems);
	else
		read_allow_rfc(letter, l, problems);
}
