/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - one run of firma: its connection, and asking the agent.
 */
#ifndef FIRMA_CLI_APP_H
#define FIRMA_CLI_APP_H

#include "agent/base/lang.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"
#include "cli/args.h"
#include "cli/out.h"
#include "cli/say.h"

/* Seconds that requests may take. */
#define APP_SHORT 15  /* lists, reads */
#define APP_SIGN  60  /* one operation of a token */
#define APP_LONG  300 /* generating a key, writing to a card */

struct app {
	const char *socket;          /* --socket, or NULL */
	struct firma_client *client; /* NULL until something is asked */
};

/* The tables of commands, each ended by a NULL name. */
extern const struct command status_commands[], token_commands[],
    token_info_commands[], key_commands[], request_commands[],
    certificate_commands[], sign_commands[], timestamp_commands[],
    sello_commands[], seals_commands[], ticket_commands[], verify_commands[],
    letter_commands[], renew_commands[], ledger_commands[], doctor_commands[];

/* Connect if not connected. */
FIRMA_CHECKED enum firma_err app_connect(
    struct app *app, struct firma_cause *cause);

/* firma_client_call() with the connection made, and progress shown. */
FIRMA_CHECKED enum firma_err app_call(struct app *app, enum firma_msg_type type,
    const void *msg, int fd, unsigned int seconds,
    firma_client_item_fn *on_item, void *arg, struct firma_cause *cause);

/* say_failure() with the rule of the agent's last error. */
#define app_failure(app, e, cause, ...)                                      \
	say_failure(e, cause,                                                \
	    (app)->client == NULL ? NULL : firma_client_rule((app)->client), \
	    __VA_ARGS__)

#endif
