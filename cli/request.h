/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - certificate requests, for commands that make several.
 */
#ifndef FIRMA_CLI_REQUEST_H
#define FIRMA_CLI_REQUEST_H

#include "agent/pki/identity.h"
#include "cli/pin.h"

/*
 * The request of a seal (CSD) for key: whom the e.firma names, and the branch.
 * Appends DER.  Errors as firma_subject_seal(), and the agent's.
 */
FIRMA_CHECKED enum firma_err request_seal(struct app *app, struct pins *pins,
    const char *key, const struct firma_identity *efirma, const char *branch,
    struct firma_buf *ret_der, struct firma_cause *cause);

#endif
