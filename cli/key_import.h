/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_import.h - an existing pair in files (e.firma style .key + .cer, or .pfx)
 * opened in this process and handed to a token's process.
 */
#ifndef FIRMA_CLI_KEY_IMPORT_H
#define FIRMA_CLI_KEY_IMPORT_H

#include "cli/keys.h"

extern const struct option_desc key_import_options[];
int key_import(struct app *app, const struct args *a);

/* Print the key that an answer named; returns the exit status. */
int key_made(const struct keys *keys, const char *done);

#endif
