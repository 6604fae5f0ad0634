/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_facts.h - what stands in the text of a letter: identifiers, dates,
 * and whether a title or a name is there.
 *
 * The text is hostile UTF-8, a page at a time, with a line feed after each
 * line.  What looks the same is compared as the same: case, accents, runs of
 * spaces, ends of lines and hyphens at them make no difference, and full stops
 * and commas none.  What would deceive the eye (characters that cannot be seen,
 * letters of other alphabets) is told of.
 *
 * Sources: the forms and check digits of agent/pki/identifier.h; identifiers
 * are also found with separators, as forms print them ("EKU-900317-3C9",
 * "Y60-77636-10-5"), and over the ends of lines.
 * May include: agent/base, agent/pki.  Does no I/O.
 */
#ifndef FIRMA_CLI_LETTER_FACTS_H
#define FIRMA_CLI_LETTER_FACTS_H

#include "agent/base/buf.h"

#define LETTER_IDS_MAX   64 /* different ones, of all kinds */
#define LETTER_ID_TEXT   24 /* octets of one, with the terminating zero */
#define LETTER_PAGES_MAX 100
#define LETTER_HEAD      2 /* pages on which a title may stand */

enum letter_kind {
	LETTER_RFC,
	LETTER_REGISTRO, /* registro patronal */
	LETTER_CURP,
	LETTER_NSS,
	LETTER_DATE /* "2026-11-28" */
};

struct letter_id {
	enum letter_kind kind;
	char text[LETTER_ID_TEXT]; /* without separators */
	unsigned int page;         /* the first one, from 1 */
	int is_valid;              /* its check digit holds */
	/* Called so shortly before it, or written with its own separators. */
	int is_named;
};

/* Bits of what is strange in the text. */
#define LETTER_TEXT_INVISIBLE  0x01u /* zero width, direction, control */
#define LETTER_TEXT_ALPHABETS  0x02u /* letters of others than Latin */
#define LETTER_TEXT_UNREADABLE 0x04u /* characters without a meaning */

/* Zero-initialise before use. */
struct letter_facts {
	struct letter_id ids[LETTER_IDS_MAX];
	size_t n_ids;
	int has_more; /* than LETTER_IDS_MAX */
	unsigned int strange;
	unsigned int n_pages;
	unsigned int n_empty;     /* pages without a letter or digit */
	unsigned int first_empty; /* from 1; 0 when there is none */
	/* The text in one octet a character, and where each page begins. */
	struct firma_buf plain;
	size_t page_at[LETTER_PAGES_MAX + 1];
};

/*
 * Take the next page.  FIRMA_ERR_LIMIT: over LETTER_PAGES_MAX.
 * FIRMA_ERR_NOMEM
 */
FIRMA_CHECKED enum firma_err letter_facts_page(
    struct letter_facts *f, struct firma_bytes utf8);
void letter_facts_done(struct letter_facts *f);

/*
 * Where does title stand by itself, on lines of its own, on one of the first
 * LETTER_HEAD pages that have text?  Its place in the text, for comparing two;
 * SIZE_MAX when it does not.
 */
size_t letter_facts_heading(const struct letter_facts *f, const char *title);

/* Does name stand anywhere, as whole words?  ret_page may be NULL. */
int letter_facts_names(
    const struct letter_facts *f, const char *name, unsigned int *ret_page);

/* And with no further word behind it that may belong to it? */
int letter_facts_names_just(const struct letter_facts *f, const char *name);

/* The id, or NULL. */
const struct letter_id *letter_facts_find(
    const struct letter_facts *f, enum letter_kind kind, const char *text);

/* The page, from 1, of a place in the text. */
unsigned int letter_facts_page_of(const struct letter_facts *f, size_t at);

#endif
