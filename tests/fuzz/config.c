/* SPDX-License-Identifier: Apache-2.0 */
/* firmad.conf */
#include "agent/policy/config.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct firma_config *c)
{
	FUZZ_MUST(c->n_tokens <= FIRMA_CONFIG_TOKENS);
	FUZZ_MUST(c->n_keys <= FIRMA_CONFIG_KEYS);
	FUZZ_MUST(c->n_profiles <= FIRMA_CONFIG_PROFILES);
	for (size_t i = 0; i < c->n_tokens; i++) {
		const struct firma_config_token *t = &c->tokens[i];

		FUZZ_MUST(firma_name_fits(t->name));
		FUZZ_MUST(firma_config_token(c, t->name) == t);
		FUZZ_MUST(t->n_lanes >= 1 && t->n_lanes <= FIRMA_LANES_MAX);
		FUZZ_MUST(t->module[0] == '/');
		FUZZ_MUST(t->n_env <= FIRMA_CONFIG_ENV);
		for (unsigned int k = 0; k < t->n_env; k++)
			FUZZ_MUST(strncmp(t->env[k], "LD_", 3) != 0);
	}
	for (size_t i = 0; i < c->n_keys; i++)
		FUZZ_MUST(firma_config_key(c, c->keys[i].alias) == &c->keys[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firma_problems problems;
	struct firma_config *c = NULL;
	enum firma_err r;

	problems.n = problems.n_found = 0;
	r = fuzz_result(firma_config_parse(
	    firma_bytes_of(data, size), "/etc/firmad", &c, &problems));
	FUZZ_MUST(problems.n <= FIRMA_PROBLEMS_MAX);
	FUZZ_WITH_MEMORY((r == FIRMA_OK) == (problems.n_found == 0));
	for (size_t i = 1; i < problems.n; i++)
		FUZZ_MUST(problems.items[i - 1].line <= problems.items[i].line);
	if (r == FIRMA_OK)
		check(c);
	else
		FUZZ_MUST(c == NULL);
	firma_config_free(c);
	return 0;
}
