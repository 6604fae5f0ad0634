/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/lang.h"
#include "agent/base/own.h"
#include "agent/daemon/file.h"
#include "agent/daemon/key.h"
#include "agent/daemon/log.h"
#include "agent/daemon/opensc.h"
#include "agent/daemon/readers.h"
#include "agent/daemon/renewal.h"
#include "agent/daemon/serve.h"
#include "agent/daemon/token.h"

/* Parse a->config_path; its mistakes go to problems. */
FIRMA_CHECKED static enum firma_err
read_config(const struct firma_agent *a, bool must_exist,
    struct firma_config **ret, struct firma_problems *problems,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	char folder[512];
	char *slash;
	enum firma_err r;

	r = firma_file_read(a->config_path, FIRMA_INI_SIZE, &text, cause);
	if (r == FIRMA_ERR_NOT_FOUND && !must_exist) {
		firma_log(FIRMA_LOG_WARNING,
		    "%s does not exist: no tokens are configured",
		    a->config_path);
		r = FIRMA_OK;
	}
	if (r != FIRMA_OK)
		return r;
	(void)snprintf(folder, sizeof(folder), "%s", a->config_path);
	slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	return firma_config_parse(firma_buf_view(&text), folder, ret, problems);
}

enum firma_err
firma_conf_load(
    struct firma_agent *a, bool must_exist, struct firma_cause *cause)
{
	struct firma_problems *problems = calloc(1, sizeof(*problems));
	enum firma_err r;

	if (problems == NULL)
		return FIRMA_ERR_NOMEM;
	r = read_config(a, must_exist, &a->config, problems, cause);
	for (size_t i = 0; i < problems->n; i++)
		firma_log(FIRMA_LOG_ERROR, "%s:%u: %s", a->config_path,
		    problems->items[i].line, problems->items[i].text);
	if (r == FIRMA_ERR_CONFIG)
		r = firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "%.120s: see firmad --check", a->config_path);
	free(problems);
	if (r != FIRMA_OK)
		return r;
	firma_log_init((enum firma_log_level)a->config->log_level);
	return firma_renewals_new(a, cause);
}

int
firma_conf_check(struct firma_agent *a, const struct firma_options *o)
{
	struct firma_problems *problems = calloc(1, sizeof(*problems));
	struct firma_cause cause = { 0 };
	enum firma_err r = FIRMA_ERR_NOMEM;

	if (problems != NULL)
		r = firma_options_config_path(
		    o, a->config_path, sizeof(a->config_path), &cause);
	if (r == FIRMA_OK)
		r = read_config(a, true, &a->config, problems, &cause);
	for (size_t i = 0; problems != NULL && i < problems->n; i++)
		(void)fprintf(stderr, "%s:%u: %s\n", a->config_path,
		    problems->items[i].line, problems->items[i].text);
	if (r == FIRMA_OK)
		r = firma_renewals_new(a, &cause);
	if (r != FIRMA_OK && (problems == NULL || problems->n == 0))
		(void)fprintf(stderr, "firmad: %s: %s\n",
		    gettext(firma_err_text(r)),
		    cause.what[0] != '\0' ? cause.what : a->config_path);
	if (r == FIRMA_OK)
		(void)printf(_("%s: no mistakes; tokens: %zu, profiles: %zu\n"),
		    a->config_path, a->config->n_tokens, a->renewals->n_sites);
	free(problems);
	firma_renewals_free(a);
	firma_config_free(a->config);
	return r == FIRMA_OK ? 0 : 1;
}

static bool
same_token(
    const struct firma_config_token *a, const struct firma_config_token *b)
{
	struct firma_config_token x = *a;

	x.line = b->line;
	return memcmp(&x, b, sizeof(x)) == 0;
}

/* Is a running token given the same OPENSC_CONF by the new configuration? */
static bool
same_opensc(const struct firma_config *fresh,
    const struct firma_config_token *c, const struct firma_token *t)
{
	char env[FIRMA_CONFIG_ENV_LEN];

	return c->software != 0 ||
	    (firma_opensc_env(fresh, c, env, sizeof(env), NULL) == FIRMA_OK &&
		strcmp(env, t->more_env) == 0);
}

static void
drop_token(struct firma_agent *a, size_t i)
{
	struct firma_token *t = a->tokens[i];

	a->n_tokens--;
	memmove(a->tokens + i, a->tokens + i + 1,
	    (a->n_tokens - i) * sizeof(a->tokens[0]));
	for (size_t k = 0; k < a->n_keys; k++)
		if (a->keys[k]->token == t) {
			a->keys[k]->token = NULL;
			a->keys[k]->on_token = false;
		}
	firma_token_free(t);
}

void
firma_conf_reload(struct firma_agent *a)
{
	struct firma_problems *problems = calloc(1, sizeof(*problems));
	struct firma_config *fresh = NULL, *old = a->config;
	struct firma_cause cause = { 0 };
	enum firma_err r = FIRMA_ERR_NOMEM;

	if (problems != NULL)
		r = read_config(a, true, &fresh, problems, &cause);
	if (r != FIRMA_OK) {
		firma_log(FIRMA_LOG_ERROR,
		    "%s was not read again: %s (%s, %zu mistakes); the old "
		    "configuration stays",
		    a->config_path, firma_err_text(r), cause.what,
		    problems != NULL ? problems->n_found : 0);
		free(problems);
		return;
	}
	free(problems);
	a->config = fresh;
	for (size_t i = a->n_tokens; i-- > 0;) {
		const struct firma_config_token *c =
		    firma_config_token(fresh, a->tokens[i]->config->name);

		if (c != NULL && same_token(c, a->tokens[i]->config) &&
		    same_opensc(fresh, c, a->tokens[i]))
			a->tokens[i]->config = c;
		else
			drop_token(a, i);
	}
	for (size_t i = 0; i < fresh->n_tokens; i++)
		if (firma_token_find(a, fresh->tokens[i].name) == NULL &&
		    (r = firma_token_new(a, &fresh->tokens[i],
			 &a->tokens[a->n_tokens], &cause)) == FIRMA_OK)
			a->n_tokens++;
	for (size_t i = 0; i < a->n_keys; i++)
		a->keys[i]->durability =
		    (enum firma_durability)firma_config_durability_of(
			fresh, a->keys[i]->alias);
	for (size_t i = 0; i < a->renewals->n_sites; i++)
		a->renewals->sites[i].config = firma_config_profile(
		    fresh, a->renewals->sites[i].profile->name);
	firma_log_init((enum firma_log_level)fresh->log_level);
	firma_config_free(old);
	firma_serve_watch_idle(a);
	firma_readers_configure(a->readers);
	firma_log(FIRMA_LOG_INFO, "%s was read again", a->config_path);
}
