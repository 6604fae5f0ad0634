/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/zip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* ---- nothing but its files ---- */

#define END_LEN     22
#define CENTRAL_LEN 46
#define LOCAL_LEN   30
#define LOCATOR_LEN 20
#define RECORD_MAX  1024 /* octets of a file in the directory */
#define HAS_TRAILER 8    /* a flag: the sizes come after the octets */
#define DEFLATED    8

static uint32_t
le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	    (uint32_t)at[3] << 24;
}

static uint32_t
le16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static int
read_at(const struct zip_in *in, uint64_t at, void *ret, size_t n)
{
	if (in->memory.at == NULL)
		return pread(in->fd, ret, n, (off_t)at) == (ssize_t)n;
	if (at > in->memory.len || n > in->memory.len - at)
		return 0;
	memcpy(ret, in->memory.at + at, n);
	return 1;
}

/* Where the directory is: right before the end, and the end is the end. */
struct directory {
	uint64_t at;
	uint32_t len, n;
};

static int
read_end(const struct zip_in *in, struct directory *ret)
{
	uint8_t end[LOCATOR_LEN + END_LEN];
	const uint8_t *e = end + LOCATOR_LEN;
	uint64_t size = in->memory.len;
	struct stat st;

	if (in->memory.at == NULL) {
		if (fstat(in->fd, &st) != 0)
			return 0;
		size = (uint64_t)st.st_size;
	}
	if (size < sizeof(end) ||
	    !read_at(in, size - sizeof(end), end, sizeof(end)))
		return 0;
	ret->n = le16(e + 10);
	ret->len = le32(e + 12);
	ret->at = le32(e + 16);
	/* A second directory, of Zip64, would be believed before this one. */
	return memcmp(e, "PK\5\6", 4) == 0 && memcmp(end, "PK\6\7", 4) != 0 &&
	    le32(e + 4) == 0 && le16(e + 8) == ret->n && le16(e + 20) == 0 &&
	    ret->at + ret->len == size - END_LEN;
}

/* The trailer repeats CRC and sizes, with a signature or without: its length. */
static uint64_t
trailer(const struct zip_in *in, uint64_t at, const uint8_t *central)
{
	uint8_t t[16];

	if (read_at(in, at, t, 16) && memcmp(t, "PK\7\10", 4) == 0 &&
	    memcmp(t + 4, central + 16, 12) == 0)
		return 16;
	return read_at(in, at, t, 12) && memcmp(t, central + 16, 12) == 0 ? 12
									  : 0;
}

/* A file's octets begin at *at, with what the directory says; *at: where they end. */
static int
skip_local(const struct zip_in *in, const uint8_t *central, uint64_t *at)
{
	const uint32_t n_name = le16(central + 28);
	uint8_t local[LOCAL_LEN], name[ZIP_NAME_MAX];
	uint64_t n_trailer;

	if (le32(central + 42) != *at || n_name > sizeof(name) ||
	    !read_at(in, *at, local, sizeof(local)) ||
	    memcmp(local, "PK\3\4", 4) != 0 ||
	    memcmp(local + 6, central + 8, 4) != 0 ||
	    le16(local + 26) != n_name ||
	    !read_at(in, *at + LOCAL_LEN, name, n_name) ||
	    memcmp(name, central + CENTRAL_LEN, n_name) != 0)
		return 0;
	*at += LOCAL_LEN + n_name + le16(local + 28) + le32(central + 20);
	if ((le16(central + 8) & HAS_TRAILER) == 0)
		return memcmp(local + 14, central + 16, 12) == 0;
	n_trailer = trailer(in, *at, central);
	*at += n_trailer;
	return n_trailer != 0;
}

/* One that is streamed is not limited otherwise: a bomb is not unpacked at all. */
static int
is_bomb(const uint8_t *central, const struct zip_limits *limits)
{
	const uint32_t n_name = le16(central + 28);

	return limits->streamed != NULL && strlen(limits->streamed) == n_name &&
	    memcmp(central + CENTRAL_LEN, limits->streamed, n_name) == 0 &&
	    le32(central + 24) / ZIP_RATIO_MAX > le32(central + 20);
}

/*
 * The files that the directory names, in its order, and the directory are all that
 * is in it: another program may read a ZIP from its beginning, and would find what
 * is hidden before, between or behind them.
 */
static enum firma_err
check_whole(const struct zip_in *in, const struct zip_limits *limits,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_mem_done) uint8_t *all = NULL;
	struct directory d = { 0 };
	uint64_t at = 0;
	size_t next = 0;
	int is_so = read_end(in, &d) && d.len <= RECORD_MAX * (d.n + 1);

	if (is_so && d.n > limits->entries)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "more than %zu files in the ZIP", limits->entries);
	if (is_so && (all = malloc((size_t)d.len + 1)) == NULL)
		return FIRMA_ERR_NOMEM;
	is_so = is_so && read_at(in, d.at, all, d.len);
	for (uint32_t i = 0; is_so && i < d.n; i++) {
		const uint8_t *c = all + next;
		const size_t rest = d.len - next;

		is_so = rest >= CENTRAL_LEN && memcmp(c, "PK\1\2", 4) == 0 &&
		    CENTRAL_LEN + le16(c + 28) + le16(c + 30) <= rest &&
		    le16(c + 32) == 0 &&
		    (le16(c + 10) == 0 || le16(c + 10) == DEFLATED) &&
		    skip_local(in, c, &at);
		if (is_so && is_bomb(c, limits))
			return too_much(cause, limits->streamed);
		if (is_so)
			next += CENTRAL_LEN + le16(c + 28) + le16(c + 30);
	}
	if (is_so && next == d.len && at == d.at)
		return FIRMA_OK;
	return firma_fail(cause, FIRMA_ERR_SHAPE, FIRMA_CAUSE_NONE, 0,
	    "the ZIP is more or less than the files that its directory names");
}

enum firma_err
zip_read_strict(const struct zip_in *in, const struct zip_limits *limits,
    struct zip *ret, struct firma_cause *cause)
{
	const enum firma_err r = check_whole(in, limits, cause);

	return r != FIRMA_OK ? r : read_zip(in, limits, ret, cause);
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
