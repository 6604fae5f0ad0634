/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - the token process's work: requests of worker.def, answered.
 *
 * w_keys and w_find end with w_done (count: how many w_key came before).
 * w_generate, w_import and w_certificate_write answer with one w_key and
 * w_done.  w_probe, w_sign, w_cms and w_request answer with their one message;
 * everything else with w_done.  Any of them may answer w_error instead, also
 * after some w_key.
 */
#ifndef FIRMA_WORKER_WORKER_H
#define FIRMA_WORKER_WORKER_H

#include "agent/base/secret.h"
#include "pkcs11/worker/lane.h"
#include "pkcs11/worker/signatory.h"

#define FIRMA_LANES_MAX 8 /* as in the configuration: sessions */

/* The PIN that the token with this serial took; empty: none.  "keep-pin". */
struct firma_kept_pin {
	struct firma_secret pin;
	char serial[65];
};

struct firma_worker {
	struct firma_token *token;
	struct firma_lane lane;
	struct firma_session session; /* read-only; keeps the login alive */
	struct firma_signer *signer;
	struct firma_signatories signatories;
	struct firma_kept_pin kept; /* lane 0's */
	bool is_stale; /* the module has read a card with half a certificate */
	const char *begins_anew; /* why the process ends after this answer */
	/* Held while the module is used, when its calls must not overlap. */
	pthread_mutex_t *serial; /* NULL: they may */
};

/*
 * Serve lane 0 until the agent closes it (FIRMA_ERR_AGENT_GONE) or breaks the
 * protocol.
 */
FIRMA_CHECKED enum firma_err firma_worker_serve(
    struct firma_worker *w, struct firma_cause *cause);

/* Serve a further lane: w_sign and w_cms.  Returns like firma_worker_serve(). */
FIRMA_CHECKED enum firma_err firma_worker_serve_signing(
    struct firma_worker *w, struct firma_cause *cause);

#endif
