/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent/base/option.h"
#include "agent/base/own.h"
#include "agent/pki/identity.h"
#include "agent/renewal/file_name.h"
#include "agent/renewal/letter.h"
#include "agent/renewal/order.h"

#define FIRMA_ENDPOINT_VALUE 1024 /* octets */
#define FIRMA_POLL_MAX       3600 /* seconds */
#define FIRMA_DAYS_MAX       7320 /* twenty years */
#define COUNT(a)             (sizeof(a) / sizeof((a)[0]))

/* While a file is read. */
struct parsing {
	struct firma_profile *profile;
	struct firma_problems *problems;
	struct firma_section section;
	struct firma_profile_step *step; /* the open one */
	struct firma_profile_letter *letter;
	json_t *endpoints;
	bool ran_out; /* of memory: no mistake of the file */
	bool in_endpoints, has_profile, has_request, has_accept;
	char again[FIRMA_PROFILE_STEPS][FIRMA_PROFILE_NAME];
};

#define X(name, text) text,
static const char *const dos[] = { FIRMA_STEP_DOS(X) NULL };
#undef X
#define X(name, text, kind) text,
static const char *const ops[] = { "", FIRMA_PORTAL_OPS(X) NULL };
#undef X
static const char *const keys[] = { "none", "old", "new", "signer", NULL };
static const char *const formats[] = { [FIRMA_SIGN_RAW] = "raw",
	[FIRMA_SIGN_CMS_DETACHED] = "cms-detached",
	[FIRMA_SIGN_CMS_ATTACHED] = "cms-attached",
	[FIRMA_SIGN_PADES] = "pades",
	[FIRMA_SIGN_BARE_DETACHED] = "cms-bare-detached",
	[FIRMA_SIGN_BARE_ATTACHED] = "cms-bare-attached",
	[FIRMA_SIGN_SHA1_RAW] = "raw-sha1",
	[FIRMA_SIGN_SHA1_ATTACHED] = "cms-sha1-attached",
	NULL };
static const char *const old_certificates[] = { "may-be-expired",
	"must-be-valid", NULL };
static const char *const shapes[] = { "pkcs10", NULL };
static const char *const signers[] = { "old", "representative", NULL };
static const char *const digests[] = { "sha256", "sha1", NULL };
static const char *const subjects[] = { "copy", "reencode", "identifiers",
	NULL };
static const char *const strings[] = { "strict", "latin1", NULL };
static const char *const challenges[] = { "none", "random", NULL };
static const char *const issuers[] = { "configured", "same", NULL };
_Static_assert(COUNT(ops) == FIRMA_OP_N + 1, "an operation without a word");

#define FIELD(type, field) \
	offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define ROW(type, name, kind, field)                                       \
	{                                                                  \
		name, FIRMA_OPTION_##kind, FIELD(type, field), 0, 0, NULL, \
		    false                                                  \
	}
#define NEED(type, name, kind, field)                                      \
	{                                                                  \
		name, FIRMA_OPTION_##kind, FIELD(type, field), 0, 0, NULL, \
		    true                                                   \
	}
#define NUMBER(type, name, field, min, max, need)                              \
	{                                                                      \
		name, FIRMA_OPTION_NUMBER, FIELD(type, field), min, max, NULL, \
		    need                                                       \
	}
#define WORD(type, name, field, words, need)                                   \
	{                                                                      \
		name, FIRMA_OPTION_WORD, FIELD(type, field), 0, 0, words, need \
	}
#define OTHER(name, need)                                        \
	{                                                        \
		name, FIRMA_OPTION_OTHER, 0, 0, 0, 0, NULL, need \
	}

static const struct firma_option profile_options[] = {
	NEED(firma_profile, "name", NAME, name),
	NEED(firma_profile, "title.en", TEXT, title_en),
	NEED(firma_profile, "title.es", TEXT, title_es),
	NEED(firma_profile, "helper", NAME, helper),
	ROW(firma_profile, "portal", URL, portal),
	WORD(firma_profile, "old-certificate", old_certificate,
	    old_certificates, true),
	WORD(firma_profile, "signer", signer, signers, false),
};

static const struct firma_option request_options[] = {
	WORD(firma_profile, "shape", shape, shapes, true),
	WORD(firma_profile, "digest", digest, digests, true),
	WORD(firma_profile, "subject", subject, subjects, true),
	WORD(firma_profile, "strings", strings, strings, false),
	WORD(firma_profile, "challenge", challenge, challenges, false),
};

static const struct firma_option accept_options[] = {
	OTHER("identity", true),
	WORD(firma_profile, "issuer", issuer, issuers, true),
	NUMBER(firma_profile, "min-days", min_days, 1, FIRMA_DAYS_MAX, true),
	NUMBER(firma_profile, "max-days", max_days, 1, FIRMA_DAYS_MAX, true),
	NUMBER(firma_profile, "skew", skew_s, 0, 86400, true),
};

static const struct firma_option letter_options[] = {
	NEED(firma_profile_letter, "title.en", TEXT, title_en),
	NEED(firma_profile_letter, "title.es", TEXT, title_es),
	ROW(firma_profile_letter, "heading", TEXT, heading),
	OTHER("must-name", false),
	OTHER("allow-rfc", false),
};

/* The bit of an option in the table of uses below is its place here. */
enum {
	AT_DO,
	AT_USER_STEP,
	AT_TITLE_EN,
	AT_TITLE_ES,
	AT_KEY,
	AT_OP,
	AT_RECONCILE,
	AT_LETTER,
	AT_ROLE,
	AT_SIGNS,
	AT_SENDS,
	AT_SAVES,
	AT_SAME,
	AT_FORMAT,
	AT_FILE,
	AT_EXPECTS,
	AT_AGAIN,
	AT_POLL
};

static const struct firma_option step_options[] = {
	[AT_DO] = WORD(firma_profile_step, "do", what, dos, true),
	[AT_USER_STEP] = OTHER("user-step", true),
	[AT_TITLE_EN] = NEED(firma_profile_step, "title.en", TEXT, title_en),
	[AT_TITLE_ES] = NEED(firma_profile_step, "title.es", TEXT, title_es),
	[AT_KEY] = WORD(firma_profile_step, "key", key, keys, false),
	[AT_OP] = WORD(firma_profile_step, "op", op, ops, false),
	[AT_RECONCILE] =
	    WORD(firma_profile_step, "reconcile", reconcile, ops, false),
	[AT_LETTER] = ROW(firma_profile_step, "letter", NAME, letter),
	[AT_ROLE] = ROW(firma_profile_step, "role", NAME, role),
	[AT_SIGNS] = ROW(firma_profile_step, "signs", NAME, signs),
	[AT_SENDS] = ROW(firma_profile_step, "sends", NAME, sends),
	[AT_SAVES] = ROW(firma_profile_step, "saves", NAME, saves),
	[AT_SAME] = ROW(firma_profile_step, "same", NAME, same),
	[AT_FORMAT] =
	    WORD(firma_profile_step, "format", format, formats, false),
	[AT_FILE] = ROW(firma_profile_step, "file", TEXT, file),
	[AT_EXPECTS] = OTHER("expects", false),
	[AT_AGAIN] = OTHER("again", false),
	[AT_POLL] = NUMBER(
	    firma_profile_step, "poll", poll_s, 1, FIRMA_POLL_MAX, false),
};

#define BIT(option) (1u << AT_##option)
#define ALWAYS      (BIT(DO) | BIT(USER_STEP) | BIT(TITLE_EN) | BIT(TITLE_ES))

/* Which options a step of a kind needs, and which it may have besides. */
struct use {
	unsigned int needs, may;
};

static const struct use do_uses[] = {
	[FIRMA_DO_PORTAL] = { BIT(OP), 0 },
	[FIRMA_DO_CONFIRM] = { 0, 0 },
	[FIRMA_DO_GENERATE] = { BIT(KEY), 0 },
	[FIRMA_DO_REQUEST] = { BIT(KEY) | BIT(SAVES), BIT(FILE) },
	[FIRMA_DO_SIGN] = { BIT(KEY) | BIT(SIGNS) | BIT(SAVES) | BIT(FORMAT),
	    BIT(LETTER) | BIT(FILE) },
	[FIRMA_DO_ACCEPT] = { BIT(KEY), BIT(AGAIN) },
};

static const struct use op_uses[FIRMA_OP_N] = {
	[FIRMA_OP_CHALLENGE] = { BIT(SAVES), 0 },
	[FIRMA_OP_ENTER] = { BIT(SENDS) | BIT(AGAIN), 0 },
	[FIRMA_OP_LETTER] = { BIT(LETTER), BIT(SAVES) | BIT(SAME) },
	[FIRMA_OP_SUBMIT_LETTER] = { BIT(LETTER) | BIT(ROLE) | BIT(SENDS) |
		BIT(RECONCILE),
	    BIT(POLL) },
	[FIRMA_OP_MAIL] = { 0, BIT(POLL) },
	[FIRMA_OP_SUBMIT_REQUEST] = { BIT(SENDS) | BIT(RECONCILE), BIT(POLL) },
	[FIRMA_OP_CERTIFICATE] = { BIT(SAVES), BIT(POLL) | BIT(AGAIN) },
};

static void
check_uses(struct parsing *p)
{
	const struct firma_profile_step *s = p->step;
	struct use use = do_uses[s->what];
	const unsigned int given = p->section.seen & ~ALWAYS;

	if (s->what == FIRMA_DO_PORTAL) {
		if (s->op == FIRMA_OP_NONE ||
		    firma_op_kind(s->op) == FIRMA_OP_IS_ASK) {
			firma_problem_add(p->problems, s->line,
			    "a portal step needs an op that is not find-...");
			return;
		}
		use.needs |= op_uses[s->op].needs;
		use.may |= op_uses[s->op].may | BIT(EXPECTS);
	}
	for (size_t i = 0; i < COUNT(step_options); i++) {
		const unsigned int bit = 1u << i;

		if ((use.needs & bit & ~given) != 0)
			firma_problem_add(p->problems, s->line,
			    "option \"%s\" is missing", step_options[i].name);
		if ((given & bit & ~(use.needs | use.may)) != 0)
			firma_problem_add(p->problems, s->line,
			    "option \"%s\" means nothing in this step",
			    step_options[i].name);
	}
	if ((use.needs & BIT(KEY) & given) != 0 && s->key == FIRMA_KEY_NONE)
		firma_problem_add(
		    p->problems, s->line, "key is one of: old, new, signer");
	if (s->file[0] != '\0' && !firma_file_name_fits(s->file))
		firma_problem_add(p->problems, s->line,
		    "file is at most %d letters, digits, . _ - and {rfc} "
		    "{date} {time}",
		    FIRMA_FILE_NAME - 1);
	if (s->op == FIRMA_OP_LETTER &&
	    (s->saves[0] == '\0') == (s->same[0] == '\0'))
		firma_problem_add(p->problems, s->line,
		    "a letter is either saved or compared (same)");
}

/* "3" or "3-4" */
static void
read_user_step(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_profile_step *s = p->step;
	char first[4] = "";
	const size_t n = strcspn(l->value, "-");

	if (n < sizeof(first))
		memcpy(first, l->value, n);
	if (!firma_number_of(
		first, 1, FIRMA_PROFILE_USER_STEPS, &s->user_step) ||
	    (l->value[n] == '-' &&
		!firma_number_of(l->value + n + 1, s->user_step,
		    FIRMA_PROFILE_USER_STEPS, &s->user_step_last)))
		firma_problem_add(p->problems, l->line,
		    "user-step is a number from 1 to %d, or two as in 3-4",
		    FIRMA_PROFILE_USER_STEPS);
	if (l->value[n] != '-')
		s->user_step_last = s->user_step;
}

/* "field=value" */
static void
read_expects(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_profile_step *s = p->step;
	const char *equals = strchr(l->value, '=');
	const size_t n = equals == NULL ? 0 : (size_t)(equals - l->value);

	if (n == 0 || n >= sizeof(s->expects_field) || equals[1] == '\0' ||
	    strlen(equals + 1) >= sizeof(s->expects_value)) {
		firma_problem_add(
		    p->problems, l->line, "expects is field=value");
		return;
	}
	memcpy(s->expects_field, l->value, n);
	memcpy(s->expects_value, equals + 1, strlen(equals + 1) + 1);
}

static void
read_step_option(struct parsing *p, const struct firma_ini_line *l)
{
	if (strcmp(l->name, "user-step") == 0)
		read_user_step(p, l);
	else if (strcmp(l->name, "expects") == 0)
		read_expects(p, l);
	else if (firma_name_fits(l->value))
		memcpy(p->again[p->step - p->profile->steps], l->value,
		    strlen(l->value) + 1);
	else
		firma_problem_add(
		    p->problems, l->line, "again is the name of a step");
}

/* Names of attributes (agent/pki/identity.h) with blanks between. */
static void
read_identity(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_profile *f = p->profile;
	const char *at = l->value;

	while (*(at += strspn(at, " \t")) != '\0') {
		const size_t n = strcspn(at, " \t");
		char name[FIRMA_PROFILE_DOCUMENT] = "";

		if (n < sizeof(name))
			memcpy(name, at, n);
		if (!firma_identity_attribute_known(name) ||
		    f->n_identity == FIRMA_PROFILE_ATTRIBUTES) {
			firma_problem_add(p->problems, l->line,
			    "identity: \"%.*s\" is none of CN 2.5.4.41 O OU C "
			    "emailAddress 2.5.4.45 serialNumber",
			    n > 32 ? 32 : (int)n, at);
			return;
		}
		memcpy(f->identity[f->n_identity++], name, n + 1);
		at += n;
	}
	if (f->n_identity == 0)
		firma_problem_add(
		    p->problems, l->line, "identity names no attribute");
}

static void
read_endpoint(struct parsing *p, const struct firma_ini_line *l)
{
	const size_t n = strlen(l->value);

	if (n == 0 || n > FIRMA_ENDPOINT_VALUE)
		firma_problem_add(p->problems, l->line,
		    "an endpoint has 1 to %d octets", FIRMA_ENDPOINT_VALUE);
	else if (json_object_set_new(
		     p->endpoints, l->name, json_string(l->value)) != 0)
		p->ran_out = true;
}

static void
end_section(struct parsing *p)
{
	firma_section_end(&p->section, p->problems);
	if (p->step != NULL)
		check_uses(p);
	if (p->letter != NULL && p->letter->heading[0] == '\0')
		memcpy(p->letter->heading, p->letter->title_es,
		    sizeof(p->letter->heading));
	memset(&p->section, 0, sizeof(p->section));
	p->step = NULL;
	p->letter = NULL;
	p->in_endpoints = false;
}

#define BEGIN(p, line_, options, at_)           \
	((p)->section = (struct firma_section){ \
	     options, COUNT(options), at_, "", (line_)->line, 0 })

static void
begin_step(struct parsing *p, const struct firma_ini_line *l, const char *name)
{
	struct firma_profile *f = p->profile;

	if (f->n_steps == FIRMA_PROFILE_STEPS) {
		firma_problem_add(
		    p->problems, l->line, "over %d steps", FIRMA_PROFILE_STEPS);
		return;
	}
	p->step = &f->steps[f->n_steps++];
	memcpy(p->step->id, name, strlen(name) + 1);
	p->step->again = FIRMA_STEP_NONE;
	p->step->line = l->line;
	BEGIN(p, l, step_options, p->step);
}

static void
begin_letter(
    struct parsing *p, const struct firma_ini_line *l, const char *name)
{
	struct firma_profile *f = p->profile;
	struct firma_profile_letter *letter;

	if (f->n_letters == FIRMA_PROFILE_LETTERS ||
	    strlen(name) >= sizeof(letter->name)) {
		firma_problem_add(p->problems, l->line,
		    "over %d letters, or a name of over %zu octets",
		    FIRMA_PROFILE_LETTERS, sizeof(letter->name) - 1);
		return;
	}
	letter = &f->letters[f->n_letters++];
	memcpy(letter->name, name, strlen(name) + 1);
	letter->line = l->line;
	p->letter = letter;
	BEGIN(p, l, letter_options, letter);
}

static void
begin_named(struct parsing *p, const struct firma_ini_line *l)
{
	const char *name;
	const size_t n = firma_ini_kind(l->section, &name);
	const bool step = n == 4 && strncmp(l->section, "step", n) == 0;
	const bool letter = n == 6 && strncmp(l->section, "letter", n) == 0;

	if (!step && !letter)
		firma_problem_add(p->problems, l->line,
		    "there is no section [%s]; known are [profile], [request], "
		    "[accept], [endpoints], [letter NAME], [step NAME]",
		    l->section);
	else if (!firma_name_fits(name))
		firma_problem_add(p->problems, l->line,
		    "[%.*s NAME] needs a name: a-z or 0-9, then at most 63 of "
		    "a-z 0-9 . _ -",
		    (int)n, l->section);
	else if (step)
		begin_step(p, l, name);
	else
		begin_letter(p, l, name);
}

static void
begin_section(struct parsing *p, const struct firma_ini_line *l)
{
	end_section(p);
	if (strcmp(l->section, "profile") == 0) {
		p->has_profile = true;
		BEGIN(p, l, profile_options, p->profile);
	} else if (strcmp(l->section, "request") == 0) {
		p->has_request = true;
		BEGIN(p, l, request_options, p->profile);
	} else if (strcmp(l->section, "accept") == 0) {
		p->has_accept = true;
		BEGIN(p, l, accept_options, p->profile);
	} else if (strcmp(l->section, "endpoints") == 0) {
		p->in_endpoints = true;
	} else {
		begin_named(p, l);
	}
}

static void
on_line(void *arg, const struct firma_ini_line *l)
{
	struct parsing *p = arg;

	if (l->name == NULL)
		begin_section(p, l);
	else if (p->in_endpoints)
		read_endpoint(p, l);
	else if (!firma_section_option(&p->section, l, p->problems))
		return;
	else if (p->step != NULL)
		read_step_option(p, l);
	else if (p->letter != NULL)
		firma_profile_letter_option(p->letter, l, p->problems);
	else
		read_identity(p, l);
}

static void
resolve_again(struct parsing *p)
{
	struct firma_profile *f = p->profile;

	for (size_t i = 0; i < f->n_steps; i++) {
		if (p->again[i][0] == '\0')
			continue;
		f->steps[i].again = firma_profile_step(f, p->again[i]);
		if (f->steps[i].again < i)
			continue;
		f->steps[i].again = FIRMA_STEP_NONE;
		firma_problem_add(p->problems, f->steps[i].line,
		    "again = %s: no step before this one has that name",
		    p->again[i]);
	}
}

/* What only the whole file can say. */
static void
end_file(struct parsing *p)
{
	struct firma_profile *f = p->profile;
	size_t n;

	end_section(p);
	if (!p->has_profile || !p->has_request || !p->has_accept)
		firma_problem_add(p->problems, 0,
		    "[profile], [request] and [accept] are needed");
	if (f->strings != 0 && f->subject != FIRMA_SUBJECT_IDENTIFIERS)
		firma_problem_add(p->problems, 0,
		    "strings = latin1 goes with subject = identifiers");
	if (f->min_days > f->max_days)
		firma_problem_add(
		    p->problems, 0, "min-days is more than max-days");
	n = json_dumpb(
	    p->endpoints, f->endpoints, sizeof(f->endpoints) - 1, JSON_COMPACT);
	if (n == 0)
		p->ran_out = true;
	else if (n >= sizeof(f->endpoints))
		firma_problem_add(p->problems, 0,
		    "the endpoints have over %zu octets as JSON",
		    sizeof(f->endpoints) - 1);
	resolve_again(p);
	firma_profile_check_order(f, p->problems);
}

enum firma_err
firma_profile_parse(struct firma_bytes text, struct firma_profile **ret_profile,
    struct firma_problems *problems)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *f = NULL;
	FIRMA_OWN(firma_mem_done) struct parsing *p = NULL;
	struct firma_ini_reader reader = { on_line, NULL, NULL };
	enum firma_err r;

	f = calloc(1, sizeof(*f));
	p = calloc(1, sizeof(*p));
	if (f == NULL || p == NULL || (p->endpoints = json_object()) == NULL)
		return FIRMA_ERR_NOMEM;
	p->profile = f;
	p->problems = problems;
	reader.arg = p;
	r = firma_ini_read(text, &reader, problems);
	if (r == FIRMA_OK)
		end_file(p);
	if (r == FIRMA_OK && p->ran_out)
		r = FIRMA_ERR_NOMEM;
	json_decref(p->endpoints);
	if (r != FIRMA_OK)
		return r;
	firma_problems_sort(problems);
	if (problems->n_found > 0)
		return FIRMA_ERR_CONFIG;
	*ret_profile = f;
	f = NULL;
	return FIRMA_OK;
}

void
firma_profile_free(struct firma_profile *p)
{
	free(p);
}

void
firma_profile_done(struct firma_profile **p)
{
	firma_profile_free(*p);
	*p = NULL;
}
