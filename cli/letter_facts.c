/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_facts.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/letter_scan.h"

/*
 * One octet a character: upper case as it is, a letter with an accent as its
 * lower case (so that N with tilde stays another letter than N), what has no
 * place in Latin text as OTHER.
 */
#define OTHER      LETTER_PLAIN_OTHER

#define PHRASE_MAX 1024 /* octets of a title or a name */

/* U+00C0 .. U+017F without their accents; '*' is no letter. */
static const char bases[] = "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTS"
			    "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTY"
			    "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGG"
			    "GGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLL"
			    "LLLNNNNNNNNNOOOOOOOORRRRRRSSSSSS"
			    "SSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";
_Static_assert(sizeof(bases) == 0x180 - 0xc0 + 1, "one base a letter");

static bool
is_invisible(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f') ||
	    (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0x34f || c == 0x61c || c == 0x180e || c == 0xfeff ||
	    (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff);
}

/*
 * Letters of other alphabets, and marks that stand over others: those of Greek
 * and Cyrillic look like Latin ones, and so do some of many others.  A word of
 * them alone may be a company's RFC for the eye.
 */
static bool
is_lookalike(uint32_t c)
{
	return (c >= 0x180 && c < 0x2000) ||
	    (c >= 0x2c00 && c < 0xe000 && (c < 0x2e00 || c > 0x303f)) ||
	    (c >= 0xf900 && c < 0xf0000 && c != 0xfffd);
}

static bool
is_unreadable(uint32_t c)
{
	return c == 0xfffd || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
}

static uint8_t
plain_of(uint32_t c)
{
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 'A');
	if (c == '\n' || c == '\f')
		return '\n';
	if (c == '\t' || c == '\r' || c == 0xa0 || c == 0x202f || c == 0x3000 ||
	    (c >= 0x2000 && c <= 0x200a))
		return ' ';
	if (c < 0x80)
		return (uint8_t)c;
	if (c >= 0xc0 && c < 0x180)
		return bases[c - 0xc0] == '*'
		    ? '*'
		    : (uint8_t)(bases[c - 0xc0] - 'A' + 'a');
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0x2018 || c == 0x2019)
		return '\'';
	if (c >= 0x201c && c <= 0x201e)
		return '"';
	return OTHER;
}

static void
look_at(struct letter_facts *f, uint32_t c)
{
	if (is_invisible(c))
		f->strange |= LETTER_TEXT_INVISIBLE;
	if (is_unreadable(c))
		f->strange |= LETTER_TEXT_UNREADABLE;
	else if (is_lookalike(c))
		f->strange |= LETTER_TEXT_ALPHABETS;
}

/* in as plain text; to has room for as many octets.  How many it became. */
static size_t
to_plain(struct letter_facts *f, struct firma_bytes in, uint8_t *to)
{
	size_t n = 0;
	uint32_t c;

	while (in.len > 0) {
		if (!firma_text_take(&in, &c)) {
			c = 0xfffd;
			in.at++;
			in.len--;
		}
		look_at(f, c);
		/* Neither these nor a soft hyphen take up room. */
		if (!is_invisible(c) && c != 0xad)
			to[n++] = plain_of(c);
	}
	return n;
}

static bool
is_empty(struct firma_bytes page)
{
	size_t n = 0;

	for (size_t i = 0; i < page.len; i++)
		n += letter_plain_is_letter(page.at[i]) ||
		    letter_plain_is_digit(page.at[i]);
	return n == 0;
}

static void
keep(struct letter_facts *f, const struct letter_id *id)
{
	for (size_t i = 0; i < f->n_ids; i++)
		if (f->ids[i].kind == id->kind &&
		    strcmp(f->ids[i].text, id->text) == 0) {
			f->ids[i].is_named |= id->is_named;
			return;
		}
	if (f->n_ids == LETTER_IDS_MAX) {
		f->has_more = 1;
		return;
	}
	f->ids[f->n_ids++] = *id;
}

enum firma_err
letter_facts_page(struct letter_facts *f, struct firma_bytes utf8)
{
	struct letter_id id = { 0 };
	struct firma_bytes page;
	const size_t begin = f->plain.len;
	size_t at = 0;
	enum firma_err r;

	if (f->n_pages == LETTER_PAGES_MAX)
		return FIRMA_ERR_LIMIT;
	if ((r = firma_buf_reserve(&f->plain, utf8.len + 1)) != FIRMA_OK)
		return r;
	f->plain.len += to_plain(f, utf8, f->plain.at + begin);
	f->plain.at[f->plain.len++] = '\n';
	f->page_at[f->n_pages++] = begin;
	f->page_at[f->n_pages] = f->plain.len;
	page = firma_bytes_of(f->plain.at + begin, f->plain.len - begin);
	if (is_empty(page)) {
		f->n_empty++;
		if (f->first_empty == 0)
			f->first_empty = f->n_pages;
	}
	id.page = f->n_pages;
	while (letter_scan(page, &at, &id))
		keep(f, &id);
	return FIRMA_OK;
}

void
letter_facts_done(struct letter_facts *f)
{
	firma_buf_done(&f->plain);
	*f = (struct letter_facts){ 0 };
}

const struct letter_id *
letter_facts_find(
    const struct letter_facts *f, enum letter_kind kind, const char *text)
{
	for (size_t i = 0; i < f->n_ids; i++)
		if (f->ids[i].kind == kind && strcmp(f->ids[i].text, text) == 0)
			return &f->ids[i];
	return NULL;
}

unsigned int
letter_facts_page_of(const struct letter_facts *f, size_t at)
{
	unsigned int page = 0;

	while (page + 1 < f->n_pages && f->page_at[page + 1] <= at)
		page++;
	return page + 1;
}

/* ---- a phrase in the text ---- */

static uint8_t
base_of(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\n';
}

static bool
is_nothing(uint8_t c)
{
	return c == '.' || c == ',';
}

/* Room between two letters; behind an abbreviation's stop it means nothing. */
enum gap { GAP_NONE, GAP_SPACE, GAP_STOP };

/* Past spaces and what counts as nothing; what was it? */
static size_t
skip(struct firma_bytes v, size_t at, enum gap *ret)
{
	const size_t from = at;

	*ret = GAP_NONE;
	for (; at < v.len && (is_space(v.at[at]) || is_nothing(v.at[at])); at++)
		if (is_space(v.at[at]) && *ret == GAP_NONE)
			*ret = at > from && v.at[at - 1] == '.' ? GAP_STOP
								: GAP_SPACE;
	return at;
}

static bool
is_same_gap(enum gap a, enum gap b)
{
	return a == b || a == GAP_STOP || b == GAP_STOP;
}

/* Past a hyphen that only parts a word at a line's end. */
static size_t
join(struct firma_bytes v, size_t at)
{
	if (at + 1 < v.len && v.at[at] == '-' && v.at[at + 1] == '\n')
		return at + 2;
	return at;
}

/* Does phrase stand at v.at[at]?  Where it ends, or 0. */
static size_t
match(struct firma_bytes v, size_t at, struct firma_bytes phrase)
{
	size_t p = 0;
	enum gap gap, wanted;

	p = skip(phrase, p, &wanted);
	while (p < phrase.len) {
		at = base_of(v.at[at]) == base_of(phrase.at[p]) ? at
								: join(v, at);
		if (at >= v.len || phrase.at[p] == OTHER ||
		    base_of(v.at[at]) != base_of(phrase.at[p]))
			return 0;
		at++;
		p = skip(phrase, p + 1, &wanted);
		if (p == phrase.len)
			return at;
		const size_t next = skip(v, at, &gap);

		if (!is_same_gap(gap, wanted) || next >= v.len)
			return 0;
		at = next;
	}
	return 0;
}

static bool
is_word(uint8_t c)
{
	return letter_plain_is_letter(c) || letter_plain_is_digit(c) ||
	    c == OTHER;
}

/* By itself: nothing but spaces and stops before it and after it in its lines. */
static bool
is_alone(struct firma_bytes v, size_t at, size_t end)
{
	while (at > 0 && v.at[at - 1] != '\n')
		if (is_word(v.at[--at]))
			return false;
	for (; end < v.len && v.at[end] != '\n'; end++)
		if (is_word(v.at[end]))
			return false;
	return true;
}

static bool
is_whole(struct firma_bytes v, size_t at, size_t end)
{
	return (at == 0 || !is_word(v.at[at - 1])) &&
	    (end == v.len || !is_word(v.at[end]));
}

/*
 * And ended there: a further word in the line would make it another's name.  A
 * full stop ends one that has none in itself.
 */
static bool
is_ended(struct firma_bytes v, size_t at, size_t end)
{
	const bool stops = memchr(v.at + at, '.', end - at) == NULL;

	if (!is_whole(v, at, end))
		return false;
	for (; end < v.len && v.at[end] != '\n' && v.at[end] != ',' &&
	     v.at[end] != ';' && !(stops && v.at[end] == '.');
	     end++)
		if (is_word(v.at[end]))
			return false;
	return true;
}

/* Without what counts as nothing at its end. */
static struct firma_bytes
trim(struct firma_bytes phrase)
{
	while (phrase.len > 0 &&
	    (is_space(phrase.at[phrase.len - 1]) ||
		is_nothing(phrase.at[phrase.len - 1])))
		phrase.len--;
	return phrase;
}

/* The first place of text in v, or SIZE_MAX. */
static size_t
find(struct firma_bytes v, const char *text,
    bool (*fits)(struct firma_bytes v, size_t at, size_t end))
{
	const struct firma_bytes in = firma_bytes_of(text, strlen(text));
	struct letter_facts unused = { 0 };
	uint8_t room[PHRASE_MAX];
	struct firma_bytes phrase;
	size_t end;

	if (in.len > sizeof(room))
		return SIZE_MAX;
	phrase = trim(firma_bytes_of(room, to_plain(&unused, in, room)));
	for (size_t from = 0; phrase.len > 0 && from < v.len; from++)
		if ((end = match(v, from, phrase)) != 0 && fits(v, from, end))
			return from;
	return SIZE_MAX;
}

size_t
letter_facts_heading(const struct letter_facts *f, const char *title)
{
	unsigned int page = 0, seen = 0;
	size_t at;

	for (; page < f->n_pages && seen < LETTER_HEAD; page++) {
		const struct firma_bytes v =
		    firma_bytes_of(f->plain.at + f->page_at[page],
			f->page_at[page + 1] - f->page_at[page]);

		if (is_empty(v))
			continue;
		seen++;
		if ((at = find(v, title, is_alone)) != SIZE_MAX)
			return f->page_at[page] + at;
	}
	return SIZE_MAX;
}

int
letter_facts_names(
    const struct letter_facts *f, const char *name, unsigned int *ret_page)
{
	const size_t at = find(firma_buf_view(&f->plain), name, is_whole);

	if (at == SIZE_MAX)
		return 0;
	if (ret_page != NULL)
		*ret_page = letter_facts_page_of(f, at);
	return 1;
}

int
letter_facts_names_just(const struct letter_facts *f, const char *name)
{
	return find(firma_buf_view(&f->plain), name, is_ended) != SIZE_MAX;
}
