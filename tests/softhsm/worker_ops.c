/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/softhsm/worker_ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "agent/pki/verify.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/cryptoki.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint8_t salt[16] = "a salt of 16 oct";
/* Common name "x" */
static const uint8_t subject[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03"
				 "\x0c\x01x";

static struct firma_buf spki;    /* of "key" */
static struct firma_buf cert[2]; /* for "key"; one of them is on the token */
static unsigned int which;       /* was written last, or was to be */
static unsigned int serial;      /* of what is generated and imported */
static char new_id[32];

static void
must(struct ops_answer *a, const char *what)
{
	if (a->end != OPS_GOOD)
		fail_msg("%s, after %s: ended %d, %s", what, ops_armed_with,
		    (int)a->end, a->what);
}

/* ---- requests ---- */

static void
probe(struct ops_answer *a)
{
	ops_ask(a, FIRMA_MSG_w_probe, &(struct firma_msg_w_probe){ 0 }, -1);
}

static void
login(struct ops_answer *a)
{
	const struct firma_msg_w_login m = { .salt = { salt, sizeof(salt) },
		.iterations = 1000 };

	ops_ask(
	    a, FIRMA_MSG_w_login, &m, peer_secret(PEER_PIN, strlen(PEER_PIN)));
}

static void
logout(struct ops_answer *a)
{
	ops_ask(a, FIRMA_MSG_w_logout, &(struct firma_msg_w_logout){ 0 }, -1);
}

static void
inspect(struct ops_answer *a)
{
	const struct firma_msg_w_inspect m = { .algorithm = FIRMA_KEY_EC_P256 };

	ops_ask(a, FIRMA_MSG_w_inspect, &m, -1);
}

static void
keys(struct ops_answer *a)
{
	ops_ask(a, FIRMA_MSG_w_keys, &(struct firma_msg_w_keys){ 0 }, -1);
}

static void
find(struct ops_answer *a, const char *id)
{
	const struct firma_msg_w_find m = { .id = sins_bytes(id) };

	ops_ask(a, FIRMA_MSG_w_find, &m, -1);
}

static void
find_key(struct ops_answer *a)
{
	find(a, "key");
}

static void
sign_on(size_t lane, struct ops_answer *a)
{
	const struct firma_msg_w_sign m = { .id = sins_bytes("key"),
		.digest = firma_bytes_of(sins_digest, sizeof(sins_digest)) };

	ops_ask_on(lane, a, FIRMA_MSG_w_sign, &m, -1);
}

void
ops_sign(struct ops_answer *a)
{
	sign_on(0, a);
}

static void
cms(struct ops_answer *a)
{
	const struct firma_msg_w_cms m = { .id = sins_bytes("key"),
		.format = FIRMA_SIGN_CMS_DETACHED,
		.digest = firma_bytes_of(sins_digest, sizeof(sins_digest)),
		.certificate = firma_buf_view(&cert[0]),
		.signing_time = 1 };

	ops_ask(a, FIRMA_MSG_w_cms, &m, -1);
}

static void
request(struct ops_answer *a)
{
	const struct firma_msg_w_request m = { .id = sins_bytes("key"),
		.digest = 32,
		.subject = firma_bytes_of(subject, sizeof(subject) - 1) };

	ops_ask(a, FIRMA_MSG_w_request, &m, -1);
}

static void
certificate(struct ops_answer *a)
{
	const struct firma_msg_w_certificate_write m = { .id =
							     sins_bytes("key"),
		.certificate = firma_buf_view(&cert[which]) };

	ops_ask(a, FIRMA_MSG_w_certificate_write, &m, -1);
}

static void
generate(struct ops_answer *a)
{
	const struct firma_msg_w_generate m = { .id = sins_bytes(new_id),
		.algorithm = FIRMA_KEY_EC_P256 };

	ops_ask(a, FIRMA_MSG_w_generate, &m, -1);
}

static void
import(struct ops_answer *a)
{
	const struct firma_msg_w_import m = { .id = sins_bytes(new_id),
		.algorithm = FIRMA_KEY_EC_P256 };

	ops_ask(a, FIRMA_MSG_w_import, &m,
	    peer_secret(PEER_P256, sizeof(PEER_P256) - 1));
}

static void
delete_new(struct ops_answer *a)
{
	const struct firma_msg_w_delete m = { .id = sins_bytes(new_id) };

	ops_ask(a, FIRMA_MSG_w_delete, &m, -1);
}

/* ---- what must be true afterwards ---- */

static void
good_signature(const struct ops_answer *a)
{
	if (a->end == OPS_GOOD &&
	    firma_pki_verify(firma_buf_view(&spki), sins_digest, a->body,
		FIRMA_SIGNATURE_DER, NULL) != FIRMA_OK)
		ops_surprise("%s: a signature that is none", ops_armed_with);
}

void
ops_works(void)
{
	struct ops_answer a;

	/* What the sin left behind may show once. */
	probe(&a);
	if (a.end == OPS_ERROR || !a.present)
		probe(&a);
	must(&a, "probe");
	if (!a.present)
		fail_msg("after %s: absent", ops_armed_with);
	if (!a.logged_in) {
		login(&a);
		must(&a, "login");
	}
	for (size_t lane = 0; lane < 2; lane++) {
		sign_on(lane, &a);
		/* A login that ended behind our back is noticed here. */
		if (a.end == OPS_ERROR && a.err == FIRMA_ERR_PIN_NEEDED) {
			login(&a);
			must(&a, "login");
			sign_on(lane, &a);
		}
		must(&a, "sign");
		good_signature(&a);
	}
}

static void
check_probe(const struct ops_answer *a)
{
	if (a->end == OPS_GOOD && a->present && !a->logged_in &&
	    strstr(ops_armed_with, ":0x0") == NULL)
		ops_surprise("%s: not logged in?", ops_armed_with);
}

/* What it tells is the module's word. */
static void
check_nothing(const struct ops_answer *a)
{
	(void)a;
}

static void
check_signature(const struct ops_answer *a)
{
	good_signature(a);
}

static void
check_keys(const struct ops_answer *a)
{
	if (a->end == OPS_GOOD && a->n_keys != a->count)
		ops_surprise("%s: %zu keys, %llu told", ops_armed_with,
		    a->n_keys, (unsigned long long)a->count);
	/* A failure is no empty list; CKR_BUFFER_TOO_SMALL says, object by
	 * object, that its id is longer than any of ours. */
	if (a->end == OPS_GOOD && a->n_keys == 0 &&
	    strstr(ops_armed_with, ":0x150") == NULL &&
	    strstr(ops_armed_with, ":0x0") == NULL &&
	    strstr(ops_armed_with, "length") == NULL)
		ops_surprise("%s: no keys", ops_armed_with);
}

static void
check_der(const struct ops_answer *a)
{
	if (a->end != OPS_GOOD)
		return;
	peer_file("der", a->body);
	peer_file("doc", sins_bytes("x"));
	if (peer_shell(
		"openssl req -inform DER -in der -verify -noout 2>&1 | "
		"grep -q 'verify OK' || openssl cms -verify -inform DER -in "
		"der -content doc -binary -certfile key0.pem -CAfile ca.pem "
		"-purpose any -out /dev/null") != 0)
		ops_surprise(
		    "%s: what was signed does not verify", ops_armed_with);
}

static void
check_login(const struct ops_answer *a)
{
	struct ops_answer b;

	/* One presentation, whatever it said. */
	if (ops_lines("C_Login") > 1)
		ops_surprise("%s: %d presentations", ops_armed_with,
		    ops_lines("C_Login"));
	if (a->end != OPS_GOOD)
		return;
	probe(&b);
	if (b.end == OPS_ERROR || !b.present)
		probe(&b);
	must(&b, "probe");
	if (!b.logged_in)
		ops_surprise(
		    "%s: it said that it is logged in", ops_armed_with);
}

static void
check_logout(const struct ops_answer *a)
{
	struct ops_answer b;

	if (a->end != OPS_GOOD)
		return;
	ops_sign(&b);
	if (b.end == OPS_GOOD)
		ops_surprise(
		    "%s: it said that it is logged out", ops_armed_with);
}

/* One of the two, and as told. */
static void
check_certificate(const struct ops_answer *a)
{
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;
	const struct firma_msg_w_find m = { .id = sins_bytes("key") };

	ops_works();
	const uint64_t id = peer_send(&sins_peer, 0, FIRMA_MSG_w_find, &m, -1);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_key, id, &k);
	if (k.certificate.len == 0)
		ops_surprise("%s: no certificate is left", ops_armed_with);
	if (a->end == OPS_GOOD &&
	    !firma_bytes_equal(k.certificate, firma_buf_view(&cert[which])))
		ops_surprise(
		    "%s: not the certificate that was written", ops_armed_with);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, id, &done);
}

static void
check_new(const struct ops_answer *a)
{
	struct ops_answer b;

	ops_works();
	find(&b, new_id);
	must(&b, "find");
	if (b.n_keys > 1)
		ops_surprise(
		    "%s: %zu keys with one id", ops_armed_with, b.n_keys);
	if (a->end == OPS_GOOD && (b.n_keys != 1 || a->n_keys != 1))
		ops_surprise("%s: success, %zu keys told, %zu there",
		    ops_armed_with, a->n_keys, b.n_keys);
	delete_new(&b);
	must(&b, "delete");
	find(&b, new_id);
	must(&b, "find");
	assert_int_equal(b.n_keys, 0);
}

static void
check_deleted(const struct ops_answer *a)
{
	struct ops_answer b;

	ops_works();
	find(&b, new_id);
	must(&b, "find");
	if (a->end == OPS_GOOD && a->count != 0 && b.n_keys != 0)
		ops_surprise("%s: it said that it is deleted", ops_armed_with);
	delete_new(&b);
	must(&b, "delete");
}

/* ---- before ---- */

static void
log_out(void)
{
	struct ops_answer a;

	logout(&a);
	must(&a, "logout");
	peer_file("log", sins_bytes(""));
}

static void
next_id(void)
{
	(void)snprintf(new_id, sizeof(new_id), "new%u", ++serial);
}

static void
import_one(void)
{
	struct ops_answer a;

	next_id();
	import(&a);
	must(&a, "import");
}

static void
other_certificate(void)
{
	which = 1 - which;
}

/* In this order a walk starts with a token that is logged out. */
const struct ops_op ops_list[] = {
	{ "login", log_out, login, check_login },
	{ "probe", NULL, probe, check_probe },
	{ "inspect", NULL, inspect, check_nothing },
	{ "keys", NULL, keys, check_keys },
	{ "find", NULL, find_key, check_keys },
	{ "sign", NULL, ops_sign, check_signature },
	{ "request", NULL, request, check_der },
	{ "cms", NULL, cms, check_der },
	{ "generate", next_id, generate, check_new },
	{ "certificate", other_certificate, certificate, check_certificate },
	{ "import", next_id, import, check_new },
	{ "delete", import_one, delete_new, check_deleted },
	{ "logout", NULL, logout, check_logout },
};
const size_t ops_n = COUNT(ops_list);

/* A token that does not answer before its PIN: told, and then begun anew. */
static bool
is_deaf(const char *sin)
{
	static const char function[] = "rv:C_GenerateRandom:";
	const char *at = strstr(sin, function);
	unsigned long rv;

	if (at == NULL)
		return false;
	rv = strtoul(at + sizeof(function) - 1, NULL, 16);
	return rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED ||
	    rv == CKR_DEVICE_ERROR;
}

enum ops_end
ops_commit(const struct ops_op *op, const char *sin)
{
	struct ops_answer a;
	char was[sizeof(ops_armed_with)];

	if (op->prepare != NULL)
		op->prepare();
	ops_sin(sin);
	op->run(&a);
	ops_sin(NULL);
	/* For the messages. */
	(void)snprintf(
	    ops_armed_with, sizeof(ops_armed_with), "%s at %s", sin, op->name);
	memcpy(was, ops_armed_with, sizeof(was));
	if (a.end == OPS_DEAD || a.end == OPS_SILENT)
		return a.end;
	if (is_deaf(sin)) {
		assert_int_equal(a.end, OPS_ERROR);
		assert_false(peer_take(&sins_peer, 0, 10000));
		assert_int_not_equal(peer_stop(&sins_peer), 0);
		ops_start(NULL, NULL);
	}
	op->check(&a);
	ops_works();
	ops_armed_with[0] = '\0';
	return a.end;
}

void
ops_nothing_lost(void)
{
	struct ops_answer a;

	ops_start(NULL, NULL);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	ops_works();
	find_key(&a);
	must(&a, "find");
	assert_int_equal(a.n_keys, 1);
	assert_int_not_equal(a.flags & FIRMA_KEYFLAG_CERTIFICATE, 0);
	if (new_id[0] != '\0') {
		find(&a, new_id);
		must(&a, "find");
		assert_in_range(a.n_keys, 0, 1);
		delete_new(&a);
		must(&a, "delete");
	}
	assert_int_equal(peer_stop(&sins_peer), 0);
}

/* ---- the token ---- */

static void
certify(unsigned int n)
{
	char name[16];

	assert_int_equal(
	    peer_shell(
		"test -f ca.key || openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes -keyout ca.key -out "
		"ca.pem -subj /CN=Prueba -days 2; "
		"openssl x509 -req -in key.req -inform DER -CA ca.pem "
		"-CAkey ca.key -set_serial %u -days 2 -out key%u.pem && "
		"openssl x509 -in key%u.pem -outform DER -out key%u.der",
		n + 7, n, n, n),
	    0);
	(void)snprintf(name, sizeof(name), "key%u.der", n);
	cert[n] = peer_read(name);
}

int
ops_setup(void **state)
{
	const struct firma_msg_w_find m = { .id = sins_bytes("key") };
	struct firma_msg_w_key k;
	struct firma_msg_w_done done;
	struct ops_answer a;

	assert_int_equal(sins_setup(state), 0);
	ops_start(NULL, NULL);
	assert_int_equal(sins_peer.frame.type, FIRMA_MSG_w_ready);
	login(&a);
	must(&a, "login");
	peer_call(&sins_peer, FIRMA_MSG_w_find, &m, FIRMA_MSG_w_key, &k);
	assert_int_equal(firma_buf_put(&spki, k.spki), FIRMA_OK);
	peer_expect(&sins_peer, 0, FIRMA_MSG_w_done, 0, &done);
	request(&a);
	must(&a, "request");
	peer_file("key.req", a.body);
	certify(0);
	certify(1);
	other_certificate();
	certificate(&a);
	must(&a, "certificate");
	ops_works();
	return 0;
}

int
ops_teardown(void **state)
{
	firma_buf_done(&spki);
	firma_buf_done(&cert[0]);
	firma_buf_done(&cert[1]);
	return sins_teardown(state);
}
