/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seeds.h - the first inputs of each target, made where they are needed: no
 * binary files are kept.
 */
#ifndef FIRMA_TEST_FUZZ_SEEDS_H
#define FIRMA_TEST_FUZZ_SEEDS_H

#include "agent/base/buf.h"

/* Write one input of a target; ends the program when it cannot. */
void seed(const char *target, const char *name, struct firma_bytes v);

/* seeds_wire.c: every message of both tables, empty and full. */
void seeds_wire(void);
/* seeds_pki.c: certificates, requests, SignedData and key files by OpenSSL. */
void seeds_pki(void);
/* seeds_pdf.c: PDFs, and answers about them. */
void seeds_pdf(void);

/* seeds_stamp.c: time stamps by OpenSSL. */
void seeds_stamp(void);
/* seeds_evidence.c: the evidence of a renewal. */
void seeds_evidence(void);
/* seeds_lot.c: movement lots. */
void seeds_lot(void);

#endif
