/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/opensc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/daemon/file.h"
#include "agent/policy/pcsc.h"

#define VARIABLE "OPENSC_CONF="
#define CONF_MAX 65536 /* octets */
#define CUT_AT   64    /* octets of a name in CK_SLOT_INFO: it may go on */

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

/* May it stand in OpenSC's list, which is of parts of names? */
static bool
is_whole(const char *reader)
{
	if (reader[0] == '\0' || strlen(reader) >= CUT_AT)
		return false;
	for (; *reader != '\0'; reader++)
		if ((unsigned char)*reader < ' ' || strchr("\"\\", *reader))
			return false;
	return true;
}

/* Is its slot a reader?  Software tokens have slots too. */
static bool
is_in_reader(const struct firma_token *t)
{
	return is_opensc(t->config->module) ||
	    firma_pcsc_may_hold(t->agent->config, t->config);
}

/* Is another token there now? */
static bool
is_taken(const struct firma_token *t, const char *reader)
{
	const struct firma_agent *a = t->agent;

	for (size_t i = 0; i < a->n_tokens; i++)
		if (a->tokens[i] != t && a->tokens[i]->present &&
		    strcmp(a->tokens[i]->slot, reader) == 0)
			return true;
	return false;
}

void
firma_opensc_apart(const struct firma_token *t, struct firma_apart *ret)
{
	const struct firma_agent *a = t->agent;

	ret->n = 0;
	if (!wants(t->config) || t->slot[0] == '\0')
		return;
	for (size_t i = 0; i < a->n_tokens && ret->n < FIRMA_TOKENS_MAX; i++) {
		const struct firma_token *o = a->tokens[i];

		if (o != t && o->present && is_in_reader(o) &&
		    is_whole(o->slot) && strstr(t->slot, o->slot) == NULL)
			(void)snprintf(ret->readers[ret->n++],
			    sizeof(ret->readers[0]), "%s", o->slot);
	}
}

bool
firma_opensc_is_stale(
    const struct firma_token *t, const struct firma_apart *apart)
{
	for (size_t i = 0; i < apart->n; i++)
		if (!is_taken(t, apart->readers[i]))
			return true;
	return false;
}

/* A block of the module's own; OpenSC reads that of "default" besides. */
FIRMA_CHECKED static enum firma_err
put_block(struct firma_buf *b, const struct firma_config_token *t,
    const struct firma_apart *apart)
{
	const char *slash = strrchr(t->module, '/');
	const char *name = slash != NULL ? slash + 1 : t->module;
	char line[128];
	enum firma_err r;

	(void)snprintf(line, sizeof(line),
	    "app %.*s {\n\tignored_readers = ", (int)strcspn(name, "."), name);
	if ((r = firma_buf_put_str(b, line)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < apart->n; i++) {
		(void)snprintf(line, sizeof(line), "%s\"%s\"",
		    i != 0 ? ", " : "", apart->readers[i]);
		if ((r = firma_buf_put_str(b, line)) != FIRMA_OK)
			return r;
	}
	return firma_buf_put_str(b, ";\n}\n");
}

FIRMA_CHECKED static enum firma_err
write_whole(
    const char *path, struct firma_bytes text, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || write(fd, text.at, text.len) != (ssize_t)text.len)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "%.140s", path);
	return FIRMA_OK;
}

enum firma_err
firma_opensc_env_apart(const struct firma_token *t,
    const struct firma_apart *apart, char *ret_env, size_t size,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	char path[FIRMA_CONFIG_PATH + FIRMA_CONFIG_NAME + 16];
	enum firma_err r;

	if (apart->n == 0)
		return firma_opensc_env(
		    t->agent->config, t->config, ret_env, size, cause);
	(void)snprintf(path, sizeof(path), "%s/opensc-%s.conf",
	    t->agent->state_dir, t->config->name);
	if ((size_t)snprintf(ret_env, size, VARIABLE "%s", path) >= size)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "%.120s", path);
	if ((r = firma_file_read(path_of(t->agent->config), CONF_MAX, &text,
		 cause)) != FIRMA_OK ||
	    (r = put_block(&text, t->config, apart)) != FIRMA_OK)
		return r;
	return write_whole(path, firma_buf_view(&text), cause);
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
