/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/option.h"
#include "agent/base/own.h"

#define FIRMA_CONNECTIONS_MAX 4096
#define FIRMA_DEADLINE_S_MAX  600 /* FIRMA_DEADLINE_MAX_MS of the wire */
#define FIRMA_PIN_TRIES_MAX   100
#define FIRMA_PORT_MAX        65535
/*
 * What is taken for granted when nothing is said: most cards give 3 tries
 * (SmartCard-HSM, PIV, most national identity cards), and a card that gives more only
 * makes us ask for --last-try too early.
 */
#define FIRMA_PIN_TRIES_DEFAULT 3

/* While a file is read. */
struct parsing {
	struct firma_config *config;
	struct firma_problems *problems;
	const char *folder;
	struct firma_section section;
	struct firma_config_token *token; /* its environment is being read */
	struct firma_config_key *key;
	bool ran_out; /* of memory: no mistake of the file */
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const durabilities[] = { "process", "disk", NULL };
static const char *const repeated[] = { "environment", "writable", NULL };
static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const watch_words[] = { "no", "yes", "auto", NULL };
static const char *const keepings[] = { "no", "yes", "signing", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug",
	NULL };
static const unsigned int log_priorities[] = { 3, 4, 6, 7 };
/* The names of agent/pki/algorithm.h; test_config compares the two. */
static const char *const algorithms[] = { "rsa-2048", "rsa-3072", "rsa-4096",
	"p-256", "p-384", NULL };

/* Fields that all rows of the tables below name by type, field and kind. */
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
#define NUMBER(type, name, field, min, max)                                    \
	{                                                                      \
		name, FIRMA_OPTION_NUMBER, FIELD(type, field), min, max, NULL, \
		    false                                                      \
	}
#define WORD(type, name, field, words)                                    \
	{                                                                 \
		name, FIRMA_OPTION_WORD, FIELD(type, field), 0, 0, words, \
		    false                                                 \
	}
#define OTHER(name)                                               \
	{                                                         \
		name, FIRMA_OPTION_OTHER, 0, 0, 0, 0, NULL, false \
	}

static const struct firma_option agent_options[] = {
	ROW(firma_config, "socket", PATH, socket),
	ROW(firma_config, "state", PATH, state),
	ROW(firma_config, "user", TEXT, user),
	ROW(firma_config, "profiles", PATH, profiles_dir),
	ROW(firma_config, "worker", PATH, worker),
	ROW(firma_config, "opensc-conf", PATH, opensc_conf),
	ROW(firma_config, "reader", PATH, reader),
	WORD(firma_config, "watch-readers", watch_readers, watch_words),
	WORD(firma_config, "durability", durability, durabilities),
	NUMBER(firma_config, "max-connections", max_connections, 1,
	    FIRMA_CONNECTIONS_MAX),
	OTHER("log-level"),
};

static const struct firma_option token_options[] = {
	NEED(firma_config_token, "module", PATH, module),
	ROW(firma_config_token, "label", TEXT, label),
	ROW(firma_config_token, "serial", TEXT, serial),
	NUMBER(firma_config_token, "slot", slot, 0, 999999999),
	NUMBER(firma_config_token, "sessions", n_lanes, 1, FIRMA_LANES_MAX),
	NUMBER(firma_config_token, "deadline", deadline_s, 1,
	    FIRMA_DEADLINE_S_MAX),
	NUMBER(firma_config_token, "generate-deadline", generate_deadline_s, 1,
	    FIRMA_DEADLINE_S_MAX),
	NUMBER(firma_config_token, "lock-after", lock_after_s, 0, 86400),
	OTHER("uri"),
	OTHER("algorithm"),
	ROW(firma_config_token, "pin-credential", NAME, pin_credential),
	WORD(firma_config_token, "pin-credential-again", pin_credential_again,
	    yes_no),
	WORD(firma_config_token, "keep-pin", keep_pin, keepings),
	NUMBER(
	    firma_config_token, "pin-tries", pin_tries, 0, FIRMA_PIN_TRIES_MAX),
	NUMBER(firma_config_token, "so-pin-tries", so_pin_tries, 0,
	    FIRMA_PIN_TRIES_MAX),
	WORD(firma_config_token, "software", software, yes_no),
	OTHER("environment"),
	OTHER("writable"),
	OTHER("network"),
};

static const struct firma_option key_options[] = {
	ROW(firma_config_key, "token", NAME, token),
	OTHER("id"),
	OTHER("spki"),
	WORD(firma_config_key, "durability", durability, durabilities),
	WORD(firma_config_key, "digest-only", digest_only, yes_no),
	WORD(firma_config_key, "sha1", sha1, yes_no),
};

static const struct firma_option profile_options[] = {
	ROW(firma_config_profile, "file", PATH, file),
	ROW(firma_config_profile, "portal", URL, portal),
	ROW(firma_config_profile, "issuers", PATH, issuers),
};

_Static_assert(COUNT(token_options) <= FIRMA_OPTION_TABLE_MAX,
    "struct firma_section counts in 32 bits");

/*
 * An environment line of a token process: NAME=VALUE for a module that wants
 * one (SOFTHSM2_CONF, OPENSC_CONF, ...).  Refused are names that make the
 * loader or libc load code, and names that sound like a PIN, which must not
 * stand in a file or an environment.
 */
static const char *
env_fault(const char *text)
{
	static const char *const loaders[] = { "LD_",
		"GCONV_PATH=", "GLIBC_TUNABLES=", "OPENSSL_CONF=",
		"OPENSSL_MODULES=", "OPENSSL_ENGINES=" };
	static const char *const secrets[] = { "PIN", "PASSWORD", "PASSWD",
		"PASSPHRASE" };
	const size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	if (n == 0 || n > 64 || text[n] != '=' || strchr("0123456789", text[0]))
		return "environment is NAME=VALUE, NAME of A-Z 0-9 _";
	if (strlen(text) >= FIRMA_CONFIG_ENV_LEN)
		return "environment is too long";
	for (size_t i = 0; i < COUNT(loaders); i++)
		if (strncmp(text, loaders[i], strlen(loaders[i])) == 0)
			return "environment may not name what code is loaded";
	for (size_t at = 0; at < n; at += strcspn(text + at, "_=") + 1)
		for (size_t i = 0; i < COUNT(secrets); i++)
			if (strcspn(text + at, "_=") == strlen(secrets[i]) &&
			    strncmp(
				text + at, secrets[i], strlen(secrets[i])) == 0)
				return "a PIN or password never stands in the "
				       "environment; use pin-credential";
	return NULL;
}

static void
read_env(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_config_token *t = p->token;
	const char *fault = env_fault(l->value);

	if (fault == NULL && t->n_env == FIRMA_CONFIG_ENV)
		fault = "too many environment lines";
	if (fault != NULL) {
		firma_problem_add(p->problems, l->line, "%s", fault);
		return;
	}
	memcpy(t->env[t->n_env++], l->value, strlen(l->value) + 1);
}

/* Where the token's process may write. */
static void
read_writable(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_config_token *t = p->token;

	if (t->n_writable == FIRMA_CONFIG_WRITABLE)
		firma_problem_add(
		    p->problems, l->line, "too many writable lines");
	else if (firma_path_join(p->folder, l->value,
		     t->writable[t->n_writable], sizeof(t->writable[0])))
		t->n_writable++;
	else
		firma_problem_add(p->problems, l->line,
		    "writable is a path of at most %zu octets without \"..\"",
		    sizeof(t->writable[0]) - 1);
}

/* TCP ports that the token's process may connect to. */
static void
read_network(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_config_token *t = p->token;
	char *at = NULL;

	for (const char *from = l->value; at == NULL || *at != '\0';
	     from = at + strspn(at, " \t")) {
		const unsigned long port =
		    *from >= '0' && *from <= '9' ? strtoul(from, &at, 10) : 0;

		if (port == 0 || port > FIRMA_PORT_MAX ||
		    strchr(" \t", *at) == NULL ||
		    t->n_ports == FIRMA_CONFIG_PORTS) {
			firma_problem_add(p->problems, l->line,
			    "network is 1 to %d TCP ports, 1 to %d, with "
			    "blanks between",
			    FIRMA_CONFIG_PORTS, FIRMA_PORT_MAX);
			return;
		}
		t->ports[t->n_ports++] = (unsigned int)port;
	}
}

static void
read_uri(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_token_uri uri;
	const char *fault = firma_token_uri_parse(l->value, &uri);

	if (fault == NULL && strlen(l->value) >= sizeof(p->token->uri))
		fault = "uri is too long";
	if (fault != NULL) {
		firma_problem_add(p->problems, l->line, "%s", fault);
		return;
	}
	memcpy(p->token->uri, l->value, strlen(l->value) + 1);
}

static void
read_algorithm(struct parsing *p, const struct firma_ini_line *l)
{
	for (size_t i = 0; algorithms[i] != NULL; i++)
		if (strcmp(l->value, algorithms[i]) == 0) {
			memcpy(p->token->algorithm, l->value,
			    strlen(l->value) + 1);
			return;
		}
	firma_problem_add(p->problems, l->line,
	    "algorithm is one of: rsa-2048, rsa-3072, rsa-4096, p-256, p-384");
}

/* 1 .. max octets as hex into ret. */
static bool
read_hex(struct parsing *p, const char *text, uint8_t *ret, size_t max,
    size_t *ret_len)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf b = { 0 };
	const enum firma_err r = firma_unhex(text, &b);

	if (r == FIRMA_ERR_NOMEM)
		p->ran_out = true;
	if (r != FIRMA_OK || b.len == 0 || b.len > max)
		return false;
	memcpy(ret, b.at, b.len);
	*ret_len = b.len;
	return true;
}

static void
read_key_id(struct parsing *p, const struct firma_ini_line *l)
{
	struct firma_config_key *k = p->key;
	size_t len;

	if (strcmp(l->name, "id") == 0) {
		if (!read_hex(p, l->value, k->id, sizeof(k->id), &k->id_len) &&
		    !p->ran_out)
			firma_problem_add(p->problems, l->line,
			    "id is the CKA_ID in hex, 1 to %d octets",
			    FIRMA_CONFIG_KEY_ID);
		return;
	}
	k->has_spki = read_hex(p, l->value, k->spki_sha256,
			  sizeof(k->spki_sha256), &len) &&
	    len == sizeof(k->spki_sha256);
	if (!k->has_spki && !p->ran_out)
		firma_problem_add(p->problems, l->line,
		    "spki is a SHA-256 in hex, 64 digits");
}

static void
read_log_level(struct parsing *p, const struct firma_ini_line *l)
{
	for (unsigned int i = 0; log_levels[i] != NULL; i++)
		if (strcmp(l->value, log_levels[i]) == 0) {
			p->config->log_level = log_priorities[i];
			return;
		}
	firma_problem_add(p->problems, l->line,
	    "log-level is one of: error, warning, info, debug");
}

/* What a section cannot say by its table. */
static void
end_section(struct parsing *p)
{
	firma_section_end(&p->section, p->problems);
	if (p->token != NULL) {
		const bool label = firma_section_has(&p->section, "label");
		const bool serial = firma_section_has(&p->section, "serial");
		const bool slot = firma_section_has(&p->section, "slot");
		const bool uri = firma_section_has(&p->section, "uri");

		if (label + serial + slot + uri != 1)
			firma_problem_add(p->problems, p->section.line,
			    "exactly one of label, serial, slot and uri says "
			    "which token is meant");
		/* Our own software token never locks. */
		if (!firma_section_has(&p->section, "pin-tries"))
			p->token->pin_tries = p->token->software != 0
			    ? 0
			    : FIRMA_PIN_TRIES_DEFAULT;
		if (!firma_section_has(&p->section, "so-pin-tries"))
			p->token->so_pin_tries = p->token->software != 0
			    ? 0
			    : FIRMA_PIN_TRIES_DEFAULT;
		p->token->select = label ? FIRMA_SELECT_LABEL
		    : serial             ? FIRMA_SELECT_SERIAL
		    : slot               ? FIRMA_SELECT_SLOT
					 : FIRMA_SELECT_URI;
	}
	if (p->key != NULL) {
		const bool id = firma_section_has(&p->section, "id");
		const bool spki = firma_section_has(&p->section, "spki");
		const bool token = firma_section_has(&p->section, "token");

		if (id && spki)
			firma_problem_add(p->problems, p->section.line,
			    "either id or spki says which key is meant");
		if (token != (id || spki))
			firma_problem_add(p->problems, p->section.line,
			    "token and one of id and spki stand together, or "
			    "none of them");
		if (!firma_section_has(&p->section, "durability"))
			p->key->durability =
			    UINT32_MAX; /* settled at the end */
	}
	memset(&p->section, 0, sizeof(p->section));
	p->token = NULL;
	p->key = NULL;
}

/* Room for one more, or a problem. */
static bool
room(struct parsing *p, const struct firma_ini_line *l, size_t n, size_t max)
{
	if (n < max)
		return true;
	firma_problem_add(
	    p->problems, l->line, "over %zu sections of this kind", max);
	return false;
}

#define BEGIN(p, line_, options, at_)           \
	((p)->section = (struct firma_section){ \
	     options, COUNT(options), at_, (p)->folder, (line_)->line, 0 })

static void
begin_token(struct parsing *p, const struct firma_ini_line *l, const char *name)
{
	struct firma_config_token *t;

	if (!room(p, l, p->config->n_tokens, FIRMA_CONFIG_TOKENS))
		return;
	t = &p->config->tokens[p->config->n_tokens++];
	memcpy(t->name, name, strlen(name) + 1);
	memcpy(t->algorithm, algorithms[0], strlen(algorithms[0]) + 1);
	t->n_lanes = 1;
	t->deadline_s = 10;
	t->generate_deadline_s = 120;
	t->line = l->line;
	p->token = t;
	BEGIN(p, l, token_options, t);
}

static void
begin_key(struct parsing *p, const struct firma_ini_line *l, const char *alias)
{
	struct firma_config_key *k;

	if (!room(p, l, p->config->n_keys, FIRMA_CONFIG_KEYS))
		return;
	k = &p->config->keys[p->config->n_keys++];
	memcpy(k->alias, alias, strlen(alias) + 1);
	k->digest_only = 1;
	k->line = l->line;
	p->key = k;
	BEGIN(p, l, key_options, k);
}

static void
begin_profile(
    struct parsing *p, const struct firma_ini_line *l, const char *name)
{
	struct firma_config_profile *f;

	if (!room(p, l, p->config->n_profiles, FIRMA_CONFIG_PROFILES))
		return;
	f = &p->config->profiles[p->config->n_profiles++];
	memcpy(f->name, name, strlen(name) + 1);
	f->line = l->line;
	BEGIN(p, l, profile_options, f);
}

static void
begin_section(struct parsing *p, const struct firma_ini_line *l)
{
	static const struct {
		const char *kind;
		void (*begin)(struct parsing *, const struct firma_ini_line *,
		    const char *);
	} kinds[] = {
		{ "token", begin_token },
		{ "key", begin_key },
		{ "profile", begin_profile },
	};
	const char *name;
	const size_t n = firma_ini_kind(l->section, &name);

	end_section(p);
	if (strcmp(l->section, "agent") == 0) {
		BEGIN(p, l, agent_options, p->config);
		return;
	}
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strlen(kinds[i].kind) != n ||
		    strncmp(kinds[i].kind, l->section, n) != 0)
			continue;
		if (firma_name_fits(name))
			kinds[i].begin(p, l, name);
		else
			firma_problem_add(p->problems, l->line,
			    "[%s NAME] needs a name: a-z or 0-9, then at most "
			    "63 of a-z 0-9 . _ -",
			    kinds[i].kind);
		return;
	}
	firma_problem_add(p->problems, l->line,
	    "there is no section [%s]; known are [agent], [token NAME], "
	    "[key ALIAS], [profile NAME]",
	    l->section);
}

static void
on_line(void *arg, const struct firma_ini_line *l)
{
	struct parsing *p = arg;

	if (l->name == NULL) {
		begin_section(p, l);
		return;
	}
	if (!firma_section_option(&p->section, l, p->problems))
		return;
	if (p->token != NULL && strcmp(l->name, "environment") == 0)
		read_env(p, l);
	else if (p->token != NULL && strcmp(l->name, "writable") == 0)
		read_writable(p, l);
	else if (p->token != NULL && strcmp(l->name, "network") == 0)
		read_network(p, l);
	else if (p->token != NULL && strcmp(l->name, "uri") == 0)
		read_uri(p, l);
	else if (p->token != NULL)
		read_algorithm(p, l);
	else if (p->key != NULL)
		read_key_id(p, l);
	else
		read_log_level(p, l);
}

/* What only the whole file can say. */
static void
end_file(struct parsing *p)
{
	struct firma_config *c = p->config;

	end_section(p);
	for (size_t i = 0; i < c->n_keys; i++) {
		struct firma_config_key *k = &c->keys[i];

		if (k->durability == UINT32_MAX)
			k->durability = c->durability;
		if (k->token[0] != '\0' &&
		    firma_config_token(c, k->token) == NULL)
			firma_problem_add(p->problems, k->line,
			    "[key %s]: there is no [token %s]", k->alias,
			    k->token);
	}
	for (size_t i = 0; i < c->n_tokens; i++)
		for (size_t j = 0; j < i; j++)
			if (c->tokens[i].pin_credential[0] != '\0' &&
			    strcmp(c->tokens[i].pin_credential,
				c->tokens[j].pin_credential) == 0)
				firma_problem_add(p->problems,
				    c->tokens[i].line,
				    "[token %s] and [token %s] name the same "
				    "pin-credential",
				    c->tokens[i].name, c->tokens[j].name);
}

enum firma_err
firma_config_parse(struct firma_bytes text, const char *folder,
    struct firma_config **ret_config, struct firma_problems *problems)
{
	FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
	struct parsing p = { .problems = problems, .folder = folder };
	const struct firma_ini_reader reader = { on_line, &p, repeated };
	enum firma_err r;

	if (folder[0] != '/')
		return FIRMA_ERR_VALUE;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return FIRMA_ERR_NOMEM;
	c->durability = FIRMA_CONFIG_DISK;
	c->max_connections = 128;
	c->watch_readers = FIRMA_WATCH_AUTO;
	c->log_level = 6;
	p.config = c;

	r = firma_ini_read(text, &reader, problems);
	if (r == FIRMA_ERR_NOMEM || p.ran_out)
		return FIRMA_ERR_NOMEM;
	end_file(&p);
	firma_problems_sort(problems);
	if (problems->n_found > 0)
		return FIRMA_ERR_CONFIG;
	*ret_config = c;
	c = NULL;
	return FIRMA_OK;
}

void
firma_config_free(struct firma_config *c)
{
	free(c);
}

void
firma_config_done(struct firma_config **c)
{
	firma_config_free(*c);
	*c = NULL;
}

const struct firma_config_token *
firma_config_token(const struct firma_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_tokens; i++)
		if (strcmp(c->tokens[i].name, name) == 0)
			return &c->tokens[i];
	return NULL;
}

const struct firma_config_key *
firma_config_key(const struct firma_config *c, const char *alias)
{
	for (size_t i = 0; i < c->n_keys; i++)
		if (strcmp(c->keys[i].alias, alias) == 0)
			return &c->keys[i];
	return NULL;
}

const struct firma_config_profile *
firma_config_profile(const struct firma_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].name, name) == 0)
			return &c->profiles[i];
	return NULL;
}

enum firma_config_durability
firma_config_durability_of(const struct firma_config *c, const char *alias)
{
	const struct firma_config_key *k = firma_config_key(c, alias);

	return k == NULL ? c->durability : k->durability;
}
