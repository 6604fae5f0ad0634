/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - one line from `firma`, parsed and bounded.
 *
 * May include: agent/base, jansson.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PORTAL_REQUEST_H
#define FIRMA_PORTAL_REQUEST_H

#include <jansson.h>

#include "agent/base/buf.h"
#include "cli/portal/op.h"

#define PORTAL_LINE_MAX ((size_t)64 * 1024) /* octets, with the newline */

/* Octets with the terminating zero. */
#define PORTAL_URL_MAX     1024
#define PORTAL_SESSION_MAX 2049
#define PORTAL_FILE_MAX    65
#define PORTAL_NAME_MAX    256
#define PORTAL_WORD_MAX    16
#define PORTAL_SHA256_MAX  65

/* "" where the request has none; endpoints is owned, NULL when none. */
struct portal_request {
	long long id;
	enum portal_op op;
	char base[PORTAL_URL_MAX], session[PORTAL_SESSION_MAX];
	char lang[PORTAL_WORD_MAX];
	char letter[PORTAL_WORD_MAX], role[PORTAL_WORD_MAX];
	char file[PORTAL_FILE_MAX], sha256[PORTAL_SHA256_MAX];
	char certificate_name[PORTAL_NAME_MAX], key_name[PORTAL_NAME_MAX];
	char email[PORTAL_NAME_MAX], link[PORTAL_URL_MAX];
	json_t *endpoints;
};

/*
 * Parse one line (without its newline).  ret->id is set as soon as it is
 * known, also on failure, so that the answer can name it; everything else is
 * set on success alone.
 *
 * FIRMA_ERR_SHAPE  not a JSON object, or a member of the wrong type
 * FIRMA_ERR_VALUE  unknown op, or an argument missing or not allowed; the
 *                  cause names it
 */
FIRMA_CHECKED enum firma_err portal_request_parse(struct firma_bytes line,
    struct portal_request *ret, struct firma_cause *cause);
void portal_request_done(struct portal_request *r);

/* A file name that stays in the folder: [A-Za-z0-9._-]+, no leading dot. */
int portal_file_plain(const char *name);

/* Printable UTF-8 text, without control characters. */
int portal_text_clean(struct firma_bytes v);

#endif
