/* SPDX-License-Identifier: Apache-2.0 */
/* Movement lots.  All that stands in them is invented; check digits are right. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"

#define LINE 256 /* octets of a line, with room */

static const struct {
	const char *name, *middle, *date_on; /* 104-118; 127-133 */
	const char *tail;                    /* 149-167 */
} kinds[] = {
	{ "hire", "045050      200", "012  08", " PUFN010101HDFRCD03" },
	{ "salary", "045050       00", "     07", " PUFN010101HDFRCD03" },
	{ "discharge", "000000000000000", "     02", "2                  " },
};

static void
put(struct firma_buf *b, const char *line, const char *end)
{
	FUZZ_MUST(strlen(line) == 168);
	FUZZ_MUST(firma_buf_put_str(b, line) == FIRMA_OK &&
	    firma_buf_put_str(b, end) == FIRMA_OK);
}

/* n movements of a kind, and the control record when it is asked for. */
static void
lot(size_t kind, const char *name, size_t n, const char *end, int has_control)
{
	static const char *const numbers[] = { "00000000018", "00000000026",
		"00000000034", "00000000042", "00000000059" };
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	char line[LINE];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(line, sizeof(line),
		    "Z0000000017%s%-27s%-27s%-27s%s03112026%s01400%-10s%s9",
		    numbers[i % 5], "PRUEBA", "FICTICIO",
		    "NI\xd1"
		    "A",
		    kinds[kind].middle, kinds[kind].date_on, "W1",
		    kinds[kind].tail);
		put(&b, line, end);
	}
	(void)snprintf(line, sizeof(line), "%s%43s%06zu%71s01400%29s9",
	    "*************", "", n, "", "");
	if (has_control)
		put(&b, line, end);
	seed("lot", name, firma_buf_view(&b));
}

void
seeds_lot(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char name[LINE];

		(void)snprintf(name, sizeof(name), "%s.txt", kinds[i].name);
		lot(i, name, 1, "\r\n", 1);
		(void)snprintf(name, sizeof(name), "%s-lf.txt", kinds[i].name);
		lot(i, name, 5, "\n", 0);
	}
	lot(0, "mixed-ends.txt", 2, "\n\r\n", 1);
	seed("lot", "utf-8.txt", firma_bytes_of("NI\xc3\x91O\n", 6));
	seed("lot", "zeros", firma_bytes_of("\0\0\r\n\0", 5));
}
