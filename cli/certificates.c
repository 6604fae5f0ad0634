/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificates.h"

#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/pki/identity.h"
#include "cli/file.h"

enum firma_err
certificates_file(
    const char *path, struct firma_certificate **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	enum firma_err r;

	r = file_read(path, FIRMA_CERTIFICATE_PEM_MAX, &file, cause);
	if (r != FIRMA_OK)
		return r;
	return firma_certificate_parse(firma_buf_view(&file), ret, cause);
}

static enum firma_err
keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_certificate *m = msg;
	struct firma_buf *ret = arg;

	(void)fd;
	if (type != FIRMA_MSG_certificate)
		return FIRMA_OK;
	ret->len = 0;
	return firma_buf_put(ret, m->certificate);
}

enum firma_err
certificates_of_key(struct app *app, const char *key,
    struct firma_certificate **ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	const struct firma_msg_certificate_read ask = { firma_str_of(key), 0 };
	enum firma_err r;

	r = app_call(app, FIRMA_MSG_certificate_read, &ask, -1, APP_SHORT, keep,
	    &der, cause);
	if (r == FIRMA_OK && der.len == 0)
		r = firma_fail(
		    cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE, 0, "%s", key);
	if (r != FIRMA_OK)
		return r;
	return firma_certificate_parse(firma_buf_view(&der), ret, cause);
}

static uint64_t
seconds(int64_t t)
{
	return t < 0 ? 0 : (uint64_t)t;
}

/* A name that cannot be read shows as empty rather than as something else. */
static void
identity(const struct firma_certificate *c, struct firma_identity *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (firma_identity_of(c, ret, NULL) != FIRMA_OK)
		memset(ret, 0, sizeof(*ret));
}

static const char *
chain(const struct firma_certificate *c, const struct firma_certificate *ca)
{
	return ca == NULL ? NULL
	    : firma_certificate_issued_by(c, ca)
	    ? N_("issued by the given CA")
	    : N_("NOT issued by the given CA");
}

json_t *
certificates_json(
    const struct firma_certificate *c, const struct firma_certificate *ca)
{
	char serial[FIRMA_SERIAL_TEXT];
	uint8_t spki[FIRMA_SPKI_HASH];
	struct firma_identity id;
	json_t *j;

	identity(c, &id);
	firma_certificate_serial(c, serial);
	firma_certificate_spki_sha256(c, spki);
	j = json_pack("{ss ss ss ss ss ss ss ss ss ss so so so ss sb}",
	    "serial", serial, "common_name", id.common_name, "name", id.name,
	    "email", id.email, "rfc", id.rfc, "curp", id.curp,
	    "representative_rfc", id.representative_rfc, "representative_curp",
	    id.representative_curp, "registro_patronal", id.registro_patronal,
	    "unit", id.unit, "spki_sha256",
	    out_json_hex(firma_bytes_of(spki, sizeof(spki))), "not_before",
	    out_json_time(seconds(firma_certificate_not_before(c))),
	    "not_after", out_json_time(seconds(firma_certificate_not_after(c))),
	    "algorithm",
	    firma_key_algorithm_name(firma_certificate_algorithm(c)), "expired",
	    firma_certificate_is_expired(c, (int64_t)(firma_wall_ms() / 1000)));
	if (ca != NULL)
		(void)json_object_set_new(j, "issued_by_ca",
		    json_boolean(firma_certificate_issued_by(c, ca)));
	return j;
}

void
certificates_identity(const struct firma_identity *id)
{
	out_pair(_("name"), "%s", id->common_name);
	out_pair("RFC", "%s", id->rfc);   /* untranslated: a proper name */
	out_pair("CURP", "%s", id->curp); /* untranslated: a proper name */
	out_pair(_("representative"), "%s%s%s", id->representative_rfc,
	    id->representative_curp[0] != '\0' ? " " : "",
	    id->representative_curp);
	out_pair(_("employer's number"), "%s", id->registro_patronal);
	if (id->registro_patronal[0] == '\0')
		out_pair(_("unit"), "%s", id->unit);
	out_pair(_("e-mail"), "%s", id->email);
}

void
certificates_text(
    const struct firma_certificate *c, const struct firma_certificate *ca)
{
	char serial[FIRMA_SERIAL_TEXT], from[OUT_DATE], to[OUT_DATE];
	struct firma_identity id;

	identity(c, &id);
	firma_certificate_serial(c, serial);
	out_pair(_("certificate"), "%s", serial);
	certificates_identity(&id);
	out_pair(_("algorithm"), "%s",
	    firma_key_algorithm_name(firma_certificate_algorithm(c)));
	out_pair(_("valid"), _("from %s until %s"),
	    out_date(seconds(firma_certificate_not_before(c)), from),
	    out_date(seconds(firma_certificate_not_after(c)), to));
	if (firma_certificate_is_expired(c, (int64_t)(firma_wall_ms() / 1000)))
		out_coloured(OUT_WARN, "%s", _("The certificate is expired."));
	if (ca != NULL)
		out_pair(_("issuer"), "%s", _(chain(c, ca)));
}
