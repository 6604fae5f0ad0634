/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-pdf - look at one PDF, in a sandbox, for `firma`.
 *
 * Descriptors: 0 the question, 1 the answer, 3 the document (cli/sandboxed.h,
 * PROTOCOL.md).
 */
#include <stdio.h>

#include "agent/base/fd.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "cli/pdf/confine.h"
#include "cli/pdf/document.h"
#include "cli/pdf/question.h"

#define QUESTION   0
#define ANSWER     1
#define DOCUMENT   3
#define EXIT_SETUP 3

static int
failed(enum firma_err r, const struct firma_cause *cause)
{
	(void)fprintf(
	    stderr, "firma-pdf: %s: %s\n", firma_err_text(r), cause->what);
	return EXIT_SETUP;
}

int
main(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	struct firma_cause cause = { 0 };
	struct firma_bytes question, document;
	enum firma_err r;

	if ((r = pdf_confine(&cause)) != FIRMA_OK ||
	    (r = firma_memfd_map(
		 QUESTION, PDF_QUESTION_MAX, &question, &cause)) != FIRMA_OK ||
	    (r = firma_memfd_map(DOCUMENT, PDF_READ_MAX, &document, &cause)) !=
		FIRMA_OK ||
	    (r = pdf_answer(question, document, &answer)) != FIRMA_OK)
		return failed(r, &cause);
	return firma_fd_write(ANSWER, firma_buf_view(&answer)) == FIRMA_OK ? 0
									   : 1;
}
