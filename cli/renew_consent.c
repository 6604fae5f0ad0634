/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_consent.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/certificate.h"
#include "cli/ask.h"
#include "cli/letter_say.h"
#include "cli/renew_letters.h"
#include "cli/renewals.h"

#define HASH_HEX       64
#define CONSENT_MAX    2049 /* octets with the zero, as letter_item */
#define ODD_MAX        257
#define SIGNED_MAX     64 /* signatures of letters, of one renewal */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* What the agent says of the letters of a renewal. */
struct letters {
	const char *step;   /* the one that is asked for, or NULL */
	const char *letter; /* or the one of that name */
	struct letter_rules rules;
	int is_found;
	char consent[CONSENT_MAX]; /* of that step: JSON, or "" */
	json_t *consents;          /* of all steps; or NULL */
};

/* One letter that is looked at. */
struct looking {
	struct app *app;
	uint64_t renewal;
	const struct todo *todo;
	struct letters from;
	struct letter letter; /* owned */
	struct letter_verdict verdict;
};

static void
looking_done(struct looking *k)
{
	letter_done(&k->letter);
}

static size_t
find_letter(const struct letter_rules *r, const char *name)
{
	size_t i = 0;

	while (i < r->n && strcmp(r->all[i].name, name) != 0)
		i++;
	return i;
}

static enum firma_err
keep_letter(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_letter_item *m = msg;
	struct letters *l = arg;
	char consent[CONSENT_MAX], name[33];
	struct letter_wanted *to;
	json_t *j;
	size_t at;

	(void)fd;
	if (type != FIRMA_MSG_letter_item)
		return FIRMA_OK;
	firma_str_copy(m->consent, consent, sizeof(consent));
	if (l->consents != NULL && consent[0] != '\0' &&
	    json_array_size(l->consents) < SIGNED_MAX &&
	    (j = json_loads(consent, JSON_REJECT_DUPLICATES, NULL)) != NULL)
		(void)json_array_append_new(l->consents, j);
	firma_str_copy(m->letter, name, sizeof(name));
	if ((at = find_letter(&l->rules, name)) == LETTER_RULES_MAX)
		return FIRMA_ERR_LIMIT;
	if (at == l->rules.n)
		l->rules.n++;
	to = &l->rules.all[at];
	COPY(to->name, name);
	firma_str_copy(m->heading, to->heading, sizeof(to->heading));
	firma_str_copy(m->allow_rfc, to->allow_rfc, sizeof(to->allow_rfc));
	to->must = m->must;
	if ((l->step != NULL && firma_str_is(m->step, l->step)) ||
	    (l->letter != NULL && firma_str_is(m->letter, l->letter))) {
		l->rules.which = at;
		l->is_found = 1;
		COPY(l->consent, consent);
	}
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
ask_letters(struct app *app, uint64_t renewal, struct letters *ret,
    struct firma_cause *cause)
{
	const struct firma_msg_renew_letters ask = { renewal, 0 };

	return app_call(app, FIRMA_MSG_renew_letters, &ask, -1, APP_SHORT,
	    keep_letter, ret, cause);
}

/*
 * Whose renewal it is: the old certificate's company.  One that does not name
 * its registro patronal has the one that the operator gave.
 */
FIRMA_CHECKED static enum firma_err
ask_company(struct app *app, uint64_t renewal, const struct todo *t,
    struct letter_rules *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct firma_identity id = { 0 };
	enum firma_err r;

	if ((r = renewals_document(app, renewal, "old", &der, cause)) !=
		FIRMA_OK ||
	    (r = firma_certificate_parse(firma_buf_view(&der), &c, cause)) !=
		FIRMA_OK ||
	    (r = firma_identity_of(c, &id, cause)) != FIRMA_OK)
		return r;
	letter_rules_company(ret, &id);
	if (ret->registro[0] == '\0')
		letter_rules_operator(ret, t->fields);
	return FIRMA_OK;
}

/* ---- the operator ---- */

static int
is_given(const struct args *a, const char *hex)
{
	const char *const *hashes;
	const size_t n = args_list(a, "consent", &hashes);

	for (size_t i = 0; i < n; i++)
		if (strcasecmp(hashes[i], hex) == 0)
			return 1;
	return 0;
}

/* By itself --yes stands for letters about which nothing is left to ask. */
static int
needs_hash(const char *path, const char *hex)
{
	char advice[512];

	(void)snprintf(advice, sizeof(advice),
	    _("read %.200s, then: firma renew --yes --consent %.64s"), path,
	    hex);
	return say_refusal(FIRMA_EXIT_PERSON, advice,
	    _("%s: a person has to look at this letter, --yes is not enough"),
	    path);
}

static int
nobody(const char *path, const char *hex)
{
	char advice[512];

	(void)snprintf(advice, sizeof(advice),
	    _("read %.200s, then: firma renew --consent %.64s"), path, hex);
	return say_refusal(FIRMA_EXIT_PERSON, advice, "%s: %s", path,
	    _(firma_err_text(FIRMA_ERR_LETTER_CONSENT)));
}

static int
ask_operator(const char *path, const char *hex, uint32_t *ret_how)
{
	int yes = 0;

	/* With --json nothing was shown: nobody can say yes to that. */
	if (out_is_json())
		return nobody(path, hex);
	switch (ask_yes(&yes, "%s", _("Sign this letter?"))) {
	case FIRMA_OK:
		break;
	case FIRMA_ERR_PORTAL_PERSON:
		return nobody(path, hex);
	default:
		return say_failure(FIRMA_ERR_CANCELLED, NULL, NULL, "%s", path);
	}
	if (!yes)
		return say_refusal(FIRMA_EXIT_PERSON,
		    _("the renewal stays where it is; `firma renew` asks "
		      "again, `firma renew abort` gives up"),
		    _("%s: not consented to, not signed"), path);
	*ret_how = FIRMA_CONSENT_TERMINAL;
	return 0;
}

static int
consent_of(const struct args *a, const struct letter *l,
    const struct letter_verdict *v, const char *path, uint32_t *ret_how)
{
	char hex[HASH_HEX + 1];

	firma_hex(firma_bytes_of(l->sha256, sizeof(l->sha256)), hex);
	if (is_given(a, hex)) {
		*ret_how = FIRMA_CONSENT_HASH;
		return 0;
	}
	if (!args_flag(a, "yes"))
		return ask_operator(path, hex, ret_how);
	if (v->level != LETTER_GOOD)
		return needs_hash(path, hex);
	*ret_how = FIRMA_CONSENT_YES;
	return 0;
}

/* ---- the whole ---- */

static enum firma_err
write_down(const struct looking *k, uint32_t how, struct firma_cause *cause)
{
	FIRMA_OWN(renewals_done) struct renewals now = { 0 };
	char title[LETTER_HEADING_MAX], odd[ODD_MAX];

	letter_title(&k->letter, &k->from.rules, title);
	letter_odd_words(&k->verdict, odd, sizeof(odd));
	const struct firma_msg_renew_consent ask = { k->renewal,
		firma_str_of(k->todo->step),
		firma_bytes_of(k->letter.sha256, sizeof(k->letter.sha256)), how,
		firma_str_of(title), firma_str_of(odd), 0 };

	return app_call(k->app, FIRMA_MSG_renew_consent, &ask, -1, APP_SIGN,
	    renewals_keep, &now, cause);
}

static int
failed(
    const struct looking *k, enum firma_err r, const struct firma_cause *cause)
{
	out_progress_end();
	return app_failure(
	    k->app, r, cause, _("the letter of step %s"), k->todo->step);
}

/* What the agent and its documents say, and what the letter is. */
FIRMA_CHECKED static enum firma_err
look(struct looking *k, int fd, struct firma_cause *cause)
{
	enum firma_err r;

	r = ask_letters(k->app, k->renewal, &k->from, cause);
	if (r != FIRMA_OK)
		return r;
	if (!k->from.is_found)
		return FIRMA_ERR_SHAPE;
	if ((r = ask_company(k->app, k->renewal, k->todo, &k->from.rules,
		 cause)) != FIRMA_OK ||
	    (r = letter_read(fd, &k->letter, cause)) != FIRMA_OK)
		return r;
	letter_judge(&k->letter, &k->from.rules, &k->verdict);
	return FIRMA_OK;
}

static void
show(const struct looking *k, const char *path)
{
	out_progress_end();
	if (!out_is_json())
		letter_say(&k->letter, &k->from.rules, &k->verdict, path);
}

int
renew_letter_served(struct app *app, uint64_t renewal, const struct todo *t,
    struct portal_reply *reply)
{
	FIRMA_OWN(looking_done)
	struct looking k = { .app = app,
		.renewal = renewal,
		.todo = t,
		.from = { .letter = t->letter } };
	const struct firma_bytes pdf = firma_buf_view(&reply->file);
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_cause cause = { 0 };

	/* The agent compares a second serving with the first. */
	if (t->saves[0] == '\0' || t->letter[0] == '\0' || !reply->has_file)
		return 0;
	if (letters_check(pdf, firma_bytes_of(NULL, 0)) != FIRMA_OK ||
	    firma_memfd_from_bytes(pdf, &fd, &cause) != FIRMA_OK ||
	    look(&k, fd, &cause) != FIRMA_OK ||
	    k.verdict.level != LETTER_REFUSED)
		return 0;
	show(&k, NULL);
	reply->has_file = 0;
	reply->outcome = FIRMA_OUTCOME_REJECTED;
	letter_reason(&k.verdict, reply->text, sizeof(reply->text));
	return letter_say_refused(&k.verdict, t->letter, 1);
}

int
renew_consent(struct app *app, const struct args *a, uint64_t renewal,
    const struct todo *t, int fd, const char *path)
{
	FIRMA_OWN(looking_done)
	struct looking k = { .app = app,
		.renewal = renewal,
		.todo = t,
		.from = { .step = t->step } };
	struct firma_cause cause = { 0 };
	uint32_t how = 0;
	enum firma_err r;
	int status;

	if ((r = look(&k, fd, &cause)) != FIRMA_OK)
		return failed(&k, r, &cause);
	if (k.from.consent[0] != '\0' && k.verdict.level != LETTER_REFUSED)
		return 0;
	show(&k, path);
	if (k.verdict.level == LETTER_REFUSED)
		return letter_say_refused(&k.verdict, path, 1);
	status = consent_of(a, &k.letter, &k.verdict, path, &how);
	if (status != 0)
		return status;
	r = write_down(&k, how, &cause);
	return r == FIRMA_OK ? 0 : failed(&k, r, &cause);
}

/* ---- what there is ---- */

json_t *
renew_consents_json(struct app *app, uint64_t renewal)
{
	struct letters l = { .consents = json_array() };
	struct firma_cause cause;

	/* An agent of another version has none. */
	if (ask_letters(app, renewal, &l, &cause) != FIRMA_OK)
		(void)json_array_clear(l.consents);
	return l.consents;
}

static const char *
json_text(const json_t *j, const char *name)
{
	const char *v = json_string_value(json_object_get(j, name));

	return v != NULL ? v : "";
}

void
renew_consents_text(struct app *app, uint64_t renewal)
{
	json_t *all = renew_consents_json(app, renewal);
	const char *odd;
	unsigned int how;
	const json_t *j;
	size_t i;

	json_array_foreach(all, i, j)
	{
		const json_int_t at =
		    json_integer_value(json_object_get(j, "time"));
		char day[OUT_DATE];

		if (!firma_consent_from(json_text(j, "how"), &how))
			continue;
		odd = json_text(j, "odd");
		out_pair(_("  consented"), "%s, %s, %s (%s)%s%s",
		    json_text(j, "step"), json_text(j, "user"),
		    out_date(at > 0 ? (uint64_t)at : 0, day),
		    _(firma_consent_name(how)),
		    odd[0] != '\0' ? _("; odd: ") : "", odd);
	}
	json_decref(all);
}
