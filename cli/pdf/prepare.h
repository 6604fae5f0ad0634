/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.h - what has to be appended to a PDF so that it can be signed.
 *
 * A signature field, where the document has none to be signed; the signature
 * dictionary, with room for the signature and for the ranges that it covers; what
 * is seen of it; and everything that refers to these.
 *
 * Sources: ISO 32000-1 12.7.2 (form), 12.7.4.5 (signature fields), 12.8.1
 * (signature dictionaries); ETSI EN 319 142-1 5 and 6 (PAdES: SubFilter, /M, no
 * /Cert, the extension ESIC).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_PREPARE_H
#define FIRMA_PDF_PREPARE_H

#include "cli/pdf/appearance.h"
#include "cli/pdf/form.h"
#include "cli/pdf/update.h"

#define PDF_WORDS_MAX    1024 /* octets of a reason and the like, with the zero */
#define PDF_CONTENTS_MIN 1024 /* octets of a signature, in DER */
#define PDF_CONTENTS_MAX 65536
/* "[0 0000000000 0000000000 0000000000]" */
#define PDF_RANGE_OCTETS 36

struct pdf_ask {
	char
	    field[PDF_NAME_MAX]; /* an empty one that is there; "": a new one */
	char name[PDF_WORDS_MAX]; /* who signs; these four may be "" */
	char reason[PDF_WORDS_MAX];
	char location[PDF_WORDS_MAX];
	char contact[PDF_WORDS_MAX];
	long long time;   /* seconds since 1970 UTC: when, says the signer */
	long long octets; /* room for the signature */
	uint8_t id[PDF_ID_OCTETS];
	/* Of a new field.  Not visible: on page 1, of no size. */
	int is_visible;
	long long page;    /* from 1; 0: the last */
	double x, y, w, h; /* points, from the lower left of what is shown */
	char text[PDF_TEXT_MAX]; /* of what is seen */
};

/* Places are those of the whole file: the old one and what is appended. */
struct pdf_prepared {
	struct firma_buf out; /* what is appended */
	size_t contents;      /* '<', zeros, '>' */
	size_t contents_len;
	size_t range; /* PDF_RANGE_OCTETS octets for /ByteRange */
	char field[PDF_NAME_MAX];
};
void pdf_prepared_done(struct pdf_prepared *p);

/* Zero-initialised *ret.  Refuses for each of the reasons there are. */
FIRMA_CHECKED enum firma_err pdf_prepare(struct firma_bytes file,
    const struct pdf_ask *ask, struct pdf_prepared *ret,
    struct pdf_refusal *why);

#endif
