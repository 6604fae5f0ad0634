/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the institution answered, as a helper reads it.  The input is one line
 * "operation status media-type", then the body.
 */
#include "cli/portal/reply.h"
#include "tests/fuzz/fuzz.h"

/* False: the line is not one. */
static int
head(const uint8_t *data, size_t len, struct portal_request *q,
    struct portal_reply *r)
{
	char line[120], op[40];
	int known;

	if (len >= sizeof(line))
		return 0;
	memcpy(line, data, len);
	line[len] = '\0';
	if (sscanf(line, "%39s %ld %63s", op, &r->status, r->type) != 3 ||
	    (known = portal_op_of(op)) < 0)
		return 0;
	q->op = (enum portal_op)known;
	/* Not a status: the connection ended so. */
	if (r->status < 0)
		r->failed = r->status % 2 == 0 ? PORTAL_REASON_TIMEOUT
					       : PORTAL_REASON_CONNECT;
	return 1;
}

static void
check(const struct portal_request *q, const struct portal_answer *a)
{
	const char *name;
	json_t *v;

	FUZZ_MUST(portal_op_may_answer(q->op, a->outcome));
	FUZZ_MUST(portal_text_clean(firma_bytes_of(a->text, strlen(a->text))));
	FUZZ_MUST(a->file[0] == '\0' || portal_file_plain(a->file));
	FUZZ_MUST(a->retry_after <= PORTAL_RETRY_MAX);
	json_object_foreach(a->fields, name, v)
	{
		FUZZ_MUST(json_is_string(v));
		FUZZ_MUST(portal_text_clean(firma_bytes_of(
		    json_string_value(v), json_string_length(v))));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct portal_reply r = { 0 };
	struct portal_request q = { .letter = "terms" };
	struct portal_answer a = { 0 };
	json_t *endpoints;

	if (end == NULL || !head(data, (size_t)(end - data), &q, &r))
		return 0;
	end++;
	endpoints = json_pack("{s:s,s:s,s:s}", "page-expired", "no es",
	    "page-conditions", "Condiciones", "page-home", "Inicio");
	if (firma_buf_put(&r.body,
		firma_bytes_of(end, size - (size_t)(end - data))) == FIRMA_OK) {
		portal_reply_read(&r, &q, endpoints, &a);
		check(&q, &a);
	}
	json_decref(endpoints);
	portal_answer_done(&a);
	portal_reply_done(&r);
	return 0;
}
