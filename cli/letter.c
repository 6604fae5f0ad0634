/* SPDX-License-Identifier: Apache-2.0 */
/* firma letter: what is this PDF, and would it be signed?  Without the agent. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/ini.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/certificate.h"
#include "agent/renewal/profile.h"
#include "cli/app.h"
#include "cli/certificates.h"
#include "cli/file.h"
#include "cli/letter_say.h"
#include "cli/pades.h"

#define PROFILE_MAX    ((size_t)256 * 1024) /* octets, as the parser takes */

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* 0, or the exit status of what has been said. */
static int
say_problems(const char *path, const struct firma_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		out_note("%s:%u: %s", path, p->items[i].line, p->items[i].text);
	return say_failure(FIRMA_ERR_CONFIG, NULL, NULL, "%s", path);
}

static void
take_profile(const struct firma_profile *p, struct letter_rules *ret)
{
	for (size_t i = 0; i < p->n_letters && i < LETTER_RULES_MAX; i++) {
		const struct firma_profile_letter *from = &p->letters[i];
		struct letter_wanted *to = &ret->all[ret->n++];

		COPY(to->name, from->name);
		COPY(to->heading, from->heading);
		COPY(to->allow_rfc, from->allow_rfc);
		to->must = from->must;
	}
}

static int
read_profile(const struct args *a, struct letter_rules *ret)
{
	FIRMA_OWN(firma_profile_done) struct firma_profile *p = NULL;
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	struct firma_problems problems = { 0 };
	const char *name = args_text(a, "letter");
	const char *given = args_text(a, "profile");
	struct firma_cause cause = { 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;

	file_profile(given != NULL ? given : "imss-idse", "FIRMA_PROFILES_DIR",
	    FIRMA_DATADIR "/profiles", path);
	if (access(path, F_OK) != 0)
		return say_refusal(FIRMA_EXIT_NOT_FOUND,
		    _("profiles are files NAME.ini in the folder of "
		      "FIRMA_PROFILES_DIR; a path names another one"),
		    _("there is no profile %s"), path);
	if ((r = file_read(path, PROFILE_MAX, &text, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	r = firma_profile_parse(firma_buf_view(&text), &p, &problems);
	if (r == FIRMA_ERR_CONFIG)
		return say_problems(path, &problems);
	if (r != FIRMA_OK)
		return say_failure(r, NULL, NULL, "%s", path);
	take_profile(p, ret);
	for (ret->which = 0; ret->which < ret->n; ret->which++)
		if (strcmp(ret->all[ret->which].name, name) == 0)
			return 0;
	/* untranslated: a section's name */
	return say_failure(
	    FIRMA_ERR_NOT_FOUND, NULL, NULL, "%s: [letter %s]", path, name);
}

static int
read_company(const struct args *a, struct letter_rules *ret)
{
	FIRMA_OWN(firma_certificate_done) struct firma_certificate *c = NULL;
	const char *path = args_text(a, "certificate");
	struct firma_identity id = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (path == NULL)
		return 0;
	if ((r = certificates_file(path, &c, &cause)) != FIRMA_OK ||
	    (r = firma_identity_of(c, &id, &cause)) != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	letter_rules_company(ret, &id);
	return 0;
}

static int
tell(const struct letter *l, const struct letter_rules *rules, const char *path)
{
	struct letter_verdict v;

	letter_judge(l, rules, &v);
	if (out_is_json())
		out_json(letter_json(l, rules, &v));
	else
		letter_say(l, rules, &v, NULL);
	if (v.level == LETTER_REFUSED)
		return letter_say_refused(&v, path, 0);
	if (l->unread != FIRMA_OK)
		return say_refusal(FIRMA_EXIT_UNREADABLE,
		    _("open it with a viewer and read it yourself"),
		    _("%s: it cannot be read by a machine: %s"), path,
		    _(letter_unread_text(l->unread)));
	return v.level == LETTER_ODD ? FIRMA_EXIT_PERSON : FIRMA_EXIT_OK;
}

static int
letter(struct app *app, const struct args *a)
{
	FIRMA_OWN(letter_done) struct letter l = { 0 };
	FIRMA_OWN(firma_fd_done) int fd = -1;
	FIRMA_OWN(firma_fd_done) int sealed = -1;
	const char *path = args_operand(a, 0);
	const int has_rules = args_text(a, "letter") != NULL;
	struct letter_rules rules = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;
	int status;

	(void)app;
	if (!has_rules &&
	    (args_text(a, "profile") != NULL ||
		args_text(a, "certificate") != NULL))
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("firma letter FILE --letter NAME [--profile PROFILE] "
		      "[--certificate FILE]"),
		    "%s", _("which letter of the profile should it be?"));
	if (has_rules &&
	    ((status = read_profile(a, &rules)) != 0 ||
		(status = read_company(a, &rules)) != 0))
		return status;
	if ((r = file_open(path, &fd, &cause)) != FIRMA_OK ||
	    (r = firma_memfd_from_fd(fd, LETTER_OCTETS_MAX, &sealed, &cause)) !=
		FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	r = letter_read(sealed, &l, &cause);
	if (r == FIRMA_ERR_NOT_FOUND)
		return pades_say_missing(&cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	return tell(&l, has_rules ? &rules : NULL, path);
}

static const struct option_desc options[] = {
	{ "letter", 0, OPTION_TEXT, N_("NAME"),
	    N_("it should be this letter of the profile: terms, conditions") },
	{ "profile", 0, OPTION_TEXT, N_("NAME"),
	    N_("the procedure, or its file (default: imss-idse)") },
	{ "certificate", 0, OPTION_TEXT, N_("FILE"),
	    N_("it should be of the company that this certificate names") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command letter_commands[] = {
	{ "letter", N_("FILE"),
	    N_("say what a letter (PDF) is, and whether it would be signed (no "
	       "agent needed)"),
	    options, 1, 1, letter },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
