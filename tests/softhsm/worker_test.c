/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token process on SoftHSM2: keys, certificates and signatures, judged by
 * openssl(1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/base/secret.h"
#include "agent/pki/components.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/own_openssl.h"
#include "agent/wire/values.h"
#include "tests/softhsm/worker_steps.h"

static void
every_algorithm_signs(void **state)
{
	static const enum firma_key_algorithm list[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_RSA_3072, FIRMA_KEY_RSA_4096, FIRMA_KEY_EC_P256,
		FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct firma_msg_w_key k;
		const char *name = firma_key_algorithm_name(list[i]);

		generate(name, list[i], &k);
		sign_and_verify(0, name);
		sign_and_verify(1, name);
		sign_and_verify(2, name);
	}
	assert_int_equal(peer_find(&p, bytes("")), 5);
	assert_int_equal(peer_find(&p, bytes("p-256")), 1);
	assert_int_equal(peer_find(&p, bytes("none")), 0);
}

/* The practice certificate over the key of request.der, as NAME.pem/.der. */
static struct firma_buf
certify(const char *id, const char *name)
{
	char der[64];

	assert_int_equal(
	    peer_shell(
		"test -f ca.key || openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes -keyout ca.key -out "
		"ca.pem -subj /CN=Prueba -days 2; "
		"openssl req -inform DER -in %s.req -verify -noout && "
		"openssl x509 -req -in %s.req -inform DER -CA ca.pem "
		"-CAkey ca.key -CAcreateserial -days 2 -out %s.pem && "
		"openssl x509 -in %s.pem -outform DER -out %s.der",
		id, id, name, name, name),
	    0);
	(void)snprintf(der, sizeof(der), "%s.der", name);
	return peer_read(der);
}

static void
request_for(const char *id)
{
	/* CN = "AÑO & CIA", UTF8String */
	static const uint8_t subject[] = "\x30\x15\x31\x13\x30\x11\x06\x03\x55"
					 "\x04\x03\x0c\x0a"
					 "A\xc3\x91O & CIA";
	const struct firma_msg_w_request m = { .id = bytes(id),
		.digest = 32,
		.subject = firma_bytes_of(subject, sizeof(subject) - 1) };
	struct firma_msg_w_der der;
	char name[64];

	peer_call(&p, FIRMA_MSG_w_request, &m, FIRMA_MSG_w_der, &der);
	(void)snprintf(name, sizeof(name), "%s.req", id);
	peer_file(name, der.der);
	assert_int_equal(
	    peer_shell("openssl req -inform DER -in %s.req -verify -noout "
		       "-subject -nameopt utf8 | grep 'A\xc3\x91O & CIA'",
		id),
	    0);
}

/* w_key of the only key with that id. */
static void
find_one(const char *id, struct firma_msg_w_key *k)
{
	const struct firma_msg_w_find m = { .id = bytes(id) };
	struct firma_msg_w_done done;
	static uint8_t room[FIRMA_FRAME_MAX];
	const uint64_t request = peer_send(&p, 0, FIRMA_MSG_w_find, &m, -1);

	peer_expect(&p, 0, FIRMA_MSG_w_key, request, k);
	/* k's views end with the next answer: keep the octets. */
	memcpy(room, k->certificate.at, k->certificate.len);
	k->certificate.at = room;
	peer_expect(&p, 0, FIRMA_MSG_w_done, request, &done);
	assert_int_equal(done.count, 1);
}

static void
write_certificate(const char *id, const struct firma_buf *der)
{
	const struct firma_msg_w_certificate_write m = { .id = bytes(id),
		.label = firma_str_of("a certificate"),
		.certificate = firma_buf_view(der) };
	const uint64_t request =
	    peer_send(&p, 0, FIRMA_MSG_w_certificate_write, &m, -1);
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	peer_expect(&p, 0, FIRMA_MSG_w_key, request, &k);
	assert_int_not_equal(k.flags & FIRMA_KEYFLAG_CERTIFICATE, 0);
	assert_true(firma_bytes_equal(k.certificate, firma_buf_view(der)));
	peer_expect(&p, 0, FIRMA_MSG_w_done, request, &done);
}

static size_t
count_certificates(void)
{
	int n = peer_shell("SOFTHSM2_CONF=$PWD/softhsm2.conf pkcs11-tool "
			   "--module /usr/lib/softhsm/libsofthsm2.so "
			   "--token-label " PEER_LABEL " -O --type cert "
			   "| grep -c '^Certificate Object' >count");
	FIRMA_OWN(firma_buf_done) struct firma_buf b = peer_read("count");

	(void)n; /* grep -c fails for 0 */
	assert_true(b.len >= 1);
	return (size_t)(b.at[0] - '0');
}

static void
cms_on(size_t lane, const char *id, const struct firma_buf *cert)
{
	const struct firma_msg_w_cms m = { .id = bytes(id),
		.format = FIRMA_SIGN_CMS_DETACHED,
		.digest = digest_of(DOCUMENT),
		.certificate = firma_buf_view(cert),
		.signing_time = (uint64_t)time(NULL) };
	struct firma_msg_w_der der;

	peer_expect(&p, lane, FIRMA_MSG_w_der,
	    peer_send(&p, lane, FIRMA_MSG_w_cms, &m, -1), &der);
	peer_file("p7s", der.der);
	peer_file("doc", bytes(DOCUMENT));
	assert_int_equal(
	    peer_shell("openssl cms -verify -cades -inform DER -in p7s "
		       "-content doc -binary -CAfile ca.pem -purpose any "
		       "-out out && cmp out doc"),
	    0);
}

static void
requests_certificates_and_cms(void **state)
{
	static const enum firma_key_algorithm list[] = { FIRMA_KEY_RSA_2048,
		FIRMA_KEY_EC_P256, FIRMA_KEY_EC_P384 };

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const char *id = firma_key_algorithm_name(list[i]);
		struct firma_msg_w_key k;

		generate(id, list[i], &k);
		request_for(id);
		FIRMA_OWN(firma_buf_done)
		struct firma_buf cert = certify(id, id);

		write_certificate(id, &cert);
		cms_on(0, id, &cert);
		find_one(id, &k);
		assert_true(
		    firma_bytes_equal(k.certificate, firma_buf_view(&cert)));
	}
}

static void
no_cms(const char *id, const struct firma_buf *cert, enum firma_err err)
{
	const struct firma_msg_w_cms m = { .id = bytes(id),
		.format = FIRMA_SIGN_CMS_DETACHED,
		.digest = digest_of(DOCUMENT),
		.certificate = firma_buf_view(cert) };

	for (size_t lane = 0; lane < 2; lane++)
		(void)peer_expect_error(&p, lane,
		    peer_send(&p, lane, FIRMA_MSG_w_cms, &m, -1), err);
}

/* What is kept about a key, on every lane, follows what happens on the token. */
static void
cms_follows_the_token(void **state)
{
	const struct firma_msg_w_delete d = { .id = bytes("key") };
	const struct firma_msg_w_logout out = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf before = { 0 };
	struct firma_msg_w_done done;
	struct firma_msg_w_key k;

	(void)state;
	for (int i = 0; i < 3; i++) {
		generate("key", FIRMA_KEY_RSA_2048, &k);
		request_for("key");
		FIRMA_OWN(firma_buf_done)
		struct firma_buf cert = certify("key", "key");
		cms_on(0, "key", &cert);
		cms_on(1, "key", &cert);
		/* The certificate of the key that had this id before. */
		if (i > 0)
			no_cms("key", &before, FIRMA_ERR_KEY_MISMATCH);
		peer_call(
		    &p, FIRMA_MSG_w_logout, &out, FIRMA_MSG_w_done, &done);
		no_cms("key", &cert, FIRMA_ERR_PIN_NEEDED);
		assert_int_equal(
		    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
		cms_on(1, "key", &cert);
		sign_and_verify(0, "key");
		peer_call(&p, FIRMA_MSG_w_delete, &d, FIRMA_MSG_w_done, &done);
		no_cms("key", &cert, FIRMA_ERR_NOT_FOUND);
		before.len = 0;
		assert_int_equal(
		    firma_buf_put(&before, firma_buf_view(&cert)), FIRMA_OK);
	}
}

static void
certificates_are_written_once(void **state)
{
	struct firma_msg_w_key k;
	struct firma_msg_w_certificate_write m = { .id = bytes("old") };

	(void)state;
	generate("old", FIRMA_KEY_EC_P256, &k);
	generate("other", FIRMA_KEY_EC_P256, &k);
	request_for("old");
	request_for("other");
	FIRMA_OWN(firma_buf_done)
	struct firma_buf first = certify("old", "first");
	FIRMA_OWN(firma_buf_done)
	struct firma_buf second = certify("old", "second");
	FIRMA_OWN(firma_buf_done)
	struct firma_buf other = certify("other", "third");

	write_certificate("old", &first);
	write_certificate("old", &first);
	assert_int_equal(count_certificates(), 1);
	write_certificate("old", &second);
	assert_int_equal(count_certificates(), 1);

	m.certificate = firma_buf_view(&other);
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_certificate_write, &m),
	    FIRMA_ERR_CERT_KEY);
	m.id = bytes("nobody");
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_certificate_write, &m),
	    FIRMA_ERR_NOT_FOUND);
	m.id = bytes("old");
	m.certificate = bytes("rubbish");
	assert_int_not_equal(
	    peer_call_error(&p, FIRMA_MSG_w_certificate_write, &m), FIRMA_OK);
	find_one("old", &k);
	assert_true(firma_bytes_equal(k.certificate, firma_buf_view(&second)));
}

static void
deleting_takes_everything(void **state)
{
	const struct firma_msg_w_delete m = { .id = bytes("gone") };
	const struct firma_msg_w_sign s = { .id = bytes("gone"),
		.digest = digest_of(DOCUMENT) };
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;

	(void)state;
	generate("gone", FIRMA_KEY_EC_P256, &k);
	generate("stays", FIRMA_KEY_EC_P256, &k);
	request_for("gone");
	FIRMA_OWN(firma_buf_done) struct firma_buf c = certify("gone", "gone");

	write_certificate("gone", &c);
	sign_and_verify(1, "gone");
	peer_call(&p, FIRMA_MSG_w_delete, &m, FIRMA_MSG_w_done, &done);
	assert_int_equal(done.count, 3);
	peer_call(&p, FIRMA_MSG_w_delete, &m, FIRMA_MSG_w_done, &done);
	assert_int_equal(done.count, 0);
	/* Lane 1 had its handle: it must not sign with it any more. */
	(void)peer_expect_error(&p, 1,
	    peer_send(&p, 1, FIRMA_MSG_w_sign, &s, -1), FIRMA_ERR_NOT_FOUND);
	sign_and_verify(1, "stays");
	assert_int_equal(peer_find(&p, bytes("")), 1);
}

static void
a_key_is_generated_once(void **state)
{
	const struct firma_msg_w_generate again = { .id = bytes("one"),
		.algorithm = FIRMA_KEY_EC_P256 };
	const struct firma_msg_w_generate bad[] = {
		{ .id = bytes("two"), .algorithm = 99 },
		{ .id = bytes(""), .algorithm = FIRMA_KEY_EC_P256 },
	};
	struct firma_msg_w_key k;

	(void)state;
	generate("one", FIRMA_KEY_EC_P256, &k);
	assert_int_equal(peer_call_error(&p, FIRMA_MSG_w_generate, &again),
	    FIRMA_ERR_EXISTS);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    peer_call_error(&p, FIRMA_MSG_w_generate, &bad[i]),
		    FIRMA_ERR_VALUE);
	sign_and_verify(0, "one");
	assert_int_equal(peer_find(&p, bytes("")), 1);
}

/* A leftover of an interrupted generation: only the public half. */
static void
leftovers_make_room(void **state)
{
	struct firma_msg_w_key k;

	(void)state;
	assert_int_equal(
	    peer_shell(
		"openssl ecparam -genkey -name prime256v1 -noout "
		"| openssl pkey -pubout -outform DER -out half && "
		"SOFTHSM2_CONF=$PWD/softhsm2.conf pkcs11-tool --module "
		"/usr/lib/softhsm/libsofthsm2.so --token-label " PEER_LABEL
		" --login --pin " PEER_PIN
		" --write-object half --type pubkey --id 68616c66"),
	    0);
	/* It is no key while the user is logged in. */
	assert_int_equal(peer_find(&p, bytes("half")), 0);
	generate("half", FIRMA_KEY_EC_P256, &k);
	sign_and_verify(0, "half");
	assert_int_equal(peer_find(&p, bytes("half")), 1);
}

static void
killed_while_generating(void **state)
{
	const struct firma_msg_w_generate m = { .id = bytes("killed"),
		.algorithm = FIRMA_KEY_RSA_4096 };
	struct firma_msg_w_key k;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)peer_send(&p, 0, FIRMA_MSG_w_generate, &m, -1);
		(void)usleep((useconds_t)(20000 * (i + 1)));
		peer_kill(&p);
		peer_start(&p, NULL, 1, NULL, NULL);
		assert_int_equal(
		    peer_login(&p, PEER_PIN, bytes(""), NULL, NULL), FIRMA_OK);
		const size_t n = peer_find(&p, bytes("killed"));

		/* Whole or not at all; and then it can be made. */
		if (n == 0)
			generate("killed", FIRMA_KEY_EC_P256, &k);
		else
			find_one("killed", &k);
		assert_int_equal(peer_find(&p, bytes("killed")), 1);
		const struct firma_msg_w_delete d = { .id = bytes("killed") };
		struct firma_msg_w_done done;

		peer_call(&p, FIRMA_MSG_w_delete, &d, FIRMA_MSG_w_done, &done);
	}
}

static void
import_components(const char *id, const struct firma_secret *s,
    enum firma_key_algorithm a, struct firma_msg_w_key *k)
{
	const struct firma_msg_w_import m = { .id = bytes(id),
		.label = firma_str_of("imported"),
		.algorithm = (uint32_t)a };
	const uint64_t request = peer_send(
	    &p, 0, FIRMA_MSG_w_import, &m, peer_secret(s->at, s->len));
	struct firma_msg_w_done done;

	peer_expect(&p, 0, FIRMA_MSG_w_key, request, k);
	peer_file("spki", k->spki);
	assert_int_equal(
	    peer_shell(
		"openssl pkey -pubin -inform DER -in spki -out %s.pub", id),
	    0);
	assert_int_equal(k->algorithm, a);
	/* Ours, but not made on the token: that must show. */
	assert_int_equal(
	    k->flags, FIRMA_KEYFLAG_IMPORTED | FIRMA_KEYFLAG_SENSITIVE);
	peer_expect(&p, 0, FIRMA_MSG_w_done, request, &done);
}

static void
software_keys_are_imported(void **state)
{
	static const struct {
		const char *make;
		enum firma_key_algorithm a;
	} list[] = {
		{ "genpkey -algorithm RSA", FIRMA_KEY_RSA_2048 },
		{ "ecparam -genkey -noout -name P-256", FIRMA_KEY_EC_P256 },
		{ "ecparam -genkey -noout -name P-384", FIRMA_KEY_EC_P384 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const char *id = firma_key_algorithm_name(list[i].a);
		FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
		struct firma_msg_w_key k;

		assert_int_equal(peer_shell("openssl %s -out soft && openssl "
					    "pkey -in soft -pubout -out want",
				     list[i].make),
		    0);
		FIRMA_OWN(firma_buf_done)
		struct firma_buf pem = peer_read("soft");
		FIRMA_OWN(firma_bio_done)
		BIO *b = BIO_new_mem_buf(pem.at, (int)pem.len);
		FIRMA_OWN(firma_evp_pkey_done)
		EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

		assert_non_null(key);
		assert_int_equal(
		    firma_keyfile_components(key, &s, NULL), FIRMA_OK);
		import_components(id, &s, list[i].a, &k);
		assert_int_equal(peer_shell("cmp %s.pub want", id), 0);
		sign_and_verify(0, id);
		sign_and_verify(1, id);
	}
}

static void
a_real_key_file_is_imported(void **state)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	struct firma_msg_w_key k;
	char path[4200];

	(void)state;
	if (peer_fixtures() == NULL) {
		print_message("skipped: no fixtures (FIRMA_FIXTURES)\n");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/sat/fiel/eku9003173c9.key",
	    peer_fixtures());
	FIRMA_OWN(firma_buf_done) struct firma_buf der = peer_read(path);

	assert_int_equal(firma_keyfile_open(firma_buf_view(&der),
			     bytes("12345678a"), &key, NULL),
	    FIRMA_OK);
	assert_int_equal(firma_keyfile_components(key, &s, NULL), FIRMA_OK);
	import_components("fiel", &s, FIRMA_KEY_RSA_2048, &k);
	sign_and_verify(0, "fiel");
	/* And with the certificate that belongs to it. */
	assert_int_equal(
	    peer_shell(
		"cp '%s/sat/fiel/eku9003173c9.cer' fiel.cer", peer_fixtures()),
	    0);
	FIRMA_OWN(firma_buf_done) struct firma_buf cert = peer_read("fiel.cer");

	write_certificate("fiel", &cert);
}

static void
bad_components_are_refused(void **state)
{
	const struct firma_msg_w_import m = { .id = bytes("bad"),
		.algorithm = FIRMA_KEY_RSA_2048 };

	(void)state;
	(void)peer_expect_error(&p, 0,
	    peer_send(&p, 0, FIRMA_MSG_w_import, &m, peer_secret("x", 1)),
	    FIRMA_ERR_SHAPE);
	(void)peer_expect_error(&p, 0,
	    peer_send(&p, 0, FIRMA_MSG_w_import, &m,
		peer_secret("\0\0\0\4\0\1x\0\1y", 10)),
	    FIRMA_ERR_SHAPE);
	assert_int_equal(peer_find(&p, bytes("")), 0);
}

/* Many requests are under way on each lane; each lane answers in order. */
static void
lanes_work_side_by_side(void **state)
{
	struct firma_msg_w_key k;
	struct firma_msg_w_signature s;
	uint64_t ids[PEER_LANES][8];

	(void)state;
	generate("rsa", FIRMA_KEY_RSA_2048, &k);
	const struct firma_msg_w_sign m = { .id = bytes("rsa"),
		.digest = digest_of(DOCUMENT) };

	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < 8; i++)
			for (size_t lane = 0; lane < p.n_lanes; lane++)
				ids[lane][i] = peer_send(
				    &p, lane, FIRMA_MSG_w_sign, &m, -1);
		for (size_t lane = 0; lane < p.n_lanes; lane++)
			for (size_t i = 0; i < 8; i++)
				peer_expect(&p, lane, FIRMA_MSG_w_signature,
				    ids[lane][i], &s);
	}
	peer_file("sig", s.signature);
	peer_file("doc", bytes(DOCUMENT));
	assert_int_equal(
	    peer_shell(
		"openssl dgst -sha256 -verify rsa.pub -signature sig doc"),
	    0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(every_algorithm_signs),
		T(requests_certificates_and_cms),
		T(cms_follows_the_token),
		T(certificates_are_written_once),
		T(deleting_takes_everything),
		T(a_key_is_generated_once),
		T(leftovers_make_room),
		T(killed_while_generating),
		T(software_keys_are_imported),
		T(a_real_key_file_is_imported),
		T(bad_components_are_refused),
		T(lanes_work_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
