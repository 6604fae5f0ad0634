/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/script.h"

#include <stdlib.h>
#include <string.h>

#include "tests/vcard/out.h"

static const struct {
	const char *word;
	enum script_action action;
	const char *argument;
} actions[] = {
#define X(name, word, argument) { word, SCRIPT_##name, argument },
	SCRIPT_LIST(X)
#undef X
};

static bool
to_number(const char *word, int base, unsigned long *ret)
{
	char *end;

	if (word == NULL || *word == '\0')
		return false;
	*ret = strtoul(word, &end, base);
	return *end == '\0';
}

static const char *
parse_action(const char *word, const char *argument, struct script_fault *f)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const char *kind = actions[i].argument;

		if (strcmp(actions[i].word, word) != 0)
			continue;
		f->action = actions[i].action;
		if (*kind == '\0')
			return argument == NULL ? NULL : "no argument there";
		if (argument == NULL)
			return "an argument is missing";
		if (strcmp(kind, "HEX") == 0)
			return firma_unhex(argument, &f->raw) == FIRMA_OK
			    ? NULL
			    : "no hex";
		return to_number(argument, *kind == 'H' ? 16 : 10, &f->number)
		    ? NULL
		    : "no number";
	}
	return "no such action";
}

const char *
script_set(struct script *s, char *words)
{
	struct script_fault f = { 0 };
	char *at = words, *n, *kind, *action;
	const char *wrong;
	size_t len;

	n = strsep(&at, " ");
	kind = strsep(&at, " ");
	action = strsep(&at, " ");
	if (action == NULL)
		return "N KIND ACTION [ARGUMENT]";
	len = strlen(n);
	if (len > 0 && n[len - 1] == '+') {
		f.on = true;
		n[len - 1] = '\0';
	}
	if (!to_number(n, 10, &f.at) || f.at == 0)
		return "the first is number 1";
	if (!apdu_of_word(kind, &f.when))
		return "no such kind of command";
	if (s->n_faults == SCRIPT_FAULTS_MAX)
		return "too many faults";
	wrong = parse_action(action, at, &f);
	if (wrong != NULL) {
		firma_buf_done(&f.raw);
		return wrong;
	}
	s->faults[s->n_faults++] = f;
	return NULL;
}

const char *
script_delay(struct script *s, char *words)
{
	char *at = words;
	const char *kind = strsep(&at, " ");
	enum apdu_name name;
	unsigned long ms;

	if (!apdu_of_word(kind, &name))
		return "no such kind of command";
	if (!to_number(at, 10, &ms))
		return "no number";
	for (unsigned i = 0; i < APDU_NAMES; i++) {
		if (name == APDU_ANY || name == i)
			s->delay_ms[i] = (unsigned)ms;
	}
	return NULL;
}

void
script_real(struct script *s)
{
	for (unsigned i = 0; i < APDU_NAMES; i++)
		s->delay_ms[i] = apdu_real_ms((enum apdu_name)i);
}

void
script_clear(struct script *s)
{
	for (size_t i = 0; i < s->n_faults; i++)
		firma_buf_done(&s->faults[i].raw);
	s->n_faults = 0;
}

const struct script_fault *
script_next(struct script *s, enum apdu_name name)
{
	const struct script_fault *found = NULL;

	for (size_t i = 0; i < s->n_faults; i++) {
		struct script_fault *f = &s->faults[i];

		if (f->when != APDU_ANY && f->when != name)
			continue;
		f->seen++;
		if (f->seen < f->at || (f->fired && !f->on) || found != NULL)
			continue;
		f->fired = true;
		s->n_fired++;
		found = f;
	}
	return found;
}

static void
put_word(struct firma_buf *answer, unsigned long sw)
{
	answer->at[answer->len - 2] = (uint8_t)(sw >> 8);
	answer->at[answer->len - 1] = (uint8_t)sw;
}

static void
cut(struct firma_buf *answer, size_t n)
{
	const size_t len = answer->len - 2;

	if (len <= n)
		return;
	memmove(answer->at + n, answer->at + len, 2);
	answer->len = n + 2;
}

static void
lengthen(struct firma_buf *answer, unsigned long n)
{
	const unsigned hi = answer->at[answer->len - 2];
	const unsigned lo = answer->at[answer->len - 1];

	answer->len -= 2;
	while (n-- > 0)
		out_byte(answer, 0xa5);
	out_byte(answer, hi);
	out_byte(answer, lo);
}

void
script_spoil(const struct script_fault *f, struct firma_buf *answer)
{
	switch (f->action) {
	case SCRIPT_SW:
	case SCRIPT_LATE_SW:
		cut(answer, 0);
		put_word(answer, f->number);
		break;
	case SCRIPT_CUT:
		cut(answer, f->number);
		break;
	case SCRIPT_LONG:
		lengthen(answer, f->number);
		break;
	case SCRIPT_RAW:
		answer->len = 0;
		out_put(answer, firma_buf_view(&f->raw));
		break;
	case SCRIPT_NONE:
	case SCRIPT_PULL:
	case SCRIPT_PULL_AFTER:
	case SCRIPT_MUTE:
	case SCRIPT_RESET:
	case SCRIPT_DELAY:
		break;
	}
}
