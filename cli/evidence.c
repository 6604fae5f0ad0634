/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "agent/base/own.h"
#include "agent/pki/kind.h"
#include "cli/zip.h"

const struct evidence_piece evidence_pieces[] = {
	{ "old", "old.pem", NULL, 1, 0 },
	{ "new", "new.pem", NULL, 1, 0 },
	{ "request", "request.csr", NULL, 0, 0 },
	/* the request as the tax authority takes it; `firma verify` explains it */
	{ "renewal", "renewal.ren", NULL, 0, 0 },
	/* who signed it, where that is a company's representative */
	{ "signer", "signer.pem", NULL, 1, 0 },
	{ "terms", "letters/terms.pdf", NULL, 0, 0 },
	{ "terms.old", "letters/terms.old.p7s", "letters/terms.pdf", 0, 0 },
	{ "terms.old.consent", "letters/terms.old.consent.json", NULL, 0, 0 },
	{ "terms.new", "letters/terms.new.p7s", "letters/terms.pdf", 0, 1 },
	{ "terms.new.consent", "letters/terms.new.consent.json", NULL, 0, 0 },
	{ "conditions", "letters/conditions.pdf", NULL, 0, 0 },
	{ "conditions.new", "letters/conditions.new.p7s",
	    "letters/conditions.pdf", 0, 1 },
	{ "conditions.new.consent", "letters/conditions.new.consent.json", NULL,
	    0, 0 },
	{ "challenge", "challenge.txt", NULL, 0, 0 },
	{ "login", "login.p7m", "challenge.txt", 0, 1 },
};
const size_t evidence_n_pieces =
    sizeof(evidence_pieces) / sizeof(evidence_pieces[0]);

#define TAIL ((size_t)64 * 1024) /* of a ZIP: its directory is in it */
#define ARCHIVE_MAX                                       \
	((size_t)EVIDENCE_LEDGER_MAX + EVIDENCE_ALL_MAX + \
	    (size_t)EVIDENCE_FILES_MAX * 1024)

static const struct zip_limits limits = {
	.archive = ARCHIVE_MAX,
	.entries = EVIDENCE_FILES_MAX,
	.entry = EVIDENCE_FILE_MAX,
	.all = EVIDENCE_ALL_MAX,
	.streamed = EVIDENCE_LEDGER,
};

void
evidence_done(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		firma_buf_done(&e->at[i].content);
	e->n = 0;
	evidence_entries_done(&e->entries);
	if (e->has_spool)
		(void)close(e->spool);
	e->has_entries = e->has_spool = 0;
}

/* e->n when it is not there. */
static size_t
index_of(const struct evidence *e, const char *name)
{
	size_t i = 0;

	while (i < e->n && strcmp(e->at[i].name, name) != 0)
		i++;
	return i;
}

int
evidence_has(const struct evidence *e, const char *name)
{
	return index_of(e, name) < e->n;
}

struct firma_bytes
evidence_find(const struct evidence *e, const char *name)
{
	const size_t i = index_of(e, name);

	return i < e->n ? firma_buf_view(&e->at[i].content)
			: firma_bytes_of(NULL, 0);
}

/* Room for it among the others, which are in the order of their names. */
static struct evidence_file *
insert(struct evidence *e, const char *name)
{
	size_t at = 0;

	while (at < e->n && strcmp(e->at[at].name, name) < 0)
		at++;
	memmove(&e->at[at + 1], &e->at[at], (e->n - at) * sizeof(e->at[0]));
	e->at[at] = (struct evidence_file){ 0 };
	(void)snprintf(e->at[at].name, sizeof(e->at[at].name), "%s", name);
	e->n++;
	return &e->at[at];
}

enum firma_err
evidence_put(struct evidence *e, const char *name, struct firma_bytes content)
{
	const size_t at = index_of(e, name);
	struct evidence_file *f;
	size_t all = content.len;

	for (size_t i = 0; i < e->n; i++)
		all += e->at[i].content.len;
	if (content.len > EVIDENCE_FILE_MAX || all > EVIDENCE_ALL_MAX ||
	    strlen(name) >= EVIDENCE_NAME_MAX || at == EVIDENCE_FILES_MAX)
		return FIRMA_ERR_LIMIT;
	f = at < e->n ? &e->at[at] : insert(e, name);
	f->content.len = 0;
	return firma_buf_put(&f->content, content);
}

enum firma_err
evidence_put_entries(struct evidence *e, int spool)
{
	enum firma_err r;

	e->has_spool = spool >= 0;
	e->spool = spool;
	if ((r = evidence_entries_end(&e->entries)) != FIRMA_OK ||
	    (r = evidence_put(e, EVIDENCE_LEDGER, firma_bytes_of(NULL, 0))) !=
		FIRMA_OK)
		return r;
	e->has_entries = 1;
	return FIRMA_OK;
}

enum firma_err
evidence_entries_of(const struct evidence *e, struct evidence_entries *room,
    const struct evidence_entries **ret)
{
	json_t *renewal;
	enum firma_err r;

	*ret = &e->entries;
	if (e->has_entries)
		return FIRMA_OK;
	renewal = evidence_renewal(e);
	r = evidence_entries_begin(room, renewal);
	json_decref(renewal);
	*ret = room;
	if (r != FIRMA_OK ||
	    (r = evidence_entries_feed(
		 room, evidence_find(e, EVIDENCE_LEDGER))) != FIRMA_OK)
		return r;
	return evidence_entries_end(room);
}

enum firma_err
evidence_hash(const struct evidence *e, const struct evidence_file *f,
    uint8_t ret[FIRMA_LEDGER_HASH])
{
	if (e->has_entries && strcmp(f->name, EVIDENCE_LEDGER) == 0)
		memcpy(ret, e->entries.sha256, FIRMA_LEDGER_HASH);
	else if (SHA256(f->content.at, f->content.len, ret) == NULL)
		return FIRMA_ERR_INTERNAL;
	return FIRMA_OK;
}

enum firma_err
evidence_sums(const struct evidence *e, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	enum firma_err r;

	for (size_t i = 0; i < e->n; i++) {
		const struct evidence_file *f = &e->at[i];
		char line[2 * SHA256_DIGEST_LENGTH + EVIDENCE_NAME_MAX + 4];
		char hex[2 * SHA256_DIGEST_LENGTH + 1];
		uint8_t hash[SHA256_DIGEST_LENGTH];

		if (strcmp(f->name, EVIDENCE_SUMS) == 0 ||
		    strcmp(f->name, EVIDENCE_STAMP) == 0 ||
		    strcmp(f->name, EVIDENCE_SEAL) == 0)
			continue;
		if ((r = evidence_hash(e, f, hash)) != FIRMA_OK)
			return r;
		firma_hex(firma_bytes_of(hash, sizeof(hash)), hex);
		/* Two blanks: coreutils' text mode. */
		(void)snprintf(line, sizeof(line), "%s  %s\n", hex, f->name);
		if ((r = firma_buf_put_str(&text, line)) != FIRMA_OK)
			return r;
	}
	return firma_buf_put(ret, firma_buf_view(&text));
}

json_t *
evidence_renewal(const struct evidence *e)
{
	const struct firma_bytes v = evidence_find(e, EVIDENCE_RENEWAL);
	json_t *j = v.len == 0 ? NULL
			       : json_loadb((const char *)v.at, v.len,
				     JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

const char *
evidence_text(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

/* Seconds since 1970 of the renewal's last change; 0 when it is not told. */
static int64_t
changed(const struct evidence *e)
{
	json_t *j = evidence_renewal(e);
	const json_int_t n =
	    json_integer_value(json_object_get(j, "changed_seconds"));

	json_decref(j);
	return n > 0 ? (int64_t)n : 0;
}

enum firma_err
evidence_pack(const struct evidence *e, evidence_fn *fn, void *arg,
    struct firma_cause *cause)
{
	struct zip_file files[EVIDENCE_FILES_MAX] = { { 0 } };

	for (size_t i = 0; i < e->n; i++) {
		files[i].name = e->at[i].name;
		files[i].content = firma_buf_view(&e->at[i].content);
		if (e->has_spool &&
		    strcmp(files[i].name, EVIDENCE_LEDGER) == 0) {
			files[i].fd = e->spool;
			files[i].size = e->entries.size;
		}
	}
	return zip_write(files, e->n, changed(e), fn, arg, cause);
}

static enum firma_err
append(void *arg, struct firma_bytes octets)
{
	return firma_buf_put(arg, octets);
}

enum firma_err
evidence_pack_buf(
    const struct evidence *e, struct firma_buf *ret, struct firma_cause *cause)
{
	return evidence_pack(e, append, ret, cause);
}

static enum firma_err
feed(void *arg, struct firma_bytes octets)
{
	return evidence_entries_feed(arg, octets);
}

/* After all others: which entries are this renewal's is in renewal.json. */
FIRMA_CHECKED static enum firma_err
unpack_ledger(
    const struct zip_in *in, struct evidence *ret, struct firma_cause *cause)
{
	json_t *renewal = evidence_renewal(ret);
	enum firma_err r = evidence_entries_begin(&ret->entries, renewal);

	json_decref(renewal);
	if (r == FIRMA_OK)
		r = zip_stream(in, EVIDENCE_LEDGER, feed, &ret->entries, cause);
	if (r == FIRMA_OK)
		r = evidence_put_entries(ret, -1);
	if (r == FIRMA_ERR_SHAPE && cause != NULL && cause->what[0] == '\0')
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "a line of " EVIDENCE_LEDGER " is no entry");
	return r;
}

static enum firma_err
unpack(const struct zip_in *in, struct evidence *ret, struct firma_cause *cause)
{
	FIRMA_OWN(zip_done) struct zip z = { 0 };
	int has_ledger = 0;
	enum firma_err r;

	if ((r = zip_read_strict(in, &limits, &z, cause)) != FIRMA_OK)
		return r;
	evidence_done(ret);
	for (size_t i = 0; i < z.n; i++) {
		if (z.at[i].is_left_out) {
			has_ledger = 1;
			continue;
		}
		r = evidence_put(
		    ret, z.at[i].name, firma_buf_view(&z.at[i].content));
		if (r == FIRMA_ERR_LIMIT)
			r = firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
			    "%.100s in the ZIP is too large", z.at[i].name);
		if (r != FIRMA_OK)
			return r;
	}
	return has_ledger ? unpack_ledger(in, ret, cause) : FIRMA_OK;
}

enum firma_err
evidence_unpack(
    struct firma_bytes file, struct evidence *ret, struct firma_cause *cause)
{
	const struct zip_in in = { .memory = file, .fd = -1 };

	return unpack(&in, ret, cause);
}

enum firma_err
evidence_unpack_fd(int fd, struct evidence *ret, struct firma_cause *cause)
{
	const struct zip_in in = { .fd = fd };
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size > (off_t)ARCHIVE_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "the ZIP is over %zu octets", ARCHIVE_MAX);
	return unpack(&in, ret, cause);
}

static int
has_names(struct firma_bytes in)
{
	static const char *const names[] = { EVIDENCE_RENEWAL, EVIDENCE_SUMS };
	int found = 1;

	for (size_t i = 0; i < 2; i++)
		found &=
		    memmem(in.at, in.len, names[i], strlen(names[i])) != NULL;
	return found;
}

int
evidence_is(struct firma_bytes file)
{
	/* A stored name is in the local header as it is; the rest is judged. */
	return firma_kind_of(file) == FIRMA_KIND_ZIP && has_names(file);
}

int
evidence_is_fd(int fd)
{
	FIRMA_OWN(firma_mem_done) uint8_t *tail = malloc(TAIL);
	uint8_t head[64];
	struct stat st;
	ssize_t n, n_head;

	if (tail == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	n_head = pread(fd, head, sizeof(head), 0);
	n = pread(fd, tail, TAIL,
	    st.st_size > (off_t)TAIL ? st.st_size - (off_t)TAIL : 0);
	return n_head > 0 && n > 0 &&
	    firma_kind_of(firma_bytes_of(head, (size_t)n_head)) ==
	    FIRMA_KIND_ZIP &&
	    has_names(firma_bytes_of(tail, (size_t)n));
}
