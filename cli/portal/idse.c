/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/idse.h"

#include <string.h>

#include "agent/base/own.h"
#include "cli/portal/lang.h"
#include "cli/portal/site.h"

#define UPLOAD_MAX ((size_t)128 * 1024) /* octets of a signature or request */
#define ARMOUR_END "-----END PKCS7-----"

void
portal_idse_done(struct portal_idse *idse)
{
	portal_http_free(idse->http);
	json_decref(idse->endpoints);
	*idse = (struct portal_idse){ 0 };
}

enum firma_err
portal_idse_armour(struct firma_bytes der, struct firma_buf *ret)
{
	enum firma_err r;

	if ((r = firma_base64(der, ret)) != FIRMA_OK)
		return r;
	return firma_buf_put_str(ret, ARMOUR_END);
}

static const char *
endpoint(const struct portal_idse *idse, const char *name)
{
	return portal_site_text(idse->endpoints, name);
}

static void
open_site(struct portal_idse *idse, const struct portal_request *q,
    struct portal_answer *a)
{
	FIRMA_OWN(portal_idse_done) struct portal_idse made = { 0 };
	const struct portal_site_words words = {
		_("the profile's timeout is not 1 to 100 seconds"),
		_("one helper speaks to one portal")
	};
	enum firma_err r;

	if ((r = portal_url_parse(q->base, &made.at)) == FIRMA_ERR_DENIED) {
		portal_site_usage(
		    a, _("http is for this machine alone: use https"));
		return;
	}
	if (r != FIRMA_OK || q->endpoints == NULL) {
		portal_site_usage(a,
		    _("the portal's address or its endpoints are not "
		      "usable"));
		return;
	}
	made.endpoints = json_incref(q->endpoints);
	if (portal_site_open(&made.at, q->endpoints, &words, &made.http, a) !=
	    0)
		return;
	if ((r = portal_http_resume(made.http, q->session)) != FIRMA_OK) {
		portal_site_failure(a, r);
		return;
	}
	portal_idse_done(idse);
	*idse = made;
	made = (struct portal_idse){ 0 };
	a->outcome = PORTAL_OK;
}

static void
add(struct portal_form *f, const char *name, const char *value)
{
	f->at[f->n++] = (struct portal_field){ name,
		firma_bytes_of(value, strlen(value)), NULL };
}

static void
add_file(struct portal_form *f, const struct firma_buf *v, const char *filename)
{
	f->at[f->n++] =
	    (struct portal_field){ "archivo", firma_buf_view(v), filename };
}

/* The fields by which the operations are asked; v outlives the form. */
static enum firma_err
fill(const struct portal_idse *idse, const struct portal_request *q,
    const struct firma_buf *document, struct firma_buf *armour,
    struct portal_form *f)
{
	enum firma_err r;

	switch (q->op) {
	case PORTAL_OP_CHALLENGE:
		add(f, "siteId", endpoint(idse, "site-id"));
		add(f, "location", idse->at.base);
		break;
	case PORTAL_OP_ENTER:
		r = portal_idse_armour(firma_buf_view(document), armour);
		if (r != FIRMA_OK)
			return r;
		add(f, "siteId", endpoint(idse, "site-id"));
		f->at[f->n++] = (struct portal_field){ "pkcs7",
			firma_buf_view(armour), NULL };
		add(f, "certificado", q->certificate_name);
		add(f, "llave", q->key_name);
		add(f, "idUsuario", endpoint(idse, "user"));
		/* The real one may ask for the field; it never gets a PIN. */
		if (strcmp(endpoint(idse, "password-field"), "empty") == 0)
			add(f, "password", "");
		break;
	case PORTAL_OP_CONFIRM:
		add(f, "correo", q->email);
		break;
	case PORTAL_OP_LETTER:
		add(f, "carta", q->letter);
		break;
	case PORTAL_OP_SUBMIT_LETTER:
	case PORTAL_OP_FIND_LETTER:
		add(f, "carta", q->letter);
		add(f, "papel", q->role);
		add(f, "huella", q->sha256);
		break;
	case PORTAL_OP_SUBMIT_REQUEST:
	case PORTAL_OP_FIND_REQUEST:
	case PORTAL_OP_CERTIFICATE:
		add(f, "huella", q->sha256);
		break;
	case PORTAL_OP_MAIL:
		if (q->link[0] != '\0')
			add(f, "enlace", q->link);
		break;
	case PORTAL_OP_OPEN:
	case PORTAL_OP_DATA:
	case PORTAL_OP_FINISH:
	case PORTAL_OP_STAMP:
	case PORTAL_N_OPS:
		break;
	}
	if (q->op == PORTAL_OP_SUBMIT_LETTER ||
	    q->op == PORTAL_OP_SUBMIT_REQUEST)
		add_file(f, document, q->file);
	return FIRMA_OK;
}

static void
ask(struct portal_idse *idse, int dir, const char *url,
    const struct portal_request *q, const struct firma_buf *document,
    struct portal_answer *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf armour = { 0 };
	FIRMA_OWN(portal_reply_done) struct portal_reply reply = { 0 };
	struct portal_form form = { .n = 0 };
	enum firma_err r;

	if ((r = fill(idse, q, document, &armour, &form)) != FIRMA_OK ||
	    (r = portal_http_post(idse->http, url, &form,
		 portal_reply_max(q->op), &reply)) != FIRMA_OK) {
		portal_site_failure(a, r);
		return;
	}
	portal_reply_read(&reply, q, idse->endpoints, a);
	portal_site_keep(dir, &reply,
	    _("the document from the portal could not be saved"), a);
}

void
portal_idse_answer(
    void *cls, int dir, const struct portal_request *q, struct portal_answer *a)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf document = { 0 };
	struct portal_idse *idse = cls;
	char url[PORTAL_URL_MAX];

	if (q->op == PORTAL_OP_OPEN)
		open_site(idse, q, a);
	else if (q->op == PORTAL_OP_STAMP)
		portal_site_usage(
		    a, _("this helper does not know the operation"));
	else if (portal_url_join(&idse->at,
		     endpoint(idse, portal_op_name(q->op)), url) != FIRMA_OK)
		portal_site_usage(a,
		    _("the profile has no usable endpoint for this "
		      "operation"));
	else if ((portal_op_args(q->op) & PORTAL_ARG_FILE) == 0 ||
	    portal_site_read(dir, q, UPLOAD_MAX, &document, a) == 0)
		ask(idse, dir, url, q, &document, a);
	if (idse->http != NULL &&
	    portal_http_session(idse->http, a->session) != FIRMA_OK)
		portal_answer_fail(a, PORTAL_UNREACHABLE, PORTAL_REASON_ANSWER,
		    _("the portal sets more cookies than can be kept"));
}
