/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requests.c - the request for the new certificate, and the certificate.
 */
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/check.h"
#include "tests/rehearsal/issue.h"
#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/steps.h"

#define POLL_AGAIN_S 1

/* Grant it unless told to let the caller wait; then say which of the two. */
static enum firma_err
granted_or_wait(struct rehearsal_call *call, struct rehearsal_answer *ret,
    int *ret_granted, struct rehearsal_refusal *why)
{
	*ret_granted = 0;
	if (rehearsal_behave_take(call->st, REHEARSAL_BEHAVE_WAIT, call->op))
		return rehearsal_answer_json(ret, call->op, "wait",
		    "El requerimiento se recibió; el certificado todavía no "
		    "está listo.",
		    NULL, POLL_AGAIN_S);
	if (json_object_get(call->company, "new") == NULL &&
	    rehearsal_issue(call) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo expedir");
	*ret_granted = 1;
	return FIRMA_OK;
}

static enum firma_err
answer_state(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	enum firma_err r;
	int granted;

	if ((r = granted_or_wait(call, ret, &granted, why)) != FIRMA_OK ||
	    !granted)
		return r;
	return rehearsal_answer_json(ret, call->op, "issued",
	    "El certificado fue expedido.",
	    json_pack(
		"{s:s}", "serial", rehearsal_text(call->company, "new_serial")),
	    0);
}

static enum firma_err
check_new(const struct rehearsal_call *call, struct firma_bytes der,
    struct rehearsal_refusal *why)
{
	FIRMA_OWN(x509_done) X509 *old = NULL;
	FIRMA_OWN(req_done) X509_REQ *q = NULL;
	enum firma_err r;

	if (rehearsal_company_certificate(call->company, REHEARSAL_OLD, &old) !=
	    FIRMA_OK)
		return rehearsal_fault(why, "certificado anterior");
	if ((r = rehearsal_check_request(der, old, &q, why)) != FIRMA_OK)
		return r;
	if (rehearsal_key_known(call->st, X509_REQ_get0_pubkey(q)))
		return rehearsal_refuse(why, 409,
		    "La llave del requerimiento ya tiene un certificado.");
	return FIRMA_OK;
}

static enum firma_err
keep(const struct rehearsal_call *call, struct firma_bytes der, const char *hex)
{
	json_t *q = json_pack(
	    "{s:s, s:i, s:i}", "sha256", hex, "accepted", 1, "repeats", 0);

	if (q == NULL || rehearsal_set_octets(q, "der", der) != FIRMA_OK) {
		json_decref(q);
		return FIRMA_ERR_NOMEM;
	}
	return json_object_set_new(call->company, "request", q) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

enum firma_err
rehearsal_do_submit_request(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	json_t *kept = json_object_get(call->company, "request");
	char hex[REHEARSAL_SHA256_HEX], said[REHEARSAL_SHA256_HEX];
	enum firma_err r;

	if ((r = rehearsal_need_stage(call, REHEARSAL_STAGE_REQUEST, why)) !=
	    FIRMA_OK)
		return r;
	if (rehearsal_form_document(call->form, &der) != FIRMA_OK ||
	    der.len == 0)
		return rehearsal_refuse(
		    why, 400, "Falta el archivo del requerimiento.");
	if (rehearsal_sha256(firma_buf_view(&der), hex) != FIRMA_OK)
		return rehearsal_fault(why, "huella");
	rehearsal_form_text(call->form, "huella", said, sizeof(said));
	if (rehearsal_form_get(call->form, "huella").len > 0 &&
	    strcmp(said, hex) != 0)
		return rehearsal_refuse(why, 400,
		    "El archivo llegó con otra huella que la anunciada.");
	if (kept != NULL) {
		if (strcmp(rehearsal_text(kept, "sha256"), hex) != 0)
			return rehearsal_refuse(why, 409,
			    "Esta renovación ya tiene otro requerimiento.");
		if (rehearsal_bump(kept, "repeats") != FIRMA_OK)
			return rehearsal_fault(why, "no se pudo contar");
		return answer_state(call, ret, why);
	}
	if ((r = check_new(call, firma_buf_view(&der), why)) != FIRMA_OK)
		return r;
	if (keep(call, firma_buf_view(&der), hex) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo guardar");
	return answer_state(call, ret, why);
}

/* Does the portal have exactly this request?  Else it has been answered. */
static enum firma_err
find(struct rehearsal_call *call, struct rehearsal_answer *ret, int *ret_found,
    struct rehearsal_refusal *why)
{
	const json_t *kept = json_object_get(call->company, "request");
	char said[REHEARSAL_SHA256_HEX];

	*ret_found = 0;
	rehearsal_form_text(call->form, "huella", said, sizeof(said));
	if (said[0] == '\0' && !call->html)
		return rehearsal_refuse(why, 400, "Falta el campo huella.");
	if (kept == NULL)
		return rehearsal_answer_json(ret, call->op, "unknown",
		    "Ese requerimiento no se ha recibido.", NULL, 0);
	if (said[0] != '\0' &&
	    strcmp(rehearsal_text(kept, "sha256"), said) != 0)
		return rehearsal_refuse(
		    why, 409, "Esta renovación ya tiene otro requerimiento.");
	*ret_found = 1;
	return FIRMA_OK;
}

enum firma_err
rehearsal_do_find_request(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	enum firma_err r;
	int found;

	if ((r = find(call, ret, &found, why)) != FIRMA_OK || !found)
		return r;
	return answer_state(call, ret, why);
}

enum firma_err
rehearsal_do_certificate(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	enum firma_err r;
	int go_on;

	if ((r = find(call, ret, &go_on, why)) != FIRMA_OK || !go_on ||
	    (r = granted_or_wait(call, ret, &go_on, why)) != FIRMA_OK || !go_on)
		return r;
	if (rehearsal_issue_shown(call, &ret->body) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo entregar");
	ret->status = 200;
	ret->type = "application/pkix-cert";
	(void)snprintf(
	    ret->attachment, sizeof(ret->attachment), "certificado-nuevo.cer");
	return FIRMA_OK;
}
