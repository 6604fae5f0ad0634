/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/wire/support.h"

#include <string.h>

const char *
pattern_text(void)
{
	static char text[PATTERN_MAX];

	for (size_t i = 0; text[0] == '\0' && i < sizeof(text); i++)
		text[sizeof(text) - 1 - i] = (char)('a' + i % 26);
	return text;
}

const uint8_t *
pattern_octets(void)
{
	static uint8_t octets[PATTERN_MAX];

	for (size_t i = 0; octets[1] == 0 && i < sizeof(octets); i++)
		octets[sizeof(octets) - 1 - i] = (uint8_t)(i * 7 + 3);
	return octets;
}

void
fill_field(const struct firma_msg_desc *d, size_t i, size_t len,
    union firma_msg_any *m)
{
	const struct firma_field *f = &d->fields[i];
	void *at = m->room + f->offset;

	switch (f->kind) {
	case FIRMA_U32:
		*(uint32_t *)at = (uint32_t)(0x81020304u + i);
		break;
	case FIRMA_U64:
		*(uint64_t *)at = UINT64_C(0x8102030405060708) + i;
		break;
	case FIRMA_STR:
		*(struct firma_str *)at =
		    (struct firma_str){ pattern_text(), len };
		break;
	case FIRMA_BIN:
		*(struct firma_bytes *)at =
		    firma_bytes_of(pattern_octets(), len);
		break;
	}
}

void
fill_msg(const struct firma_msg_desc *d, enum fill how, union firma_msg_any *m)
{
	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < d->n_fields; i++) {
		const size_t max = d->fields[i].max;

		fill_field(d, i,
		    how == FILL_EMPTY      ? 0
			: how == FILL_SOME ? (max + 1) / 2
					   : max,
		    m);
	}
}

static int
same_field(const struct firma_field *f, const void *a, const void *b)
{
	const struct firma_str *s = a, *t = b;
	const struct firma_bytes *v = a, *w = b;

	switch (f->kind) {
	case FIRMA_U32:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case FIRMA_U64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIRMA_STR:
		return s->len == t->len &&
		    (s->len == 0 || memcmp(s->at, t->at, s->len) == 0);
	case FIRMA_BIN:
	default:
		return firma_bytes_equal(*v, *w);
	}
}

int
same_msg(const struct firma_msg_desc *d, const union firma_msg_any *a,
    const union firma_msg_any *b)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (!same_field(&d->fields[i], a->room + d->fields[i].offset,
			b->room + d->fields[i].offset))
			return 0;
	return 1;
}

uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}
