/* SPDX-License-Identifier: Apache-2.0 */
/* The writing half of zip.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "agent/base/own.h"
#include "cli/zip.h"

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

static la_ssize_t
take(struct archive *a, void *cls, const void *octets, size_t n)
{
	if (firma_buf_put(cls, firma_bytes_of(octets, n)) == FIRMA_OK)
		return (la_ssize_t)n;
	archive_set_error(a, ENOMEM, "no memory");
	return -1;
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
	archive_entry_set_size(e, (la_int64_t)f->content.len);
	archive_entry_set_mtime(e, (time_t)time, 0);
	if (archive_write_header(a, e) != ARCHIVE_OK ||
	    archive_write_data(a, f->content.at, f->content.len) !=
		(la_ssize_t)f->content.len)
		return bad(a, cause);
	return FIRMA_OK;
}

static enum firma_err
write_all(const struct zip_file *files, size_t n, int64_t time,
    struct firma_buf *to, struct firma_cause *cause)
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
zip_write(const struct zip_file *files, size_t n, int64_t time,
    struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_mem_done) char *zone = zone_change("UTC0");
	enum firma_err r = write_all(files, n, time, &whole, cause);

	free(zone_change(zone));
	if (r != FIRMA_OK)
		return r;
	return firma_buf_put(ret, firma_buf_view(&whole));
}
