/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/commands.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/check.h"
#include "tests/rehearsal/company.h"
#include "tests/rehearsal/file.h"
#include "tests/rehearsal/form.h"
#include "tests/rehearsal/own_openssl.h"

#define INPUT_MAX     ((size_t)64 * 1024) /* octets */
#define EXPIRED_AGO_S ((int64_t)21 * 24 * 3600)

/* The practice company: check digits hold, and Ñ forces a T61String. */
#define PRACTICE_NAME     "MUEBLES PEÑA SA DE CV"
#define PRACTICE_RFC      "MPE150312AB6 / PEGL800214H91"
#define PRACTICE_CURP     " / PEGL800214MDFXRC08"
#define PRACTICE_REGISTRO "Y5472318103"
#define PRACTICE_EMAIL    "avisos@mueblespena.example"

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "firma-rehearsal: %s: %s\n", what, why);
	return 1;
}

static enum firma_err
open_both(const char *dir, struct rehearsal_state *st, struct rehearsal_ca *ca)
{
	enum firma_err r;

	if ((r = rehearsal_state_open(dir, st)) != FIRMA_OK)
		return r;
	return rehearsal_ca_load(st->dir, ca);
}

int
rehearsal_init(const struct rehearsal_options *o)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	enum firma_err r;

	if ((r = rehearsal_state_create(o->dir, &st)) != FIRMA_OK ||
	    (r = rehearsal_ca_create(st.dir)) != FIRMA_OK)
		return fail(o->dir,
		    r == FIRMA_ERR_EXISTS ? "a portal is there already"
					  : firma_err_text(r));
	return 0;
}

/* A file with a certificate or a request, PEM or DER, as DER. */
static enum firma_err
read_der(const char *path, struct firma_buf *ret)
{
	struct rehearsal_form form = { .n = 1 };
	enum firma_err r;

	(void)snprintf(form.at[0].name, sizeof(form.at[0].name), "archivo");
	r = rehearsal_file_read(AT_FDCWD, path, INPUT_MAX, &form.at[0].value);
	if (r == FIRMA_OK)
		r = rehearsal_form_document(&form, ret);
	rehearsal_form_done(&form);
	return r;
}

static int
enrol_and_save(
    struct rehearsal_state *st, X509 *x, const struct rehearsal_options *o)
{
	struct rehearsal_refusal why = { 0 };
	enum firma_err r;

	if (rehearsal_company_enrol(st, x, o->email, o->registro, &why) !=
	    FIRMA_OK)
		return fail("enrol", why.text);
	if ((r = rehearsal_state_save(st)) != FIRMA_OK)
		return fail(o->dir, firma_err_text(r));
	return 0;
}

int
rehearsal_enrol(const struct rehearsal_options *o)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(x509_done) X509 *x = NULL;
	enum firma_err r;

	if ((r = read_der(o->certificate, &der)) != FIRMA_OK ||
	    (r = rehearsal_certificate_parse(firma_buf_view(&der), &x)) !=
		FIRMA_OK)
		return fail(o->certificate, firma_err_text(r));
	if ((r = rehearsal_state_open(o->dir, &st)) != FIRMA_OK)
		return fail(o->dir, firma_err_text(r));
	return enrol_and_save(&st, x, o);
}

static void
choose(char to[REHEARSAL_FIELD_MAX], const char *given, const char *usual)
{
	(void)snprintf(
	    to, REHEARSAL_FIELD_MAX, "%s", given == NULL ? usual : given);
}

static enum firma_err
make_old(const struct rehearsal_options *o, struct rehearsal_state *st,
    const struct rehearsal_ca *ca, X509_REQ *q, X509 **ret)
{
	FIRMA_OWN(name_done) X509_NAME *subject = NULL;
	const int64_t now = (int64_t)time(NULL);
	struct rehearsal_identity who;
	struct rehearsal_leaf leaf = { .key = X509_REQ_get0_pubkey(q) };
	enum firma_err r;

	choose(who.name, o->name, PRACTICE_NAME);
	choose(who.rfc, o->rfc, PRACTICE_RFC);
	choose(who.curp, o->curp, PRACTICE_CURP);
	choose(who.registro, o->registro, PRACTICE_REGISTRO);
	choose(who.email, o->email, PRACTICE_EMAIL);
	if ((r = rehearsal_subject_of(&who, &subject)) != FIRMA_OK)
		return r;
	leaf.subject = subject;
	leaf.not_after =
	    o->expired ? now - EXPIRED_AGO_S : now + REHEARSAL_VALIDITY_S / 2;
	leaf.not_before = leaf.not_after - REHEARSAL_VALIDITY_S;
	rehearsal_serial(rehearsal_state_count(st, "serial"), leaf.serial);
	return rehearsal_ca_issue(ca, &leaf, ret);
}

static enum firma_err
write_pem(const char *path, X509 *x)
{
	FIRMA_OWN(bio_done) BIO *b = BIO_new(BIO_s_mem());
	char *at = NULL;
	long len;

	if (b == NULL || !PEM_write_bio_X509(b, x) ||
	    (len = BIO_get_mem_data(b, &at)) <= 0)
		return FIRMA_ERR_NOMEM;
	return rehearsal_file_write(
	    AT_FDCWD, path, 0644, firma_bytes_of(at, (size_t)len));
}

int
rehearsal_issue_old(const struct rehearsal_options *o)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	FIRMA_OWN(rehearsal_ca_done) struct rehearsal_ca ca = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(req_done) X509_REQ *q = NULL;
	FIRMA_OWN(x509_done) X509 *x = NULL;
	struct rehearsal_refusal why = { 0 };
	enum firma_err r;
	int status;

	if ((r = read_der(o->request, &der)) != FIRMA_OK)
		return fail(o->request, firma_err_text(r));
	if (rehearsal_request_parse(firma_buf_view(&der), &q, &why) != FIRMA_OK)
		return fail(o->request, why.text);
	if ((r = open_both(o->dir, &st, &ca)) != FIRMA_OK)
		return fail(o->dir, firma_err_text(r));
	if ((r = make_old(o, &st, &ca, q, &x)) != FIRMA_OK)
		return fail("issue", firma_err_text(r));
	if ((status = enrol_and_save(&st, x, o)) != 0)
		return status;
	if ((r = write_pem(o->out, x)) != FIRMA_OK)
		return fail(o->out, firma_err_text(r));
	return 0;
}

/* What one signed letter is, without its octets. */
static json_t *
shown_signature(const json_t *kept)
{
	if (kept == NULL)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:s}", "signature_sha256",
	    rehearsal_text(kept, "sha256"), "accepted",
	    (json_int_t)rehearsal_number(kept, "accepted"), "repeats",
	    (json_int_t)rehearsal_number(kept, "repeats"), "receipt",
	    rehearsal_text(kept, "receipt"));
}

static json_t *
shown_letter(const json_t *c, enum rehearsal_letter which)
{
	const json_t *l = rehearsal_company_letter(c, which);

	return json_pack("{s:s, s:I, s:o, s:o}", "sha256",
	    rehearsal_text(l, "sha256"), "served",
	    (json_int_t)rehearsal_number(l, "served"), "old",
	    shown_signature(json_object_get(l, "old")), "new",
	    shown_signature(json_object_get(l, "new")));
}

static json_t *
shown_request(const json_t *c)
{
	const json_t *q = json_object_get(c, "request");

	if (q == NULL)
		return json_null();
	return json_pack("{s:s, s:I, s:I}", "sha256",
	    rehearsal_text(q, "sha256"), "accepted",
	    (json_int_t)rehearsal_number(q, "accepted"), "repeats",
	    (json_int_t)rehearsal_number(q, "repeats"));
}

static json_t *
shown_company(const json_t *c)
{
	json_t *logins = json_object_get(c, "logins");

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, "
			 "s:{s:o, s:o}, s:s, s:s, s:o, s:I, s:s}",
	    "id", (json_int_t)rehearsal_number(c, "id"), "name",
	    rehearsal_text(c, "name"), "rfc", rehearsal_text(c, "rfc"), "curp",
	    rehearsal_text(c, "curp"), "registro_patronal",
	    rehearsal_text(c, "registro_patronal"), "email",
	    rehearsal_text(c, "email"), "stage",
	    rehearsal_stage_name(rehearsal_company_stage(c)), "old_serial",
	    rehearsal_text(c, "old_serial"), "new_serial",
	    rehearsal_text(c, "new_serial"), "request", shown_request(c),
	    "letters", "terms", shown_letter(c, REHEARSAL_LETTER_TERMS),
	    "conditions", shown_letter(c, REHEARSAL_LETTER_CONDITIONS), "mail",
	    rehearsal_text(c, "mail"), "folio", rehearsal_text(c, "folio"),
	    "logins", logins == NULL ? json_object() : json_incref(logins),
	    "refused", (json_int_t)rehearsal_number(c, "refused"),
	    "last_refusal", rehearsal_text(c, "last_refusal"));
}

static void
print_letter(const json_t *c, const char *letter, const char *role)
{
	const json_t *l = json_object_get(
	    json_object_get(json_object_get(c, "letters"), letter), role);

	if (json_is_object(l))
		(void)printf("  letter %s signed by %s key: accepted %lld, "
			     "repeated %lld, receipt %s\n",
		    letter, role, rehearsal_number(l, "accepted"),
		    rehearsal_number(l, "repeats"),
		    rehearsal_text(l, "receipt"));
}

static void
print_company(const json_t *c)
{
	const json_t *q = json_object_get(c, "request");

	(void)printf("%lld %s, RFC %s, registro patronal %s, %s\n"
		     "  stage %s, old certificate %s, new certificate %s\n",
	    rehearsal_number(c, "id"), rehearsal_text(c, "name"),
	    rehearsal_text(c, "rfc"), rehearsal_text(c, "registro_patronal"),
	    rehearsal_text(c, "email"), rehearsal_text(c, "stage"),
	    rehearsal_text(c, "old_serial"),
	    rehearsal_text(c, "new_serial")[0] == '\0'
		? "-"
		: rehearsal_text(c, "new_serial"));
	if (json_is_object(q))
		(void)printf("  request %s: accepted %lld, repeated %lld\n",
		    rehearsal_text(q, "sha256"),
		    rehearsal_number(q, "accepted"),
		    rehearsal_number(q, "repeats"));
	print_letter(c, "terms", "old");
	print_letter(c, "terms", "new");
	print_letter(c, "conditions", "new");
	if (rehearsal_number(c, "refused") > 0)
		(void)printf("  refused %lld, last: %s\n",
		    rehearsal_number(c, "refused"),
		    rehearsal_text(c, "last_refusal"));
}

int
rehearsal_show(const struct rehearsal_options *o)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	FIRMA_OWN(json_done) json_t *shown = json_array();
	FIRMA_OWN(json_done) json_t *whole = NULL;
	json_t *companies, *c;
	enum firma_err r;
	size_t i;

	if ((r = rehearsal_state_open(o->dir, &st)) != FIRMA_OK)
		return fail(o->dir, firma_err_text(r));
	companies = json_object_get(st.root, "companies");
	json_array_foreach(companies, i,
	    c) if (json_array_append_new(shown, shown_company(c)) !=
	    0) return fail(o->dir, "out of memory");
	if (o->json) {
		if ((whole = json_pack("{s:O}", "companies", shown)) == NULL ||
		    json_dumpf(whole, stdout, JSON_INDENT(1)) != 0)
			return fail("stdout", "cannot be written");
		(void)putchar('\n');
		return 0;
	}
	json_array_foreach(shown, i, c) print_company(c);
	return 0;
}
