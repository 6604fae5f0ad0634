/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - keys, certificates and real files for the tests of agent/pki.
 */
#ifndef FIRMA_TEST_PKI_SUPPORT_H
#define FIRMA_TEST_PKI_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "agent/base/own.h"
#include "agent/pki/certificate.h"
#include "agent/pki/own_openssl.h"

#define SKIPPED      77
#define DAY          INT64_C(86400)
#define NOW          INT64_C(1790000000) /* 2026-09-21 */
#define OLD_SERIAL   "30001000000400002417"
#define FRESH_SERIAL "30001000000500009999"

/* A literal as bytes. */
#define BYTES(s) firma_bytes_of((s), sizeof(s) - 1)
#define TEXT(s)  firma_bytes_of((s), strlen(s))

/* The folder of the real files, or NULL (then the test says "skipped"). */
const char *fixtures(void);

/* Read a real file; fails the test when it is not there. */
void fixture(const char *name, struct firma_buf *ret);

/* For main(): prints why and returns SKIPPED. */
int skipped(void);

/* One key per kind, made once per process.  Borrowed. */
EVP_PKEY *key_of(enum firma_key_algorithm a, int which);

/* One attribute of a name. */
struct attribute {
	int nid, type;
	const char *value;
};
void name_of(
    const struct attribute *attributes, size_t n, struct firma_buf *ret_der);

/* What a made certificate says; zero members mean the usual. */
struct recipe {
	EVP_PKEY *key, *ca_key;
	struct firma_bytes subject, issuer; /* names in DER */
	const char *serial;                 /* octets of the INTEGER */
	int64_t not_before, not_after;
};
struct firma_certificate *certificate_of(const struct recipe *r);

/* The subject of the practice company: IMSS-like, with T61String. */
void company_subject(struct firma_buf *ret_der);

/* The SubjectPublicKeyInfo of a key. */
void spki_of(EVP_PKEY *key, struct firma_buf *ret_der);
void sha256_of(struct firma_bytes v, uint8_t ret[32]);

/* Somebody else ran out of memory and left it in OpenSSL's queue. */
void leave_no_memory(void);

#endif
