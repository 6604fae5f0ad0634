/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma sello: the digital seal of a cadena original.
 *
 * Source: Anexo 20 of the Resolución Miscelánea Fiscal: the cadena begins and
 * ends with "||", is UTF-8, and is signed with PKCS#1 v1.5 and SHA-256; the seal
 * is that in base64.
 */
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/pin.h"
#include "cli/signing.h"

#define CADENA_MAX ((size_t)1024 * 1024) /* octets */

/* What is wrong with it, in words; NULL when nothing is. */
static const char *
wrong_with(struct firma_bytes v)
{
	if (v.len < 5 || memcmp(v.at, "||", 2) != 0 ||
	    memcmp(v.at + v.len - 2, "||", 2) != 0)
		return _("a cadena original begins and ends with ||");
	if (!firma_text_is_utf8(v))
		return _("it is not UTF-8 (iconv -f WINDOWS-1252 -t UTF-8 "
			 "makes it so)");
	if (!firma_text_is_clean(v))
		return _("it has line breaks or other control characters");
	return NULL;
}

/* An editor's or echo's line end is not part of it. */
static struct firma_bytes
without_line_end(struct firma_bytes v)
{
	size_t n = v.len;

	if (n != 0 && v.at[n - 1] == '\n')
		n--;
	if (n != v.len && n != 0 && v.at[n - 1] == '\r')
		n--;
	if (n != v.len)
		out_note("%s",
		    _("the line end behind the cadena original is left out"));
	return firma_bytes_of(v.at, n);
}

static int
tell(const struct firma_certificate *c, struct firma_bytes signature,
    const struct firma_signed *got)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf sello = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf certificate = { 0 };
	char serial[FIRMA_SERIAL_TEXT];

	if (firma_base64(signature, &sello) != FIRMA_OK ||
	    firma_base64(firma_certificate_der(c), &certificate) != FIRMA_OK)
		return say_failure(
		    FIRMA_ERR_NOMEM, NULL, NULL, "%s", _("the seal"));
	if (!out_is_json()) {
		out_line("%.*s", (int)sello.len, (const char *)sello.at);
		return FIRMA_EXIT_OK;
	}
	firma_certificate_serial(c, serial);
	out_json(
	    json_pack("{ss% ss ss% so sI}", "sello", (const char *)sello.at,
		sello.len, "no_certificado", serial, "certificado",
		(const char *)certificate.at, certificate.len, "sha256",
		out_json_hex(firma_bytes_of(got->sha256, sizeof(got->sha256))),
		"ledger_seq", (json_int_t)got->ledger_seq));
	return FIRMA_EXIT_OK;
}

static int
sello(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_signed_done) struct firma_signed got = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf signature = { 0 };
	const char *key = args_operand(a, 0);
	const char *path =
	    args_operand(a, 1) != NULL ? args_operand(a, 1) : "-";
	struct firma_cause cause = { 0 };
	struct firma_bytes cadena;
	const char *wrong;
	enum firma_err r;
	int status;

	if ((r = file_read(path, CADENA_MAX, &file, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	cadena = without_line_end(firma_buf_view(&file));
	if ((wrong = wrong_with(cadena)) != NULL)
		return say_refusal(FIRMA_EXIT_INVALID,
		    _("nothing is signed; see Anexo 20 for how it is built"),
		    "%s: %s", path, wrong);
	if ((r = certificates_of_key(app, key, &c, &cause)) != FIRMA_OK)
		return app_failure(app, r, &cause, _("key %s"), key);
	if (strncmp(firma_key_algorithm_name(firma_certificate_algorithm(c)),
		"rsa", 3) != 0)
		return say_refusal(FIRMA_EXIT_INVALID, NULL, "%s: %s", key,
		    _("a seal is made with an RSA key"));
	const struct signing s = { key, FIRMA_SIGN_RAW, "cadena original",
		"sello", cadena };

	if ((status = signing_do(app, a, &s, &signature, &got)) != 0)
		return status;
	return tell(c, firma_buf_view(&signature), &got);
}

static const struct option_desc options[] = {
	PIN_OPTION,
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command sello_commands[] = {
	{ "sello", N_("KEY [FILE]"),
	    N_("the digital seal of a cadena original, in base64"), options, 1,
	    2, sello },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
