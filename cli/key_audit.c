/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_audit.h"

#include "agent/base/own.h"
#include "cli/app.h"
#include "cli/explain.h"
#include "cli/file.h"

json_t *
key_audit_json(const struct firma_keyfile_audit *f)
{
	return json_pack("{ss sI sb sb sb sb so}", "scheme", f->scheme,
	    "iterations", (json_int_t)f->iterations, "encrypted",
	    f->is_encrypted, "constant_salt", f->has_constant_salt,
	    "constant_iv", f->has_constant_iv, "weak", f->is_weak, "odd",
	    oddities_json(firma_oddities_of_protection(f)));
}

void
key_audit_text(const struct firma_keyfile_audit *f)
{
	out_pair(_("  protection"), "%s", f->scheme);
	if (f->iterations > 0)
		out_pair(_("  iterations"), "%lld", (long long)f->iterations);
}

static void
one_text(const char *path, const struct firma_keyfile_audit *f)
{
	out_coloured(f->is_weak ? OUT_BAD : OUT_GOOD, "%s  %s", path,
	    f->is_weak ? _("weak") : _("in order"));
	key_audit_text(f);
	oddities_text(firma_oddities_of_protection(f));
	if (f->is_weak)
		out_line(
		    "  -> %s", _("move the key to a token: firma key import"));
}

static json_t *
one_json(const char *path, const struct firma_keyfile_audit *f)
{
	json_t *j = key_audit_json(f);

	(void)json_object_set_new(j, "file", json_string(path));
	return j;
}

int
key_audit(struct app *app, const struct args *a)
{
	json_t *list = json_array();
	int status = FIRMA_EXIT_OK;

	(void)app;
	for (int i = 0; i < a->n_operands; i++) {
		FIRMA_OWN(firma_buf_done) struct firma_buf file = { 0 };
		const char *path = args_operand(a, i);
		struct firma_keyfile_audit f;
		struct firma_cause cause = { 0 };
		enum firma_err r;

		if ((r = file_read(path, FIRMA_KEYFILE_MAX, &file, &cause)) !=
			FIRMA_OK ||
		    (r = firma_keyfile_audit(
			 firma_buf_view(&file), &f, &cause)) != FIRMA_OK) {
			status = say_failure(r, &cause, NULL, "%s", path);
			continue;
		}
		if (f.is_weak && status == FIRMA_EXIT_OK)
			status = FIRMA_EXIT_INVALID;
		if (out_is_json())
			(void)json_array_append_new(list, one_json(path, &f));
		else
			one_text(path, &f);
	}
	if (out_is_json())
		out_json(list);
	else
		json_decref(list);
	return status;
}
