/* SPDX-License-Identifier: Apache-2.0 */
/* A client: signs, and signs with the next key when a token has trouble. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "tests/soak/soak.h"

#define PAUSE_NS  (2 * FIRMA_MS) /* after an error */
#define TRIES_MAX 1000000

/* What a client may be told while its token is ill; all else is a fault. */
static bool
is_expected(enum firma_err r)
{
	switch (r) {
	case FIRMA_ERR_TOKEN_STUCK:
	case FIRMA_ERR_TOKEN_GONE:
	case FIRMA_ERR_TOKEN_BUSY:
	case FIRMA_ERR_TOKEN_MODULE:
	case FIRMA_ERR_TOKEN_ERROR:
	case FIRMA_ERR_PIN_NEEDED:
		return true;
	default:
		return false;
	}
}

static void
digest_of(unsigned int client, uint64_t i, uint64_t n, uint8_t *ret)
{
	const uint64_t in[3] = { client, i, n };

	(void)SHA256((const unsigned char *)in, sizeof(in), ret);
}

/* One signature, however often it takes to get it. */
static void
one(struct firma_client *c, unsigned int client, uint64_t i,
    struct firma_signed *s)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct soak_record *rec = &soak_shared->records[i];
	uint8_t digest[SOAK_SHA256];

	for (uint64_t n = 0; n < TRIES_MAX; n++) {
		const char *key =
		    soak_options.keys[(client + i + n) % soak_options.n_keys];
		struct firma_msg_sign m = { .key = firma_str_of(key),
			.format = FIRMA_SIGN_RAW,
			.name = firma_str_of("soak") };
		struct firma_cause cause = { 0 };
		enum firma_err r;

		digest_of(client, i, n, digest);
		m.sha256 = firma_bytes_of(digest, sizeof(digest));
		r = firma_client_sign(
		    c, &m, -1, firma_after(SOAK_WAIT), s, &cause);
		if (r == FIRMA_OK) {
			memcpy(rec->digest, digest, sizeof(digest));
			rec->seq = s->ledger_seq;
			return;
		}
		if (!is_expected(r) || (unsigned int)r >= SOAK_ERRS)
			soak_fail("a client was told %s (%s)",
			    firma_err_name(r), cause.what);
		atomic_fetch_add(&soak_shared->n_errors[r], 1);
		(void)nanosleep(&pause, NULL);
	}
	soak_fail("no signature in %d tries", TRIES_MAX);
}

void
soak_sign(unsigned int client)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct firma_client *c = soak_open();
	struct firma_signed s = { 0 };
	uint64_t i;

	while ((i = atomic_fetch_add(&soak_shared->n_begun, 1)) <
	    soak_options.n_signatures) {
		/* The faults keep pace: it is one every so many, not fewer. */
		while (i >= atomic_load(&soak_shared->pace))
			(void)nanosleep(&pause, NULL);
		one(c, client, i, &s);
		atomic_fetch_add(&soak_shared->n_signed, 1);
	}
	firma_signed_done(&s);
	firma_client_free(c);
}
