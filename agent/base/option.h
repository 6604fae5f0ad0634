/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option.h - put options of an INI section into a struct, by a table.
 *
 * One table a kind of section says which options there are, what they may be
 * and where they go.  Unknown, ill-formed and missing options become problems
 * with their line.
 *
 * Does no I/O.  Any thread.
 */
#ifndef FIRMA_BASE_OPTION_H
#define FIRMA_BASE_OPTION_H

#include <stdbool.h>

#include "agent/base/ini.h"

enum firma_option_kind {
	FIRMA_OPTION_TEXT,   /* char[size], 1 .. size - 1 octets */
	FIRMA_OPTION_NAME,   /* char[size], see firma_name_fits() */
	FIRMA_OPTION_PATH,   /* char[size]; relative: to the file's folder */
	FIRMA_OPTION_URL,    /* char[size]; https://, or http:// */
	FIRMA_OPTION_NUMBER, /* unsigned int, min .. max */
	FIRMA_OPTION_WORD,   /* unsigned int: which of words */
	FIRMA_OPTION_OTHER   /* left to the caller; only counted as seen */
};

struct firma_option {
	const char *name;
	enum firma_option_kind kind;
	size_t offset, size; /* of the field */
	unsigned int min, max;
	const char *const *words; /* NULL-terminated */
	bool required;
};

#define FIRMA_OPTION_TABLE_MAX 32 /* options in a table */

/* The section that is being read.  Zero-initialise before the first. */
struct firma_section {
	const struct firma_option *table; /* NULL: its options are skipped */
	size_t n;
	void *at;           /* the struct */
	const char *folder; /* what relative paths are relative to */
	unsigned int line;  /* of the header */
	unsigned int seen;  /* bit i: table[i] */
};

/*
 * Returns true when the option is of kind OTHER and the caller has to read it.
 */
bool firma_section_option(struct firma_section *s,
    const struct firma_ini_line *line, struct firma_problems *problems);

/* The section ends: note what is missing. */
void firma_section_end(
    const struct firma_section *s, struct firma_problems *problems);

/* Was the option with this name given? */
bool firma_section_has(const struct firma_section *s, const char *name);

/* A decimal number without sign, min .. max. */
bool firma_number_of(const char *text, unsigned int min, unsigned int max,
    unsigned int *ret_number);

/*
 * Absolute path from folder and path.  False when it does not fit or has
 * a ".." component.
 */
bool firma_path_join(
    const char *folder, const char *path, char *ret_path, size_t size);

#endif
