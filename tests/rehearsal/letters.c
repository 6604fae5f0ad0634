/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letters.c - handing out letters and taking them back signed.
 */
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/check.h"
#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/steps.h"

/* A submitted letter, as named by the form. */
struct submission {
	enum rehearsal_letter letter;
	enum rehearsal_role role;
	const char *role_name;
	json_t *kept; /* what was accepted before; NULL for nothing */
};

/* The form's `carta`, and whether it may be asked for in this session. */
static enum firma_err
which_letter(const struct rehearsal_call *call, enum rehearsal_letter *ret,
    struct rehearsal_refusal *why)
{
	char name[16];
	int which;

	rehearsal_form_text(call->form, "carta", name, sizeof(name));
	if ((which = rehearsal_letter_of(name)) < 0)
		return rehearsal_refuse(
		    why, 400, "El campo carta debe ser terms o conditions.");
	*ret = (enum rehearsal_letter)which;
	return FIRMA_OK;
}

/* The misbehaviour: other bytes than those served before. */
static enum firma_err
other_letter(const struct rehearsal_call *call, enum rehearsal_letter which,
    struct firma_buf *ret)
{
	struct rehearsal_identity who;

	rehearsal_company_identity(call->company, &who);
	(void)snprintf(who.name, sizeof(who.name), "OTRA EMPRESA SA DE CV");
	return rehearsal_letter_make(which, &who, 0, NULL, ret);
}

/* The misbehaviour: the letter of another employer. */
static enum firma_err
letter_of_another(enum rehearsal_letter which, struct firma_buf *ret)
{
	const struct rehearsal_identity who = { .name = "OTRA EMPRESA SA DE CV",
		.rfc = "OEM990101AB5",
		.registro = "E5352621109" };

	return rehearsal_letter_make(which, &who, 0, NULL, ret);
}

static enum firma_err
letter_of_another_step(const struct rehearsal_call *call,
    enum rehearsal_letter which, struct firma_buf *ret)
{
	struct rehearsal_identity who;

	rehearsal_company_identity(call->company, &who);
	return rehearsal_letter_make(which == REHEARSAL_LETTER_TERMS
		? REHEARSAL_LETTER_CONDITIONS
		: REHEARSAL_LETTER_TERMS,
	    &who, 0, NULL, ret);
}

/* Made anew, with something that a letter has no need of. */
static enum firma_err
letter_with_link(const struct rehearsal_call *call, enum rehearsal_letter which,
    json_t *letter, struct firma_buf *ret)
{
	struct rehearsal_identity who;
	char hex[REHEARSAL_SHA256_HEX];
	enum firma_err r;

	rehearsal_company_identity(call->company, &who);
	r = rehearsal_letter_make(
	    which, &who, 0, "http://example.invalid/", ret);
	if (r != FIRMA_OK ||
	    (r = rehearsal_sha256(firma_buf_view(ret), hex)) != FIRMA_OK ||
	    (r = rehearsal_set_text(letter, "sha256", hex)) != FIRMA_OK)
		return r;
	return rehearsal_set_octets(letter, "pdf", firma_buf_view(ret));
}

/* The letter, or what a misbehaviour puts in its place. */
static enum firma_err
serve_letter(const struct rehearsal_call *call, enum rehearsal_letter which,
    json_t *letter, struct firma_buf *ret)
{
	if (rehearsal_number(letter, "served") > 0 &&
	    rehearsal_behave_take(
		call->st, REHEARSAL_BEHAVE_OTHER_LETTER, call->op))
		return other_letter(call, which, ret);
	if (rehearsal_behave_take(
		call->st, REHEARSAL_BEHAVE_LETTER_COMPANY, call->op))
		return letter_of_another(which, ret);
	if (rehearsal_behave_take(
		call->st, REHEARSAL_BEHAVE_LETTER_STEP, call->op))
		return letter_of_another_step(call, which, ret);
	if (rehearsal_behave_take(
		call->st, REHEARSAL_BEHAVE_LETTER_LINK, call->op))
		return letter_with_link(call, which, letter, ret);
	return rehearsal_octets(letter, "pdf", ret);
}

enum firma_err
rehearsal_do_letter(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	enum rehearsal_letter which;
	enum firma_err r;
	json_t *letter;
	long long served;

	if ((r = which_letter(call, &which, why)) != FIRMA_OK)
		return r;
	r = rehearsal_need_stage(call,
	    which == REHEARSAL_LETTER_TERMS ? REHEARSAL_STAGE_TERMS_OLD
					    : REHEARSAL_STAGE_CONDITIONS,
	    why);
	if (r != FIRMA_OK)
		return r;
	letter = rehearsal_company_letter(call->company, which);
	served = rehearsal_number(letter, "served");
	r = serve_letter(call, which, letter, &ret->body);
	if (r != FIRMA_OK ||
	    rehearsal_set_number(letter, "served", served + 1) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo entregar la carta");
	ret->status = 200;
	ret->type = "application/pdf";
	(void)snprintf(ret->attachment, sizeof(ret->attachment), "carta-%s.pdf",
	    which == REHEARSAL_LETTER_TERMS ? "terminos" : "condiciones");
	return FIRMA_OK;
}

static enum firma_err
which_role(const struct rehearsal_call *call, enum rehearsal_letter which,
    enum rehearsal_role *ret, const char **ret_name,
    struct rehearsal_refusal *why)
{
	char role[8];

	rehearsal_form_text(call->form, "papel", role, sizeof(role));
	if (strcmp(role, "old") == 0 && which == REHEARSAL_LETTER_TERMS) {
		*ret = REHEARSAL_OLD;
		*ret_name = "old";
	} else if (strcmp(role, "new") == 0) {
		*ret = REHEARSAL_NEW;
		*ret_name = "new";
	} else
		return rehearsal_refuse(why, 400,
		    "El campo papel debe ser old o new, y la carta de "
		    "condiciones se firma sólo con el nuevo.");
	return FIRMA_OK;
}

static enum firma_err
submission_of(const struct rehearsal_call *call, struct submission *ret,
    struct rehearsal_refusal *why)
{
	enum firma_err r;

	if ((r = which_letter(call, &ret->letter, why)) != FIRMA_OK ||
	    (r = which_role(call, ret->letter, &ret->role, &ret->role_name,
		 why)) != FIRMA_OK)
		return r;
	ret->kept = json_object_get(
	    rehearsal_company_letter(call->company, ret->letter),
	    ret->role_name);
	return FIRMA_OK;
}

static enum rehearsal_stage
stage_for(const struct submission *s)
{
	if (s->letter == REHEARSAL_LETTER_CONDITIONS)
		return REHEARSAL_STAGE_CONDITIONS;
	return s->role == REHEARSAL_OLD ? REHEARSAL_STAGE_TERMS_OLD
					: REHEARSAL_STAGE_TERMS_NEW;
}

/* The uploaded CMS, whose hash the form must name when it names one. */
static enum firma_err
uploaded(const struct rehearsal_call *call, struct firma_buf *ret_cms,
    char ret_hex[REHEARSAL_SHA256_HEX], struct rehearsal_refusal *why)
{
	char said[REHEARSAL_SHA256_HEX];

	if (rehearsal_form_document(call->form, ret_cms) != FIRMA_OK ||
	    ret_cms->len == 0)
		return rehearsal_refuse(
		    why, 400, "Falta el archivo de la firma.");
	if (rehearsal_sha256(firma_buf_view(ret_cms), ret_hex) != FIRMA_OK)
		return rehearsal_fault(why, "huella");
	rehearsal_form_text(call->form, "huella", said, sizeof(said));
	if (rehearsal_form_get(call->form, "huella").len > 0 &&
	    strcmp(said, ret_hex) != 0)
		return rehearsal_refuse(why, 400,
		    "El archivo llegó con otra huella que la anunciada.");
	return FIRMA_OK;
}

static enum firma_err
check_signature(const struct rehearsal_call *call, const struct submission *s,
    const struct firma_buf *cms, struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pdf = { 0 };
	FIRMA_OWN(x509_done) X509 *signer = NULL;
	const json_t *letter =
	    rehearsal_company_letter(call->company, s->letter);

	if (rehearsal_number(letter, "served") == 0)
		return rehearsal_refuse(why, 409,
		    "La carta todavía no se ha descargado de este portal.");
	if (rehearsal_octets(letter, "pdf", &pdf) != FIRMA_OK ||
	    rehearsal_company_certificate(call->company, s->role, &signer) !=
		FIRMA_OK)
		return rehearsal_fault(why, "carta o certificado");
	return rehearsal_check_cms(
	    firma_buf_view(cms), signer, firma_buf_view(&pdf), NULL, why);
}

static enum firma_err
keep(const struct rehearsal_call *call, struct submission *s,
    const struct firma_buf *cms, const char *hex)
{
	char folio[REHEARSAL_FOLIO_MAX];
	json_t *kept;

	rehearsal_folio(call->st, folio);
	kept = json_pack("{s:s, s:s, s:i, s:i}", "sha256", hex, "receipt",
	    folio, "accepted", 1, "repeats", 0);
	if (kept == NULL ||
	    rehearsal_set_octets(kept, "cms", firma_buf_view(cms)) !=
		FIRMA_OK) {
		json_decref(kept);
		return FIRMA_ERR_NOMEM;
	}
	s->kept = kept;
	return json_object_set_new(
		   rehearsal_company_letter(call->company, s->letter),
		   s->role_name, kept) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

static enum firma_err
receipt(struct rehearsal_call *call, struct rehearsal_answer *ret,
    const struct submission *s)
{
	const char *mail = rehearsal_text(call->company, "mail");
	const int announced = s->letter == REHEARSAL_LETTER_TERMS &&
	    s->role == REHEARSAL_OLD && strcmp(mail, "none") != 0;

	return rehearsal_answer_json(ret, call->op, "ok",
	    announced ? "Recibirá un correo electrónico con un enlace para "
			"generar su certificado."
		      : "La carta firmada se recibió.",
	    json_pack("{s:s, s:s*}", "receipt",
		rehearsal_text(s->kept, "receipt"), "mail",
		announced ? "announced" : NULL),
	    0);
}

enum firma_err
rehearsal_do_submit_letter(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	char hex[REHEARSAL_SHA256_HEX];
	struct submission s;
	enum firma_err r;

	if ((r = submission_of(call, &s, why)) != FIRMA_OK ||
	    (r = rehearsal_need_stage(call, stage_for(&s), why)) != FIRMA_OK ||
	    (r = uploaded(call, &cms, hex, why)) != FIRMA_OK)
		return r;
	if (s.kept != NULL) {
		/* The same once more is the same: say again what was said. */
		if (strcmp(rehearsal_text(s.kept, "sha256"), hex) != 0)
			return rehearsal_refuse(why, 409,
			    "Esta carta ya se recibió con otra firma.");
		if (rehearsal_bump(s.kept, "repeats") != FIRMA_OK)
			return rehearsal_fault(why, "no se pudo contar");
		return receipt(call, ret, &s);
	}
	if ((r = check_signature(call, &s, &cms, why)) != FIRMA_OK)
		return r;
	if (keep(call, &s, &cms, hex) != FIRMA_OK ||
	    (s.letter == REHEARSAL_LETTER_TERMS && s.role == REHEARSAL_OLD &&
		rehearsal_mail_decide(call) != FIRMA_OK))
		return rehearsal_fault(why, "no se pudo guardar la carta");
	return receipt(call, ret, &s);
}

enum firma_err
rehearsal_do_find_letter(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	char said[REHEARSAL_SHA256_HEX];
	struct submission s;
	enum firma_err r;

	if ((r = submission_of(call, &s, why)) != FIRMA_OK)
		return r;
	rehearsal_form_text(call->form, "huella", said, sizeof(said));
	if (said[0] == '\0')
		return rehearsal_refuse(why, 400, "Falta el campo huella.");
	if (s.kept == NULL)
		return rehearsal_answer_json(ret, call->op, "unknown",
		    "Esa carta firmada no se ha recibido.", NULL, 0);
	if (strcmp(rehearsal_text(s.kept, "sha256"), said) != 0)
		return rehearsal_refuse(
		    why, 409, "Esta carta ya se recibió con otra firma.");
	return receipt(call, ret, &s);
}
