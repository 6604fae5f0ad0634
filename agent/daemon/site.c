/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles and issuers from their files: read once, before privileges go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/daemon/file.h"
#include "agent/daemon/log.h"
#include "agent/daemon/renewal.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"

/* Every certificate of a PEM file. */
FIRMA_CHECKED static enum firma_err
read_issuers(
    struct firma_site_profile *s, const char *path, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const char *at;
	enum firma_err r;

	if ((r = firma_file_read(
		 path, FIRMA_CERTIFICATE_PEM_MAX, &text, cause)) != FIRMA_OK ||
	    (r = firma_buf_put_u8(&text, 0)) != FIRMA_OK)
		return r;
	at = (const char *)text.at;
	while ((at = strstr(at, PEM_BEGIN)) != NULL) {
		if (s->n_issuers == FIRMA_ISSUERS_MAX)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%.120s: over %d issuers",
			    path, FIRMA_ISSUERS_MAX);
		r = firma_certificate_parse(firma_bytes_of(at, strlen(at)),
		    &s->issuers[s->n_issuers], cause);
		if (r != FIRMA_OK)
			return r;
		s->n_issuers++;
		at += sizeof(PEM_BEGIN) - 1;
	}
	if (s->n_issuers == 0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "%.120s: no certificate in it", path);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
read_profile(struct firma_agent *a, const char *path, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	struct firma_renewals *all = a->renewals;
	struct firma_site_profile *s = &all->sites[all->n_sites];
	struct firma_problems *problems = calloc(1, sizeof(*problems));
	enum firma_err r;

	if (problems == NULL)
		return FIRMA_ERR_NOMEM;
	if (all->n_sites == sizeof(all->sites) / sizeof(all->sites[0]))
		r = firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "too many profiles");
	else
		r = firma_file_read(path, FIRMA_INI_SIZE, &text, cause);
	if (r == FIRMA_OK)
		r = firma_profile_parse(
		    firma_buf_view(&text), &s->profile, problems);
	for (size_t i = 0; i < problems->n; i++)
		firma_log(FIRMA_LOG_ERROR, "%s:%u: %s", path,
		    problems->items[i].line, problems->items[i].text);
	if (r == FIRMA_ERR_CONFIG && problems->n > 0)
		r = firma_fail(cause, r, FIRMA_CAUSE_LINE,
		    problems->items[0].line, "%.80s:%u: %.60s", path,
		    problems->items[0].line, problems->items[0].text);
	free(problems);
	if (r != FIRMA_OK)
		return r;
	all->n_sites++;
	s->config = firma_config_profile(a->config, s->profile->name);
	if (s->config != NULL && s->config->issuers[0] != '\0')
		return read_issuers(s, s->config->issuers, cause);
	return FIRMA_OK;
}

static int
is_profile(const struct dirent *d)
{
	const size_t len = strlen(d->d_name);

	return len > 4 && strcmp(d->d_name + len - 4, ".ini") == 0;
}

/* Is it read through a [profile] section with a file of its own? */
static bool
is_elsewhere(const struct firma_agent *a, const char *name)
{
	for (size_t i = 0; i < a->config->n_profiles; i++) {
		const struct firma_config_profile *c = &a->config->profiles[i];
		const size_t len = strlen(c->name);

		if (c->file[0] != '\0' && strncmp(name, c->name, len) == 0 &&
		    strcmp(name + len, ".ini") == 0)
			return true;
	}
	return false;
}

/* A section for no profile: its portal and issuers would count for nothing. */
FIRMA_CHECKED static enum firma_err
each_is_there(
    const struct firma_agent *a, const char *dir, struct firma_cause *cause)
{
	for (size_t i = 0; i < a->config->n_profiles; i++) {
		const struct firma_config_profile *c = &a->config->profiles[i];

		if (firma_site_find(a, c->name) == NULL)
			return firma_fail(cause, FIRMA_ERR_CONFIG,
			    FIRMA_CAUSE_LINE, c->line,
			    "[profile %s]: no such profile in %.80s", c->name,
			    c->file[0] != '\0' ? c->file : dir);
	}
	return FIRMA_OK;
}

enum firma_err
firma_renewals_new(struct firma_agent *a, struct firma_cause *cause)
{
	const char *dir = a->config->profiles_dir[0] != '\0'
	    ? a->config->profiles_dir
	    : FIRMA_DATADIR "/profiles";
	struct dirent **list = NULL;
	enum firma_err r = FIRMA_OK;
	char path[1024];
	int n;

	if ((a->renewals = calloc(1, sizeof(*a->renewals))) == NULL)
		return FIRMA_ERR_NOMEM;
	a->renewals->agent = a;
	n = scandir(dir, &list, is_profile, alphasort);
	if (n < 0 && (errno != ENOENT || a->config->profiles_dir[0] != '\0'))
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "profiles: %.120s", dir);
	for (int i = 0; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (r == FIRMA_OK && !is_elsewhere(a, list[i]->d_name))
			r = read_profile(a, path, cause);
		free(list[i]);
	}
	free(list);
	for (size_t i = 0; r == FIRMA_OK && i < a->config->n_profiles; i++)
		if (a->config->profiles[i].file[0] != '\0')
			r = read_profile(a, a->config->profiles[i].file, cause);
	return r == FIRMA_OK ? each_is_there(a, dir, cause) : r;
}
