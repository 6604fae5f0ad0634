/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip.h - the files in a ZIP, read from memory and written to it.
 *
 * Nothing is ever written or extracted, and no name of an entry is used as a
 * path.  Source: PKWARE's APPNOTE; libarchive reads by the central directory.
 */
#ifndef FIRMA_CLI_ZIP_H
#define FIRMA_CLI_ZIP_H

#include <stdint.h>

#include "agent/base/buf.h"

#define ZIP_MAX         ((size_t)4 * 1024 * 1024) /* octets of the archive */
#define ZIP_ENTRIES_MAX 64                        /* folders included */
#define ZIP_ENTRY_MAX   ((size_t)16 * 1024) /* octets of one that is read */
#define ZIP_NAME_MAX    256 /* octets, with the terminating zero */
/* What an entry of text may become, of what it is compressed: ten is much. */
#define ZIP_RATIO_MAX 64

struct zip_entry {
	/* UTF-8 that may be shown; what may not is "?" */
	char name[ZIP_NAME_MAX];
	struct firma_buf content;
	/* over ZIP_ENTRY_MAX, under a password, or of a kind that is not read:
	 * content is then empty */
	int is_left_out;
};

/* Where the archive is: in memory, or when that is NULL in a regular file. */
struct zip_in {
	struct firma_bytes memory;
	int fd;
};

struct zip {
	struct zip_entry *at; /* files, in the archive's order; no folders */
	size_t n;
};
void zip_done(struct zip *z);

/*
 * ret is whole or untouched.
 *
 * FIRMA_ERR_SHAPE  not a ZIP, cut off, or an entry's octets do not fit its CRC
 * FIRMA_ERR_LIMIT  over ZIP_MAX or ZIP_ENTRIES_MAX
 */
FIRMA_CHECKED enum firma_err zip_read(
    struct firma_bytes file, struct zip *ret, struct firma_cause *cause);

/* What one that is ours may have; more, or another name, refuses it whole. */
struct zip_limits {
	size_t archive; /* octets of the archive */
	size_t entries; /* folders included; at most ZIP_ENTRIES_MAX */
	size_t entry;   /* octets of one */
	size_t all;     /* octets of them all */
	/* One that is named, and left out: too large for memory, see
	 * zip_stream().  NULL: none. */
	const char *streamed;
};

/*
 * The same, strictly: all files are regular, not under a password, within the
 * limits, named once, by relative names of plain parts ("a/b.c", A-Z a-z 0-9 . _
 * - alone, no part that begins with a dot).  It is those files and their directory,
 * stored or deflated, and nothing before, between or behind them; what is streamed
 * is not over ZIP_RATIO_MAX times what is there of it.
 *
 * FIRMA_ERR_VALUE  a name, or a kind of entry, that is none of ours
 * FIRMA_ERR_LIMIT, FIRMA_ERR_SHAPE
 */
FIRMA_CHECKED enum firma_err zip_read_strict(const struct zip_in *in,
    const struct zip_limits *limits, struct zip *ret,
    struct firma_cause *cause);

/* Octets in order; a result other than FIRMA_OK stops. */
typedef enum firma_err zip_fn(void *arg, struct firma_bytes octets);

/*
 * The content of the first file of that name, in pieces, in constant memory.
 * The CRC is compared at its end.  As zip_read_strict(), and FIRMA_ERR_NOT_FOUND.
 */
FIRMA_CHECKED enum firma_err zip_stream(const struct zip_in *in,
    const char *name, zip_fn *fn, void *arg, struct firma_cause *cause);

/* A file to be written; a view, or when that is NULL the first octets of fd. */
struct zip_file {
	const char *name;
	struct firma_bytes content;
	int fd;
	uint64_t size; /* of what is in fd */
};

/*
 * Write them in their order, mode 0644, none compressed, all of one time (seconds
 * since 1970): the same files give the same octets on any machine.
 */
FIRMA_CHECKED enum firma_err zip_write(const struct zip_file *files, size_t n,
    int64_t time, zip_fn *fn, void *arg, struct firma_cause *cause);

/* The same into memory.  Appends. */
FIRMA_CHECKED enum firma_err zip_write_buf(const struct zip_file *files,
    size_t n, int64_t time, struct firma_buf *ret, struct firma_cause *cause);

#endif
