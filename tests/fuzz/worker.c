/* SPDX-License-Identifier: Apache-2.0 */
/* The token process: one packet as firmad-token takes it from its lane. */
#include <sys/socket.h>
#include <unistd.h>

#include "pkcs11/worker/lane.h"
#include "tests/fuzz/fuzz.h"

static struct firma_lane lane;
static int peer = -1;

static void
start(void)
{
	int pair[2];

	if (peer >= 0)
		return;
	FUZZ_MUST(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	FUZZ_MUST(firma_lane_init(&lane, pair[0], 0) == FIRMA_OK);
	peer = pair[1];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct firma_msg_desc *d;
	struct firma_cause cause = { 0 };
	struct firma_frame f;
	union firma_msg_any msg;
	enum firma_err r;

	start();
	if (size == 0 || size > FIRMA_FRAME_MAX)
		return 0; /* an empty packet looks like the end */
	if (send(peer, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		return 0;
	r = fuzz_result(firma_lane_take(&lane, &f, &cause));
	FUZZ_MUST(r == FIRMA_OK || r == FIRMA_ERR_SHAPE);
	if (r != FIRMA_OK || (d = firma_msg_find(f.type)) == NULL)
		return 0;
	if (firma_msg_decode(d->type, f.payload, &msg, &cause) != FIRMA_OK)
		FUZZ_MUST(cause.what[0] != '\0');
	return 0;
}
