/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma status: how many days each certificate has left, for people and for
 * monitors (exit 0, 20, 21).
 */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "cli/keys.h"
#include "cli/renewals.h"

#define EXIT_SOON     20 /* something expires within --warn-days */
#define EXIT_CRITICAL 21 /* something is expired, or will be at once */
#define WARN_DAYS     30
#define CRITICAL_DAYS 7

enum verdict { FINE, SOON, CRITICAL, EXPIRED, REPLACED };

static const char *const verdict_names[] = { "fine", "soon", "critical",
	"expired", "replaced" };

struct limits {
	long warn, critical;
};

/* Its successor is in use: that it expires is no alarm any more. */
static int
is_replaced(const struct key *k, const struct renewals *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].status == FIRMA_RENEWAL_COMPLETE &&
		    strcmp(list->at[i].old_serial, k->serial) == 0)
			return 1;
	return 0;
}

static enum verdict
judge(const struct key *k, const struct renewals *list,
    const struct limits *limits)
{
	const long days = keys_days_left(k);

	if (is_replaced(k, list))
		return REPLACED;
	if (days < 0)
		return EXPIRED;
	if (days <= limits->critical)
		return CRITICAL;
	return days <= limits->warn ? SOON : FINE;
}

static void
print(const struct key *k, enum verdict v)
{
	static const enum out_colour colours[] = { OUT_GOOD, OUT_WARN, OUT_BAD,
		OUT_BAD, OUT_PLAIN };
	const long days = keys_days_left(k);
	char to[OUT_DATE], words[128];

	if (v == REPLACED)
		(void)snprintf(words, sizeof(words), "%s",
		    _("replaced; retire it with: firma renew retire"));
	else if (days < 0)
		(void)snprintf(words, sizeof(words),
		    P_("expired %ld day ago", "expired %ld days ago",
			(unsigned long)-days),
		    -days);
	else
		(void)snprintf(words, sizeof(words),
		    P_("%ld day left", "%ld days left", (unsigned long)days),
		    days);
	out_coloured(colours[v], "%-20s %s  %s", k->alias,
	    out_date(k->not_after, to), words);
	out_pair(_("  certificate"), "%s", k->serial);
	out_pair(_("  subject"), "%s", k->subject);
	if (v != FINE && v != REPLACED)
		out_line(_("  -> firma renew start --old %s"), k->alias);
}

static int
raise_to(int status, enum verdict v)
{
	const int now = v == SOON           ? EXIT_SOON
	    : v == CRITICAL || v == EXPIRED ? EXIT_CRITICAL
					    : 0;

	return now > status ? now : status;
}

static void
print_renewals(const struct renewals *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].status == FIRMA_RENEWAL_OPEN)
			out_line(_("renewal %llu of %s is open (step %s): "
				   "firma renew"),
			    (unsigned long long)list->at[i].id,
			    list->at[i].old_key, list->at[i].step);
}

static int
report(const struct keys *keys, const struct renewals *list,
    const struct limits *limits)
{
	json_t *all = json_array(), *open = json_array();
	int status = 0;
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++) {
		const struct key *k = &keys->at[i];

		if (k->not_after == 0 ||
		    (k->flags & FIRMA_KEYFLAG_RETIRED) != 0)
			continue;
		const enum verdict v = judge(k, list, limits);

		n++;
		status = raise_to(status, v);
		if (!out_is_json()) {
			print(k, v);
			continue;
		}
		json_t *j = keys_json(k);

		(void)json_object_set_new(
		    j, "days_left", json_integer(keys_days_left(k)));
		(void)json_object_set_new(
		    j, "status", json_string(verdict_names[v]));
		(void)json_array_append_new(all, j);
	}
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].status == FIRMA_RENEWAL_OPEN)
			(void)json_array_append_new(
			    open, renewals_json(&list->at[i]));
	if (out_is_json()) {
		out_json(json_pack("{si so so}", "exit", status, "certificates",
		    all, "renewals", open));
		return status;
	}
	json_decref(all);
	json_decref(open);
	if (n == 0)
		out_note("%s", _("There is no certificate on any token yet."));
	print_renewals(list);
	return status;
}

static int
run(struct app *app, const struct args *a)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	const struct limits limits = { (long)args_number(
					   a, "warn-days", WARN_DAYS),
		(long)args_number(a, "critical-days", CRITICAL_DAYS) };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if ((r = keys_list(app, "", "", &keys, &cause)) != FIRMA_OK ||
	    (r = renewals_list(app, 0, &list, &cause)) != FIRMA_OK)
		return app_failure(app, r, &cause, "%s",
		    _("the certificates' state is not known"));
	return report(&keys, &list, &limits);
}

static const struct option_desc options[] = {
	{ "warn-days", 'w', OPTION_NUMBER, N_("DAYS"),
	    N_("warn (exit 20) from so many days on (30)") },
	{ "critical-days", 'c', OPTION_NUMBER, N_("DAYS"),
	    N_("alarm (exit 21) from so many days on (7)") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command status_commands[] = {
	{ "status", "", N_("days left for every certificate"), options, 0, 0,
	    run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
