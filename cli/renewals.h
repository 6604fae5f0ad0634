/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewals.h - renewal_item answers, kept, and reading a renewal's documents.
 */
#ifndef FIRMA_CLI_RENEWALS_H
#define FIRMA_CLI_RENEWALS_H

#include "cli/app.h"

#define RENEWALS_MAX 4096

struct renewal {
	uint64_t id, new_not_after, started, changed, not_earlier; /* s */
	uint32_t status, step_index, n_steps, user_step, step_state;
	char profile[65], step[65], old_key[65], new_key[65], old_serial[65],
	    new_serial[65], email[255], portal[513], why[513];
};

struct renewals {
	struct renewal *at;
	size_t n;
};
void renewals_done(struct renewals *r);

/* The renewal of that id; 0 is all. */
FIRMA_CHECKED enum firma_err renewals_list(struct app *app, uint64_t id,
    struct renewals *ret, struct firma_cause *cause);

/* For app_call(): keeps the renewal_items that come; arg: struct renewals. */
enum firma_err renewals_keep(
    void *arg, enum firma_msg_type type, const void *msg, int *fd);

json_t *renewals_json(const struct renewal *r);
void renewals_text(const struct renewal *r);
void renewals_print(const struct renewal *r); /* as JSON, or as text */

/*
 * Which renewal is meant: the operand, or the only one of that status.  0, or
 * an exit status after saying what is to be said.
 */
int renewals_choose(struct app *app, const char *operand,
    enum firma_renewal_status status, struct renewal *ret);

/* A document by name.  FIRMA_ERR_NOT_FOUND: not made yet. */
FIRMA_CHECKED enum firma_err renewals_document(struct app *app, uint64_t id,
    const char *name, struct firma_buf *ret, struct firma_cause *cause);

#endif
