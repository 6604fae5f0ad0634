/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/company.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/own_openssl.h"

/* Check digits hold (IMSS: Luhn over the letter's number and the digits). */
#define PRACTICE_REGISTRO "Y5472318103"
#define PRACTICE_EMAIL    "avisos@patron.example"

static const char *const role_member[REHEARSAL_N_ROLES] = {
	[REHEARSAL_OLD] = "old",
	[REHEARSAL_NEW] = "new",
};

static const char *const stage_name[REHEARSAL_N_STAGES] = {
#define X(id, name, text) name,
	REHEARSAL_STAGE_LIST(X)
#undef X
};

static const char *const stage_text[REHEARSAL_N_STAGES] = {
#define X(id, name, text) text,
	REHEARSAL_STAGE_LIST(X)
#undef X
};

const char *
rehearsal_stage_name(enum rehearsal_stage s)
{
	return stage_name[s];
}

const char *
rehearsal_stage_text(enum rehearsal_stage s)
{
	return stage_text[s];
}

json_t *
rehearsal_company_letter(const json_t *company, enum rehearsal_letter which)
{
	return json_object_get(
	    json_object_get(company, "letters"), rehearsal_letter_name(which));
}

static int
signed_by(const json_t *company, enum rehearsal_letter which,
    enum rehearsal_role role)
{
	return json_object_get(rehearsal_company_letter(company, which),
		   role_member[role]) != NULL;
}

enum rehearsal_stage
rehearsal_company_stage(const json_t *c)
{
	if (!json_is_true(json_object_get(c, "confirmed")))
		return REHEARSAL_STAGE_CONFIRM;
	if (!signed_by(c, REHEARSAL_LETTER_TERMS, REHEARSAL_OLD))
		return REHEARSAL_STAGE_TERMS_OLD;
	if (strcmp(rehearsal_text(c, "mail"), "sent") == 0 &&
	    !json_is_true(json_object_get(c, "mail_opened")))
		return REHEARSAL_STAGE_LINK;
	if (json_object_get(c, "new") == NULL)
		return REHEARSAL_STAGE_REQUEST;
	if (!signed_by(c, REHEARSAL_LETTER_TERMS, REHEARSAL_NEW))
		return REHEARSAL_STAGE_TERMS_NEW;
	if (json_object_get(c, "folio") == NULL)
		return REHEARSAL_STAGE_FINISH;
	if (!signed_by(c, REHEARSAL_LETTER_CONDITIONS, REHEARSAL_NEW))
		return REHEARSAL_STAGE_CONDITIONS;
	return REHEARSAL_STAGE_HOME;
}

enum firma_err
rehearsal_company_certificate(
    const json_t *company, enum rehearsal_role role, X509 **ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	enum firma_err r;

	r = rehearsal_octets(company, role_member[role], &der);
	if (r != FIRMA_OK)
		return r;
	return rehearsal_certificate_parse(firma_buf_view(&der), ret);
}

static void
copy(char to[REHEARSAL_FIELD_MAX], const char *from)
{
	(void)snprintf(to, REHEARSAL_FIELD_MAX, "%s", from);
}

void
rehearsal_company_identity(const json_t *c, struct rehearsal_identity *ret)
{
	copy(ret->name, rehearsal_text(c, "name"));
	copy(ret->rfc, rehearsal_text(c, "rfc"));
	copy(ret->curp, rehearsal_text(c, "curp"));
	copy(ret->registro, rehearsal_text(c, "registro_patronal"));
	copy(ret->email, rehearsal_text(c, "email"));
}

json_t *
rehearsal_company_by_id(const struct rehearsal_state *st, long long id)
{
	json_t *companies = json_object_get(st->root, "companies");
	json_t *c;
	size_t i;

	json_array_foreach(
	    companies, i, c) if (rehearsal_number(c, "id") == id) return c;
	return NULL;
}

json_t *
rehearsal_company_by_certificate(const struct rehearsal_state *st,
    X509 *certificate, enum rehearsal_role *ret_role)
{
	json_t *companies = json_object_get(st->root, "companies");
	json_t *c;
	size_t i;

	json_array_foreach(companies, i,
	    c) for (int role = 0; role < REHEARSAL_N_ROLES; role++)
	{
		FIRMA_OWN(x509_done) X509 *x = NULL;

		if (rehearsal_company_certificate(
			c, (enum rehearsal_role)role, &x) != FIRMA_OK ||
		    X509_cmp(x, certificate) != 0)
			continue;
		*ret_role = (enum rehearsal_role)role;
		return c;
	}
	return NULL;
}

int
rehearsal_key_known(const struct rehearsal_state *st, EVP_PKEY *key)
{
	json_t *companies = json_object_get(st->root, "companies");
	json_t *c;
	size_t i;

	json_array_foreach(companies, i,
	    c) for (int role = 0; role < REHEARSAL_N_ROLES; role++)
	{
		FIRMA_OWN(x509_done) X509 *x = NULL;

		if (rehearsal_company_certificate(
			c, (enum rehearsal_role)role, &x) == FIRMA_OK &&
		    EVP_PKEY_eq(X509_get0_pubkey(x), key) == 1)
			return 1;
	}
	return 0;
}

static enum firma_err
make_letters(json_t *c, const struct rehearsal_identity *who)
{
	json_t *letters = json_object();

	if (json_object_set_new(c, "letters", letters) != 0)
		return FIRMA_ERR_NOMEM;
	for (int i = 0; i < REHEARSAL_N_LETTERS; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf pdf = { 0 };
		char hex[REHEARSAL_SHA256_HEX];
		json_t *letter = json_object();
		enum firma_err r;

		if (json_object_set_new(letters,
			rehearsal_letter_name((enum rehearsal_letter)i),
			letter) != 0)
			return FIRMA_ERR_NOMEM;
		if ((r = rehearsal_letter_make((enum rehearsal_letter)i, who,
			 (int64_t)time(NULL), NULL, &pdf)) != FIRMA_OK ||
		    (r = rehearsal_sha256(firma_buf_view(&pdf), hex)) !=
			FIRMA_OK ||
		    (r = rehearsal_set_octets(
			 letter, "pdf", firma_buf_view(&pdf))) != FIRMA_OK ||
		    (r = rehearsal_set_text(letter, "sha256", hex)) !=
			FIRMA_OK ||
		    (r = rehearsal_set_number(letter, "served", 0)) != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

static enum firma_err
fill(json_t *c, long long id, const struct rehearsal_identity *who, X509 *old)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	char serial[REHEARSAL_SERIAL_MAX];
	enum firma_err r;

	rehearsal_certificate_serial(old, serial);
	if ((r = rehearsal_certificate_der(old, &der)) != FIRMA_OK ||
	    (r = rehearsal_set_number(c, "id", id)) != FIRMA_OK ||
	    (r = rehearsal_set_text(c, "name", who->name)) != FIRMA_OK ||
	    (r = rehearsal_set_text(c, "rfc", who->rfc)) != FIRMA_OK ||
	    (r = rehearsal_set_text(c, "curp", who->curp)) != FIRMA_OK ||
	    (r = rehearsal_set_text(c, "registro_patronal", who->registro)) !=
		FIRMA_OK ||
	    (r = rehearsal_set_text(c, "email", who->email)) != FIRMA_OK ||
	    (r = rehearsal_set_octets(c, "old", firma_buf_view(&der))) !=
		FIRMA_OK ||
	    (r = rehearsal_set_text(c, "old_serial", serial)) != FIRMA_OK)
		return r;
	return make_letters(c, who);
}

enum firma_err
rehearsal_company_enrol(struct rehearsal_state *st, X509 *old,
    const char *email, const char *registro, struct rehearsal_refusal *why)
{
	json_t *companies = json_object_get(st->root, "companies");
	FIRMA_OWN(json_done) json_t *c = json_object();
	struct rehearsal_identity who;
	const size_t n = json_array_size(companies);

	if (n >= REHEARSAL_COMPANIES_MAX)
		return rehearsal_refuse(why, 409,
		    "El portal de ensayo admite %d empresas.",
		    REHEARSAL_COMPANIES_MAX);
	if (rehearsal_identity_of(old, &who) != FIRMA_OK)
		return rehearsal_refuse(why, 400,
		    "El certificado no dice nombre y RFC de manera legible.");
	if (rehearsal_key_known(st, X509_get0_pubkey(old)))
		return rehearsal_refuse(why, 409,
		    "Ese certificado o su llave ya están registrados.");
	if (email != NULL)
		copy(who.email, email);
	else if (who.email[0] == '\0')
		copy(who.email, PRACTICE_EMAIL);
	if (registro != NULL)
		copy(who.registro, registro);
	else if (who.registro[0] == '\0')
		copy(who.registro, PRACTICE_REGISTRO);
	if (fill(c, (long long)n + 1, &who, old) != FIRMA_OK ||
	    json_array_append(companies, c) != 0)
		return rehearsal_fault(why, "no se pudo registrar la empresa");
	return FIRMA_OK;
}
