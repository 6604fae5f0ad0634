/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - what an HTTP answer means for an operation.
 *
 * Everything in it comes from the network and is distrusted: what cannot be
 * understood is "unreachable", reason "answer", because a submission may have
 * been accepted all the same.  This is the fuzz target of the helpers.
 *
 * May include: agent/base, jansson.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PORTAL_REPLY_H
#define FIRMA_PORTAL_REPLY_H

#include "cli/portal/answer.h"

#define PORTAL_TYPE_MAX      64 /* octets, with the terminating zero */
#define PORTAL_CHALLENGE_MAX ((size_t)4096) /* octets */

/* failed is not NONE when there is no answer; then the rest is empty. */
struct portal_reply {
	enum portal_reason failed;
	long status;
	char type[PORTAL_TYPE_MAX]; /* media type without parameters */
	struct firma_buf body;
};

void portal_reply_done(struct portal_reply *r);

/* The most octets that an answer to op may have. */
size_t portal_reply_max(enum portal_op op);

/*
 * Fill ret (all but session).  When the answer holds a document, ret->file
 * names the file that the caller has to write r->body to.
 *
 * q          the request; its endpoints of the profile are in `endpoints`
 */
void portal_reply_read(const struct portal_reply *r,
    const struct portal_request *q, const json_t *endpoints,
    struct portal_answer *ret);

#endif
