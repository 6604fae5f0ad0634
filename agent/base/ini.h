/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini.h - read an INI text and collect every mistake with its line.
 *
 *   # comment, ; comment          (whole lines only)
 *   [section]  [kind name]
 *   option = value                (blanks around both are dropped)
 *
 * UTF-8, lines end with LF or CRLF, a byte order mark at the start is skipped.
 * No quotes, no continuation lines, no comment behind a value: what stands
 * behind the first "=" is the value.  A section or an option that stands twice
 * is a mistake.
 *
 * Own code and not libinih: as Debian builds that library, it cuts lines at
 * 199 octets and section names at 49, silently, and neither can be changed at
 * run time; "[key ALIAS]" with an alias of 64 would become another key.
 *
 * Does no I/O.  Any thread.
 */
#ifndef FIRMA_BASE_INI_H
#define FIRMA_BASE_INI_H

#include "agent/base/buf.h"
#include "agent/base/err.h"

#define FIRMA_INI_SIZE     ((size_t)256 * 1024) /* octets of a whole text */
#define FIRMA_INI_LINE     2000                 /* octets of a line */
#define FIRMA_INI_SECTION  127 /* octets between the brackets */
#define FIRMA_INI_NAME     64  /* octets of an option's name */
#define FIRMA_INI_SECTIONS 2048
#define FIRMA_INI_OPTIONS  256 /* in one section */

#define FIRMA_PROBLEMS_MAX 64  /* kept; n_found counts all */
#define FIRMA_PROBLEM_TEXT 256 /* octets, with the terminating zero */

struct firma_problem {
	unsigned int line; /* 0: the file as a whole */
	char text[FIRMA_PROBLEM_TEXT];
};

/* Zero-initialise before use. */
struct firma_problems {
	size_t n; /* in items */
	size_t n_found;
	struct firma_problem items[FIRMA_PROBLEMS_MAX];
};

/* Note a mistake; text is made printable (no control characters). */
void firma_problem_add(struct firma_problems *p, unsigned int line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* By line, so that they read in the order of the file. */
void firma_problems_sort(struct firma_problems *p);

/* FIRMA_ERR_CONFIG with the first problem as cause (kind LINE), else OK. */
FIRMA_CHECKED enum firma_err firma_problems_err(
    const struct firma_problems *p, struct firma_cause *cause);

/*
 * One section header (name and value NULL) or one option.  Zero-terminated,
 * valid during the call.
 */
struct firma_ini_line {
	unsigned int line;
	const char *section;
	const char *name;
	const char *value; /* may be empty */
};

/*
 * fn      called for each header and each option, in order; it notes its own
 *         mistakes and always goes on
 * repeat  the options that may stand several times in a section, NULL at the
 *         end; or NULL
 */
struct firma_ini_reader {
	void (*fn)(void *arg, const struct firma_ini_line *line);
	void *arg;
	const char *const *repeat;
};

/*
 * Read text (borrowed).  Mistakes of form go to problems.
 * FIRMA_ERR_LIMIT  over FIRMA_INI_SIZE; also noted as a problem of line 0
 * FIRMA_ERR_NOMEM
 */
FIRMA_CHECKED enum firma_err firma_ini_read(struct firma_bytes text,
    const struct firma_ini_reader *reader, struct firma_problems *problems);

/*
 * Split a header "kind name".  ret_name points into section, or is "" when
 * there is no name.  Returns the length of the kind.
 */
size_t firma_ini_kind(const char *section, const char **ret_name);

/* [a-z0-9][a-z0-9._-]{0,63}: aliases, names of tokens, profiles and steps. */
int firma_name_fits(const char *name);

#endif
