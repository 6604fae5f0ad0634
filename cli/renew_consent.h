/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_consent.h - before a letter is signed: show what it is, refuse what it
 * must not be, and have the operator's consent written down by the agent.
 */
#ifndef FIRMA_CLI_RENEW_CONSENT_H
#define FIRMA_CLI_RENEW_CONSENT_H

#include "cli/app.h"
#include "cli/letter_rule.h"
#include "cli/renew_op.h"

#define RENEW_CONSENT_OPTION                                        \
	{                                                           \
		"consent", 0, OPTION_LIST, N_("SHA256"),            \
		    N_("sign the letter of this hash: it was read") \
	}

/*
 * The portal served a letter: is it one that may be kept?  0, also when it
 * cannot be told; else it was refused and said why, and reply is now that the
 * portal's answer was rejected, for the agent's record: the letter is fetched
 * again after `renew resume`.
 */
int renew_letter_served(struct app *app, uint64_t renewal, const struct todo *t,
    struct portal_reply *reply);

/*
 * fd is the letter as a sealed memfd: what is shown, and what is signed; path is
 * the file that it was read from.
 * 0: there is consent, from now or from before.  Else an exit status, and what
 * is to be said has been said; the renewal stays where it is.
 */
int renew_consent(struct app *app, const struct args *a, uint64_t renewal,
    const struct todo *t, int fd, const char *path);

/* The consents that a renewal has, each as a line of text; none is fine. */
void renew_consents_text(struct app *app, uint64_t renewal);
/* The same as a JSON array; never NULL but for want of memory. */
json_t *renew_consents_json(struct app *app, uint64_t renewal);

#endif
