/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_check.h - does the evidence of a renewal hold?  Without a network.
 *
 * Nothing in it is believed: what renewal.json and report.html say is compared
 * with certificates, signatures and the ledger.  Reads what it is given.
 */
#ifndef FIRMA_CLI_EVIDENCE_CHECK_H
#define FIRMA_CLI_EVIDENCE_CHECK_H

#include "agent/base/err.h"
#include "agent/pki/identity.h"
#include "agent/pki/timestamp.h"
#include "cli/evidence.h"

#define EVIDENCE_FINDINGS_MAX 192
/* Of them, that a file is missing whose name is none of a renewal's. */
#define EVIDENCE_STRANGE_MAX 16

/* clang-format off */
/*  name     for programs   when it holds, when not (gettext msgids) */
#define EVIDENCE_CHECK_LIST(X) \
	X(SUMS,     "sums",        N_("it is the file of SHA256SUMS"), \
	    N_("it is NOT the file of SHA256SUMS")) \
	X(LISTED,   "listed",      N_("SHA256SUMS and the ZIP name the same files"), \
	    N_("SHA256SUMS and the ZIP do NOT name the same files")) \
	X(PRESENT,  "present",     N_("it is here"), \
	    N_("it was put in and is NOT here")) \
	X(DOCUMENT, "document",    N_("it is the file that renewal.json names"), \
	    N_("it is NOT the file that renewal.json names")) \
	X(DOCUMENTS, "documents",  N_("it names the documents that the agent had"), \
	    N_("it does NOT name the documents that the agent had")) \
	X(SEAL,     "seal",        N_("the signature over SHA256SUMS holds"), \
	    N_("the signature over SHA256SUMS does NOT hold")) \
	X(SEAL_BY,  "sealed-by",   N_("it is signed by who may vouch for it"), \
	    N_("it is NOT signed with a certificate of this renewal that is in use, " \
	       "or --ca's authority did not issue it")) \
	X(SEAL_AS,  "sealed-as",   N_("it is signed with the key that renewal.json names"), \
	    N_("it is NOT signed with the key that renewal.json names")) \
	X(STAMP,    "timestamp",   N_("the time stamp is over SHA256SUMS"), \
	    N_("the time stamp does NOT hold")) \
	X(CERT,     "certificate", N_("it is a certificate"), \
	    N_("it is NOT a certificate")) \
	X(ISSUER,   "issuer",      N_("it was issued by the authority in ca.pem or --ca"), \
	    N_("it was NOT issued by the authority in ca.pem or --ca")) \
	X(IDENTITY, "identity",    N_("it names the same as the old certificate"), \
	    N_("it does NOT name the same as the old certificate")) \
	X(NEW_KEY,  "new-key",     N_("its key is another than the old one"), \
	    N_("its key is NOT another than the old one")) \
	X(REQUEST,  "request",     N_("it is signed by the new certificate's key"), \
	    N_("it is NOT a request of the new certificate's key")) \
	X(REQUEST_ALONE, "request", N_("its own signature verifies"), \
	    N_("its own signature does NOT verify")) \
	X(SIGNER,   "signer",      N_("it may sign for the old certificate's holder"), \
	    N_("it may NOT sign for the old certificate's holder")) \
	X(REN,      "renewal",     N_("it is the request, signed by who may sign it"), \
	    N_("it is NOT the request, signed by who may sign it")) \
	X(BY_OLD,   "signature",   N_("signed with the old certificate's key"), \
	    N_("NOT signed with the old certificate's key")) \
	X(BY_NEW,   "signature",   N_("signed with the new certificate's key"), \
	    N_("NOT signed with the new certificate's key")) \
	X(CHAIN,    "ledger-chain", N_("each entry holds the SHA-256 of the one before"), \
	    N_("the chain of entries is broken")) \
	X(END,      "ledger-end",  N_("it begins and ends with the entries that " \
	    "renewal.json names"), \
	    N_("it does NOT begin and end with the entries that renewal.json names")) \
	X(MADE,     "made",        N_("the ledger has it, with this digest"), \
	    N_("it has NOT the digest that the ledger has")) \
	X(ENTERED,  "ledger-certificate", N_("the ledger speaks of this certificate"), \
	    N_("the ledger does NOT speak of this certificate")) \
	X(ENTRY,    "ledger-entry", N_("the ledger has this signature, with this key and digest"), \
	    N_("the ledger does NOT have this signature")) \
	X(MISSING,  "missing",     N_("each of the ledger's signatures is here"), \
	    N_("the ledger has a signature that is NOT here")) \
	X(CONSENT,  "consent",     N_("the ledger has this consent, to this letter"), \
	    N_("the ledger does NOT have this consent, to this letter")) \
	X(FACTS,    "facts",       N_("its serials and dates are those of the certificates"), \
	    N_("its serials and dates are NOT those of the certificates")) \
	X(FORMAT,   "format",      N_("its format is known"), \
	    N_("its format is NOT known, and so report.html was not compared")) \
	X(STATE,    "state",       N_("its state is that of its steps"), \
	    N_("its state is NOT that of its steps")) \
	X(STEPS,    "steps",       N_("its steps are those of the ledger's entries"), \
	    N_("its steps are NOT those of the ledger's entries")) \
	X(REPORT,   "report",      N_("it says what the other files say"), \
	    N_("it does NOT say what the other files say"))
/* clang-format on */

enum evidence_check {
#define X(name, id, good, bad) EVIDENCE_CHECK_##name,
	EVIDENCE_CHECK_LIST(X)
#undef X
};

enum evidence_verdict {
	EVIDENCE_GOOD,
	EVIDENCE_BAD,
	EVIDENCE_MISSING, /* it was there once; what it is, is in file and why */
	EVIDENCE_REFUSED, /* whole, but not by the authority that was given */
	EVIDENCE_NOTE     /* not there, or not compared */
};
#define EVIDENCE_N_VERDICTS (EVIDENCE_NOTE + 1)

struct evidence_finding {
	enum evidence_check check;
	enum evidence_verdict verdict;
	char file[EVIDENCE_NAME_MAX]; /* or "" */
	char why[FIRMA_CAUSE_WHAT];   /* or "" */
};

enum evidence_signer {
	EVIDENCE_BY_OTHER, /* a certificate that is none of the renewal's */
	EVIDENCE_BY_NEW,
	EVIDENCE_BY_OLD,
	EVIDENCE_BY_SIGNER /* the representative's */
};

/*
 * What holds it together.  Without a signature and a stamp that hold, nothing but
 * itself: who had the files could have made all of it anew.
 */
struct evidence_held {
	int is_signed, is_stamped; /* and it holds */
	enum evidence_signer by;
	int is_issued; /* by the authority that was given */
	int64_t time;  /* as the signer says; -1: it does not */
	char name[FIRMA_IDENTITY_TEXT], serial[FIRMA_SERIAL_TEXT];
};

/* Zero-initialise. */
struct evidence_findings {
	struct evidence_finding at[EVIDENCE_FINDINGS_MAX];
	size_t n;
	/* Whether one was found at all: no verdict hangs on the list's length. */
	int has[EVIDENCE_N_VERDICTS];
	size_t n_more; /* missing ones that are not in the list */
	struct evidence_held held;
	int has_ca, has_tsa_ca;       /* were given */
	struct firma_timestamp stamp; /* tsa is NULL: there is none */
	/* what renewal.json says */
	char old_serial[FIRMA_SERIAL_TEXT], new_serial[FIRMA_SERIAL_TEXT];
	char status[32];
};
void evidence_findings_done(struct evidence_findings *f);

/* What is given beside it; both may be empty. */
struct evidence_with {
	const struct firma_certificate *ca;
	struct firma_bytes tsa_ca;
};

/*
 * All that is wrong is in ret.  FIRMA_ERR_NOMEM, _INTERNAL; _CONFIG: tsa_ca
 * cannot be read.
 */
FIRMA_CHECKED enum firma_err evidence_judge(const struct evidence *e,
    const struct evidence_with *with, struct evidence_findings *ret);

/* FIRMA_EXIT_INVALID before _INCOMPLETE before _REJECTED; else _OK. */
enum firma_exit evidence_exit(const struct evidence_findings *f);

/* For people and programs (evidence_say.c). */
void evidence_say(const struct evidence_findings *f, const char *path);

#endif
