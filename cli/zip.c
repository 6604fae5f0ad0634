/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/zip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"

#define AT_ONCE ((size_t)64 * 1024)

static void
archive_done(struct archive **at)
{
	(void)archive_read_free(*at);
	*at = NULL;
}

static void
entry_done(struct archive_entry **at)
{
	archive_entry_free(*at);
	*at = NULL;
}

void
zip_done(struct zip *z)
{
	for (size_t i = 0; i < z->n; i++)
		firma_buf_done(&z->at[i].content);
	free(z->at);
	*z = (struct zip){ 0 };
}

static enum firma_err
bad(struct archive *a, struct firma_cause *cause)
{
	const char *why = archive_error_string(a);

	if (archive_errno(a) == ENOMEM)
		return FIRMA_ERR_NOMEM;
	return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
	    "the ZIP cannot be read: %s",
	    why != NULL ? why : "no reason given");
}

/* Text of any encoding. */
static void
copy_name(struct archive_entry *e, char ret[ZIP_NAME_MAX])
{
	const char *name = archive_entry_pathname_utf8(e);
	struct firma_bytes in;

	if (name == NULL)
		name = archive_entry_pathname(e);
	in = firma_bytes_of(name, name != NULL ? strlen(name) : 0);
	firma_text_show(in, ret, ZIP_NAME_MAX);
}

static enum firma_err
too_much(struct firma_cause *cause, const char *name)
{
	return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
	    "%.100s in the ZIP is too large", name);
}

/* All of it, to its end, where libarchive compares the CRC. */
static enum firma_err
copy_content(struct archive *a, size_t max, struct zip_entry *to,
    struct firma_cause *cause)
{
	la_ssize_t n = 1;
	enum firma_err r;

	while (n > 0 && to->content.len <= max) {
		if ((r = firma_buf_reserve(&to->content, AT_ONCE)) != FIRMA_OK)
			return r;
		n = archive_read_data(
		    a, to->content.at + to->content.len, AT_ONCE);
		if (n > 0)
			to->content.len += (size_t)n;
	}
	if (n < 0)
		return bad(a, cause);
	if (to->content.len > max) {
		to->is_left_out = 1;
		firma_buf_done(&to->content);
	}
	return FIRMA_OK;
}

/* A name of parts of A-Z a-z 0-9 . _ -, none of which begins with a dot. */
static int
is_plain(const char *name)
{
	int is_start = 1;

	for (; *name != '\0'; name++) {
		const char c = *name;

		if (c == '/' ? is_start
			     : (c == '.' && is_start) ||
			    !((c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '.' ||
				c == '_' || c == '-'))
			return 0;
		is_start = c == '/';
	}
	return !is_start;
}

static enum firma_err
check_entry(const struct zip *z, struct archive_entry *e,
    const struct zip_limits *limits, struct firma_cause *cause)
{
	const struct zip_entry *new = &z->at[z->n];

	if (archive_entry_filetype(e) != AE_IFREG ||
	    archive_entry_is_encrypted(e) || !is_plain(new->name))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "\"%.100s\" does not belong into the ZIP", new->name);
	for (size_t i = 0; i < z->n; i++)
		if (strcmp(z->at[i].name, new->name) == 0)
			return firma_fail(cause, FIRMA_ERR_VALUE,
			    FIRMA_CAUSE_NONE, 0, "%.100s is twice in the ZIP",
			    new->name);
	if (archive_entry_size_is_set(e) &&
	    archive_entry_size(e) > (la_int64_t)limits->entry &&
	    (limits->streamed == NULL ||
		strcmp(new->name, limits->streamed) != 0))
		return too_much(cause, new->name);
	return FIRMA_OK;
}

/* limits: NULL takes what it finds, and leaves out what it does not read. */
static enum firma_err
add(struct zip *z, struct archive *a, struct archive_entry *e,
    const struct zip_limits *limits, struct firma_cause *cause)
{
	struct zip_entry *to = &z->at[z->n];
	size_t all = 0;
	enum firma_err r;

	if (archive_entry_filetype(e) == AE_IFDIR)
		return FIRMA_OK;
	copy_name(e, to->name);
	if (limits != NULL &&
	    (r = check_entry(z, e, limits, cause)) != FIRMA_OK)
		return r;
	z->n++;
	if (limits != NULL && limits->streamed != NULL &&
	    strcmp(to->name, limits->streamed) == 0) {
		to->is_left_out = 1;
		return FIRMA_OK;
	}
	if (limits == NULL &&
	    (archive_entry_filetype(e) != AE_IFREG ||
		archive_entry_is_encrypted(e) ||
		(archive_entry_size_is_set(e) &&
		    archive_entry_size(e) > (la_int64_t)ZIP_ENTRY_MAX))) {
		to->is_left_out = 1;
		return FIRMA_OK;
	}
	r = copy_content(
	    a, limits != NULL ? limits->entry : ZIP_ENTRY_MAX, to, cause);
	if (r != FIRMA_OK || limits == NULL)
		return r;
	for (size_t i = 0; i < z->n; i++)
		all += z->at[i].content.len;
	return to->is_left_out || all > limits->all ? too_much(cause, to->name)
						    : FIRMA_OK;
}

static enum firma_err
open_zip(struct archive *a, const struct zip_in *in, struct firma_cause *cause)
{
	/* One format and no filter: a compressed tar is no ZIP. */
	if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK)
		return bad(a, cause);
	if (in->memory.at == NULL && lseek(in->fd, 0, SEEK_SET) != 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "lseek");
	if ((in->memory.at != NULL
		    ? archive_read_open_memory(a, in->memory.at, in->memory.len)
		    : archive_read_open_fd(a, in->fd, AT_ONCE)) != ARCHIVE_OK)
		return bad(a, cause);
	return FIRMA_OK;
}

static enum firma_err
read_zip(const struct zip_in *in, const struct zip_limits *limits,
    struct zip *ret, struct firma_cause *cause)
{
	FIRMA_OWN(archive_done) struct archive *a = archive_read_new();
	FIRMA_OWN(entry_done)
	struct archive_entry *e = a != NULL ? archive_entry_new2(a) : NULL;
	FIRMA_OWN(zip_done) struct zip got = { 0 };
	const size_t most = limits != NULL ? limits->entries : ZIP_ENTRIES_MAX;
	enum firma_err r;
	int status;

	if (in->memory.len > (limits != NULL ? limits->archive : ZIP_MAX))
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a ZIP of %zu octets", in->memory.len);
	got.at = calloc(most, sizeof(*got.at));
	if (e == NULL || got.at == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = open_zip(a, in, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0;
	     (status = archive_read_next_header2(a, e)) != ARCHIVE_EOF; i++) {
		/* A warning is a name that this locale cannot write. */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return bad(a, cause);
		if (i == most)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0,
			    "more than %zu files in the ZIP", most);
		if ((r = add(&got, a, e, limits, cause)) != FIRMA_OK)
			return r;
	}
	zip_done(ret);
	*ret = got;
	got = (struct zip){ 0 };
	return FIRMA_OK;
}

enum firma_err
zip_read(struct firma_bytes file, struct zip *ret, struct firma_cause *cause)
{
	const struct zip_in in = { .memory = file, .fd = -1 };

	return read_zip(&in, NULL, ret, cause);
}

enum firma_err
zip_read_strict(const struct zip_in *in, const struct zip_limits *limits,
    struct zip *ret, struct firma_cause *cause)
{
	return read_zip(in, limits, ret, cause);
}

/* Go on to the file of that name. */
static enum firma_err
find(struct archive *a, struct archive_entry *e, const char *name,
    struct firma_cause *cause)
{
	char shown[ZIP_NAME_MAX];
	int status;

	for (size_t i = 0; i <= ZIP_ENTRIES_MAX; i++) {
		status = archive_read_next_header2(a, e);
		if (status == ARCHIVE_EOF)
			return FIRMA_ERR_NOT_FOUND;
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return bad(a, cause);
		copy_name(e, shown);
		if (archive_entry_filetype(e) == AE_IFREG &&
		    strcmp(shown, name) == 0)
			return FIRMA_OK;
	}
	return FIRMA_ERR_LIMIT;
}

enum firma_err
zip_stream(const struct zip_in *in, const char *name, zip_fn *fn, void *arg,
    struct firma_cause *cause)
{
	FIRMA_OWN(archive_done) struct archive *a = archive_read_new();
	FIRMA_OWN(entry_done)
	struct archive_entry *e = a != NULL ? archive_entry_new2(a) : NULL;
	FIRMA_OWN(firma_mem_done) uint8_t *piece = malloc(AT_ONCE);
	enum firma_err r;
	la_ssize_t n;

	if (e == NULL || piece == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = open_zip(a, in, cause)) != FIRMA_OK ||
	    (r = find(a, e, name, cause)) != FIRMA_OK)
		return r;
	while ((n = archive_read_data(a, piece, AT_ONCE)) > 0)
		if ((r = fn(arg, firma_bytes_of(piece, (size_t)n))) != FIRMA_OK)
			return r == FIRMA_ERR_LIMIT ? too_much(cause, name) : r;
	return n == 0 ? FIRMA_OK : bad(a, cause);
}
