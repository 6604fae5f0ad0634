/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.c - the e-mail that the procedure announces: by default it never comes
 * and the portal goes straight on, as users know it.
 */
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/file.h"
#include "tests/rehearsal/steps.h"

#define LINK_MAX     256 /* octets, with the terminating zero */
#define KEY_OCTETS   16
#define KEY_MAX      (2 * KEY_OCTETS + 1)
#define MAIL_AGAIN_S 5

/* "Sending" is writing DIR/mail-ID.txt, which holds the link alone. */
static enum firma_err
send_link(struct rehearsal_call *call)
{
	uint8_t octets[KEY_OCTETS];
	char key[KEY_MAX], name[32], text[LINK_MAX];
	enum firma_err r;

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return FIRMA_ERR_INTERNAL;
	firma_hex(firma_bytes_of(octets, sizeof(octets)), key);
	(void)snprintf(name, sizeof(name), "mail-%lld.txt",
	    rehearsal_number(call->company, "id"));
	(void)snprintf(text, sizeof(text),
	    "http://127.0.0.1:%u" REHEARSAL_BASE "%s?enlace=%s\n", call->port,
	    rehearsal_op_path(REHEARSAL_OP_MAIL), key);
	r = rehearsal_set_text(call->company, "mail_key", key);
	if (r != FIRMA_OK)
		return r;
	return rehearsal_file_write(
	    call->st->dir, name, 0600, firma_bytes_of(text, strlen(text)));
}

enum firma_err
rehearsal_mail_decide(struct rehearsal_call *call)
{
	const char *mail = "not-sent";
	enum firma_err r;

	if (rehearsal_behave_take(
		call->st, REHEARSAL_BEHAVE_MAIL_NONE, call->op))
		mail = "none";
	else if (rehearsal_behave_take(
		     call->st, REHEARSAL_BEHAVE_MAIL_ANNOUNCED, call->op))
		mail = "not-sent";
	else if (rehearsal_behave_take(
		     call->st, REHEARSAL_BEHAVE_MAIL_SENT, call->op)) {
		mail = "sent";
		if ((r = send_link(call)) != FIRMA_OK)
			return r;
	}
	return rehearsal_set_text(call->company, "mail", mail);
}

/* The link itself opens the way: whoever reads the mailbox may follow it. */
static json_t *
company_of_link(const struct rehearsal_call *call, const char *link)
{
	json_t *companies = json_object_get(call->st->root, "companies");
	const char *key = strrchr(link, '=');
	json_t *c;
	size_t i;

	key = key == NULL ? link : key + 1;
	json_array_foreach(companies, i, c) if (*key != '\0' &&
	    strcmp(rehearsal_text(c, "mail_key"), key) == 0) return c;
	return NULL;
}

static enum firma_err
say(struct rehearsal_call *call, struct rehearsal_answer *ret, const char *mail)
{
	return rehearsal_answer_json(ret, call->op, "ok",
	    strcmp(mail, "not-sent") == 0
		? "El correo anunciado no se envió: continúe con el paso "
		  "siguiente."
		: "",
	    json_pack("{s:s}", "mail", mail), 0);
}

enum firma_err
rehearsal_do_mail(struct rehearsal_call *call, struct rehearsal_answer *ret,
    struct rehearsal_refusal *why)
{
	char link[LINK_MAX];
	json_t *c;
	enum firma_err r;

	rehearsal_form_text(call->form, "enlace", link, sizeof(link));
	if (link[0] != '\0') {
		c = company_of_link(call, link);
		if (c == NULL || (call->company != NULL && c != call->company))
			return rehearsal_refuse(
			    why, 403, "El enlace no es el que se envió.");
		if (json_object_set_new(c, "mail_opened", json_true()) != 0)
			return rehearsal_fault(why, "no se pudo guardar");
		return say(call, ret, "sent");
	}
	if (call->company == NULL)
		return rehearsal_refuse(
		    why, 401, "La sesión no existe o terminó: entre de nuevo.");
	if ((r = rehearsal_need_stage(call, REHEARSAL_STAGE_LINK, why)) !=
	    FIRMA_OK)
		return r;
	if (rehearsal_company_stage(call->company) == REHEARSAL_STAGE_LINK)
		return rehearsal_answer_json(ret, call->op, "wait",
		    "Abra el enlace que se envió a su correo electrónico.",
		    json_pack("{s:s}", "mail", "sent"), MAIL_AGAIN_S);
	return say(call, ret, rehearsal_text(call->company, "mail"));
}
