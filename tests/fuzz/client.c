/* SPDX-License-Identifier: Apache-2.0 */
/* The signing socket: a stream of frames, and the messages in them. */
#include "agent/wire/frame.h"
#include "tests/fuzz/fuzz.h"

/* Each value has one encoding: what was decoded gives the same octets. */
static void
message(const struct firma_frame *f)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	const struct firma_msg_desc *d = firma_msg_find(f->type);
	struct firma_cause cause = { 0 };
	union firma_msg_any msg;
	const enum firma_err r = fuzz_result(firma_msg_decode(
	    (enum firma_msg_type)f->type, f->payload, &msg, &cause));

	FUZZ_MUST(memchr(cause.what, '\0', sizeof(cause.what)) != NULL);
	if (r != FIRMA_OK)
		return;
	FUZZ_MUST(d != NULL);
	if (fuzz_result(firma_msg_encode(d->type, &msg, &out)) == FIRMA_OK)
		FUZZ_MUST(firma_bytes_equal(firma_buf_view(&out), f->payload));
	else
		FUZZ_WITH_MEMORY(false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firma_bytes in = { data, size };
	struct firma_frame f;
	size_t used;

	while (firma_frame_parse(in, &f, &used) == FIRMA_OK) {
		FUZZ_MUST(used >= FIRMA_FRAME_HEAD && used <= in.len);
		FUZZ_MUST(used == FIRMA_FRAME_HEAD + f.payload.len);
		FUZZ_MUST(f.n_fds <= 1);
		/* The same octets without the last are not a frame yet. */
		FUZZ_MUST(firma_frame_parse(firma_bytes_of(in.at, used - 1), &f,
			      &(size_t){ 0 }) == FIRMA_ERR_STATE);
		message(&f);
		in.at += used;
		in.len -= used;
	}
	return 0;
}
