/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/softhsm/worker_steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/sha.h>
#include <string.h>

#include "agent/wire/values.h"

struct peer p;

struct firma_bytes
bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

struct firma_bytes
digest_of(const char *s)
{
	static uint8_t hash[32];

	(void)SHA256((const uint8_t *)s, strlen(s), hash);
	return firma_bytes_of(hash, sizeof(hash));
}

int
setup(void **state)
{
	(void)state;
	peer_folder_make();
	peer_start(&p, NULL, 3, NULL, NULL);
	assert_int_equal(p.frame.type, FIRMA_MSG_w_ready);
	peer_init(&p);
	assert_int_equal(
	    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	if (p.pid != 0)
		assert_int_equal(peer_stop(&p), 0);
	peer_folder_remove();
	return 0;
}

void
generate(const char *id, enum firma_key_algorithm a, struct firma_msg_w_key *k)
{
	const struct firma_msg_w_generate m = { .id = bytes(id),
		.label = firma_str_of("a label"),
		.algorithm = (uint32_t)a };
	struct firma_msg_w_done done;
	const uint64_t request = peer_send(&p, 0, FIRMA_MSG_w_generate, &m, -1);

	peer_expect(&p, 0, FIRMA_MSG_w_key, request, k);
	peer_file("spki", k->spki);
	assert_int_equal(
	    peer_shell(
		"openssl pkey -pubin -inform DER -in spki -out %s.pub", id),
	    0);
	assert_int_equal(k->algorithm, a);
	assert_true(firma_bytes_equal(k->id, bytes(id)));
	assert_int_equal(k->flags & FIRMA_KEYFLAG_PROOF, FIRMA_KEYFLAG_PROOF);
	assert_int_equal(k->flags & FIRMA_KEYFLAG_EXTRACTABLE, 0);
	assert_int_not_equal(k->flags & FIRMA_KEYFLAG_SENSITIVE, 0);
	peer_expect(&p, 0, FIRMA_MSG_w_done, request, &done);
	assert_int_equal(done.count, 1);
}

void
sign_and_verify(size_t lane, const char *id)
{
	const struct firma_msg_w_sign m = { .id = bytes(id),
		.digest = digest_of(DOCUMENT) };
	struct firma_msg_w_signature s;

	peer_expect(&p, lane, FIRMA_MSG_w_signature,
	    peer_send(&p, lane, FIRMA_MSG_w_sign, &m, -1), &s);
	peer_file("sig", s.signature);
	peer_file("doc", bytes(DOCUMENT));
	assert_int_equal(
	    peer_shell(
		"openssl dgst -sha256 -verify %s.pub -signature sig doc", id),
	    0);
}
