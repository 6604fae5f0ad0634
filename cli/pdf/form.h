/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - the signature fields of a PDF's form, and what earlier signatures
 * allow.
 *
 * Sources: ISO 32000-1 12.7.3 (field dictionaries, names, inheritance), 12.7.4.5
 * (signature fields, locks, seed values), 12.8.2 (DocMDP, FieldMDP).
 * May include: agent/base, cli/pdf.  Does no I/O.
 */
#ifndef FIRMA_PDF_FORM_H
#define FIRMA_PDF_FORM_H

#include "cli/pdf/document.h"

#define PDF_FIELDS_MAX 64  /* signature fields */
#define PDF_NAME_MAX   256 /* octets of a full name, with the zero */

struct pdf_field {
	char name[PDF_NAME_MAX]; /* in full: "form.page2.signature" */
	qpdf_oh field;           /* a dictionary */
	qpdf_oh value;           /* the signature dictionary, or null */
	int is_indirect;
	int is_unlisted; /* a page has it, the form does not */
};

struct pdf_form {
	qpdf_oh form;   /* the catalog's /AcroForm, or null */
	qpdf_oh fields; /* its /Fields, or null */
	struct pdf_field at[PDF_FIELDS_MAX];
	size_t n;
	size_t n_signed;
	unsigned long number; /* "Signature<number>" is nobody's name */
	int has_xfa;
	/* DocMDP: 0 not certified, else 1 nothing, 2 forms, 3 notes too */
	int permission;
};

/* A field of any kind on the way down. */
struct pdf_node {
	qpdf_oh field;
	const char *name; /* in full */
	const char *type; /* "/Sig", "/Tx", "/Btn", "/Ch"; "": another, none */
	qpdf_oh value;    /* its own or inherited; or null */
	long long flags;  /* /Ff, the same */
	int is_inner;     /* it has fields below it: those have values */
};

/* Call fn for each of /Fields in turn, until it gives another than FIRMA_OK. */
typedef enum firma_err pdf_node_fn(struct pdf *p, const struct pdf_node *t,
    void *arg, struct pdf_refusal *why);
FIRMA_CHECKED enum firma_err pdf_form_each(struct pdf *p, qpdf_oh fields,
    pdf_node_fn *fn, void *arg, struct pdf_refusal *why);

/* Zero-initialised *ret.  Refuses what is broken, endless, or over a limit. */
FIRMA_CHECKED enum firma_err pdf_form_read(
    struct pdf *p, struct pdf_form *ret, struct pdf_refusal *why);

/*
 * May a field of this name be signed now?  Refuses when the document is
 * certified against any change, or an earlier signature locked that field.
 */
FIRMA_CHECKED enum firma_err pdf_form_allows(struct pdf *p,
    const struct pdf_form *f, const char *name, struct pdf_refusal *why);

/*
 * The field of this name that waits for a signature.  Refuses when there is
 * none, it is signed, read-only, has several places, or asks of its signature
 * what nobody here looks at (a seed value with required parts; a lock with
 * permissions).
 */
FIRMA_CHECKED enum firma_err pdf_form_find(struct pdf *p,
    const struct pdf_form *f, const char *name, const struct pdf_field **ret,
    struct pdf_refusal *why);

/* The last of *ret_n signature fields with this name, or NULL. */
const struct pdf_field *pdf_form_by_name(
    const struct pdf_form *f, const char *name, size_t *ret_n);

/* A signature's DocMDP permission, or 0. */
int pdf_form_permission(struct pdf *p, qpdf_oh signature);

#endif
