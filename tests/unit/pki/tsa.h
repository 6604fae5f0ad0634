/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsa.h - a practice time-stamping authority: tokens that are good, and others.
 */
#ifndef FIRMA_TEST_PKI_TSA_H
#define FIRMA_TEST_PKI_TSA_H

#include "agent/pki/timestamp.h"
#include "tests/unit/pki/support.h"

#define POLICY "1.3.6.1.4.1.99999.1"

/* A practice authority; zero members mean the usual. */
struct tsa {
	const char *usage; /* extendedKeyUsage; "" is none */
	int64_t not_before, not_after;
	const EVP_MD *md, *imprint;
	struct firma_bytes data;
	const uint8_t *nonce;
	int64_t at;
	int is_without_ess, is_another_named, is_damaged,
	    is_without_certificate;
};

/* What an authority would sign, and what none should. */
void token_of(const struct tsa *t, struct firma_buf *ret_der);

#endif
