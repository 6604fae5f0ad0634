/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-letter - what a PDF says, for `firma`.  Started by it: a sealed PDF on
 * descriptor 3, one JSON line on descriptor 1 (PROTOCOL.md).
 */
#include <string.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "cli/letter/confine.h"
#include "cli/letter/pdf.h"

/* "{"error": .., "why": ..}" when it cannot be read. */
static json_t *
refusal(enum firma_err r, const struct firma_cause *cause)
{
	return json_pack(
	    "{ss ss}", "error", firma_err_name(r), "why", cause->what);
}

int
main(void)
{
	struct firma_bytes pdf = { NULL, 0 };
	struct firma_cause cause = { 0 };
	FIRMA_OWN(firma_mem_done) char *line = NULL;
	json_t *j = NULL;
	enum firma_err r;
	int ok;

	r = firma_memfd_map(LETTER_DOCUMENT, LETTER_PDF_MAX, &pdf, &cause);
	if (r == FIRMA_OK)
		r = letter_confine(&cause);
	if (r == FIRMA_OK)
		r = letter_pdf_describe(pdf, &j, &cause);
	if (r != FIRMA_OK)
		j = refusal(r, &cause);
	line = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	ok = line != NULL &&
	    firma_fd_write(STDOUT_FILENO, firma_bytes_of(line, strlen(line))) ==
		FIRMA_OK &&
	    firma_fd_write(STDOUT_FILENO, firma_bytes_of("\n", 1)) == FIRMA_OK;
	firma_memfd_unmap(&pdf);
	return ok ? 0 : 1;
}
