/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/session.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/check.h"
#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/pages.h"

#define CHALLENGES_MAX   64
#define CHALLENGE_LIFE_S 900
#define SESSIONS_MAX     128
#define SESSION_LIFE_S   (12 * 3600)
#define SITE_ID          "9" /* what public clients of IDSE send */
#define ARMOUR_END       "-----END PKCS7-----"
#define TOKEN_OCTETS     16

static enum firma_err
token(char ret[REHEARSAL_COOKIE_MAX])
{
	uint8_t octets[TOKEN_OCTETS];

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return FIRMA_ERR_INTERNAL;
	firma_hex(firma_bytes_of(octets, sizeof(octets)), ret);
	return FIRMA_OK;
}

/* Drop what is older than life, and the oldest so that max - 1 are left. */
static void
prune(json_t *list, size_t max, long long life)
{
	const long long now = (long long)time(NULL);

	while (json_array_size(list) > 0 &&
	    (json_array_size(list) >= max ||
		rehearsal_number(json_array_get(list, 0), "at") + life < now))
		(void)json_array_remove(list, 0);
}

enum firma_err
rehearsal_challenge_new(struct rehearsal_state *st, struct firma_buf *ret)
{
	json_t *list = json_object_get(st->root, "challenges");
	char nonce[REHEARSAL_COOKIE_MAX], text[160], date[32];
	const time_t now = time(NULL);
	struct tm tm = { 0 };
	enum firma_err r;

	prune(list, CHALLENGES_MAX, CHALLENGE_LIFE_S);
	if ((r = token(nonce)) != FIRMA_OK)
		return r;
	(void)gmtime_r(&now, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	/* Not ASCII alone: the text is UTF-8 and is signed octet by octet. */
	(void)snprintf(text, sizeof(text),
	    "||1.0|IDSE de ensayo|sesión|%s|%s||", date, nonce);
	if (json_array_append_new(list,
		json_pack("{s:s, s:I}", "text", text, "at", (json_int_t)now)) !=
	    0)
		return FIRMA_ERR_NOMEM;
	return firma_buf_put_str(ret, text);
}

int
rehearsal_challenge_spend(struct rehearsal_state *st, struct firma_bytes text)
{
	json_t *list = json_object_get(st->root, "challenges");
	json_t *c;
	size_t i;

	prune(list, CHALLENGES_MAX + 1, CHALLENGE_LIFE_S);
	json_array_foreach(list, i, c)
	{
		const char *s = rehearsal_text(c, "text");

		if (!firma_bytes_equal(firma_bytes_of(s, strlen(s)), text))
			continue;
		(void)json_array_remove(list, i);
		return 1;
	}
	return 0;
}

enum firma_err
rehearsal_session_new(struct rehearsal_state *st, const json_t *company,
    enum rehearsal_role role, char ret_cookie[REHEARSAL_COOKIE_MAX])
{
	json_t *list = json_object_get(st->root, "sessions");
	enum firma_err r;

	prune(list, SESSIONS_MAX, SESSION_LIFE_S);
	if ((r = token(ret_cookie)) != FIRMA_OK)
		return r;
	return json_array_append_new(list,
		   json_pack("{s:s, s:I, s:i, s:I}", "cookie", ret_cookie,
		       "company", (json_int_t)rehearsal_number(company, "id"),
		       "role", (int)role, "at", (json_int_t)time(NULL))) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

json_t *
rehearsal_session_company(const struct rehearsal_state *st, const char *cookie,
    enum rehearsal_role *ret_role)
{
	json_t *list = json_object_get(st->root, "sessions");
	const long long now = (long long)time(NULL);
	json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
	{
		if (strcmp(rehearsal_text(s, "cookie"), cookie) != 0 ||
		    rehearsal_number(s, "at") + SESSION_LIFE_S < now)
			continue;
		*ret_role = rehearsal_number(s, "role") == REHEARSAL_NEW
		    ? REHEARSAL_NEW
		    : REHEARSAL_OLD;
		return rehearsal_company_by_id(
		    st, rehearsal_number(s, "company"));
	}
	return NULL;
}

/* siteId and, for the challenge, location: as public clients send them. */
static enum firma_err
check_site(const struct rehearsal_call *call, struct rehearsal_refusal *why)
{
	char site[8];

	rehearsal_form_text(call->form, "siteId", site, sizeof(site));
	if (strcmp(site, SITE_ID) != 0)
		return rehearsal_refuse(why, 400,
		    "Falta el campo siteId con el valor %s.", SITE_ID);
	return FIRMA_OK;
}

enum firma_err
rehearsal_do_challenge(struct rehearsal_call *call,
    struct rehearsal_answer *ret, struct rehearsal_refusal *why)
{
	enum firma_err r;

	if ((r = check_site(call, why)) != FIRMA_OK)
		return r;
	if (rehearsal_form_get(call->form, "location").len == 0)
		return rehearsal_refuse(why, 400, "Falta el campo location.");
	if (rehearsal_challenge_new(call->st, &ret->body) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo hacer el desafío");
	ret->status = 200;
	ret->type = "text/plain; charset=utf-8";
	(void)snprintf(ret->attachment, sizeof(ret->attachment), "%s",
	    call->html ? "desafio.txt" : "");
	return FIRMA_OK;
}

/* The field pkcs7: base64, the BEGIN line dropped, the END line kept. */
static enum firma_err
dearmour(
    struct firma_bytes v, struct firma_buf *ret, struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const size_t end = strlen(ARMOUR_END);

	if (v.len > 2 * REHEARSAL_CMS_MAX)
		return rehearsal_refuse(why, 413, "La firma es muy grande.");
	for (size_t i = 0; i < v.len; i++) {
		if (v.at[i] == '\r')
			return rehearsal_refuse(why, 400,
			    "El campo pkcs7 lleva retornos de carro.");
		if (v.at[i] != '\n' &&
		    firma_buf_put_u8(&text, v.at[i]) != FIRMA_OK)
			return rehearsal_fault(why, "memoria");
	}
	if (text.len < end ||
	    memcmp(text.at + text.len - end, ARMOUR_END, end) != 0)
		return rehearsal_refuse(why, 400,
		    "El campo pkcs7 no termina con la línea %s.", ARMOUR_END);
	if (firma_unbase64(firma_bytes_of(text.at, text.len - end), ret) !=
	    FIRMA_OK)
		return rehearsal_refuse(
		    why, 400, "El campo pkcs7 no es base64.");
	return FIRMA_OK;
}

static enum firma_err
login_cms(const struct rehearsal_call *call, struct firma_buf *ret,
    struct rehearsal_refusal *why)
{
	const struct firma_bytes p7 = rehearsal_form_get(call->form, "pkcs7");

	if (p7.len > 0) {
		if (rehearsal_form_get(call->form, "certificado").len == 0 ||
		    rehearsal_form_get(call->form, "llave").len == 0)
			return rehearsal_refuse(why, 400,
			    "Faltan los nombres de archivo certificado y "
			    "llave.");
		return dearmour(p7, ret, why);
	}
	if (rehearsal_form_document(call->form, ret) != FIRMA_OK)
		return rehearsal_refuse(
		    why, 400, "El archivo no se pudo leer.");
	return FIRMA_OK;
}

/* May this certificate come in now, and on which page does it land? */
static enum firma_err
landing(const json_t *company, enum rehearsal_role role,
    enum rehearsal_page *ret, struct rehearsal_refusal *why)
{
	const enum rehearsal_stage s = rehearsal_company_stage(company);

	if (role == REHEARSAL_OLD && s >= REHEARSAL_STAGE_CONDITIONS)
		return rehearsal_refuse(why, 403,
		    "Ese certificado fue sustituido por la renovación: entre "
		    "con el certificado nuevo.");
	if (role == REHEARSAL_NEW && s < REHEARSAL_STAGE_CONDITIONS)
		return rehearsal_refuse(why, 409,
		    "La renovación no ha concluido: entre con el certificado "
		    "anterior.");
	*ret = role == REHEARSAL_OLD          ? REHEARSAL_PAGE_EXPIRED
	    : s == REHEARSAL_STAGE_CONDITIONS ? REHEARSAL_PAGE_CONDITIONS
					      : REHEARSAL_PAGE_HOME;
	return FIRMA_OK;
}

static void
count_login(json_t *company, enum rehearsal_page page)
{
	json_t *logins = json_object_get(company, "logins");
	const char *name = rehearsal_page_name(page);

	if (logins == NULL &&
	    json_object_set_new(company, "logins", logins = json_object()) != 0)
		return;
	(void)json_object_set_new(
	    logins, name, json_integer(rehearsal_number(logins, name) + 1));
}

enum firma_err
rehearsal_do_enter(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	FIRMA_OWN(x509_done) X509 *signer = NULL;
	enum rehearsal_page page;
	enum firma_err r;

	if ((r = check_site(call, why)) != FIRMA_OK ||
	    (r = login_cms(call, &cms, why)) != FIRMA_OK ||
	    (r = rehearsal_cms_certificate(
		 firma_buf_view(&cms), &signer, why)) != FIRMA_OK)
		return r;
	call->company =
	    rehearsal_company_by_certificate(call->st, signer, &call->role);
	if (call->company == NULL)
		return rehearsal_refuse(why, 403,
		    "El certificado del firmante no está registrado en este "
		    "portal.");
	r = rehearsal_check_cms(firma_buf_view(&cms), signer,
	    (struct firma_bytes){ NULL, 0 }, &text, why);
	if (r != FIRMA_OK)
		return r;
	if (!rehearsal_challenge_spend(call->st, firma_buf_view(&text)))
		return rehearsal_refuse(why, 403,
		    "El texto firmado no es un desafío vigente: ya se usó, "
		    "caducó o no es de este portal.");
	if ((r = landing(call->company, call->role, &page, why)) != FIRMA_OK)
		return r;
	if (rehearsal_session_new(
		call->st, call->company, call->role, ret->cookie) != FIRMA_OK)
		return rehearsal_fault(why, "no se pudo abrir la sesión");
	count_login(call->company, page);
	ret->status = 200;
	ret->type = "text/html; charset=utf-8";
	return rehearsal_page_company(
	    call->company, call->role, page, &ret->body);
}
