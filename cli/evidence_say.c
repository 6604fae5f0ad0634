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
		[EVIDENCE_MISSING] = "missing",
		[EVIDENCE_REFUSED] = "refused",
		[EVIDENCE_NOTE] = "absent" };

	return names[v];
}

static const char *
signer_name(enum evidence_signer by)
{
	static const char *const names[] = { [EVIDENCE_BY_OTHER] = "other",
		[EVIDENCE_BY_NEW] = "new",
		[EVIDENCE_BY_OLD] = "old",
		[EVIDENCE_BY_SIGNER] = "signer" };

	return names[by];
}

/* What holds it together, and it is none. */
static json_t *
held_json(const struct evidence_held *h)
{
	json_t *j =
	    json_pack("{sn sb}", "signature", "timestamp", h->is_stamped);

	if (h->is_signed)
		(void)json_object_set_new(j, "signature",
		    json_pack("{ss ss ss sb so}", "name", h->name, "serial",
			h->serial, "certificate", signer_name(h->by), "issued",
			h->is_issued, "time",
			h->time < 0 ? json_null()
				    : out_json_time((uint64_t)h->time)));
	return j;
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
	j = json_pack("{ss sb ss* ss* ss* so so}", "kind", "evidence", "valid",
	    evidence_exit(f) == FIRMA_EXIT_OK, "status", f->status,
	    "old_serial", f->old_serial, "new_serial", f->new_serial, "held_by",
	    held_json(&f->held), "checks", list);
	if (f->n_more != 0)
		(void)json_object_set_new(
		    j, "more_missing", json_integer((json_int_t)f->n_more));
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
	case EVIDENCE_MISSING:
	case EVIDENCE_REFUSED:
		out_coloured(OUT_BAD, "%s: %s%s%s%s", f->file,
		    _(checks[f->check].bad), f->why[0] != '\0' ? " (" : "",
		    f->why, f->why[0] != '\0' ? ")" : "");
		break;
	case EVIDENCE_NOTE:
		out_pair(f->file, "%s",
		    f->check == EVIDENCE_CHECK_REPORT
			? _("not compared, because something is missing")
			: _("not there"));
		break;
	}
}

static const char *
of_whom(enum evidence_signer by)
{
	switch (by) {
	case EVIDENCE_BY_NEW:
		return _("the new certificate's key");
	case EVIDENCE_BY_OLD:
		return _("the old certificate's key");
	case EVIDENCE_BY_SIGNER:
		return _("the key that signs for the company");
	case EVIDENCE_BY_OTHER:
		break;
	}
	return _("a key that is none of this renewal's");
}

static void
say_signature(const struct evidence_findings *f)
{
	const struct evidence_held *h = &f->held;
	char at[STAMP_TIME];

	out_pair(_("held together by"),
	    _("a signature over all of it, with %s: %s, serial %s"),
	    of_whom(h->by), h->name, h->serial);
	if (h->time >= 0)
		out_pair(_("signed on"), _("%s, as the signer's clock said"),
		    stamp_time(h->time, at));
	out_pair(_("genuine"), "%s",
	    !f->has_ca ? _("not looked at: --ca FILE, with the authority's "
			   "certificate from a source of your own")
		: h->is_issued
		? _("its certificate was issued by the authority in --ca")
		: _("its certificate was NOT issued by the authority in --ca"));
}

/* Plainly, what would be noticed if it were changed, and what would not. */
static void
say_held(const struct evidence_findings *f)
{
	if (f->held.is_signed)
		say_signature(f);
	if (f->held.is_stamped)
		out_pair(_("held together by"),
		    _("a time stamp over all of it%s"),
		    f->has_tsa_ca
			? ""
			: _("; whose it is is not looked at: --tsa-ca "
			    "FILE"));
	if (f->held.is_signed || f->held.is_stamped)
		return;
	out_pair(_("held together by"), "%s",
	    _("nothing but itself: no signature, no time stamp"));
	out_note("%s",
	    _("who had it could have changed the company's data and receipts, "
	      "cut off the last entries and steps, and made the rest anew; "
	      "compare the last entry with the agent's ledger, or have it made "
	      "with --sign-with or --timestamp"));
}

static const char *
advice(enum evidence_verdict v)
{
	return v == EVIDENCE_BAD
	    ? _("do not rely on it; ask for the evidence again where it was "
		"made")
	    : v == EVIDENCE_MISSING
	    ? _("it is incomplete; ask for the evidence again where it was made")
	    : _("give the certificates that you believe: --ca, --tsa-ca");
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
		if (f->n_more != 0)
			out_coloured(OUT_BAD,
			    _("%zu more are named and are NOT here"),
			    f->n_more);
		stamp_text(&f->stamp);
		say_held(f);
	}
	if (evidence_exit(f) == FIRMA_EXIT_OK)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].verdict != EVIDENCE_GOOD &&
		    f->at[i].verdict != EVIDENCE_NOTE)
			(void)say_refusal(evidence_exit(f),
			    advice(f->at[i].verdict), "%s: %s: %s", path,
			    f->at[i].file, _(checks[f->at[i].check].bad));
}
