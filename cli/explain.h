/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - what is this file, who is in it, what of it verifies?
 *
 * A tree: a SignedData has its content in it, a ZIP its files.  Reads what it is
 * given and nothing else: no file, no agent, no clock.
 */
#ifndef FIRMA_CLI_EXPLAIN_H
#define FIRMA_CLI_EXPLAIN_H

#include <jansson.h>

#include "agent/pki/cms.h"
#include "agent/pki/identity.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/kind.h"
#include "agent/pki/oddity.h"
#include "agent/pki/relation.h"
#include "agent/pki/request.h"
#include "agent/pki/timestamp.h"
#include "cli/zip.h"

/* A ZIP of requests in a SignedData is three; nothing real is deeper. */
#define EXPLAIN_DEPTH_MAX 4

/* What is given beside the file. */
struct explain_with {
	struct firma_bytes content; /* of a detached signature, or empty */
	const struct firma_certificate *ca; /* or NULL */
	int has_password;
	struct firma_bytes password; /* of a key */
	/* digest of what a stamp is over, when there is no content; or empty */
	struct firma_bytes content_digest;
	struct firma_bytes tsa_ca; /* of time stamps; see timestamp.h */
	int64_t now;               /* seconds since 1970 UTC */
};

struct explanation {
	enum firma_kind kind;
	char name[ZIP_NAME_MAX]; /* in its ZIP; else "" */
	/*
	 * Of this file alone, not of its parts: FIRMA_OK; _SIGNATURE; _CERT_ISSUER
	 * (not by the CA); _KEY_PASSWORD; _STAMP; else why it cannot be read.
	 */
	enum firma_err verdict;
	struct firma_cause cause;
	firma_oddities odd;
	/* certificate, or what a .pfx has beside its key; else NULL */
	struct firma_certificate *certificate;
	/* request: spki_der is empty when it could not be read */
	struct firma_request request;
	struct firma_identity identity;
	int has_relation; /* to the signer of the message around it */
	struct firma_relation relation;
	/* SignedData: signer is NULL when it could not be read */
	struct firma_cms_info cms;
	struct firma_cms_stamps stamps; /* in it */
	/* a time stamp of its own: tsa is NULL when it could not be read */
	struct firma_timestamp stamp;
	/* key: scheme is "" when it could not be read */
	struct firma_keyfile_audit protection;
	struct firma_pkcs12_audit pkcs12;
	enum firma_key_algorithm algorithm; /* of a key that was opened */
	uint8_t spki_sha256[FIRMA_SPKI_HASH];
	int is_opened;
	/* what is in it */
	struct explanation *parts;
	size_t n_parts;
	int is_left_out; /* in a ZIP, and not looked into */
};
void explanation_done(struct explanation *e);

/*
 * ret is zero-initialised; ended by explanation_done(), also after a failure.
 * Whatever is wrong with the file is in ret: FIRMA_ERR_NOMEM, _INTERNAL and, when
 * with->tsa_ca cannot be read, _CONFIG are the only failures.
 */
FIRMA_CHECKED enum firma_err explain(struct firma_bytes file,
    const struct explain_with *with, struct explanation *ret);

/*
 * What the exit status says of all of it: FIRMA_EXIT_INVALID (something does not
 * verify), else _UNREADABLE, else _REJECTED (another issuer, identity or an old
 * key), else _OK.
 */
enum firma_exit explanation_exit(const struct explanation *e);

/* As data, with stable names; as text, under the file's name. */
json_t *explanation_json(
    const struct explanation *e, const struct firma_certificate *ca);
void explanation_text(const struct explanation *e, const char *path,
    const struct firma_certificate *ca);

/* "oddities" of both, for other commands. */
json_t *oddities_json(firma_oddities odd);
void oddities_text(firma_oddities odd);

#endif
