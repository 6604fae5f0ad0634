/* SPDX-License-Identifier: Apache-2.0 */
/* letter terms|conditions   one of the practice portal's letters, to stdout. */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "tests/rehearsal/letter.h"

int
main(int argc, char **argv)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pdf = { 0 };
	const struct rehearsal_identity who = { .name = "MUEBLES PE\xc3\x91"
							"A SA DE CV" };
	const int which = argc == 2 ? rehearsal_letter_of(argv[1]) : -1;

	if (which < 0 ||
	    rehearsal_letter_make((enum rehearsal_letter)which, &who,
		1790000000, NULL, &pdf) != FIRMA_OK)
		return 2;
	return fwrite(pdf.at, 1, pdf.len, stdout) == pdf.len ? 0 : 1;
}
