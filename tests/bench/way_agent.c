/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"
#include "tests/bench/way.h"

#define PATIENCE (30 * FIRMA_S)

struct agent {
	struct firma_client *client;
	const char *key;
	struct firma_signed answer;
};

static void
must(enum firma_err r, const struct firma_cause *cause)
{
	if (r != FIRMA_OK)
		bench_fail("agent: %s (%s)", firma_err_text(r), cause->what);
}

static void *
open_agent(const struct bench_place *p, const char *key)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct firma_cause cause = { 0 };

	if (a == NULL)
		bench_fail("no memory");
	a->key = key;
	must(firma_client_open(p->socket, "firma-bench", firma_after(PATIENCE),
		 &a->client, &cause),
	    &cause);
	return a;
}

static void
sign(void *way, const uint8_t sha256[BENCH_SHA256], struct bench_signature *ret)
{
	struct agent *a = way;
	const struct firma_msg_sign m = { .key = firma_str_of(a->key),
		.format = FIRMA_SIGN_RAW,
		.name = firma_str_of("bench"),
		.sha256 = firma_bytes_of(sha256, BENCH_SHA256) };
	struct firma_cause cause = { 0 };

	must(firma_client_sign(
		 a->client, &m, -1, firma_after(PATIENCE), &a->answer, &cause),
	    &cause);
	if (a->answer.signature.len > sizeof(ret->at))
		bench_fail("agent: a signature of %zu octets",
		    a->answer.signature.len);
	memcpy(ret->at, a->answer.signature.at, a->answer.signature.len);
	ret->len = a->answer.signature.len;
	ret->seq = a->answer.ledger_seq;
}

struct wanted {
	char digest[sizeof("\"digest\":\"\"") + 2 * BENCH_SHA256];
	char key[128];
	uint64_t seq;
	int found;
};

static enum firma_err
look(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_ledger_item *m = msg;
	struct wanted *w = arg;

	(void)fd;
	if (type == FIRMA_MSG_ledger_item && m->seq == w->seq &&
	    memmem(m->line.at, m->line.len, w->digest, strlen(w->digest)) !=
		NULL &&
	    memmem(m->line.at, m->line.len, w->key, strlen(w->key)) != NULL &&
	    memmem(m->line.at, m->line.len, "\"action\":\"sign\"", 15) != NULL)
		w->found = 1;
	return FIRMA_OK;
}

static int
in_ledger(void *way, const char *key, uint64_t seq,
    const uint8_t sha256[BENCH_SHA256])
{
	struct agent *a = way;
	const struct firma_msg_ledger_read m = { .from = seq, .max = 1 };
	struct firma_cause cause = { 0 };
	struct wanted w = { .seq = seq };
	char hex[2 * BENCH_SHA256 + 1];

	firma_hex(firma_bytes_of(sha256, BENCH_SHA256), hex);
	(void)snprintf(w.digest, sizeof(w.digest), "\"digest\":\"%s\"", hex);
	(void)snprintf(w.key, sizeof(w.key), "\"key\":\"%s\"", key);
	must(firma_client_call(a->client, FIRMA_MSG_ledger_read, &m, -1,
		 firma_after(PATIENCE), look, &w, &cause),
	    &cause);
	return w.found;
}

static void
close_agent(void *way)
{
	struct agent *a = way;

	firma_client_free(a->client);
	firma_signed_done(&a->answer);
	free(a);
}

const struct bench_way bench_agent = { "agent", open_agent, sign, close_agent,
	in_ledger };
