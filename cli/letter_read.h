/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_read.h - what a PDF is, as firma-letter tells it.
 *
 * The PDF is looked at in that process alone (cli/letter).  What it answers is
 * hostile as well: a line of JSON with bounds (cli/letter/PROTOCOL.md).
 */
#ifndef FIRMA_CLI_LETTER_READ_H
#define FIRMA_CLI_LETTER_READ_H

#include <stdint.h>

#include "cli/letter_facts.h"

#define LETTER_OCTETS_MAX ((size_t)8 * 1024 * 1024) /* as in the agent */
#define LETTER_ANSWER_MAX ((size_t)2 * 1024 * 1024) /* octets of its answer */
#define LETTER_INFO_MAX   513 /* octets of a title, with the zero */

/* What a document may have that a letter has no need of; the helper's words. */
/* clang-format off */
#define LETTER_ODDITIES(X) \
	X(DAMAGED,     "damaged") \
	X(ENCRYPTED,   "encrypted") \
	X(JAVASCRIPT,  "javascript") \
	X(ATTACHMENTS, "attachments") \
	X(SIGNATURES,  "signatures") \
	X(LAYERS,      "layers") \
	X(FORMS,       "forms") \
	X(ACTIONS,     "actions") \
	X(NOTES,       "notes") \
	X(HIDDEN_TEXT, "hidden-text") \
	X(PICTURE,     "picture")
/* clang-format on */

enum letter_oddity {
#define X(name, word) LETTER_ODD_##name,
	LETTER_ODDITIES(X)
#undef X
	    LETTER_N_ODDITIES
};

struct letter {
	uint8_t sha256[32];
	/*
	 * FIRMA_OK, or why it could not be read: _LETTER_NOT_PDF (damaged),
	 * _DENIED (a password is needed), _DEADLINE, _LIMIT, _SHAPE (it was too
	 * much for the helper).  Then all below is empty.
	 */
	enum firma_err unread;
	struct firma_cause cause;
	unsigned int n_pages;
	unsigned int odd; /* 1u << LETTER_ODD_... */
	int is_cut;       /* there is more than was read */
	int has_images;
	/* What the document says of itself; clean UTF-8. */
	char title[LETTER_INFO_MAX], producer[LETTER_INFO_MAX];
	uint64_t created; /* s since 1970; 0: not said */
	struct letter_facts facts;
};
void letter_done(struct letter *l);

const char *letter_oddity_word(enum letter_oddity odd);

/* Why a document is unread, in words (a gettext msgid). */
const char *letter_unread_text(enum firma_err unread);

/*
 * Have the sealed document read.  A document that cannot be read is no failure
 * of this function: ret->unread says so.
 *
 * FIRMA_ERR_UNSEALED, _LIMIT  fd is no sealed memfd, or over LETTER_OCTETS_MAX
 * FIRMA_ERR_NOT_FOUND         firma-letter is not installed
 * FIRMA_ERR_NOMEM, _IO, _INTERNAL
 */
FIRMA_CHECKED enum firma_err letter_read(
    int fd, struct letter *ret, struct firma_cause *cause);

/* The helper's line.  FIRMA_ERR_SHAPE: nonsense.  Pure. */
FIRMA_CHECKED enum firma_err letter_parse(
    struct firma_bytes line, struct letter *ret);

#endif
