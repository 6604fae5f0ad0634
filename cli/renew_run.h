/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_run.h - go on with a renewal: ask the agent what is to be done, do it,
 * say so, until it is complete or somebody has to decide.
 *
 * All state is the agent's.  Killed at any point, the next run goes on there.
 */
#ifndef FIRMA_CLI_RENEW_RUN_H
#define FIRMA_CLI_RENEW_RUN_H

#include "cli/app.h"
#include "cli/renew_consent.h"

/* The options that run_renewal() reads; for the tables of renew commands. */
#define RUN_OPTIONS                                                    \
	{ "yes", 'y', OPTION_FLAG, NULL,                               \
		N_("the company's data are right, and so are letters " \
		   "that fulfil each rule: do not ask") },             \
	    RENEW_CONSENT_OPTION,                                      \
	    { "email", 0, OPTION_TEXT, N_("ADDRESS"),                  \
		    N_("the e-mail address that is read often") },     \
	    { "link", 0, OPTION_TEXT, N_("URL"),                       \
		    N_("the link that came by e-mail, if one came") }, \
	    { "dir", 'd', OPTION_TEXT, N_("DIR"),                      \
		    N_("where letters are kept") },                    \
	    { "wait", 0, OPTION_NUMBER, N_("SECONDS"),                 \
		    N_("wait for the portal at most so long (600)") }, \
	    PIN_OPTION

/*
 * resume  a person has decided: go on from where one was asked for
 * once    do one thing, then stop
 */
int run_renewal(struct app *app, const struct args *a, uint64_t renewal,
    int resume, int once);

#endif
