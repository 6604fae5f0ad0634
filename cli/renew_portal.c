/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_portal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/lang.h"
#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "agent/wire/values.h"
#include "cli/out.h"

#define OP_DEADLINE     (120 * FIRMA_S)
#define PERSON_DEADLINE (3600 * FIRMA_S) /* `manual`: somebody browses */
#define TICK            (200 * FIRMA_MS)
#define DOCUMENT_MAX    ((size_t)16 * 1024 * 1024)
#define ENVIRONMENT_MAX 256

static void
stop(struct portal_helper *h)
{
	firma_fd_done(&h->to);
	firma_fd_done(&h->from);
	firma_buf_done(&h->in);
	if (h->pid <= 0)
		return;
	(void)kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

static void
remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	(void)rmdir(path);
}

void
portal_helper_done(struct portal_helper *h)
{
	stop(h);
	if (h->dir[0] != '\0' && !h->is_kept)
		remove_folder(h->dir);
	h->dir[0] = '\0';
}

void
portal_reply_done(struct portal_reply *r)
{
	firma_buf_done(&r->file);
}

static int
is_plain(const char *name, const char *also)
{
	if (name[0] == '\0' || name[0] == '.' || strlen(name) > 64)
		return 0;
	for (; *name != '\0'; name++)
		if (!((*name >= 'a' && *name <= 'z') ||
			(*name >= '0' && *name <= '9') || *name == '-' ||
			strchr(also, *name) != NULL))
			return 0;
	return 1;
}

/* ABC..Z, dots and underscores in files; helpers are in lower case. */
#define FILE_ALSO "ABCDEFGHIJKLMNOPQRSTUVWXYZ._"

static enum firma_err
bad(struct firma_cause *cause, const char *what)
{
	return firma_fail(
	    cause, FIRMA_ERR_PORTAL_ANSWER, FIRMA_CAUSE_NONE, 0, "%s", what);
}

/* A string member; absent is "".  0 when it is no string or too long. */
static int
take_text(const json_t *j, const char *name, char *ret, size_t size)
{
	const json_t *v = json_object_get(j, name);

	ret[0] = '\0';
	if (v == NULL || json_is_null(v))
		return 1;
	if (!json_is_string(v) || json_string_length(v) >= size ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return 0;
	memcpy(ret, json_string_value(v), json_string_length(v) + 1);
	return 1;
}

/* The portal's text reaches a terminal: control characters become '?'. */
static void
clean(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static enum firma_err
take_fields(
    const json_t *j, struct portal_reply *ret, struct firma_cause *cause)
{
	json_t *fields = json_object_get(j, "fields");
	const char *name;
	json_t *v;
	size_t n;

	ret->fields[0] = '\0';
	if (fields == NULL || json_is_null(fields))
		return FIRMA_OK;
	if (!json_is_object(fields))
		return bad(cause, "fields");
	json_object_foreach(fields, name, v) if (!json_is_string(v)) return bad(
	    cause, "fields");
	n = json_dumpb(fields, ret->fields, sizeof(ret->fields) - 1,
	    JSON_COMPACT | JSON_SORT_KEYS);
	if (n == 0 || n >= sizeof(ret->fields))
		return bad(cause, "fields");
	ret->fields[n] = '\0';
	return FIRMA_OK;
}

static enum firma_err
parse(const json_t *j, long long id, struct portal_reply *ret,
    char ret_name[65], struct firma_cause *cause)
{
	char outcome[32];
	const json_t *retry = json_object_get(j, "retry_after");

	if (!json_is_object(j) || !json_is_integer(json_object_get(j, "id")) ||
	    json_integer_value(json_object_get(j, "id")) != id)
		return bad(cause, "id");
	if (!take_text(j, "outcome", outcome, sizeof(outcome)) ||
	    !firma_outcome_from(outcome, &ret->outcome))
		return bad(cause, "outcome");
	if (!take_text(j, "text", ret->text, sizeof(ret->text)))
		return bad(cause, "text");
	clean(ret->text);
	if (!take_text(j, "session", ret->session, sizeof(ret->session)))
		return bad(cause, "session");
	if (!take_text(j, "file", ret_name, 65) ||
	    (ret_name[0] != '\0' && !is_plain(ret_name, FILE_ALSO)))
		return bad(cause, "file");
	ret->retry_after = 0;
	if (retry != NULL && !json_is_null(retry)) {
		if (!json_is_integer(retry) || json_integer_value(retry) < 0)
			return bad(cause, "retry_after");
		ret->retry_after = (uint64_t)json_integer_value(retry);
	}
	return take_fields(j, ret, cause);
}

enum firma_err
portal_parse(struct firma_bytes line, long long id, struct portal_reply *ret,
    char ret_name[65], struct firma_cause *cause)
{
	json_t *j = json_loadb(
	    (const char *)line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
	enum firma_err r;

	if (j == NULL)
		return bad(cause, "not a JSON object");
	r = parse(j, id, ret, ret_name, cause);
	json_decref(j);
	return r;
}

/* What the helper may see of our environment: not where the agent is. */
static void
environment(char *ret[ENVIRONMENT_MAX])
{
	size_t n = 0;

	for (char **e = environ; *e != NULL && n < ENVIRONMENT_MAX - 1; e++)
		if (strncmp(*e, "FIRMA_SOCKET=", 13) != 0 &&
		    strncmp(*e, "XDG_RUNTIME_DIR=", 16) != 0 &&
		    strncmp(*e, "CREDENTIALS_DIRECTORY=", 22) != 0)
			ret[n++] = *e;
	ret[n] = NULL;
}

static enum firma_err
make_folder(
    struct portal_helper *h, const char *kept, struct firma_cause *cause)
{
	static const char *const names[] = { "XDG_RUNTIME_DIR", "TMPDIR" };
	const char *base = "/tmp";

	if (h->dir[0] != '\0')
		return FIRMA_OK;
	if (kept != NULL) {
		h->is_kept = 1;
		(void)snprintf(h->dir, sizeof(h->dir), "%s", kept);
		return file_mkdirs(h->dir, cause);
	}
	for (size_t i = 2; i-- > 0;) {
		const char *v = getenv(names[i]);

		if (v != NULL && v[0] == '/' && strlen(v) < 1024)
			base = v;
	}
	(void)snprintf(h->dir, sizeof(h->dir), "%.1024s/firma.XXXXXX", base);
	if (mkdtemp(h->dir) == NULL) {
		const int e = errno;

		h->dir[0] = '\0';
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)e, "%s", base);
	}
	return FIRMA_OK;
}

static enum firma_err
spawn(struct portal_helper *h, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int their_in = -1;
	FIRMA_OWN(firma_fd_done) int their_out = -1;
	const char *given = getenv("FIRMA_PORTAL_DIR");
	char path[FILE_PATH_MAX], dir_option[] = "--dir";
	char *argv[] = { path, dir_option, h->dir, NULL };
	char *envp[ENVIRONMENT_MAX];
	int in[2], out[2];

	(void)snprintf(path, sizeof(path), "%.2048s/firma-portal-%s",
	    given != NULL && given[0] != '\0' ? given : FIRMA_LIBEXECDIR,
	    h->name);
	environment(envp);
	if (pipe2(in, O_CLOEXEC) != 0)
		return FIRMA_ERR_IO;
	their_in = in[0];
	h->to = in[1];
	if (pipe2(out, O_CLOEXEC) != 0)
		return FIRMA_ERR_IO;
	h->from = out[0];
	their_out = out[1];
	const struct firma_spawn s = { .exe_fd = -1,
		.path = path,
		.argv = argv,
		.envp = envp,
		.fds = { their_in, their_out, STDERR_FILENO },
		.n_fds = 3,
		.die = 1 };

	return firma_spawn(&s, &h->pid, NULL, cause);
}

static enum firma_err
send_line(struct portal_helper *h, const json_t *ask)
{
	char *line = json_dumps(ask, JSON_COMPACT);
	size_t len = line != NULL ? strlen(line) : 0, at = 0;

	if (line == NULL || len + 1 > PORTAL_LINE_MAX_LEN) {
		free(line);
		return FIRMA_ERR_LIMIT;
	}
	line[len++] = '\n';
	while (at < len) {
		/* The pipe holds 64 KiB: one line never blocks. */
		const ssize_t n = write(h->to, line + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	/* A password may be in it. */
	explicit_bzero(line, len);
	free(line);
	return at == len ? FIRMA_OK : FIRMA_ERR_PORTAL_UNREACHABLE;
}

/* Wait for a whole line in h->in; *ret_len is without its newline. */
static enum firma_err
read_line(struct portal_helper *h, uint64_t deadline, size_t *ret_len)
{
	for (;;) {
		const uint8_t *end =
		    h->in.len == 0 ? NULL : memchr(h->in.at, '\n', h->in.len);
		struct pollfd p = { .fd = h->from, .events = POLLIN };
		const uint64_t tick = firma_after(TICK);
		ssize_t n;

		if (end != NULL) {
			*ret_len = (size_t)(end - h->in.at);
			return FIRMA_OK;
		}
		if (h->in.len >= PORTAL_LINE_MAX_LEN)
			return FIRMA_ERR_PORTAL_ANSWER;
		if (firma_now() >= deadline)
			return FIRMA_ERR_PORTAL_UNREACHABLE;
		if (poll(&p, 1,
			firma_poll_ms(tick < deadline ? tick : deadline)) <=
		    0) {
			out_tick(NULL);
			continue;
		}
		if (firma_buf_reserve(&h->in, 4096) != FIRMA_OK)
			return FIRMA_ERR_NOMEM;
		n = read(h->from, h->in.at + h->in.len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FIRMA_ERR_PORTAL_UNREACHABLE;
		h->in.len += (size_t)n;
	}
}

static void
unreachable(struct portal_reply *ret, const char *why)
{
	ret->outcome = FIRMA_OUTCOME_UNREACHABLE;
	(void)snprintf(ret->text, sizeof(ret->text), "%s", why);
}

/* The document that the answer names, out of the folder. */
static enum firma_err
fetch(const struct portal_helper *h, const char *name, struct portal_reply *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[FILE_PATH_MAX];
	struct stat st;
	ssize_t n;

	if (file_join(h->dir, name, path) != FIRMA_OK)
		return bad(cause, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < 0 || (uint64_t)st.st_size > DOCUMENT_MAX)
		return bad(cause, name);
	ret->file.len = 0;
	do {
		if (firma_buf_reserve(&ret->file, 65536) != FIRMA_OK)
			return FIRMA_ERR_NOMEM;
		n = read(fd, ret->file.at + ret->file.len, 65536);
		if (n > 0)
			ret->file.len += (size_t)n;
	} while (n > 0 && ret->file.len <= DOCUMENT_MAX);
	if (n != 0)
		return bad(cause, name);
	ret->has_file = 1;
	return FIRMA_OK;
}

enum firma_err
portal_ask(struct portal_helper *h, json_t *ask, struct portal_reply *ret,
    struct firma_cause *cause)
{
	const uint64_t deadline = firma_after(
	    strcmp(h->name, "manual") == 0 ? PERSON_DEADLINE : OP_DEADLINE);
	char name[65] = "";
	enum firma_err r;
	size_t len = 0;

	(void)json_object_set_new(ask, "id", json_integer(++h->last_id));
	r = send_line(h, ask);
	json_decref(ask);
	if (r == FIRMA_OK)
		r = read_line(h, deadline, &len);
	if (r == FIRMA_ERR_PORTAL_UNREACHABLE) {
		unreachable(ret,
		    firma_now() >= deadline
			? _("the portal did not answer in time")
			: _("the program that talks to the portal ended"));
		stop(h);
		return FIRMA_OK;
	}
	if (r == FIRMA_OK)
		r = portal_parse(firma_bytes_of(h->in.at, len), h->last_id, ret,
		    name, cause);
	if (r == FIRMA_OK && name[0] != '\0')
		r = fetch(h, name, ret, cause);
	if (r != FIRMA_OK) {
		stop(h);
		return r;
	}
	firma_buf_drop(&h->in, len + 1);
	return FIRMA_OK;
}

enum firma_err
portal_start(struct portal_helper *h, const struct portal_open *o,
    struct firma_cause *cause)
{
	FIRMA_OWN(portal_reply_done) struct portal_reply reply = { 0 };
	json_t *endpoints;
	enum firma_err r;

	if (h->pid > 0)
		return FIRMA_OK;
	if (!is_plain(o->helper, ""))
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "helper %s", o->helper);
	(void)snprintf(h->name, sizeof(h->name), "%s", o->helper);
	if ((r = make_folder(h, o->folder, cause)) != FIRMA_OK)
		return r;
	if ((r = spawn(h, cause)) != FIRMA_OK) {
		stop(h);
		return r;
	}
	endpoints = json_loads(o->endpoints, JSON_REJECT_DUPLICATES, NULL);
	r = portal_ask(h,
	    json_pack("{ss ss so ss ss}", "op", "open", "base", o->base,
		"endpoints", endpoints != NULL ? endpoints : json_object(),
		"session", o->session, "lang", o->lang),
	    &reply, cause);
	if (r == FIRMA_OK && reply.outcome != FIRMA_OUTCOME_OK)
		r = firma_fail(cause, FIRMA_ERR_PORTAL_REJECTED,
		    FIRMA_CAUSE_NONE, 0, "%.150s", reply.text);
	if (r != FIRMA_OK)
		stop(h);
	return r;
}

enum firma_err
portal_put(struct portal_helper *h, const char *name, struct firma_bytes v,
    struct firma_cause *cause)
{
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if (!is_plain(name, FILE_ALSO))
		return firma_fail(
		    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "%s", name);
	if ((r = file_join(h->dir, name, path)) != FIRMA_OK)
		return r;
	return file_write(path, 0600, v, cause);
}
