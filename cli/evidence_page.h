/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_page.h - report.html as it is written: our markup, others' text.
 */
#ifndef FIRMA_CLI_EVIDENCE_PAGE_H
#define FIRMA_CLI_EVIDENCE_PAGE_H

#include "agent/pki/certificate.h"
#include "cli/evidence.h"
#include "cli/evidence_words.h"

/* The page as it grows.  After the first failure nothing is added. */
struct page {
	const struct evidence *e;
	struct firma_buf to;
	enum firma_err r;
	int is_spanish;
	json_t *renewal;                        /* renewal.json */
	const struct evidence_entries *entries; /* of ledger.jsonl */
	struct evidence_entries room;
	struct firma_certificate *old, *new;
};

void page_done(struct page *p);

/* Its style sheet. */
extern const char page_style[];

/* A word in the page's language. */
const char *page_words(const struct page *p, enum evidence_word w);

/* HTML of our own. */
void page_put(struct page *p, const char *html);

/* Somebody else's text, which may be no markup: escaped, what is not clean "?". */
void page_text(struct page *p, const char *s);

/* A sentence of ours; each %s in it is one of at most two texts of others. */
void page_sentence(
    struct page *p, enum evidence_word w, const char *a, const char *b);
void page_word(struct page *p, enum evidence_word w);

/* A row "label, value" of a table; none when value is empty. */
void page_row(struct page *p, enum evidence_word label, const char *value);
void page_heading(struct page *p, enum evidence_word w);

#endif
