/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/state.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "tests/rehearsal/file.h"
#include "tests/rehearsal/own_openssl.h"

#define STATE_FILE    "state.json"
#define STATE_MAX     ((size_t)32 * 1024 * 1024) /* octets */
#define STATE_VERSION 1

static enum firma_err
lock_folder(const char *dir, struct rehearsal_state *st)
{
	st->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir < 0)
		return errno == ENOENT ? FIRMA_ERR_NOT_FOUND : FIRMA_ERR_IO;
	st->lock = openat(st->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (st->lock < 0)
		return FIRMA_ERR_IO;
	while (flock(st->lock, LOCK_EX) != 0)
		if (errno != EINTR)
			return FIRMA_ERR_IO;
	return FIRMA_OK;
}

static enum firma_err
load(struct rehearsal_state *st)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	enum firma_err r;

	r = rehearsal_file_read(st->dir, STATE_FILE, STATE_MAX, &text);
	if (r != FIRMA_OK)
		return r;
	st->root = json_loadb(
	    (const char *)text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(st->root) ||
	    rehearsal_number(st->root, "version") != STATE_VERSION ||
	    !json_is_array(json_object_get(st->root, "companies")) ||
	    !json_is_array(json_object_get(st->root, "sessions")) ||
	    !json_is_array(json_object_get(st->root, "challenges")) ||
	    !json_is_object(json_object_get(st->root, "counters")))
		return FIRMA_ERR_SHAPE;
	return FIRMA_OK;
}

static json_t *
empty_state(void)
{
	uint32_t start = 0;

	/*
	 * Two portals must not give the same serial, even though their
	 * practice CAs have the same name: start somewhere random.
	 */
	if (RAND_bytes((unsigned char *)&start, sizeof(start)) != 1)
		return NULL;
	return json_pack("{s:i, s:{s:I, s:I}, s:[], s:[], s:[], s:{}}",
	    "version", STATE_VERSION, "counters", "serial",
	    (json_int_t)(start % 900000000), "folio", (json_int_t)1,
	    "companies", "sessions", "challenges", "behave");
}

enum firma_err
rehearsal_state_create(const char *dir, struct rehearsal_state *ret)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	enum firma_err r;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return FIRMA_ERR_IO;
	if ((r = lock_folder(dir, &st)) != FIRMA_OK)
		return r;
	if (faccessat(st.dir, STATE_FILE, F_OK, 0) == 0)
		return FIRMA_ERR_EXISTS;
	if ((st.root = empty_state()) == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = rehearsal_state_save(&st)) != FIRMA_OK)
		return r;
	*ret = st;
	st = (struct rehearsal_state)REHEARSAL_STATE_NONE;
	return FIRMA_OK;
}

enum firma_err
rehearsal_state_open(const char *dir, struct rehearsal_state *ret)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	enum firma_err r;

	if ((r = lock_folder(dir, &st)) != FIRMA_OK ||
	    (r = load(&st)) != FIRMA_OK)
		return r;
	*ret = st;
	st = (struct rehearsal_state)REHEARSAL_STATE_NONE;
	return FIRMA_OK;
}

enum firma_err
rehearsal_state_save(const struct rehearsal_state *st)
{
	FIRMA_OWN(firma_mem_done) char *text = NULL;

	if ((text = json_dumps(st->root, JSON_INDENT(1))) == NULL)
		return FIRMA_ERR_NOMEM;
	return rehearsal_file_write(
	    st->dir, STATE_FILE, 0600, firma_bytes_of(text, strlen(text)));
}

void
rehearsal_state_done(struct rehearsal_state *st)
{
	json_decref(st->root);
	st->root = NULL;
	firma_fd_done(&st->lock); /* and with it the lock */
	firma_fd_done(&st->dir);
}

long long
rehearsal_state_count(struct rehearsal_state *st, const char *name)
{
	json_t *counters = json_object_get(st->root, "counters");
	const long long now = rehearsal_number(counters, name);

	(void)json_object_set_new(counters, name, json_integer(now + 1));
	return now;
}

const char *
rehearsal_text(const json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	return s == NULL ? "" : s;
}

long long
rehearsal_number(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

enum firma_err
rehearsal_octets(const json_t *o, const char *member, struct firma_buf *ret)
{
	const char *s = json_string_value(json_object_get(o, member));

	if (s == NULL)
		return FIRMA_ERR_NOT_FOUND;
	return firma_unbase64(firma_bytes_of(s, strlen(s)), ret);
}

enum firma_err
rehearsal_set_octets(json_t *o, const char *member, struct firma_bytes v)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	enum firma_err r;

	if ((r = firma_base64(v, &text)) != FIRMA_OK)
		return r;
	return json_object_set_new(o, member,
		   json_stringn((const char *)text.at, text.len)) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

enum firma_err
rehearsal_set_text(json_t *o, const char *member, const char *value)
{
	/* json_string() refuses what is not UTF-8: a shape, not a shortage. */
	return json_object_set_new(o, member, json_string(value)) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_SHAPE;
}

enum firma_err
rehearsal_set_number(json_t *o, const char *member, long long value)
{
	return json_object_set_new(o, member, json_integer(value)) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_NOMEM;
}

enum firma_err
rehearsal_bump(json_t *o, const char *member)
{
	return rehearsal_set_number(o, member, rehearsal_number(o, member) + 1);
}

enum firma_err
rehearsal_sha256(struct firma_bytes v, char ret[REHEARSAL_SHA256_HEX])
{
	uint8_t digest[32];

	if (EVP_Digest(v.at, v.len, digest, NULL, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	firma_hex(firma_bytes_of(digest, sizeof(digest)), ret);
	return FIRMA_OK;
}
