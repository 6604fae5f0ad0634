/* SPDX-License-Identifier: Apache-2.0 */
/* The writing half of zip.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "agent/base/own.h"
#include "cli/zip.h"

#define AT_ONCE ((size_t)64 * 1024)

static void
writer_done(struct archive **at)
{
	(void)archive_write_free(*at);
	*at = NULL;
}

static void
entry_done(struct archive_entry **at)
{
	archive_entry_free(*at);
	*at = NULL;
}

static enum firma_err
bad(struct archive *a, struct firma_cause *cause)
{
	const char *why = archive_error_string(a);

	if (archive_errno(a) == ENOMEM)
		return FIRMA_ERR_NOMEM;
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_NONE, 0,
	    "the ZIP cannot be written: %s",
	    why != NULL ? why : "no reason given");
}

/* Where the octets go, and why they did not. */
struct going {
	zip_fn *fn;
	void *arg;
	enum firma_err r;
};

static la_ssize_t
take(struct archive *a, void *cls, const void *octets, size_t n)
{
	struct going *g = cls;

	if ((g->r = g->fn(g->arg, firma_bytes_of(octets, n))) == FIRMA_OK)
		return (la_ssize_t)n;
	archive_set_error(a, EIO, "the octets were not taken");
	return -1;
}

static enum firma_err
put_fd(struct archive *a, const struct zip_file *f, struct firma_cause *cause)
{
	FIRMA_OWN(firma_mem_done) uint8_t *piece = malloc(AT_ONCE);
	uint64_t at = 0;

	if (piece == NULL)
		return FIRMA_ERR_NOMEM;
	while (at < f->size) {
		const uint64_t rest = f->size - at;
		const ssize_t n = pread(f->fd, piece,
		    rest < AT_ONCE ? (size_t)rest : AT_ONCE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return firma_fail(cause, FIRMA_ERR_IO,
			    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%s",
			    f->name);
		if (archive_write_data(a, piece, (size_t)n) != n)
			return bad(a, cause);
		at += (uint64_t)n;
	}
	return FIRMA_OK;
}

static enum firma_err
put(struct archive *a, const struct zip_file *f, int64_t time,
    struct firma_cause *cause)
{
	FIRMA_OWN(entry_done)
	struct archive_entry *e = archive_entry_new2(a);

	if (e == NULL)
		return FIRMA_ERR_NOMEM;
	archive_entry_set_pathname(e, f->name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(
	    e, f->size != 0 ? (la_int64_t)f->size : (la_int64_t)f->content.len);
	archive_entry_set_mtime(e, (time_t)time, 0);
	if (archive_write_header(a, e) != ARCHIVE_OK)
		return bad(a, cause);
	if (f->size != 0)
		return put_fd(a, f, cause);
	if (archive_write_data(a, f->content.at, f->content.len) !=
	    (la_ssize_t)f->content.len)
		return bad(a, cause);
	return FIRMA_OK;
}

static enum firma_err
write_all(const struct zip_file *files, size_t n, int64_t time,
    struct going *to, struct firma_cause *cause)
{
	FIRMA_OWN(writer_done) struct archive *a = archive_write_new();
	enum firma_err r;

	if (a == NULL)
		return FIRMA_ERR_NOMEM;
	/* Deflate's octets depend on zlib's version; letters are small. */
	if (archive_write_set_format_zip(a) != ARCHIVE_OK ||
	    archive_write_zip_set_compression_store(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 0) != ARCHIVE_OK ||
	    archive_write_open(a, to, NULL, take, NULL) != ARCHIVE_OK)
		return bad(a, cause);
	for (size_t i = 0; i < n; i++)
		if ((r = put(a, &files[i], time, cause)) != FIRMA_OK)
			return r;
	return archive_write_close(a) == ARCHIVE_OK ? FIRMA_OK : bad(a, cause);
}

/* A ZIP has local times: these are UTC's, wherever it is written. */
static char *
zone_change(const char *to)
{
	const char *was = getenv("TZ");
	char *kept = was != NULL ? strdup(was) : NULL;

	if (to != NULL)
		(void)setenv("TZ", to, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	return kept;
}

enum firma_err
zip_write(const struct zip_file *files, size_t n, int64_t time, zip_fn *fn,
    void *arg, struct firma_cause *cause)
{
	struct going to = { fn, arg, FIRMA_OK };
	FIRMA_OWN(firma_mem_done) char *zone = zone_change("UTC0");
	const enum firma_err r = write_all(files, n, time, &to, cause);

	free(zone_change(zone));
	return to.r != FIRMA_OK ? to.r : r;
}

static enum firma_err
append(void *arg, struct firma_bytes octets)
{
	return firma_buf_put(arg, octets);
}

enum firma_err
zip_write_buf(const struct zip_file *files, size_t n, int64_t time,
    struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	enum firma_err r = zip_write(files, n, time, append, &whole, cause);

	if (r != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&whole));
}
