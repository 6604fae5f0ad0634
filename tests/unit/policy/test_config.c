/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"

#define TOKEN "[token t]\nmodule = /m.so\nlabel = L\n"

static enum firma_err
parse(const char *text, struct firma_config **ret, struct firma_problems *p)
{
	memset(p, 0, sizeof(*p));
	return firma_config_parse(
	    firma_bytes_of(text, strlen(text)), "/etc/firmad", ret, p);
}

static struct firma_config *
fine(const char *text)
{
	struct firma_config *c = NULL;
	struct firma_problems p;

	if (parse(text, &c, &p) != FIRMA_OK)
		fail_msg("%u: %s", p.items[0].line, p.items[0].text);
	return c;
}

/* One problem, at that line, that says so. */
static void
wrong(const char *text, unsigned int line, const char *why)
{
	struct firma_config *c = NULL;
	struct firma_problems p;

	assert_int_equal(parse(text, &c, &p), FIRMA_ERR_CONFIG);
	assert_null(c);
	if (p.n_found != 1 || p.items[0].line != line ||
	    strstr(p.items[0].text, why) == NULL)
		fail_msg("%zu problems; %u: %s", p.n_found, p.items[0].line,
		    p.items[0].text);
}

static void
an_empty_file_has_safe_defaults(void **state)
{
	FIRMA_OWN(firma_config_done) struct firma_config *c = fine("");

	(void)state;
	assert_int_equal(c->durability, FIRMA_CONFIG_DISK);
	assert_int_equal(c->max_connections, 128);
	assert_int_equal(c->log_level, 6);
	assert_string_equal(c->socket, "");
	assert_int_equal(c->n_tokens + c->n_keys + c->n_profiles, 0);
	assert_int_equal(
	    firma_config_durability_of(c, "any"), FIRMA_CONFIG_DISK);
}

static void
everything_is_read(void **state)
{
	FIRMA_OWN(firma_config_done)
	struct firma_config *c =
	    fine("[agent]\nsocket=/run/s\nstate=state\nuser=firmad\n"
		 "profiles=/p\nworker=/w\ndurability=process\n"
		 "max-connections=9\nlog-level=debug\n"
		 "[token t-1]\nmodule=lib/m.so\nserial=0123\nsessions=8\n"
		 "deadline=20\ngenerate-deadline=300\nlock-after=60\n"
		 "environment=SOFTHSM2_CONF=/a b\nenvironment=B=\n"
		 "algorithm=p-256\npin-credential=pin.t\nsoftware=yes\n"
		 "so-pin-tries=15\nkeep-pin=signing\n"
		 "pin-credential-again=yes\n"
		 "[token t-2]\nmodule=/m\nslot=7\n"
		 "[token t-3]\nmodule=/m\nuri=pkcs11:token=a;serial=%3b\n"
		 "[key k]\ntoken=t-1\nid=00ffAB\ndurability=disk\n"
		 "digest-only=no\n"
		 "[key s]\ntoken=t-2\nspki=000102030405060708090a0b0c0d0e0f"
		 "101112131415161718191a1b1c1d1e1f\n"
		 "[key bare]\n"
		 "[profile imss-idse]\nportal=http://127.0.0.1:8080/imss/\n"
		 "issuers=ca.pem\nfile=p.ini\n");
	const struct firma_config_token *t = firma_config_token(c, "t-1");
	const struct firma_config_key *k = firma_config_key(c, "k");
	const struct firma_config_profile *f =
	    firma_config_profile(c, "imss-idse");

	(void)state;
	assert_string_equal(c->state, "/etc/firmad/state");
	assert_string_equal(c->worker, "/w");
	assert_int_equal(c->durability, FIRMA_CONFIG_PROCESS);
	assert_int_equal(c->log_level, 7);
	assert_non_null(t);
	assert_string_equal(t->module, "/etc/firmad/lib/m.so");
	assert_int_equal(t->select, FIRMA_SELECT_SERIAL);
	assert_string_equal(t->serial, "0123");
	assert_int_equal(t->n_lanes, 8);
	assert_int_equal(t->deadline_s, 20);
	assert_int_equal(t->generate_deadline_s, 300);
	assert_int_equal(t->lock_after_s, 60);
	assert_int_equal(t->n_env, 2);
	assert_string_equal(t->env[0], "SOFTHSM2_CONF=/a b");
	assert_string_equal(t->algorithm, "p-256");
	assert_string_equal(t->pin_credential, "pin.t");
	assert_int_equal(t->software, 1);
	assert_int_equal(t->keep_pin, FIRMA_KEEP_SIGNING);
	assert_int_equal(t->pin_credential_again, 1);
	assert_int_equal(firma_config_token(c, "t-2")->keep_pin, FIRMA_KEEP_NO);
	/* The agent's own software token never locks; others may at 3. */
	assert_int_equal(t->pin_tries, 0);
	assert_int_equal(t->so_pin_tries, 15);
	assert_int_equal(firma_config_token(c, "t-2")->pin_tries, 3);
	assert_int_equal(firma_config_token(c, "t-2")->so_pin_tries, 3);
	assert_int_equal(firma_config_token(c, "t-2")->slot, 7);
	assert_int_equal(
	    firma_config_token(c, "t-2")->select, FIRMA_SELECT_SLOT);
	assert_int_equal(firma_config_token(c, "t-2")->deadline_s, 10);
	assert_int_equal(
	    firma_config_token(c, "t-3")->select, FIRMA_SELECT_URI);
	assert_string_equal(
	    firma_config_token(c, "t-3")->uri, "pkcs11:token=a;serial=%3b");
	assert_non_null(k);
	assert_int_equal(k->id_len, 3);
	assert_memory_equal(k->id, "\x00\xff\xab", 3);
	assert_int_equal(k->digest_only, 0);
	assert_int_equal(firma_config_durability_of(c, "k"), FIRMA_CONFIG_DISK);
	assert_true(firma_config_key(c, "s")->has_spki);
	assert_int_equal(firma_config_key(c, "s")->spki_sha256[31], 0x1f);
	assert_int_equal(
	    firma_config_durability_of(c, "s"), FIRMA_CONFIG_PROCESS);
	assert_int_equal(
	    firma_config_durability_of(c, "none"), FIRMA_CONFIG_PROCESS);
	assert_int_equal(firma_config_key(c, "bare")->digest_only, 1);
	assert_non_null(f);
	assert_string_equal(f->portal, "http://127.0.0.1:8080/imss/");
	assert_string_equal(f->issuers, "/etc/firmad/ca.pem");
	assert_null(firma_config_token(c, "t"));
	assert_null(firma_config_key(c, ""));
	assert_null(firma_config_profile(c, "x"));
}

static void
mistakes_are_named_with_their_line(void **state)
{
	(void)state;
	wrong("[agents]\nx=1\n", 1, "no section [agents]");
	wrong("[operator ana]\n", 1, "no section [operator ana]");
	wrong("[token]\nmodule=/m\n", 1, "needs a name");
	wrong("[token .t]\n", 1, "needs a name");
	wrong("[agent]\nsokket=/s\n", 2, "no option \"sokket\"");
	wrong("[agent]\nsocket=/a/../s\n", 2, "socket is a path");
	wrong("[agent]\nsocket=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaa\n",
	    2, "at most 107");
	wrong("[agent]\ndurability=always\n", 2, "process, disk");
	wrong("[agent]\nmax-connections=0\n", 2, "1 to 4096");
	wrong("[agent]\nlog-level=loud\n", 2, "error, warning");
	wrong("[agent]\nstate=/a\nstate=/b\n", 3, "second time");
	wrong("[agent]\n[agent]\n", 2, "second time");
	wrong("[token t]\nlabel=L\n", 1, "\"module\" is missing");
	wrong("[token t]\nmodule=/m\n", 1, "exactly one of label");
	wrong(TOKEN "slot=1\n", 1, "exactly one of label");
	wrong(TOKEN "uri=pkcs11:token=a\n", 1, "exactly one of label");
	wrong("[token t]\nmodule=/m\nuri=Firma\n", 3, "begins with pkcs11:");
	wrong("[token t]\nmodule=/m\nuri=pkcs11:token=a?pin-value=1\n", 3,
	    "a PIN never stands in the configuration");
	wrong(TOKEN "sessions=9\n", 4, "1 to 8");
	wrong(TOKEN "software=true\n", 4, "no, yes");
	wrong(TOKEN "algorithm=rsa-1024\n", 4, "rsa-2048, rsa-3072");
	wrong(TOKEN "pin-credential=../pin\n", 4, "is a name");
	wrong(TOKEN "pin=1234\n", 4, "no option \"pin\"");
	wrong("[token t]\nmodule=/m\n"
	      "label=012345678901234567890123456789012\n",
	    3, "1 to 32 octets");
	wrong(TOKEN "[key k]\ntoken=t\n", 4, "stand together");
	wrong(TOKEN "[key k]\nid=00\n", 4, "stand together");
	wrong(TOKEN "[key k]\ntoken=t\nid=0\n", 6, "CKA_ID in hex");
	wrong(TOKEN "[key k]\ntoken=t\nid=\n", 6, "CKA_ID in hex");
	wrong(TOKEN "[key k]\ntoken=t\nspki=00\n", 6, "64 digits");
	wrong(TOKEN "[key k]\ntoken=u\nid=00\n", 4, "no [token u]");
	wrong("[profile p]\nportal=ftp://x\n", 2, "https://");
	wrong("[profile p]\nportal=https://\n", 2, "https://");
	wrong("[profile p]\nportal=https://a b\n", 2, "https://");
	wrong(TOKEN "pin-credential=p\n[token u]\nmodule=/m\nslot=1\n"
		    "pin-credential=p\n",
	    5, "same pin-credential");
}

static void
an_environment_loads_no_code_and_holds_no_pin(void **state)
{
	(void)state;
	wrong(TOKEN "environment=LD_PRELOAD=/x.so\n", 4, "code is loaded");
	wrong(TOKEN "environment=LD_AUDIT=/x.so\n", 4, "code is loaded");
	wrong(TOKEN "environment=OPENSSL_CONF=/x\n", 4, "code is loaded");
	wrong(TOKEN "environment=GCONV_PATH=/x\n", 4, "code is loaded");
	wrong(TOKEN "environment=PIN=1234\n", 4, "pin-credential");
	wrong(TOKEN "environment=USER_PIN=1234\n", 4, "pin-credential");
	wrong(TOKEN "environment=PIN_1=1234\n", 4, "pin-credential");
	wrong(TOKEN "environment=HSM_PASSWORD=x\n", 4, "pin-credential");
	wrong(TOKEN "environment=lower=x\n", 4, "NAME=VALUE");
	wrong(TOKEN "environment=A\n", 4, "NAME=VALUE");
	wrong(TOKEN "environment==x\n", 4, "NAME=VALUE");
	wrong(TOKEN "environment=1A=x\n", 4, "NAME=VALUE");
	wrong(TOKEN "environment=A=1\nenvironment=B=1\nenvironment=C=1\n"
		    "environment=D=1\nenvironment=E=1\nenvironment=F=1\n"
		    "environment=G=1\nenvironment=H=1\nenvironment=I=1\n",
	    12, "too many");
	firma_config_free(fine(TOKEN "environment=SPIN_COUNT=1\n"));
}

static void
all_mistakes_come_in_one_run(void **state)
{
	struct firma_config *c = NULL;
	struct firma_problems p;

	(void)state;
	assert_int_equal(parse("x=1\n[agent]\nfoo=1\nlog-level=x\n[huh]\ny=1\n"
			       "[token t]\n[key K]\n",
			     &c, &p),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(p.n_found, 7);
	for (size_t i = 1; i < p.n; i++)
		assert_true(p.items[i - 1].line <= p.items[i].line);
	assert_int_equal(p.items[0].line, 1);
	assert_int_equal(p.items[6].line, 8);
}

static void
the_folder_is_absolute(void **state)
{
	struct firma_config *c = NULL;
	struct firma_problems p = { 0 };

	(void)state;
	assert_int_equal(
	    firma_config_parse(firma_bytes_of("", 0), "etc", &c, &p),
	    FIRMA_ERR_VALUE);
}

static void
counts_are_bounded(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	struct firma_config *c = NULL;
	struct firma_problems p = { 0 };
	char line[64];

	(void)state;
	for (int i = 0; i < FIRMA_CONFIG_KEYS + 5; i++) {
		(void)snprintf(line, sizeof(line), "[key k%d]\n", i);
		assert_int_equal(firma_buf_put_str(&text, line), FIRMA_OK);
	}
	for (int i = 0; i < FIRMA_CONFIG_TOKENS + 3; i++) {
		(void)snprintf(
		    line, sizeof(line), "[token t%d]\nmodule=/m\nslot=1\n", i);
		assert_int_equal(firma_buf_put_str(&text, line), FIRMA_OK);
	}
	assert_int_equal(firma_config_parse(firma_buf_view(&text), "/", &c, &p),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(p.n_found, 8);
	assert_null(c);
}

static void
hostile_texts_are_survived(void **state)
{
	char text[] = "[agent]\nsocket=/run/s\nlog-level=info\n" TOKEN
		      "environment=A=1\n[key k]\ntoken=t\nid=00ff\n"
		      "[profile p]\nportal=https://h/\n";
	const size_t len = strlen(text);

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (unsigned int bit = 0; bit < 9; bit++) {
			struct firma_config *c = NULL;
			struct firma_problems p = { 0 };
			const char was = text[i];

			if (bit < 8)
				text[i] = (char)(was ^ (1 << bit));
			if (firma_config_parse(
				firma_bytes_of(text, bit < 8 ? len : i), "/",
				&c, &p) == FIRMA_OK)
				firma_config_free(c);
			else
				assert_null(c);
			text[i] = was;
		}
}

/* firmad.conf may name exactly the algorithms that agent/pki makes. */
static void
algorithms_are_those_of_pki(void **state)
{
	char text[128];

	(void)state;
#define X(name, number, words, bits, rsa, signature)                       \
	(void)snprintf(text, sizeof(text), TOKEN "algorithm=%s\n", words); \
	firma_config_free(fine(text));
	FIRMA_KEY_LIST(X)
#undef X
#define X(...) +1
	assert_int_equal(0 FIRMA_KEY_LIST(X), 5);
#undef X
}

/* The annotated example is a configuration, also with its # options. */
static void
the_example_is_right(void **state)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf all = { 0 };
	FILE *f =
	    fopen(FIRMA_SOURCE_DIR "/agent/daemon/firmad.conf.example", "r");
	char line[512];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_int_equal(firma_buf_put_str(&text, line), FIRMA_OK);
		/* "#option = value" is an option, "# word" a comment. */
		assert_int_equal(
		    firma_buf_put_str(&all,
			line[0] == '#' && line[1] != ' ' && line[1] != '\n'
			    ? line + 1
			    : line),
		    FIRMA_OK);
	}
	(void)fclose(f);
	assert_int_equal(firma_buf_put_u8(&text, 0), FIRMA_OK);
	assert_int_equal(firma_buf_put_u8(&all, 0), FIRMA_OK);
	firma_config_free(fine((const char *)text.at));
	firma_config_free(fine((const char *)all.at));
}

static void
a_token_writes_where_it_is_said(void **state)
{
	static const char text[] = "[token a]\nmodule = /m.so\nlabel = a\n"
				   "writable = tokens\n"
				   "writable = /var/lib/x\n";
	struct firma_problems problems = { 0 };
	FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
	FIRMA_OWN(firma_config_done) struct firma_config *none = NULL;

	(void)state;
	assert_int_equal(
	    firma_config_parse(firma_bytes_of(text, sizeof(text) - 1),
		"/etc/firmad", &c, &problems),
	    FIRMA_OK);
	assert_int_equal(c->tokens[0].n_writable, 2);
	assert_string_equal(c->tokens[0].writable[0], "/etc/firmad/tokens");
	assert_string_equal(c->tokens[0].writable[1], "/var/lib/x");
	static const char up[] = "[token a]\nmodule = /m.so\nlabel = a\n"
				 "writable = /var/../etc\n";

	assert_int_equal(firma_config_parse(firma_bytes_of(up, sizeof(up) - 1),
			     "/etc/firmad", &none, &problems),
	    FIRMA_ERR_CONFIG);
	assert_int_equal(problems.items[0].line, 4);
}

static void
a_token_connects_where_it_is_said(void **state)
{
	static const struct {
		const char *value;
		unsigned int n, last; /* ports; 0: a mistake */
	} cases[] = {
		{ "1792", 1, 1792 },
		{ "1 65535", 2, 65535 },
		{ "1792\t9004  9005", 3, 9005 },
		{ "1 2 3 4 5 6 7 8", 8, 8 },
		{ "1 2 3 4 5 6 7 8 9", 0, 0 },
		{ "0", 0, 0 },
		{ "65536", 0, 0 },
		{ "4294967297", 0, 0 },
		{ "1792,9004", 0, 0 },
		{ "any", 0, 0 },
		{ "-1", 0, 0 },
		{ "1792 x", 0, 0 },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FIRMA_OWN(firma_config_done) struct firma_config *c = NULL;
		struct firma_problems problems = { 0 };
		const int len = snprintf(text, sizeof(text),
		    "[token a]\nmodule = /m.so\nlabel = a\nnetwork = %s\n",
		    cases[i].value);
		const enum firma_err r = firma_config_parse(
		    firma_bytes_of(text, (size_t)len), "/", &c, &problems);

		if (cases[i].n == 0) {
			assert_int_equal(r, FIRMA_ERR_CONFIG);
			assert_int_equal(problems.items[0].line, 4);
			continue;
		}
		assert_int_equal(r, FIRMA_OK);
		assert_int_equal(c->tokens[0].n_ports, cases[i].n);
		assert_int_equal(
		    c->tokens[0].ports[cases[i].n - 1], cases[i].last);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_writes_where_it_is_said),
		cmocka_unit_test(a_token_connects_where_it_is_said),
		cmocka_unit_test(an_empty_file_has_safe_defaults),
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(mistakes_are_named_with_their_line),
		cmocka_unit_test(an_environment_loads_no_code_and_holds_no_pin),
		cmocka_unit_test(all_mistakes_come_in_one_run),
		cmocka_unit_test(the_folder_is_absolute),
		cmocka_unit_test(counts_are_bounded),
		cmocka_unit_test(hostile_texts_are_survived),
		cmocka_unit_test(algorithms_are_those_of_pki),
		cmocka_unit_test(the_example_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
