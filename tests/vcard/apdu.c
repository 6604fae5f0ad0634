/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/apdu.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	uint8_t cla, ins;
	unsigned real_ms;
} known[] = {
#define X(name, cla, ins, real) [APDU_##name] = { #name, cla, ins, real },
	APDU_LIST(X)
#undef X
};

static enum apdu_name
name_of(uint8_t cla, uint8_t ins)
{
	for (unsigned i = 0; i < APDU_NAMES; i++) {
		if (known[i].cla == cla && known[i].ins == ins)
			return (enum apdu_name)i;
	}
	return APDU_OTHER;
}

/* Everything behind Lc: data, and Le if there is more. */
static bool
parse_body(struct firma_bytes raw, size_t lc, size_t len_octets, struct apdu *a)
{
	size_t le = 0;

	if (raw.len != lc && raw.len != lc + len_octets)
		return false;
	a->data = firma_bytes_of(raw.at, lc);
	if (raw.len == lc)
		return true;
	for (size_t i = lc; i < raw.len; i++)
		le = le << 8 | raw.at[i];
	a->le = le != 0 ? le : len_octets == 2 ? 65536 : 256;
	return true;
}

bool
apdu_parse(struct firma_bytes raw, struct apdu *ret)
{
	struct apdu a = { 0 };
	const uint8_t *b = raw.at;
	bool ok = true;

	if (raw.len < 4)
		return false;
	a.cla = b[0];
	a.ins = b[1];
	a.p1 = b[2];
	a.p2 = b[3];
	a.name = name_of(a.cla, a.ins);
	if (raw.len == 5)
		ok = parse_body(firma_bytes_of(b + 4, 1), 0, 1, &a);
	else if (raw.len > 5 && b[4] != 0)
		ok =
		    parse_body(firma_bytes_of(b + 5, raw.len - 5), b[4], 1, &a);
	else if (raw.len == 7)
		ok = parse_body(firma_bytes_of(b + 5, 2), 0, 2, &a);
	else if (raw.len > 7)
		ok = parse_body(firma_bytes_of(b + 7, raw.len - 7),
		    (size_t)(b[5] << 8 | b[6]), 2, &a);
	else if (raw.len == 6)
		ok = false;
	if (ok)
		*ret = a;
	return ok;
}

const char *
apdu_word(enum apdu_name name)
{
	static char word[APDU_NAMES][16];

	if (name >= APDU_NAMES)
		return name == APDU_ANY ? "any" : "other";
	for (size_t i = 0; known[name].word[i] != '\0'; i++)
		word[name][i] = (char)tolower(known[name].word[i]);
	return word[name];
}

bool
apdu_of_word(const char *word, enum apdu_name *ret)
{
	if (strcmp(word, "any") == 0) {
		*ret = APDU_ANY;
		return true;
	}
	for (unsigned i = 0; i < APDU_NAMES; i++) {
		if (strcasecmp(known[i].word, word) == 0) {
			*ret = (enum apdu_name)i;
			return true;
		}
	}
	return false;
}

unsigned
apdu_real_ms(enum apdu_name name)
{
	return name < APDU_NAMES ? known[name].real_ms : 0;
}
