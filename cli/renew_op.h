/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_op.h - one operation at the portal, from the agent's words to the
 * helper's and back.
 */
#ifndef FIRMA_CLI_RENEW_OP_H
#define FIRMA_CLI_RENEW_OP_H

#include "cli/app.h"
#include "cli/renew_portal.h"

/* A renew_todo, kept. */
struct todo {
	uint32_t step_index, user_step, n_user_steps, action, token_state;
	uint64_t not_earlier; /* seconds since 1970 */
	char step[65], title_en[513], title_es[513], op[33], letter[33],
	    role[17], sends[33], sends_file[65], saves[33], key[65], token[65],
	    helper[65], portal[513], session[2049], endpoints[8193], why[513],
	    fields[8193];
	uint8_t sends_sha256[32], letter_sha256[32];
	size_t sends_sha256_len, letter_sha256_len;
};

/* What is to be done next? */
FIRMA_CHECKED enum firma_err renew_next(struct app *app, uint64_t renewal,
    struct todo *ret, struct firma_cause *cause);

/*
 * Run the todo's operation.  link may be NULL.
 * FIRMA_ERR_PORTAL_ANSWER  the helper's answer makes no sense
 */
FIRMA_CHECKED enum firma_err renew_op(struct app *app, uint64_t renewal,
    const struct todo *t, struct portal_helper *h, const char *link,
    const char *folder, struct portal_reply *ret, struct firma_cause *cause);

/* Tell the agent what came of it; a letter is kept in the folder too. */
FIRMA_CHECKED enum firma_err renew_result(struct app *app, uint64_t renewal,
    const struct todo *t, const struct portal_reply *reply, const char *folder,
    struct firma_cause *cause);

#endif
