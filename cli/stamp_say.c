/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stamp_say.h"

#include <stdio.h>
#include <time.h>

#include "agent/base/lang.h"
#include "cli/out.h"
#include "cli/say.h"

const char *
stamp_time(int64_t at, char ret[STAMP_TIME])
{
	const time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(ret, STAMP_TIME, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		(void)snprintf(ret, STAMP_TIME, "-");
	return ret;
}

json_t *
stamp_json(const struct firma_timestamp *t)
{
	json_t *j;

	if (t->tsa == NULL)
		return json_object();
	j = json_pack("{so si ss ss ss ss ss so sb sb}", "time",
	    out_json_time(t->at > 0 ? (uint64_t)t->at : 0), "time_ms",
	    (int)t->at_ms, "authority", t->name, "policy", t->policy, "serial",
	    t->serial, "imprint", t->imprint, "digest", t->digest,
	    "imprint_hash",
	    out_json_hex(firma_bytes_of(t->imprint_hash, t->imprint_len)),
	    "compared", t->is_compared, "chain", t->has_chain);
	if (t->accuracy_us >= 0)
		(void)json_object_set_new(
		    j, "accuracy_us", json_integer((json_int_t)t->accuracy_us));
	return j;
}

void
stamp_text(const struct firma_timestamp *t)
{
	char at[STAMP_TIME], serial[FIRMA_SERIAL_TEXT];

	if (t->tsa == NULL)
		return;
	out_pair(_("stamped"), "%s", stamp_time(t->at, at));
	out_pair(_("authority"), "%s",
	    t->name[0] != '\0' ? t->name : _("without a name"));
	firma_certificate_serial(t->tsa, serial);
	out_pair(_("its certificate"), "%s", serial);
	out_pair(_("policy"), "%s", t->policy);
	out_pair(_("number"), "%s", t->serial);
	if (t->accuracy_us >= 0)
		out_pair(_("accuracy"), _("%.3g seconds"),
		    (double)t->accuracy_us / 1e6);
	out_pair(_("issuer"), "%s",
	    t->has_chain ? _("leads to the given certificates")
			 : _("not compared: no --tsa-ca is given"));
}

static int
was_valid(const struct firma_certificate *c, int64_t at)
{
	return at >= firma_certificate_not_before(c) &&
	    at <= firma_certificate_not_after(c);
}

json_t *
stamp_json_of(const struct firma_timestamp *t, enum firma_err verdict,
    const struct firma_cause *cause, const struct firma_certificate *signer)
{
	json_t *j = stamp_json(t);

	(void)json_object_set_new(
	    j, "valid", json_boolean(verdict == FIRMA_OK));
	if (verdict != FIRMA_OK) {
		(void)json_object_set_new(
		    j, "error", json_string(firma_err_name(verdict)));
		(void)json_object_set_new(j, "why", json_string(cause->what));
	} else if (signer != NULL) {
		(void)json_object_set_new(j, "signer_valid_then",
		    json_boolean(was_valid(signer, t->at)));
	}
	return j;
}

void
stamp_text_of(const struct firma_timestamp *t, enum firma_err verdict,
    const struct firma_cause *cause, const struct firma_certificate *signer)
{
	out_pair(_("time stamp"), "%s",
	    verdict == FIRMA_OK || verdict == FIRMA_ERR_CERT_ISSUER
		? _("it verifies")
		: _("it does NOT verify"));
	if (verdict != FIRMA_OK && cause->what[0] != '\0')
		out_pair(_("why"), "%s", cause->what);
	stamp_text(t);
	if (verdict == FIRMA_OK && signer != NULL)
		out_pair(_("signer then"), "%s",
		    was_valid(signer, t->at)
			? _("the certificate was valid")
			: _("the certificate was NOT valid"));
}

int
stamp_failure(
    enum firma_err e, const struct firma_cause *cause, const char *what)
{
	/* The usual advice for these is about the agent. */
	if (e == FIRMA_ERR_CONFIG)
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("correct --tsa, or [timestamp] of firma.conf"),
		    _("%s: the time-stamping authority: %s"), what,
		    cause->what);
	if (e == FIRMA_ERR_CERT_ISSUER)
		return say_refusal(FIRMA_EXIT_REJECTED,
		    _("if you believe that authority, give its certificates "
		      "with --tsa-ca"),
		    "%s: %s", what, cause->what);
	return say_failure(e, cause, NULL, "%s", what);
}
