/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/renewal/support.h"

#include <stdio.h>

void
read_source(const char *path, struct firma_buf *ret)
{
	char whole[1024], room[4096];
	FILE *f;
	size_t n;

	(void)snprintf(whole, sizeof(whole), "%s/%s", FIRMA_SOURCE_DIR, path);
	f = fopen(whole, "r");
	if (f == NULL)
		fail_msg("%s cannot be read", whole);
	while ((n = fread(room, 1, sizeof(room), f)) > 0)
		assert_int_equal(
		    firma_buf_put(ret, firma_bytes_of(room, n)), FIRMA_OK);
	(void)fclose(f);
}

struct firma_profile *
read_imss(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	struct firma_problems problems = { 0 };
	struct firma_profile *p = NULL;

	read_source("cli/profiles/imss-idse.ini", &text);
	if (firma_profile_parse(firma_buf_view(&text), &p, &problems) !=
	    FIRMA_OK)
		fail_msg("imss-idse.ini:%u: %s", problems.items[0].line,
		    problems.items[0].text);
	return p;
}
