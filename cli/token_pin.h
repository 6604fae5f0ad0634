/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_pin.h - the commands that give a token another PIN, and the options of
 * all that present one.
 */
#ifndef FIRMA_CLI_TOKEN_PIN_H
#define FIRMA_CLI_TOKEN_PIN_H

#include "cli/app.h"

#define LAST_TRY_OPTION                                         \
	{                                                       \
		"last-try", 0, OPTION_FLAG, NULL,               \
		    N_("use the last try before the PIN locks") \
	}
#define AGAIN_OPTION                                                     \
	{                                                                \
		"again", 0, OPTION_FLAG, NULL,                           \
		    N_("present a PIN again whose outcome is not known") \
	}
#define SO_PIN_OPTION                                                     \
	{                                                                 \
		"so-pin-file", 0, OPTION_TEXT, N_("FILE"),                \
		    N_("the SO-PIN is this file's first line (-: stdin)") \
	}
#define NEW_PIN_OPTION                                                     \
	{                                                                  \
		"new-pin-file", 0, OPTION_TEXT, N_("FILE"),                \
		    N_("the new PIN is this file's first line (-: stdin)") \
	}

int token_change_pin(struct app *app, const struct args *a);
int token_unblock(struct app *app, const struct args *a);
extern const struct option_desc token_change_pin_options[];
extern const struct option_desc token_unblock_options[];

/* FIRMA_UNLOCK bits: --last-try, --again. */
unsigned int token_pin_flags(const struct args *a);

#endif
