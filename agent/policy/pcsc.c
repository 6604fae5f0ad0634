/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/pcsc.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
socket_of(const struct firma_config_token *t)
{
	static const char name[] = "PCSCLITE_CSOCK_NAME=";

	for (unsigned int i = 0; i < t->n_env; i++)
		if (strncmp(t->env[i], name, sizeof(name) - 1) == 0)
			return t->env[i] + sizeof(name) - 1;
	return "";
}

static bool
asks_pcscd(const struct firma_config *c, const struct firma_config_token *t)
{
	static const char *const words[] = { FIRMA_PCSC_MODULES };
	const char *slash = strrchr(t->module, '/');

	/* What is reached over the network is in none. */
	if (c->watch_readers == FIRMA_WATCH_NO || t->software != 0 ||
	    t->n_ports != 0)
		return false;
	if (c->watch_readers == FIRMA_WATCH_YES)
		return true;
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasestr(slash != NULL ? slash : t->module, words[i]) !=
		    NULL)
			return true;
	return false;
}

const char *
firma_pcsc_socket(const struct firma_config *c)
{
	for (size_t i = 0; i < c->n_tokens; i++)
		if (asks_pcscd(c, &c->tokens[i]))
			return socket_of(&c->tokens[i]);
	return NULL;
}

bool
firma_pcsc_may_hold(
    const struct firma_config *c, const struct firma_config_token *t)
{
	const char *watched = firma_pcsc_socket(c);

	return watched != NULL && asks_pcscd(c, t) &&
	    strcmp(watched, socket_of(t)) == 0;
}
