/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot_say.h - check a sealed lot and say what it is.
 */
#ifndef FIRMA_CLI_LOT_SAY_H
#define FIRMA_CLI_LOT_SAY_H

#include <jansson.h>

#include "agent/base/err.h"

/*
 * Check the lot in the sealed document fd.  Each problem is a line on stderr,
 * FILE:LINE:COLUMN: FIELD: WHAT; then what the lot is: on stdout (text or JSON)
 * when it is only checked, else on stderr, before it is signed.
 *
 * path      how people call the file
 * is_check  nothing is going to be signed
 * ret_json  the lot's part of the JSON of a signature, or NULL; the caller's.
 *           Left alone when the status is not 0, when it is_check, and without
 *           --json
 *
 * Returns the exit status: 0, or what has been explained.
 */
int lot_say(int fd, const char *path, int is_check, json_t **ret_json);

/* The file is too large to be a lot.  Returns the exit status. */
int lot_say_too_large(const char *path);

#endif
