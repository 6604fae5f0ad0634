/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/opensc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "OPENSC_CONF="

static bool
is_opensc(const char *module)
{
	const char *slash = strrchr(module, '/');
	const char *name = slash != NULL ? slash + 1 : module;

	return strcmp(name, "opensc-pkcs11.so") == 0 ||
	    strcmp(name, "onepin-opensc-pkcs11.so") == 0;
}

/* Of a token that is to have our file. */
static bool
wants(const struct firma_config_token *t)
{
	for (unsigned int i = 0; i < t->n_env; i++)
		if (strncmp(t->env[i], VARIABLE, strlen(VARIABLE)) == 0)
			return false;
	return is_opensc(t->module);
}

static const char *
path_of(const struct firma_config *c)
{
	return c->opensc_conf[0] != '\0' ? c->opensc_conf
					 : FIRMA_DATADIR "/opensc.conf";
}

enum firma_err
firma_opensc_env(const struct firma_config *c,
    const struct firma_config_token *t, char *ret_env, size_t size,
    struct firma_cause *cause)
{
	ret_env[0] = '\0';
	if (!wants(t))
		return FIRMA_OK;
	if ((size_t)snprintf(ret_env, size, VARIABLE "%s", path_of(c)) >= size)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%.120s", path_of(c));
	return FIRMA_OK;
}

void
firma_opensc_warning(const struct firma_config *c, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < c->n_tokens; i++) {
		if (!wants(&c->tokens[i]) || access(path_of(c), R_OK) == 0)
			continue;
		(void)snprintf(ret, size,
		    "token %s: %s: %s; OpenSC would keep the PIN",
		    c->tokens[i].name, path_of(c), strerror(errno));
		return;
	}
}
