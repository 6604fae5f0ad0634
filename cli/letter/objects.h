/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - what is in a PDF besides its pages' text, by its objects.
 *
 * Every object that can be reached from the trailer is looked at, wherever it
 * hangs: poppler tells of scripts and files only where viewers usually find
 * them.  The one home of qpdf in this process; as hostile as pdf.h's.
 *
 * May include: agent/base, qpdf.  Does no I/O.
 */
#ifndef FIRMA_LETTER_OBJECTS_H
#define FIRMA_LETTER_OBJECTS_H

#include "agent/base/buf.h"

#define LETTER_OBJECTS_MAX  50000 /* looked at, direct ones too */
#define LETTER_CONTENTS_MAX ((size_t)64 * 1024 * 1024) /* octets, unpacked */

/* Bits of what was seen. */
#define LETTER_HAS_ENCRYPTION 0x01u
#define LETTER_HAS_SCRIPT     0x02u
#define LETTER_HAS_FILES      0x04u
#define LETTER_HAS_FORM       0x08u
#define LETTER_HAS_ACTION     0x10u /* opens, sends, plays */
#define LETTER_HAS_SIGNATURE  0x20u
#define LETTER_HAS_LAYERS     0x100u
/* Its table is wrong, or an object of it: viewers may show different things. */
#define LETTER_HAS_DAMAGE 0x40u
/* There is more than LETTER_OBJECTS_MAX or LETTER_CONTENTS_MAX. */
#define LETTER_HAS_MORE 0x80u
/*
 * What is drawn and what is read may differ: text that is not filled (9.3.6),
 * that is nearly transparent, masked or blended (11.6), or that stands for other
 * text (14.9.4).
 */
#define LETTER_HAS_HIDDEN 0x200u

/* FIRMA_ERR_NOMEM.  What cannot be opened at all is damaged. */
FIRMA_CHECKED enum firma_err letter_objects(
    struct firma_bytes pdf, unsigned int *ret_has);

#endif
