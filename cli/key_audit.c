/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_audit.h"

#include <stdlib.h>

#include "agent/base/own.h"
#include "cli/app.h"
#include "cli/confine.h"
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

/* A file, and why it could not be read. */
struct read {
	struct firma_buf file;
	enum firma_err r;
	struct firma_cause cause;
};

static struct read *
read_all(const struct args *a)
{
	struct read *all = calloc((size_t)a->n_operands, sizeof(*all));

	for (int i = 0; all != NULL && i < a->n_operands; i++)
		all[i].r = file_read(args_operand(a, i), FIRMA_KEYFILE_MAX,
		    &all[i].file, &all[i].cause);
	return all;
}

static void
audit_one(struct read *it, const char *path, json_t *list, int *status)
{
	struct firma_keyfile_audit f;
	enum firma_err r = it->r;

	if (r == FIRMA_OK)
		r = firma_keyfile_audit(
		    firma_buf_view(&it->file), &f, &it->cause);
	if (r != FIRMA_OK) {
		*status = say_failure(r, &it->cause, NULL, "%s", path);
		return;
	}
	if (f.is_weak && *status == FIRMA_EXIT_OK)
		*status = FIRMA_EXIT_INVALID;
	if (out_is_json())
		(void)json_array_append_new(list, one_json(path, &f));
	else
		one_text(path, &f);
}

int
key_audit(struct app *app, const struct args *a)
{
	FIRMA_OWN(firma_mem_done) struct read *all = read_all(a);
	struct firma_cause cause = { 0 };
	json_t *list = json_array();
	int status = FIRMA_EXIT_OK;
	enum firma_err r;

	(void)app;
	r = all == NULL ? FIRMA_ERR_NOMEM : confine_reading(&cause);
	if (r != FIRMA_OK)
		/* untranslated: the command's name */
		status = say_failure(r, &cause, NULL, "key audit");
	for (int i = 0; all != NULL && i < a->n_operands; i++) {
		if (r == FIRMA_OK)
			audit_one(&all[i], args_operand(a, i), list, &status);
		firma_buf_done(&all[i].file);
	}
	if (out_is_json() && r == FIRMA_OK)
		out_json(list);
	else
		json_decref(list);
	return status;
}
