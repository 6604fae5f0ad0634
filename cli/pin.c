/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "cli/ask.h"
#include "cli/file.h"
#include "cli/pinentry.h"

#define PINENTRY_WAIT (300 * FIRMA_S)

void
pins_init(struct pins *p, const struct args *a)
{
	*p = (struct pins){ 0 };
	p->n_files = args_list(a, "pin-file", &p->files);
}

/* The file meant for token, or NULL. "TOKEN=FILE" goes before "FILE". */
static const char *
file_for(const struct pins *p, const char *token)
{
	const size_t n = strlen(token);
	const char *any = NULL;

	for (size_t i = 0; i < p->n_files; i++) {
		const char *v = p->files[i];
		const char *eq = strchr(v, '=');

		if (eq != NULL && memchr(v, '/', (size_t)(eq - v)) == NULL) {
			if ((size_t)(eq - v) == n && memcmp(v, token, n) == 0)
				return eq + 1;
		} else {
			any = v;
		}
	}
	return any;
}

/* The first line of a file or of stdin, octet by octet into locked memory. */
static enum firma_err
first_line(
    const char *path, struct firma_secret *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	enum firma_err r;

	if ((r = file_open(path, &fd, cause)) != FIRMA_OK ||
	    (r = firma_secret_new(&s, FIRMA_SECRET_MAX)) != FIRMA_OK)
		return r;
	for (;;) {
		uint8_t c;
		const ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return firma_fail(cause, FIRMA_ERR_IO,
			    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%s",
			    path);
		if (n == 0 || c == '\n')
			break;
		if (s.len == PIN_MAX * 4)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s", path);
		s.at[s.len++] = c;
	}
	if (s.len > 0 && s.at[s.len - 1] == '\r')
		s.len--;
	if (s.len == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0, _("%s: its first line is empty"), path);
	*ret = s;
	s = (struct firma_secret){ 0 };
	return FIRMA_OK;
}

static enum firma_err
ask_person(const char *description, const char *prompt,
    struct firma_secret *ret, struct firma_cause *cause)
{
	char program[FILE_PATH_MAX];
	enum firma_err r;

	if (pinentry_find(program, sizeof(program))) {
		out_clear();
		r = pinentry_ask(program, description, prompt,
		    firma_after(PINENTRY_WAIT), ret);
		if (r != FIRMA_ERR_NOT_SUPPORTED)
			return r;
	}
	r = ask_secret(ret, PIN_MAX, "%s\n%s: ", description, prompt);
	if (r == FIRMA_ERR_PORTAL_PERSON)
		return firma_fail(cause, FIRMA_ERR_PIN_NEEDED, FIRMA_CAUSE_NONE,
		    0, "%s", _("there is no terminal to ask on"));
	return r;
}

enum firma_err
pin_get(struct pins *p, const char *token, const char *description,
    const char *prompt, struct firma_secret *ret, struct firma_cause *cause)
{
	const char *file = file_for(p, token);

	/* One presentation for one entry: a file has given its one. */
	for (size_t i = 0; i < p->n_used; i++)
		if (file != NULL && strcmp(p->used[i], token) == 0)
			return firma_fail(cause, FIRMA_ERR_PIN_NEEDED,
			    FIRMA_CAUSE_NONE, 0,
			    _("%s: the PIN was given once already"), token);
	if (file == NULL)
		return ask_person(description, prompt, ret, cause);
	if (p->n_used == PIN_TOKENS)
		return FIRMA_ERR_LIMIT;
	(void)snprintf(p->used[p->n_used++], sizeof(p->used[0]), "%s", token);
	return first_line(file, ret, cause);
}

enum firma_err
pin_password(const char *file, const char *description, const char *prompt,
    struct firma_secret *ret, struct firma_cause *cause)
{
	if (file != NULL)
		return first_line(file, ret, cause);
	return ask_person(description, prompt, ret, cause);
}

enum firma_err
pin_new(const char *file, const char *description, const char *prompt,
    struct firma_secret *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret one = { 0 };
	FIRMA_OWN(firma_secret_done) struct firma_secret two = { 0 };
	enum firma_err r;

	if (file != NULL)
		return first_line(file, ret, cause);
	if ((r = ask_person(description, prompt, &one, cause)) != FIRMA_OK)
		return r;
	if ((r = ask_person(_("The same once more, against typing errors."),
		 prompt, &two, cause)) != FIRMA_OK)
		return r;
	if (!firma_bytes_equal(
		firma_secret_view(&one), firma_secret_view(&two)))
		return firma_fail(cause, FIRMA_ERR_CANCELLED, FIRMA_CAUSE_NONE,
		    0, "%s", _("the two entries differ"));
	*ret = one;
	one = (struct firma_secret){ 0 };
	return FIRMA_OK;
}

enum firma_err
pin_give(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct pin_packets *p = arg;

	if (type != FIRMA_MSG_pin_channel)
		return p->next != NULL ? p->next(p->arg, type, msg, fd)
				       : FIRMA_OK;
	for (size_t i = 0; i < p->n; i++) {
		const struct firma_bytes v = firma_secret_view(p->at[i]);

		if (send(*fd, v.at, v.len, MSG_NOSIGNAL) != (ssize_t)v.len)
			return FIRMA_ERR_TOKEN_STUCK;
	}
	p->given = 1;
	return FIRMA_OK;
}

/* The token took it: the same source may serve for the next signature. */
static void
accepted(struct pins *p, const char *token)
{
	for (size_t i = 0; i < p->n_used; i++)
		if (strcmp(p->used[i], token) == 0) {
			p->n_used--;
			memmove(
			    p->used[i], p->used[p->n_used], sizeof(p->used[0]));
			return;
		}
}

enum firma_err
pin_give_each(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	struct pin_each *e = arg;
	const struct firma_msg_pin_channel *m = msg;
	struct pin_packets packets = { .at = { &pin }, .n = 1 };
	char label[65], description[256];
	char *const token = e->token;

	if (type != FIRMA_MSG_pin_channel)
		return e->next != NULL ? e->next(e->arg, type, msg, fd)
				       : FIRMA_OK;
	firma_str_copy(m->token, e->token, sizeof(e->token));
	firma_str_copy(m->label, label, sizeof(label));
	out_progress_end();
	if (m->max_pin == 0) {
		out_note(
		    _("Type the PIN of token %s on the reader's keys."), token);
		return FIRMA_OK;
	}
	(void)snprintf(description, sizeof(description),
	    _("The key on token %s (%s) wants its PIN for each signature."),
	    token, label);
	e->r = pin_get(e->pins, token, description, _("PIN"), &pin, &e->cause);
	/* Without a PIN the channel is closed: nothing is presented. */
	return e->r == FIRMA_OK ? pin_give(&packets, type, msg, fd) : FIRMA_OK;
}

enum firma_err
pin_each_end(struct pin_each *e, enum firma_err r, struct firma_cause *cause)
{
	if (r == FIRMA_OK && e->token[0] != '\0')
		accepted(e->pins, e->token);
	if (r != FIRMA_ERR_CANCELLED || e->r == FIRMA_OK)
		return r;
	*cause = e->cause;
	return e->r;
}

static enum firma_err
keep_token(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct pin_token *t = arg;
	const struct firma_msg_token_item *m = msg;

	(void)fd;
	if (type != FIRMA_MSG_token_item)
		return FIRMA_OK;
	*t = (struct pin_token){ 1, m->state, m->pin_state, m->flags,
		m->min_pin, m->max_pin, "", "" };
	firma_str_copy(m->label, t->label, sizeof(t->label));
	firma_str_copy(m->why, t->why, sizeof(t->why));
	return FIRMA_OK;
}

/* A token that no PIN can help.  0 when it may be unlocked. */
static enum firma_err
refuse(const struct pin_token *t, unsigned int flags)
{
	switch (t->state) {
	case FIRMA_TOKEN_STARTING:
		return FIRMA_ERR_TOKEN_BUSY;
	case FIRMA_TOKEN_ABSENT:
		return FIRMA_ERR_TOKEN_GONE;
	case FIRMA_TOKEN_BROKEN:
		return FIRMA_ERR_TOKEN_MODULE;
	case FIRMA_TOKEN_BLANK:
		return FIRMA_ERR_TOKEN_BLANK;
	default:
		break;
	}
	if (flags == PIN_LOOK_ANY)
		return FIRMA_OK;
	if (t->pin_state == FIRMA_PIN_LOCKED)
		return FIRMA_ERR_PIN_LOCKED;
	if (t->pin_state == FIRMA_PIN_FINAL_TRY &&
	    (flags & FIRMA_UNLOCK_LAST_TRY) == 0)
		return FIRMA_ERR_PIN_LAST_TRY;
	return FIRMA_OK;
}

static enum firma_err
look(struct app *app, const char *token, struct pin_token *t,
    struct firma_cause *cause)
{
	const struct firma_msg_token_list ask = { firma_str_of(token), 0 };
	const enum firma_err r = app_call(app, FIRMA_MSG_token_list, &ask, -1,
	    APP_SHORT, keep_token, t, cause);

	return r == FIRMA_OK && !t->found ? FIRMA_ERR_NOT_FOUND : r;
}

static enum firma_err
may_present(
    const struct pin_token *t, unsigned int flags, struct firma_cause *cause)
{
	const enum firma_err r = refuse(t, flags);

	/* A blank one's reason is the error itself. */
	if (r != FIRMA_OK && r != FIRMA_ERR_TOKEN_BLANK)
		(void)snprintf(
		    cause->what, sizeof(cause->what), "%.159s", t->why);
	return r;
}

enum firma_err
pin_look(struct app *app, const char *token, unsigned int flags,
    struct pin_token *ret, struct firma_cause *cause)
{
	const enum firma_err r = look(app, token, ret, cause);

	return r == FIRMA_OK ? may_present(ret, flags, cause) : r;
}

static enum firma_err
present(struct app *app, struct pins *p, const char *token,
    const struct pin_token *t, unsigned int flags, struct firma_cause *cause)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret pin = { 0 };
	const struct firma_msg_token_unlock ask = { firma_str_of(token), flags,
		0 };
	struct pin_packets packets = { .at = { &pin } };
	char description[256];
	enum firma_err r;

	(void)snprintf(description, sizeof(description),
	    _("The PIN of token %s (%s) is needed."), token, t->label);
	if ((t->flags & FIRMA_TOKENFLAG_PINPAD) != 0) {
		out_note(
		    _("Type the PIN of token %s on the reader's keys."), token);
	} else {
		if ((r = pin_get(p, token, description, _("PIN"), &pin,
			 cause)) != FIRMA_OK)
			return r;
		packets.n = 1;
	}
	out_progress(_("unlocking %s"), token);
	return app_call(app, FIRMA_MSG_token_unlock, &ask, -1, APP_SIGN,
	    pin_give, &packets, cause);
}

int
unlock_token(
    struct app *app, struct pins *p, const char *token, unsigned int flags)
{
	struct firma_cause cause = { 0 };
	struct pin_token t = { 0 };
	enum firma_err r = look(app, token, &t, &cause);

	if (r == FIRMA_OK && t.state == FIRMA_TOKEN_UNLOCKED)
		return 0;
	if (r == FIRMA_OK)
		r = may_present(&t, flags, &cause);
	if (r == FIRMA_OK)
		r = present(app, p, token, &t, flags, &cause);
	out_progress_end();
	if (r == FIRMA_OK) {
		accepted(p, token);
		return 0;
	}
	return app_failure(
	    app, r, &cause, _("token %s is not unlocked"), token);
}

struct place {
	char token[65];
};

static enum firma_err
keep_place(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct place *p = arg;
	const struct firma_msg_key_item *m = msg;

	(void)fd;
	if (type == FIRMA_MSG_key_item)
		firma_str_copy(m->token, p->token, sizeof(p->token));
	return FIRMA_OK;
}

int
unlock_key(struct app *app, struct pins *p, const char *key)
{
	const struct firma_msg_key_list ask = { firma_str_of(key),
		firma_str_of(""), 0 };
	struct firma_cause cause = { 0 };
	struct place where = { "" };
	enum firma_err r;

	r = app_call(app, FIRMA_MSG_key_list, &ask, -1, APP_SHORT, keep_place,
	    &where, &cause);
	if (r == FIRMA_OK && where.token[0] == '\0')
		r = FIRMA_ERR_NOT_FOUND;
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause, _("key %s"), key);
	return unlock_token(app, p, where.token, 0);
}
