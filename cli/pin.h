/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.h - where a PIN comes from, and how it reaches the token's process.
 *
 * From --pin-file (FILE, or TOKEN=FILE; "-" is one line of stdin), else from
 * pinentry, else from the terminal with echo off.  Each source is used once for
 * a token in one run: a PIN that was refused is never given a second time.
 */
#ifndef FIRMA_CLI_PIN_H
#define FIRMA_CLI_PIN_H

#include "agent/base/secret.h"
#include "cli/app.h"

#define PIN_MAX    256 /* octets */
#define PIN_TOKENS 16  /* tokens unlocked in one run */

/* For the option tables of commands that may need a PIN. */
#define PIN_OPTION                                                     \
	{                                                              \
		"pin-file", 0, OPTION_LIST, N_("[TOKEN=]FILE"),        \
		    N_("the PIN is this file's first line (-: stdin)") \
	}

struct pins {
	const char *const *files;
	size_t n_files;
	char used[PIN_TOKENS][65]; /* names of tokens already presented to */
	size_t n_used;
};

void pins_init(struct pins *p, const struct args *a);

/*
 * A PIN for the token.  what is said to the person ("PIN of token main").
 *
 * FIRMA_ERR_PIN_NEEDED  no source, or it was used before
 * FIRMA_ERR_CANCELLED   the person did not want to
 */
FIRMA_CHECKED enum firma_err pin_get(struct pins *p, const char *token,
    const char *description, const char *prompt, struct firma_secret *ret,
    struct firma_cause *cause);

/* A secret that is not a PIN (a password), from file or asked for. */
FIRMA_CHECKED enum firma_err pin_password(const char *file,
    const char *description, const char *prompt, struct firma_secret *ret,
    struct firma_cause *cause);

/* A new PIN: a file's line, or asked for twice until both agree. */
FIRMA_CHECKED enum firma_err pin_new(const char *file, const char *description,
    const char *prompt, struct firma_secret *ret, struct firma_cause *cause);

/*
 * For firma_client_call(): give the packets to the token's process over the
 * pin_channel.  arg is a struct pin_packets.
 */
struct pin_packets {
	const struct firma_secret *at[2];
	size_t n;
	int given;
	firma_client_item_fn *next; /* for other answers, or NULL */
	void *arg;
};
enum firma_err pin_give(
    void *arg, enum firma_msg_type type, const void *msg, int *fd);

/* A token, as it is before its PIN is asked for. */
struct pin_token {
	int found;
	uint32_t state, pin_state, flags, min_pin, max_pin;
	char label[65], why[257];
};
#define PIN_LOOK_ANY (~0u) /* whatever its PIN's state */

/*
 * Look at it; no PIN is asked for that could not be presented.
 * flags: FIRMA_UNLOCK bits, or PIN_LOOK_ANY
 */
FIRMA_CHECKED enum firma_err pin_look(struct app *app, const char *token,
    unsigned int flags, struct pin_token *ret, struct firma_cause *cause);

/*
 * Unlock the token if it is locked, asking for its PIN.  Explains failures;
 * returns 0 or the exit status.
 */
int unlock_token(
    struct app *app, struct pins *p, const char *token, unsigned int flags);

/* The same for the token on which the key lives. */
int unlock_key(struct app *app, struct pins *p, const char *key);

#endif
