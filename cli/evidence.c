/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include <stdio.h>
#include <string.h>

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

static const struct zip_limits limits = {
	.archive = EVIDENCE_ALL_MAX + (size_t)EVIDENCE_FILES_MAX * 1024,
	.entries = EVIDENCE_FILES_MAX,
	.entry = EVIDENCE_FILE_MAX,
	.all = EVIDENCE_ALL_MAX,
};

void
evidence_done(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		firma_buf_done(&e->at[i].content);
	e->n = 0;
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
		    strcmp(f->name, EVIDENCE_STAMP) == 0)
			continue;
		if (SHA256(f->content.at, f->content.len, hash) == NULL)
			return FIRMA_ERR_INTERNAL;
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
evidence_pack(
    const struct evidence *e, struct firma_buf *ret, struct firma_cause *cause)
{
	struct zip_file files[EVIDENCE_FILES_MAX];

	for (size_t i = 0; i < e->n; i++)
		files[i] = (struct zip_file){ e->at[i].name,
			firma_buf_view(&e->at[i].content) };
	return zip_write(files, e->n, changed(e), ret, cause);
}

enum firma_err
evidence_unpack(
    struct firma_bytes file, struct evidence *ret, struct firma_cause *cause)
{
	FIRMA_OWN(zip_done) struct zip z = { 0 };
	enum firma_err r;

	if ((r = zip_read_strict(file, &limits, &z, cause)) != FIRMA_OK)
		return r;
	evidence_done(ret);
	for (size_t i = 0; i < z.n; i++) {
		r = evidence_put(
		    ret, z.at[i].name, firma_buf_view(&z.at[i].content));
		if (r == FIRMA_ERR_LIMIT)
			r = firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
			    "%.100s in the ZIP is too large", z.at[i].name);
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

int
evidence_is(struct firma_bytes file)
{
	static const char *const names[] = { EVIDENCE_RENEWAL, EVIDENCE_SUMS };
	int found = 1;

	if (firma_kind_of(file) != FIRMA_KIND_ZIP)
		return 0;
	/* A stored name is in the local header as it is; the rest is judged. */
	for (size_t i = 0; i < 2; i++)
		found &= memmem(file.at, file.len, names[i],
			     strlen(names[i])) != NULL;
	return found;
}
