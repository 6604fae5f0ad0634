/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kind.h - what is a file, by how it begins?
 *
 * Only the first elements are looked at, and their lengths are not believed: a
 * file that is cut off or damaged further on is still of its kind, so that its
 * own parser can say what is wrong.
 *
 * Sources: RFC 5280 4.1, RFC 2986 4, RFC 5652 3, RFC 5958 2 and 3, RFC 8017 A.1,
 * RFC 5915 3, RFC 7292 4, RFC 3161 2.4.2; PKWARE's APPNOTE 4.3 for ZIP.
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_KIND_H
#define FIRMA_PKI_KIND_H

#include "agent/base/buf.h"

/* clang-format off */
/*  name         for programs (stable) */
#define FIRMA_KIND_LIST(X) \
	X(DATA,        "data") /* any other */ \
	X(CERTIFICATE, "certificate") \
	X(REQUEST,     "request") \
	X(CMS,         "cms") \
	X(KEY,         "key") \
	X(PKCS12,      "pkcs12") \
	X(ZIP,         "zip") \
	X(STAMP,       "timestamp") /* RFC 3161, response or token */
/* clang-format on */

enum firma_kind {
#define X(name, text) FIRMA_KIND_##name,
	FIRMA_KIND_LIST(X)
#undef X
};

/* DER or BER, without PEM armour. */
enum firma_kind firma_kind_of(struct firma_bytes file);

/* "certificate", ...; never NULL. */
const char *firma_kind_name(enum firma_kind k);

#endif
