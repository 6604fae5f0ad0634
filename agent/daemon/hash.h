/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - digests of long documents, beside the loop.
 *
 * Up to FIRMA_HASH_AT_ONCE octets are hashed on the spot; longer ones by a
 * thread that sees nothing but the mapped, sealed document, so that a document
 * of a gigabyte delays nobody else's signature.
 */
#ifndef FIRMA_DAEMON_HASH_H
#define FIRMA_DAEMON_HASH_H

#include "agent/daemon/agent.h"

#define FIRMA_HASH_AT_ONCE ((size_t)128 * 1024) /* octets */

struct firma_hashes {
	uint8_t sha256[32];
	uint8_t sha1[20]; /* when it was asked for */
};

typedef void firma_hash_fn(
    void *arg, enum firma_err r, const struct firma_hashes *hashes);

FIRMA_CHECKED enum firma_err firma_hasher_new(
    struct firma_agent *a, struct firma_hasher **ret);
/* What is not done ends at once with FIRMA_ERR_CANCELLED. */
void firma_hasher_free(struct firma_hasher *h);

/*
 * view is unmapped by the hasher.  with_sha1: the SHA-1 too.  fn may be called before this returns; when
 * it is called later, the connections are flushed afterwards.
 */
void firma_hasher_start(struct firma_hasher *h, struct firma_bytes view,
    bool with_sha1, firma_hash_fn *fn, void *arg);

#endif
