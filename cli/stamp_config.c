/* SPDX-License-Identifier: Apache-2.0 */
/* The configured authority: the options, else firma.conf. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/option.h"
#include "agent/base/own.h"
#include "cli/stamp.h"

#define SECTION "timestamp"

struct settings {
	char url[sizeof(((struct stamp_config *)0)->url)];
	char ca[FILE_PATH_MAX], password_file[FILE_PATH_MAX];
	unsigned int timeout;
};

#define AT(field) \
	offsetof(struct settings, field), sizeof(((struct settings *)0)->field)

static const struct firma_option table[] = {
	{ "url", FIRMA_OPTION_URL, AT(url), 0, 0, NULL, false },
	{ "ca", FIRMA_OPTION_PATH, AT(ca), 0, 0, NULL, false },
	{ "password-file", FIRMA_OPTION_PATH, AT(password_file), 0, 0, NULL,
	    false },
	{ "timeout", FIRMA_OPTION_NUMBER, AT(timeout), 1, 100, NULL, false },
};

struct reading {
	struct firma_section section;
	struct settings *settings;
	struct firma_problems problems;
};

static void
take_line(void *arg, const struct firma_ini_line *line)
{
	struct reading *r = arg;

	if (line->name != NULL) {
		(void)firma_section_option(&r->section, line, &r->problems);
		return;
	}
	r->section.table = NULL;
	r->section.seen = 0;
	r->section.line = line->line;
	if (strcmp(line->section, SECTION) != 0) {
		firma_problem_add(&r->problems, line->line,
		    "there is no section [%s]; there is [" SECTION "]",
		    line->section);
		return;
	}
	r->section.table = table;
	r->section.n = sizeof(table) / sizeof(table[0]);
	r->section.at = r->settings;
}

static enum firma_err
read_file(const char *path, struct settings *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	FIRMA_OWN(firma_mem_done)
	struct reading *r = calloc(1, sizeof(*r));
	const char *slash = strrchr(path, '/');
	const struct firma_ini_reader reader = { take_line, r, NULL };
	char folder[FILE_PATH_MAX];
	enum firma_err e;

	if (r == NULL)
		return FIRMA_ERR_NOMEM;
	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - path) : 1,
	    slash != NULL ? path : ".");
	r->section.folder = folder;
	r->settings = ret;
	if ((e = file_read(path, FIRMA_INI_SIZE, &text, cause)) != FIRMA_OK ||
	    (e = firma_ini_read(
		 firma_buf_view(&text), &reader, &r->problems)) != FIRMA_OK)
		return e;
	return firma_problems_err(&r->problems, cause);
}

/* 1 when a file of that name is there. */
static int
below(const char *folder, const char *name, char ret[FILE_PATH_MAX])
{
	return folder != NULL && folder[0] == '/' &&
	    file_join(folder, name, ret) == FIRMA_OK && access(ret, F_OK) == 0;
}

static int
find_file(char ret[FILE_PATH_MAX])
{
	const char *given = getenv("FIRMA_CONFIG");

	if (given != NULL && given[0] != '\0') {
		(void)snprintf(ret, FILE_PATH_MAX, "%s", given);
		return 1;
	}
	return below(getenv("XDG_CONFIG_HOME"), "firmad/firma.conf", ret) ||
	    below(getenv("HOME"), ".config/firmad/firma.conf", ret) ||
	    below(FIRMA_SYSCONFDIR, "firma.conf", ret);
}

/* 0, or the exit status of what has been said; no file is no mistake. */
static int
settings_read(struct settings *ret)
{
	char path[FILE_PATH_MAX];
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (!find_file(path) || (r = read_file(path, ret, &cause)) == FIRMA_OK)
		return 0;
	if (r != FIRMA_ERR_CONFIG)
		return say_failure(r, &cause, NULL, "%s", path);
	return say_refusal(firma_err_exit(r),
	    _("correct that line; firma(1) says what may stand there"),
	    _("%s, line %lu: %s"), path, cause.code, cause.what);
}

static int
take_ca(const char *path, struct firma_buf *ret)
{
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (path == NULL || path[0] == '\0')
		return 0;
	r = file_read(path, FIRMA_TIMESTAMP_CA_MAX, ret, &cause);
	return r == FIRMA_OK ? 0 : say_failure(r, &cause, NULL, "%s", path);
}

void
stamp_config_done(struct stamp_config *c)
{
	firma_buf_done(&c->ca);
	*c = (struct stamp_config){ 0 };
}

int
stamp_configure(const struct args *a, struct stamp_config *ret)
{
	const char *url = args_text(a, "tsa"), *ca = args_text(a, "tsa-ca");
	struct settings s = { 0 };
	int status;

	if ((status = settings_read(&s)) != 0)
		return status;
	/* Another authority than the file's: its certificate and account too. */
	if (url != NULL)
		s = (struct settings){ .timeout = s.timeout };
	if (url == NULL)
		url = s.url;
	if (url[0] == '\0')
		return say_refusal(FIRMA_EXIT_USAGE,
		    _("give --tsa URL, or `url` in [timestamp] of firma.conf"),
		    "%s", _("no time-stamping authority is configured"));
	if (strlen(url) >= sizeof(ret->url))
		return say_failure(FIRMA_ERR_LIMIT, NULL, NULL, "%s", url);
	(void)snprintf(ret->url, sizeof(ret->url), "%s", url);
	(void)snprintf(ret->password_file, sizeof(ret->password_file), "%s",
	    s.password_file);
	ret->timeout = s.timeout;
	return take_ca(ca != NULL ? ca : s.ca, &ret->ca);
}

int
stamp_configure_ca(const struct args *a, struct firma_buf *ret_ca)
{
	const char *ca = args_text(a, "tsa-ca");
	struct settings s = { 0 };
	int status;

	if (ca == NULL && (status = settings_read(&s)) != 0)
		return status;
	return take_ca(ca != NULL ? ca : s.ca, ret_ca);
}
