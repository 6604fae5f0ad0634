/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_flight.h - one of many files on its way: from its folder to the agent, and
 * its signature from there to the folder.
 */
#ifndef FIRMA_CLI_SIGN_FLIGHT_H
#define FIRMA_CLI_SIGN_FLIGHT_H

#include "agent/client/client.h"
#include "cli/file.h"
#include "cli/sign_many.h"

/* Descriptors -1: SIGN_FLIGHT.  Ended by _done(). */
struct sign_flight {
	uint64_t id; /* of the request; 0: none */
	const char *path;
	char to[FILE_PATH_MAX];  /* where the signature goes */
	int fd;                  /* what is signed, sealed, or -1 */
	struct firma_buf digest; /* of a long one: only this is sent */
	struct sign_pdf pdf;     /* pdf.plan.is_refused: it cannot be signed */
	int is_stamped;
};
#define SIGN_FLIGHT                        \
	(struct sign_flight)               \
	{                                  \
		.fd = -1, .pdf = SIGN_PDF, \
	}
void sign_flight_done(struct sign_flight *f);

/* Where the signature of path goes: into ret.  FIRMA_ERR_LIMIT: too long. */
FIRMA_CHECKED enum firma_err sign_flight_output(const struct sign_many *what,
    const char *path, char ret[FILE_PATH_MAX], struct firma_cause *cause);

/* For another try: it is empty, but for its path. */
void sign_flight_empty(struct sign_flight *f);

/*
 * Read it, and see that its signature can be written.
 * signer     of the PDFs' signatures, else unused
 * must_seal  the key signs no digest
 *
 * FIRMA_ERR_NOT_FOUND  firma-pdf is not installed
 */
FIRMA_CHECKED enum firma_err sign_flight_load(struct sign_flight *f,
    const struct sign_many *what, const struct firma_identity *signer,
    int must_seal, struct firma_cause *cause);

/* Ask the agent: f->id is set. */
FIRMA_CHECKED enum firma_err sign_flight_send(struct sign_flight *f,
    const struct sign_many *what, struct firma_client *client,
    const char *purpose, struct firma_cause *cause);

/*
 * Write what the token signed: stamped, when tsa is given, and into the PDF or
 * with the content where that is wanted.
 * ret_stamp  FIRMA_OK, or why there is no stamp in what was written; its cause
 */
FIRMA_CHECKED enum firma_err sign_flight_land(struct sign_flight *f,
    const struct sign_many *what, const struct stamp_config *tsa,
    struct firma_bytes signature, struct file_batch *written,
    enum firma_err *ret_stamp, struct firma_cause *stamp_cause,
    struct firma_cause *cause);

#endif
