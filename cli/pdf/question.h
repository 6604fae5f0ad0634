/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question.h - what firma asks of firma-pdf, and what it is answered
 * (PROTOCOL.md).
 *
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_QUESTION_H
#define FIRMA_PDF_QUESTION_H

#include "agent/base/buf.h"

#define PDF_QUESTION_MAX ((size_t)64 * 1024) /* octets */

/*
 * Answer a question about a document: appends the answer.  What is wrong with
 * either is in the answer; FIRMA_ERR_NOMEM and FIRMA_ERR_INTERNAL are the only
 * failures.
 */
FIRMA_CHECKED enum firma_err pdf_answer(struct firma_bytes question,
    struct firma_bytes document, struct firma_buf *ret);

#endif
