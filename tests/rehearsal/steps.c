/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/steps.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/session.h"

#define EMAIL_MAX 255 /* octets, with the terminating zero */

void
rehearsal_answer_done(struct rehearsal_answer *a)
{
	firma_buf_done(&a->body);
}

enum firma_err
rehearsal_answer_json(struct rehearsal_answer *a, enum rehearsal_op op,
    const char *outcome, const char *text, json_t *fields, int retry_after)
{
	FIRMA_OWN(json_done)
	json_t *o = json_pack("{s:s, s:s, s:s, s:o?, s:i}", "op",
	    rehearsal_op_name(op), "outcome", outcome, "text", text, "fields",
	    fields == NULL ? json_object() : fields, "retry_after",
	    retry_after);
	FIRMA_OWN(firma_mem_done) char *s = NULL;

	if (o == NULL || (s = json_dumps(o, JSON_COMPACT)) == NULL)
		return FIRMA_ERR_NOMEM;
	a->status = 200;
	a->type = "application/json";
	return firma_buf_put_str(&a->body, s);
}

void
rehearsal_folio(struct rehearsal_state *st, char ret[REHEARSAL_FOLIO_MAX])
{
	(void)snprintf(ret, REHEARSAL_FOLIO_MAX, "ENSAYO-%08lld",
	    rehearsal_state_count(st, "folio"));
}

enum firma_err
rehearsal_need_stage(const struct rehearsal_call *call,
    enum rehearsal_stage from, struct rehearsal_refusal *why)
{
	const enum rehearsal_stage s = rehearsal_company_stage(call->company);

	if (s >= from)
		return FIRMA_OK;
	return rehearsal_refuse(why, 409,
	    "Todavía no: el paso pendiente es «%s».", rehearsal_stage_text(s));
}

static enum firma_err
do_data(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	const json_t *c = call->company;

	(void)why;
	return rehearsal_answer_json(ret, call->op, "ok", "",
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
		rehearsal_text(c, "name"), "rfc", rehearsal_text(c, "rfc"),
		"curp", rehearsal_text(c, "curp"), "registro_patronal",
		rehearsal_text(c, "registro_patronal"), "email",
		rehearsal_text(c, "email")),
	    0);
}

/* RFC 5321 as far as a portal cares: one @, a dotted domain, no blanks. */
static int
email_plausible(const char *s)
{
	const char *at = strchr(s, '@');

	if (at == NULL || at == s || strchr(at + 1, '@') != NULL ||
	    strchr(at + 1, '.') == NULL || at[1] == '.' ||
	    s[strlen(s) - 1] == '.')
		return 0;
	for (; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s) || strchr("<>\"'\\", *s))
			return 0;
	return 1;
}

static enum firma_err
do_confirm(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	char email[EMAIL_MAX];
	const char *now = rehearsal_text(call->company, "email");

	rehearsal_form_text(call->form, "correo", email, sizeof(email));
	if (email[0] == '\0')
		(void)snprintf(email, sizeof(email), "%s", now);
	if (!email_plausible(email))
		return rehearsal_refuse(
		    why, 400, "El correo electrónico no es válido.");
	if (strcmp(email, now) != 0 &&
	    rehearsal_company_stage(call->company) > REHEARSAL_STAGE_TERMS_OLD)
		return rehearsal_refuse(
		    why, 409, "El correo electrónico ya no puede cambiarse.");
	if (rehearsal_set_text(call->company, "email", email) != FIRMA_OK ||
	    json_object_set_new(call->company, "confirmed", json_true()) != 0)
		return rehearsal_fault(why, "no se pudo guardar");
	return rehearsal_answer_json(ret, call->op, "ok",
	    "Los datos quedaron confirmados.",
	    json_pack("{s:s}", "email", email), 0);
}

static enum firma_err
do_finish(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	char folio[REHEARSAL_FOLIO_MAX];
	enum firma_err r;

	if ((r = rehearsal_need_stage(call, REHEARSAL_STAGE_FINISH, why)) !=
	    FIRMA_OK)
		return r;
	if (json_object_get(call->company, "folio") == NULL) {
		rehearsal_folio(call->st, folio);
		if (rehearsal_set_text(call->company, "folio", folio) !=
		    FIRMA_OK)
			return rehearsal_fault(why, "no se pudo guardar");
	}
	return rehearsal_answer_json(ret, call->op, "ok",
	    "Se ha generado exitosamente su Certificado Digital.",
	    json_pack("{s:s}", "folio", rehearsal_text(call->company, "folio")),
	    0);
}

/* In which session an op may be asked. */
enum session_need { NEED_NONE, NEED_ANY, NEED_OLD };

static const struct {
	rehearsal_step *run;
	enum session_need need;
} steps[REHEARSAL_N_OPS] = {
	[REHEARSAL_OP_CHALLENGE] = { rehearsal_do_challenge, NEED_NONE },
	[REHEARSAL_OP_ENTER] = { rehearsal_do_enter, NEED_NONE },
	[REHEARSAL_OP_DATA] = { do_data, NEED_ANY },
	[REHEARSAL_OP_CONFIRM] = { do_confirm, NEED_OLD },
	[REHEARSAL_OP_LETTER] = { rehearsal_do_letter, NEED_ANY },
	[REHEARSAL_OP_SUBMIT_LETTER] = { rehearsal_do_submit_letter, NEED_ANY },
	[REHEARSAL_OP_FIND_LETTER] = { rehearsal_do_find_letter, NEED_ANY },
	[REHEARSAL_OP_MAIL] = { rehearsal_do_mail, NEED_NONE },
	[REHEARSAL_OP_SUBMIT_REQUEST] = { rehearsal_do_submit_request,
	    NEED_OLD },
	[REHEARSAL_OP_FIND_REQUEST] = { rehearsal_do_find_request, NEED_ANY },
	[REHEARSAL_OP_CERTIFICATE] = { rehearsal_do_certificate, NEED_ANY },
	[REHEARSAL_OP_FINISH] = { do_finish, NEED_OLD },
};

static enum firma_err
count_refusal(json_t *company, const struct rehearsal_refusal *why)
{
	enum firma_err r;

	if ((r = rehearsal_bump(company, "refused")) != FIRMA_OK)
		return r;
	return rehearsal_set_text(company, "last_refusal", why->text);
}

enum firma_err
rehearsal_call_run(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	const enum session_need need = steps[call->op].need;
	enum firma_err r;

	if (need != NEED_NONE && call->company == NULL)
		return rehearsal_refuse(
		    why, 401, "La sesión no existe o terminó: entre de nuevo.");
	if (need == NEED_OLD && call->role != REHEARSAL_OLD)
		r = rehearsal_refuse(why, 403,
		    "Este paso se hace en la sesión del certificado "
		    "anterior.");
	else
		r = steps[call->op].run(call, ret, why);
	if (r == FIRMA_ERR_PORTAL_REJECTED && call->company != NULL &&
	    count_refusal(call->company, why) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo contar");
	if (r != FIRMA_OK && r != FIRMA_ERR_PORTAL_REJECTED &&
	    r != FIRMA_ERR_INTERNAL)
		r = rehearsal_fault(why, firma_err_text(r));
	return r;
}
