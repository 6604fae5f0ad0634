/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence_check.h found, for people and programs. */
#include "agent/base/lang.h"
#include "cli/evidence_check.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/stamp_say.h"

static const struct {
	const char *id, *good, *bad;
} checks[] = {
#define X(name, id, good, bad) [EVIDENCE_CHECK_##name] = { id, good, bad },
	EVIDENCE_CHECK_LIST(X)
#undef X
};

static const char *
verdict_name(enum evidence_verdict v)
{
	static const char *const names[] = { [EVIDENCE_GOOD] = "good",
		[EVIDENCE_BAD] = "bad",
		[EVIDENCE_REFUSED] = "refused",
		[EVIDENCE_NOTE] = "absent" };

	return names[v];
}

static void
say_json(const struct evidence_findings *f)
{
	json_t *list = json_array(), *j;

	for (size_t i = 0; i < f->n; i++)
		(void)json_array_append_new(list,
		    json_pack("{ss ss ss ss}", "id", checks[f->at[i].check].id,
			"file", f->at[i].file, "verdict",
			verdict_name(f->at[i].verdict), "why", f->at[i].why));
	j = json_pack("{ss sb ss* ss* ss* so}", "kind", "evidence", "valid",
	    evidence_exit(f) == FIRMA_EXIT_OK, "status", f->status,
	    "old_serial", f->old_serial, "new_serial", f->new_serial, "checks",
	    list);
	if (f->stamp.tsa != NULL)
		(void)json_object_set_new(
		    j, "timestamp", stamp_json(&f->stamp));
	out_json(j);
}

static void
say_one(const struct evidence_finding *f)
{
	switch (f->verdict) {
	case EVIDENCE_GOOD:
		out_pair(f->file, "%s", _(checks[f->check].good));
		break;
	case EVIDENCE_BAD:
	case EVIDENCE_REFUSED:
		out_coloured(OUT_BAD, "%s: %s%s%s%s", f->file,
		    _(checks[f->check].bad), f->why[0] != '\0' ? " (" : "",
		    f->why, f->why[0] != '\0' ? ")" : "");
		break;
	case EVIDENCE_NOTE:
		out_pair(f->file, "%s", _("not there"));
		break;
	}
}

void
evidence_say(const struct evidence_findings *f, const char *path)
{
	if (out_is_json()) {
		say_json(f);
	} else {
		out_coloured(OUT_BOLD,
		    _("%s: the evidence of a renewal: %s -> %s"), path,
		    f->old_serial, f->new_serial);
		for (size_t i = 0; i < f->n; i++)
			say_one(&f->at[i]);
		stamp_text(&f->stamp);
	}
	if (evidence_exit(f) == FIRMA_EXIT_OK)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].verdict == EVIDENCE_BAD ||
		    f->at[i].verdict == EVIDENCE_REFUSED)
			(void)say_refusal(evidence_exit(f),
			    f->at[i].verdict == EVIDENCE_BAD
				? _("do not rely on it; ask for the evidence "
				    "again where it was made")
				: _("give the certificates that you believe: "
				    "--ca, --tsa-ca"),
			    "%s: %s: %s", path, f->at[i].file,
			    _(checks[f->at[i].check].bad));
}
