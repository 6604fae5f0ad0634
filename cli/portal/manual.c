/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/portal/folder.h"
#include "cli/portal/lang.h"
#include "cli/portal/reply.h"

#define WAIT_S   60U
#define HOME_MAX 4096

/* The letters that answer, the same in both languages' questions. */
#define YES     'y'
#define LATER   'l'
#define REFUSED 'r'

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

enum firma_err
portal_manual_der(struct firma_bytes v, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const size_t nb = strlen(begin_line);
	const uint8_t *at, *end;
	enum firma_err r;

	at = v.len == 0 ? NULL : memmem(v.at, v.len, begin_line, nb);
	if (at == NULL)
		return firma_buf_put(ret, v);
	at += nb;
	end =
	    memmem(at, (size_t)(v.at + v.len - at), end_line, strlen(end_line));
	if (end == NULL)
		return FIRMA_ERR_SHAPE;
	for (; at < end; at++)
		if (*at != '\r' && *at != '\n' &&
		    (r = firma_buf_put_u8(&text, *at)) != FIRMA_OK)
			return r;
	return firma_unbase64(firma_buf_view(&text), ret);
}

static void
need_person(struct portal_answer *a, const char *text)
{
	portal_answer_fail(a, PORTAL_PERSON, PORTAL_REASON_NONE, text);
}

/* Where the refusal's words come from: the page that the person reads. */
static void
refusal(struct portal_manual *m, struct portal_answer *a)
{
	char words[PORTAL_REPLY_MAX];

	if (portal_person_ask(&m->person,
		_("What does the portal say? (its words, or Enter):"),
		words) != FIRMA_OK)
		words[0] = '\0';
	portal_answer_fail(a, PORTAL_REJECTED, PORTAL_REASON_NONE,
	    words[0] == '\0' ? _("the portal refused") : words);
}

/*
 * Ask how it went.  Fills a unless the answer is yes, or one of `more`, which
 * is then returned; 0 when a is filled.
 */
static char
how_did_it_go(struct portal_manual *m, const char *question, const char *more,
    struct portal_answer *a)
{
	char choices[16], got;

	(void)snprintf(
	    choices, sizeof(choices), "%c%c%c%s", YES, REFUSED, LATER, more);
	if (portal_person_choose(&m->person, question, choices, &got) !=
	    FIRMA_OK) {
		need_person(a,
		    _("somebody has to sit at the terminal and use "
		      "the portal with a browser"));
		return 0;
	}
	if (got == REFUSED) {
		refusal(m, a);
		return 0;
	}
	if (got == LATER) {
		need_person(a, _("left for later"));
		return 0;
	}
	return got;
}

static void
field(struct portal_manual *m, struct portal_answer *a, const char *name,
    const char *question)
{
	char reply[PORTAL_REPLY_MAX];

	if (a->outcome != PORTAL_OK)
		return;
	if (portal_person_ask(&m->person, question, reply) != FIRMA_OK ||
	    portal_answer_field(a, name, reply) != FIRMA_OK)
		need_person(a, _("the answer was not usable"));
}

/* "~/x" as a shell would. */
static void
expand(const char *path, char ret[HOME_MAX])
{
	const char *home = getenv("HOME");

	if (strncmp(path, "~/", 2) == 0 && home != NULL)
		(void)snprintf(ret, HOME_MAX, "%s%s", home, path + 1);
	else
		(void)snprintf(ret, HOME_MAX, "%s", path);
}

/* Copy the downloaded file into DIR; 0 when that did not work. */
static int
take_file(struct portal_manual *m, int dir, const char *name,
    int is_certificate, size_t max, struct portal_answer *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	char reply[PORTAL_REPLY_MAX], path[HOME_MAX];
	struct firma_cause cause = { 0 };

	if (portal_person_ask(&m->person,
		_("Path of the downloaded file (Enter: later):"),
		reply) != FIRMA_OK ||
	    reply[0] == '\0') {
		need_person(a, _("the file from the portal is still needed"));
		return 0;
	}
	expand(reply, path);
	if (portal_file_read(path, max, &got, &cause) != FIRMA_OK ||
	    got.len == 0 ||
	    (is_certificate &&
		portal_manual_der(firma_buf_view(&got), &der) != FIRMA_OK)) {
		portal_person_tell(&m->person, "%s: %s\n", path,
		    _("this file cannot be used"));
		need_person(a, _("the file from the portal is still needed"));
		return 0;
	}
	if (portal_folder_write(dir, name,
		firma_buf_view(is_certificate ? &der : &got),
		&cause) != FIRMA_OK) {
		portal_answer_fail(a, PORTAL_REJECTED, PORTAL_REASON_FOLDER,
		    _("the document from the portal could not be saved"));
		return 0;
	}
	(void)snprintf(a->file, sizeof(a->file), "%s", name);
	return 1;
}

static void
challenge(struct portal_manual *m, int dir, struct portal_answer *a)
{
	portal_person_tell(&m->person,
	    _("\nOpen %s in the browser and save the text that has to be "
	      "signed to a file, without changing it.\n"),
	    m->base);
	(void)take_file(m, dir, "challenge.txt", 0, PORTAL_CHALLENGE_MAX, a);
}

static void
enter(struct portal_manual *m, const struct portal_request *q,
    struct portal_answer *a)
{
	const char *page;
	char got;

	portal_person_tell(&m->person,
	    _("\nEnter with the signed text: hand in %s/%s.\n"), m->dir,
	    q->file);
	got = how_did_it_go(m,
	    _("Which page came? e: the certificate is no longer valid; "
	      "c: it asks for the Conditions of Use; y: I am in; r: refused; "
	      "l: later:"),
	    "ec", a);
	if (got == 0)
		return;
	page = got == 'e' ? "expired" : got == 'c' ? "conditions" : "home";
	if (portal_answer_field(a, "page", page) != FIRMA_OK)
		need_person(a, _("the answer was not usable"));
}

static void
data(struct portal_manual *m, struct portal_answer *a)
{
	portal_person_tell(&m->person,
	    _("\nCopy the company's data from the portal's page.\n"));
	field(m, a, "name", _("Name:"));
	field(m, a, "rfc", _("RFC:"));
	field(m, a, "curp", _("CURP:"));
	field(m, a, "registro_patronal", _("Registro patronal:"));
	field(m, a, "email", _("E-mail:"));
}

static void
confirm(struct portal_manual *m, const struct portal_request *q,
    struct portal_answer *a)
{
	portal_person_tell(&m->person,
	    _("\nConfirm the company's data in the portal, with the e-mail "
	      "%s.\n"),
	    q->email);
	(void)how_did_it_go(m, _("Done? y: yes; r: refused; l: later:"), "", a);
}

static const char *
title(const struct portal_request *q)
{
	return strcmp(q->letter, "terms") == 0
	    ? _("the Terms and Conditions letter")
	    : _("the Conditions of Use letter");
}

static void
submit_letter(struct portal_manual *m, const struct portal_request *q,
    struct portal_answer *a)
{
	char got;

	portal_person_tell(&m->person,
	    _("\nHand in %s/%s, the signature of %s.\n"), m->dir, q->file,
	    title(q));
	got = how_did_it_go(m,
	    _("Done? y: yes; m: yes, and an e-mail was announced; r: refused; "
	      "l: later:"),
	    "m", a);
	if (got == 0)
		return;
	field(m, a, "receipt", _("Receipt number (Enter: none):"));
	if (a->outcome == PORTAL_OK && got == 'm' &&
	    portal_answer_field(a, "mail", "announced") != FIRMA_OK)
		need_person(a, _("the answer was not usable"));
}

/* The outcome of a question about something handed in before. */
static void
find(struct portal_manual *m, const char *what, enum portal_outcome good,
    struct portal_answer *a)
{
	char got;

	portal_person_tell(
	    &m->person, _("\nLook in the portal for %s.\n"), what);
	got = how_did_it_go(m,
	    _("Does the portal have it? y: yes; n: no; w: not ready yet; "
	      "r: it has another one; l: later:"),
	    "nw", a);
	if (got == 0)
		return;
	a->outcome = got == 'n' ? PORTAL_UNKNOWN
	    : got == 'w'        ? PORTAL_WAIT
				: good;
	a->retry_after = got == 'w' ? WAIT_S : 0;
}

static void
mail(struct portal_manual *m, const struct portal_request *q,
    struct portal_answer *a)
{
	const char *said;
	char got;

	if (q->link[0] != '\0')
		portal_person_tell(&m->person,
		    _("\nOpen this link in the browser: %s\n"), q->link);
	got = how_did_it_go(m,
	    _("The e-mail with a link: y: it came and I opened it; n: the "
	      "portal went on without it; x: none was announced; w: the portal "
	      "waits for it; r: refused; l: later:"),
	    "nxw", a);
	if (got == 0)
		return;
	if (got == 'w') {
		a->outcome = PORTAL_WAIT;
		a->retry_after = WAIT_S;
	}
	said = got == 'n' ? "not-sent" : got == 'x' ? "none" : "sent";
	if (portal_answer_field(a, "mail", said) != FIRMA_OK)
		need_person(a, _("the answer was not usable"));
}

static void
submit_request(struct portal_manual *m, const struct portal_request *q,
    struct portal_answer *a)
{
	char got;

	portal_person_tell(&m->person,
	    _("\nHand in %s/%s, the request for the new certificate.\n"),
	    m->dir, q->file);
	got = how_did_it_go(m,
	    _("Is the certificate issued? y: yes; w: not yet; r: refused; l: "
	      "later:"),
	    "w", a);
	if (got == 0)
		return;
	a->outcome = got == 'w' ? PORTAL_WAIT : PORTAL_ISSUED;
	a->retry_after = got == 'w' ? WAIT_S : 0;
}

static void
certificate(struct portal_manual *m, int dir, struct portal_answer *a)
{
	find(m, _("the new certificate, and download it"), PORTAL_ISSUED, a);
	if (a->outcome == PORTAL_ISSUED)
		(void)take_file(m, dir, "certificate.cer", 1,
		    portal_reply_max(PORTAL_OP_CERTIFICATE), a);
}

static void
finish(struct portal_manual *m, struct portal_answer *a)
{
	portal_person_tell(
	    &m->person, _("\nConclude the renewal in the portal.\n"));
	if (how_did_it_go(m, _("Done? y: yes; r: refused; l: later:"), "", a) !=
	    0)
		field(m, a, "folio", _("Folio (Enter: none):"));
}

void
portal_manual_answer(
    void *cls, int dir, const struct portal_request *q, struct portal_answer *a)
{
	struct portal_manual *m = cls;
	const int is_terms = strcmp(q->letter, "terms") == 0;

	a->outcome = PORTAL_OK;
	switch (q->op) {
	case PORTAL_OP_OPEN:
		(void)snprintf(m->base, sizeof(m->base), "%s", q->base);
		/* Here and not at start: descriptors are closed before. */
		if (m->person.in == NULL)
			portal_person_open(&m->person);
		break;
	case PORTAL_OP_CHALLENGE:
		challenge(m, dir, a);
		break;
	case PORTAL_OP_ENTER:
		enter(m, q, a);
		break;
	case PORTAL_OP_DATA:
		data(m, a);
		break;
	case PORTAL_OP_CONFIRM:
		confirm(m, q, a);
		break;
	case PORTAL_OP_LETTER:
		portal_person_tell(&m->person,
		    _("\nDownload %s from the portal.\n"), title(q));
		(void)take_file(m, dir,
		    is_terms ? "terms.pdf" : "conditions.pdf", 0,
		    portal_reply_max(q->op), a);
		break;
	case PORTAL_OP_SUBMIT_LETTER:
		submit_letter(m, q, a);
		break;
	case PORTAL_OP_FIND_LETTER:
		find(m, title(q), PORTAL_OK, a);
		break;
	case PORTAL_OP_MAIL:
		mail(m, q, a);
		break;
	case PORTAL_OP_SUBMIT_REQUEST:
		submit_request(m, q, a);
		break;
	case PORTAL_OP_FIND_REQUEST:
		find(m, _("the request for the new certificate"), PORTAL_ISSUED,
		    a);
		break;
	case PORTAL_OP_CERTIFICATE:
		certificate(m, dir, a);
		break;
	case PORTAL_OP_FINISH:
		finish(m, a);
		break;
	case PORTAL_OP_STAMP:
		portal_answer_fail(a, PORTAL_REJECTED, PORTAL_REASON_USAGE,
		    _("this helper does not know the operation"));
		break;
	case PORTAL_N_OPS:
		break;
	}
}
