/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what firma-letter gives up before it looks at the PDF.
 *
 * Everything: files (Landlock, and no room for one more descriptor where the
 * kernel has none), programs, processes, sockets of any kind, signals; bounded
 * memory and CPU.  What is left is reading a mapped document and writing to an
 * open pipe.
 *
 * Proved inside the running program by tests/letter/test_confine.sh.
 */
#ifndef FIRMA_LETTER_CONFINE_H
#define FIRMA_LETTER_CONFINE_H

#include "agent/base/err.h"

#define LETTER_DOCUMENT 3  /* descriptor of the sealed PDF */
#define LETTER_CPU_S    20 /* seconds; the parent's deadline is shorter */
#define LETTER_MEMORY   ((size_t)768 * 1024 * 1024) /* octets of addresses */

/*
 * Descriptors 0, 1 and 2 stay; the document is mapped by now.  With a sanitizer, memory is not bounded: its
 * shadow takes terabytes of addresses.
 */
FIRMA_CHECKED enum firma_err letter_confine(struct firma_cause *cause);

#endif
