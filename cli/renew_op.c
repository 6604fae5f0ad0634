/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_op.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/own_openssl.h"
#include "cli/renew_letters.h"
#include "cli/renewals.h"

static size_t
keep_hash(uint8_t to[32], struct firma_bytes v)
{
	if (v.len != 32)
		return 0;
	memcpy(to, v.at, 32);
	return 32;
}

static enum firma_err
keep_todo(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_renew_todo *m = msg;
	struct todo *t = arg;

	(void)fd;
	if (type != FIRMA_MSG_renew_todo)
		return FIRMA_OK;
	t->step_index = m->step_index;
	t->user_step = m->user_step;
	t->n_user_steps = m->n_user_steps;
	t->action = m->action;
	t->token_state = m->token_state;
	t->not_earlier = m->not_earlier;
	t->sends_sha256_len = keep_hash(t->sends_sha256, m->sends_sha256);
	t->letter_sha256_len = keep_hash(t->letter_sha256, m->letter_sha256);
#define KEEP(field) firma_str_copy(m->field, t->field, sizeof(t->field))
	KEEP(step);
	KEEP(title_en);
	KEEP(title_es);
	KEEP(op);
	KEEP(letter);
	KEEP(role);
	KEEP(sends);
	KEEP(sends_file);
	KEEP(saves);
	KEEP(key);
	KEEP(token);
	KEEP(helper);
	KEEP(portal);
	KEEP(session);
	KEEP(endpoints);
	KEEP(why);
	KEEP(fields);
#undef KEEP
	return FIRMA_OK;
}

enum firma_err
renew_next(struct app *app, uint64_t renewal, struct todo *ret,
    struct firma_cause *cause)
{
	const struct firma_msg_renew_next ask = { renewal, 0 };

	memset(ret, 0, sizeof(*ret));
	return app_call(app, FIRMA_MSG_renew_next, &ask, -1, APP_SHORT,
	    keep_todo, ret, cause);
}

static int
is(const struct todo *t, const char *op)
{
	return strcmp(t->op, op) == 0;
}

/* Which document an operation is about when the agent does not name it. */
static const char *
document(const struct todo *t, char room[64])
{
	if (t->sends[0] != '\0')
		return t->sends;
	if (is(t, "submit-letter") || is(t, "find-letter")) {
		(void)snprintf(room, 64, "%s.%s", t->letter, t->role);
		return room;
	}
	return "request";
}

/* Its SHA-256 in hex: the agent's word, else of the document itself. */
static enum firma_err
document_hash(struct app *app, uint64_t renewal, const struct todo *t,
    char ret[65], struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	uint8_t hash[32];
	char room[64];
	enum firma_err r;

	if (t->sends_sha256_len == 32) {
		firma_hex(firma_bytes_of(t->sends_sha256, 32), ret);
		return FIRMA_OK;
	}
	r = renewals_document(app, renewal, document(t, room), &v, cause);
	if (r != FIRMA_OK)
		return r;
	if (EVP_Digest(v.at, v.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	firma_hex(firma_bytes_of(hash, sizeof(hash)), ret);
	return FIRMA_OK;
}

/* The arguments that have to do with a document. */
static enum firma_err
add_document(struct app *app, uint64_t renewal, const struct todo *t,
    struct portal_helper *h, json_t *ask, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	const int about_letter = is(t, "submit-letter") || is(t, "find-letter");
	const int about_request = is(t, "submit-request") ||
	    is(t, "find-request") || is(t, "certificate");
	const int sends =
	    is(t, "enter") || is(t, "submit-letter") || is(t, "submit-request");
	char hex[65], room[64];
	const char *name = document(t, room);
	enum firma_err r;

	if (about_letter || about_request) {
		r = document_hash(app, renewal, t, hex, cause);
		if (r != FIRMA_OK)
			return r;
		(void)json_object_set_new(ask,
		    about_letter ? "signature_sha256" : "request_sha256",
		    json_string(hex));
	}
	if (!sends)
		return FIRMA_OK;
	if ((r = renewals_document(app, renewal, name, &v, cause)) != FIRMA_OK)
		return r;
	if (t->sends_file[0] != '\0')
		name = t->sends_file;
	if ((r = portal_put(h, name, firma_buf_view(&v), cause)) != FIRMA_OK)
		return r;
	(void)json_object_set_new(ask, "file", json_string(name));
	return FIRMA_OK;
}

static enum firma_err
add_email(
    struct app *app, uint64_t renewal, json_t *ask, struct firma_cause *cause)
{
	FIRMA_OWN(renewals_done) struct renewals list = { 0 };
	const enum firma_err r = renewals_list(app, renewal, &list, cause);

	if (r == FIRMA_OK && list.n > 0)
		(void)json_object_set_new(
		    ask, "email", json_string(list.at[0].email));
	return r;
}

/* Everything that the operation takes (cli/portal/PROTOCOL.md). */
static enum firma_err
arguments(struct app *app, uint64_t renewal, const struct todo *t,
    struct portal_helper *h, const char *link, json_t *ask,
    struct firma_cause *cause)
{
	char name[80];

	if (is(t, "letter") || is(t, "submit-letter") || is(t, "find-letter"))
		(void)json_object_set_new(
		    ask, "letter", json_string(t->letter));
	if (is(t, "submit-letter") || is(t, "find-letter"))
		(void)json_object_set_new(ask, "role", json_string(t->role));
	if (is(t, "mail") && link != NULL)
		(void)json_object_set_new(ask, "link", json_string(link));
	if (is(t, "enter")) {
		/* The portal wants the names of files that do not exist. */
		(void)snprintf(name, sizeof(name), "%s.cer",
		    t->key[0] != '\0' ? t->key : "firma");
		(void)json_object_set_new(
		    ask, "certificate_name", json_string(name));
		(void)snprintf(name, sizeof(name), "%s.key",
		    t->key[0] != '\0' ? t->key : "firma");
		(void)json_object_set_new(ask, "key_name", json_string(name));
	}
	if (is(t, "confirm")) {
		const enum firma_err r = add_email(app, renewal, ask, cause);

		if (r != FIRMA_OK)
			return r;
	}
	return add_document(app, renewal, t, h, ask, cause);
}

enum firma_err
renew_op(struct app *app, uint64_t renewal, const struct todo *t,
    struct portal_helper *h, const char *link, const char *folder,
    struct portal_reply *ret, struct firma_cause *cause)
{
	char kept[FILE_PATH_MAX];
	struct portal_open o = { t->helper, t->portal, t->endpoints, t->session,
		firma_lang_code(), NULL };
	json_t *ask;
	enum firma_err r;

	/* A person hands files in today and comes back tomorrow. */
	if (strcmp(t->helper, "manual") == 0) {
		if ((r = file_join(folder, "files", kept)) != FIRMA_OK)
			return r;
		o.folder = kept;
	}

	if ((r = portal_start(h, &o, cause)) != FIRMA_OK)
		return r;
	if ((ask = json_pack("{ss}", "op", t->op)) == NULL)
		return FIRMA_ERR_NOMEM;
	r = arguments(app, renewal, t, h, link, ask, cause);
	if (r != FIRMA_OK) {
		json_decref(ask);
		return r;
	}
	return portal_ask(h, ask, ret, cause);
}

enum firma_err
renew_result(struct app *app, uint64_t renewal, const struct todo *t,
    const struct portal_reply *reply, const char *folder,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const struct firma_msg_renew_result tell = { renewal,
		firma_str_of(t->step), firma_str_of(t->op), reply->outcome,
		firma_str_of(reply->text),
		/* A helper that died has not ended the session. */
		firma_str_of(
		    reply->session[0] != '\0' ? reply->session : t->session),
		firma_str_of(reply->fields), reply->retry_after, 0 };
	enum firma_err r;

	if (reply->has_file) {
		r = firma_memfd_from_bytes(
		    firma_buf_view(&reply->file), &fd, cause);
		if (r != FIRMA_OK)
			return r;
	}
	r = app_call(app, FIRMA_MSG_renew_result, &tell, fd, APP_SHORT, NULL,
	    NULL, cause);
	/* Kept only once the agent has it: the file is then the agent's. */
	if (r == FIRMA_OK && reply->has_file && is(t, "letter") &&
	    t->saves[0] != '\0' && reply->outcome == FIRMA_OUTCOME_OK)
		r = letters_keep(
		    folder, t->letter, firma_buf_view(&reply->file), cause);
	return r;
}
