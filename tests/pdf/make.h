/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make.h - write a PDF by hand: objects, and the section that says where they
 * are.
 */
#ifndef FIRMA_TEST_PDF_MAKE_H
#define FIRMA_TEST_PDF_MAKE_H

#include <stddef.h>
#include <stdio.h>

#define FONT                                                                   \
	"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont " \
	"/Helvetica >> >> >>"
#define ID                                         \
	"/ID [<00112233445566778899aabbccddeeff> " \
	"<00112233445566778899aabbccddeeff>]"
#define TEXT_MAX 8192 /* octets of an object */

/* 0: there is no such shape. */
int make_shape(const char *name, FILE *to);
/* The i-th; NULL after the last. */
const char *make_name(size_t i);

/* For the shapes' own files. */
struct shape {
	const char *name;
	void (*make)(void);
};
extern const struct shape refused_shapes[];
extern const size_t n_refused_shapes;
extern const struct shape attacked_shapes[];
extern const size_t n_attacked_shapes;

void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void put_octets(const void *v, size_t n);
unsigned long written(void); /* octets so far */

void begin(void);
void object(int id, const char *value);
void object_begins(int id); /* the next octet is its first */
void stream(int id, const char *dict, const char *data);

/* One page: 1 the catalog, 2 the tree, 3 the page, 4 its text. */
void document(const char *catalog, const char *page);

/* All objects, and the trailer; missing numbers are free. */
void table(const char *trailer);

#endif
