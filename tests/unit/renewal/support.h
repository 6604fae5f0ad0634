/* SPDX-License-Identifier: Apache-2.0 */
/* support.h - what the renewal's tests share. */
#ifndef TESTS_UNIT_RENEWAL_SUPPORT_H
#define TESTS_UNIT_RENEWAL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/renewal/profile.h"

/* A file of the source tree; the test fails when it is not there. */
void read_source(const char *path, struct firma_buf *ret);

/* cli/profiles/imss-idse.ini, which must have no mistakes. */
struct firma_profile *read_imss(void);

#endif
