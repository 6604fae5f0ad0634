/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - a client that asks the agent for one thing of a renewal, in or out of
 * turn, and prints what it was told: "ok", or the error's name and the rule.
 *
 *   ask act RENEWAL STEP            renew_act
 *   ask letter RENEWAL STEP FILE    renew_act with a letter
 *   ask result RENEWAL STEP OP OUTCOME   renew_result, without its intent
 *   ask retire RENEWAL              renew_retire
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"

#define PATIENCE (30 * FIRMA_S)
#define LETTER   ((size_t)1024 * 1024) /* octets */

struct ask {
	enum firma_msg_type type;
	union {
		struct firma_msg_renew_act act;
		struct firma_msg_renew_result result;
		struct firma_msg_renew_retire retire;
	} msg;
	int fd;
};

static int
read_letter(const char *path, int *ret_fd)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	struct firma_cause cause;
	FILE *f = fopen(path, "re");

	if (f == NULL || firma_buf_reserve(&v, LETTER) != FIRMA_OK)
		return -1;
	v.len = fread(v.at, 1, LETTER, f);
	if (fclose(f) != 0)
		return -1;
	return firma_memfd_from_bytes(firma_buf_view(&v), ret_fd, &cause) ==
		FIRMA_OK
	    ? 0
	    : -1;
}

/* 0 when the words are understood. */
static int
understand(int argc, char **argv, struct ask *ret)
{
	const uint64_t id = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	unsigned int outcome;

	if (argc == 3 && strcmp(argv[1], "retire") == 0) {
		ret->type = FIRMA_MSG_renew_retire;
		ret->msg.retire =
		    (struct firma_msg_renew_retire){ .renewal = id };
		return 0;
	}
	if (argc == 6 && strcmp(argv[1], "result") == 0) {
		if (!firma_outcome_from(argv[5], &outcome))
			return -1;
		ret->type = FIRMA_MSG_renew_result;
		ret->msg.result =
		    (struct firma_msg_renew_result){ .renewal = id,
			    .step = firma_str_of(argv[3]),
			    .op = firma_str_of(argv[4]),
			    .outcome = outcome };
		return 0;
	}
	if (argc < 4 ||
	    (strcmp(argv[1], "act") != 0 && strcmp(argv[1], "letter") != 0))
		return -1;
	ret->type = FIRMA_MSG_renew_act;
	ret->msg.act = (struct firma_msg_renew_act){ .renewal = id,
		.step = firma_str_of(argv[3]) };
	return argc == 5 ? read_letter(argv[4], &ret->fd) : 0;
}

int
main(int argc, char **argv)
{
	FIRMA_OWN(firma_client_done) struct firma_client *c = NULL;
	struct ask ask = { .fd = -1 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (understand(argc, argv, &ask) != 0) {
		(void)fprintf(stderr, "ask: see its source\n");
		return 2;
	}
	r = firma_client_open(NULL, "ask", firma_after(PATIENCE), &c, &cause);
	if (r == FIRMA_OK)
		r = firma_client_call(c, ask.type, &ask.msg, ask.fd,
		    firma_after(PATIENCE), NULL, NULL, &cause);
	firma_fd_done(&ask.fd);
	if (r == FIRMA_OK)
		(void)printf("ok\n");
	else
		(void)printf("%s %s\n", firma_err_name(r),
		    c != NULL ? firma_client_rule(c) : "");
	return 0;
}
