/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/pages.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "tests/rehearsal/op.h"

#define HERE   REHEARSAL_BASE
#define UPLOAD "enctype=\"multipart/form-data\""

/* A page in the making: after the first failure nothing more is added. */
struct html {
	struct firma_buf *to;
	enum firma_err r;
};

static const struct {
	const char *name, *mark;
} pages[REHEARSAL_N_PAGES] = {
#define X(id, name, mark) { name, mark },
	REHEARSAL_PAGE_LIST(X)
#undef X
};

const char *
rehearsal_page_name(enum rehearsal_page p)
{
	return pages[p].name;
}

enum rehearsal_page
rehearsal_page_of(const json_t *company, enum rehearsal_role role)
{
	if (role == REHEARSAL_OLD)
		return REHEARSAL_PAGE_EXPIRED;
	return rehearsal_company_stage(company) == REHEARSAL_STAGE_HOME
	    ? REHEARSAL_PAGE_HOME
	    : REHEARSAL_PAGE_CONDITIONS;
}

/* Markup, as it is. */
static void
raw(struct html *h, const char *s)
{
	if (h->r == FIRMA_OK)
		h->r = firma_buf_put_str(h->to, s);
}

/* Text, with HTML's own characters escaped. */
static void
text(struct html *h, const char *s)
{
	for (; *s != '\0'; s++) {
		const char one[2] = { *s, '\0' };

		raw(h,
		    *s == '<'        ? "&lt;"
			: *s == '>'  ? "&gt;"
			: *s == '&'  ? "&amp;"
			: *s == '"'  ? "&quot;"
			: *s == '\'' ? "&#39;"
				     : one);
	}
}

static void
begin(struct html *h, const char *title)
{
	raw(h,
	    "<!DOCTYPE html>\n<html lang=\"es\"><head>"
	    "<meta charset=\"utf-8\"><title>");
	text(h, title);
	raw(h,
	    "</title><meta name=\"viewport\" "
	    "content=\"width=device-width\"><style>"
	    "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;"
	    "padding:0 1rem;color:#222}"
	    "header{border-bottom:3px solid #13322b}"
	    "h1{color:#13322b;font-size:1.5rem}"
	    "td,th{text-align:left;padding:.15rem 1rem .15rem 0}"
	    "form,.caja{background:#f3f3ee;padding:1rem;margin:1rem 0}"
	    "code{word-break:break-all}.ahora{font-weight:bold}"
	    ".hecho{color:#666}.aviso{border-left:4px solid #a00;"
	    "padding-left:1rem}"
	    "</style></head><body><header><p>Portal patronal de ensayo "
	    "&mdash; no es el IMSS</p></header><h1>");
	text(h, title);
	raw(h, "</h1>\n");
}

static enum firma_err
end(struct html *h)
{
	raw(h, "</body></html>\n");
	return h->r;
}

enum firma_err
rehearsal_page_login(struct firma_bytes challenge, struct firma_buf *ret)
{
	struct html h = { ret, FIRMA_OK };
	FIRMA_OWN(firma_buf_done) struct firma_buf b64 = { 0 };
	char shown[512];

	(void)snprintf(shown, sizeof(shown), "%.*s", (int)challenge.len,
	    (const char *)challenge.at);
	if ((h.r = firma_base64(challenge, &b64)) != FIRMA_OK ||
	    (h.r = firma_buf_put_u8(&b64, 0)) != FIRMA_OK)
		return h.r;
	begin(&h, "Entrada a IDSE de ensayo");
	raw(&h,
	    "<p>Para entrar, firme este texto con su certificado digital "
	    "(CMS con el texto dentro, SHA-256) y entregue el archivo "
	    "<code>.p7m</code>.</p><p class=\"caja\"><code>");
	text(&h, shown);
	raw(&h,
	    "</code><br><a download=\"desafio.txt\" "
	    "href=\"data:text/plain;charset=utf-8;base64,");
	raw(&h, (const char *)b64.at);
	raw(&h,
	    "\">Descargar el texto</a></p><form method=\"post\" " UPLOAD
	    " action=\"" HERE);
	raw(&h, rehearsal_op_path(REHEARSAL_OP_ENTER));
	raw(&h,
	    "\"><input type=\"hidden\" name=\"siteId\" value=\"9\">"
	    "<label>Texto firmado (.p7m) <input type=\"file\" "
	    "name=\"archivo\" required></label> <button>Entrar</button>"
	    "</form><p>El texto sirve una sola vez.</p>");
	return end(&h);
}

static void
row(struct html *h, const char *label, const char *value)
{
	raw(h, "<tr><th>");
	text(h, label);
	raw(h, "</th><td>");
	text(h, value);
	raw(h, "</td></tr>");
}

static void
data_table(struct html *h, const json_t *c)
{
	raw(h, "<table>");
	row(h, "Nombre o razón social", rehearsal_text(c, "name"));
	row(h, "RFC", rehearsal_text(c, "rfc"));
	row(h, "CURP", rehearsal_text(c, "curp"));
	row(h, "Registro patronal", rehearsal_text(c, "registro_patronal"));
	row(h, "Correo electrónico", rehearsal_text(c, "email"));
	row(h, "Certificado anterior", rehearsal_text(c, "old_serial"));
	if (json_object_get(c, "new_serial") != NULL)
		row(h, "Certificado nuevo", rehearsal_text(c, "new_serial"));
	if (json_object_get(c, "folio") != NULL)
		row(h, "Folio", rehearsal_text(c, "folio"));
	raw(h, "</table>");
}

static void
stage_list(struct html *h, enum rehearsal_stage now)
{
	raw(h, "<h2>Pasos</h2><ol>");
	for (int i = 0; i < REHEARSAL_STAGE_HOME; i++) {
		if (i == REHEARSAL_STAGE_LINK && now != REHEARSAL_STAGE_LINK)
			continue; /* only when an e-mail really was sent */
		raw(h,
		    i < (int)now        ? "<li class=\"hecho\">"
			: i == (int)now ? "<li class=\"ahora\">"
					: "<li>");
		text(h, rehearsal_stage_text((enum rehearsal_stage)i));
		raw(h, i < (int)now ? " &#10003;</li>" : "</li>");
	}
	raw(h, "</ol>");
}

static void
open_form(struct html *h, enum rehearsal_op op)
{
	raw(h, "<form method=\"post\" " UPLOAD " action=\"" HERE);
	raw(h, rehearsal_op_path(op));
	raw(h, "\">");
}

static void
letter_form(struct html *h, enum rehearsal_letter which, const char *role)
{
	const char *name = rehearsal_letter_name(which);

	raw(h, "<p><a href=\"" HERE);
	raw(h, rehearsal_op_path(REHEARSAL_OP_LETTER));
	raw(h, "?carta=");
	raw(h, name);
	raw(h, "\">Descargar la carta</a>: ");
	text(h, rehearsal_letter_title(which));
	raw(h, "</p>");
	open_form(h, REHEARSAL_OP_SUBMIT_LETTER);
	raw(h, "<input type=\"hidden\" name=\"carta\" value=\"");
	raw(h, name);
	raw(h, "\"><input type=\"hidden\" name=\"papel\" value=\"");
	raw(h, role);
	raw(h,
	    "\"><label>Firma de la carta (.p7s, CMS separado, SHA-256, "
	    "CAdES-BES) <input type=\"file\" name=\"archivo\" required>"
	    "</label> <button>Entregar</button></form>");
}

static void
request_form(struct html *h, const json_t *c)
{
	if (json_object_get(c, "request") != NULL) {
		raw(h, "<p>El requerimiento se recibió. <a href=\"" HERE);
		raw(h, rehearsal_op_path(REHEARSAL_OP_CERTIFICATE));
		raw(h,
		    "\">Descargar el certificado nuevo</a>, o vuelva a "
		    "intentarlo en un momento.</p>");
		return;
	}
	open_form(h, REHEARSAL_OP_SUBMIT_REQUEST);
	raw(h,
	    "<label>Requerimiento (PKCS#10 de la llave nueva) <input "
	    "type=\"file\" name=\"archivo\" required></label> "
	    "<button>Presentar</button></form>");
}

static void
certificate_link(struct html *h)
{
	raw(h, "<p><a href=\"" HERE);
	raw(h, rehearsal_op_path(REHEARSAL_OP_CERTIFICATE));
	raw(h, "\">Descargar el certificado nuevo</a></p>");
}

static void
mail_notice(struct html *h, const json_t *c)
{
	if (strcmp(rehearsal_text(c, "mail"), "not-sent") == 0)
		raw(h,
		    "<p class=\"aviso\">Recibirá un correo electrónico con "
		    "un enlace. Si no llega, continúe aquí mismo.</p>");
}

/* What the person can do now. */
static void
next_step(struct html *h, const json_t *c, enum rehearsal_stage now)
{
	switch (now) {
	case REHEARSAL_STAGE_CONFIRM:
		open_form(h, REHEARSAL_OP_CONFIRM);
		raw(h,
		    "<label>Correo electrónico <input type=\"email\" "
		    "name=\"correo\" value=\"");
		text(h, rehearsal_text(c, "email"));
		raw(h,
		    "\" required></label> <button>Confirmar los datos"
		    "</button></form>");
		break;
	case REHEARSAL_STAGE_TERMS_OLD:
		letter_form(h, REHEARSAL_LETTER_TERMS, "old");
		break;
	case REHEARSAL_STAGE_LINK:
		open_form(h, REHEARSAL_OP_MAIL);
		raw(h,
		    "<label>Enlace recibido por correo <input "
		    "name=\"enlace\" required></label> "
		    "<button>Seguir</button></form>");
		break;
	case REHEARSAL_STAGE_REQUEST:
		mail_notice(h, c);
		request_form(h, c);
		break;
	case REHEARSAL_STAGE_TERMS_NEW:
		certificate_link(h);
		letter_form(h, REHEARSAL_LETTER_TERMS, "new");
		break;
	case REHEARSAL_STAGE_FINISH:
		open_form(h, REHEARSAL_OP_FINISH);
		raw(h, "<button>Concluir la renovación</button></form>");
		break;
	case REHEARSAL_STAGE_CONDITIONS:
	case REHEARSAL_STAGE_HOME:
	case REHEARSAL_N_STAGES:
		break;
	}
}

enum firma_err
rehearsal_page_company(const json_t *c, enum rehearsal_role role,
    enum rehearsal_page page, struct firma_buf *ret)
{
	const enum rehearsal_stage now = rehearsal_company_stage(c);
	struct html h = { ret, FIRMA_OK };

	begin(&h, pages[page].mark);
	data_table(&h, c);
	if (page == REHEARSAL_PAGE_CONDITIONS)
		letter_form(&h, REHEARSAL_LETTER_CONDITIONS, "new");
	else if (page == REHEARSAL_PAGE_EXPIRED) {
		stage_list(&h, now);
		next_step(&h, c, now);
		if (now >= REHEARSAL_STAGE_CONDITIONS) {
			raw(&h,
			    "<p>Se ha generado exitosamente su Certificado "
			    "Digital. <a href=\"" HERE "\">Entre con el "
			    "certificado nuevo</a>.</p>");
			certificate_link(&h);
		}
	} else
		raw(&h,
		    "<p>Afiliación, movimientos y consultas estarían aquí. "
		    "La renovación está completa.</p>");
	raw(&h,
	    role == REHEARSAL_OLD
		? "<p class=\"hecho\">Sesión del certificado anterior.</p>"
		: "<p class=\"hecho\">Sesión del certificado nuevo.</p>");
	return end(&h);
}

enum firma_err
rehearsal_page_refusal(
    unsigned int status, const char *why, struct firma_buf *ret)
{
	struct html h = { ret, FIRMA_OK };

	begin(&h, status >= 500 ? "El portal falló" : "No se aceptó");
	raw(&h, "<p class=\"aviso\">");
	text(&h, why);
	raw(&h,
	    "</p><p><a href=\"" HERE "Inicio.idse\">Volver al trámite</a> "
	    "&middot; <a href=\"" HERE "\">Entrar de nuevo</a></p>");
	return end(&h);
}
