/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wire/frame.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"

static const uint8_t filling[] = "firma \xc3\xb1 01234567890123456789012345";

/* Every field with something in it that fits. */
static void
fill(const struct firma_msg_desc *d, union firma_msg_any *msg)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct firma_field *f = &d->fields[i];
		void *to = msg->room + f->offset;
		const size_t len = f->max < 32 ? f->max : 32;

		switch (f->kind) {
		case FIRMA_U32:
			*(uint32_t *)to = (uint32_t)i + 1;
			break;
		case FIRMA_U64:
			*(uint64_t *)to = UINT64_MAX - i;
			break;
		case FIRMA_STR:
			*(struct firma_str *)to =
			    (struct firma_str){ (const char *)filling, len };
			break;
		case FIRMA_BIN:
		default:
			*(struct firma_bytes *)to =
			    firma_bytes_of(filling, len);
			break;
		}
	}
}

static void
frame(const struct firma_msg_desc *d, const union firma_msg_any *msg,
    const char *how, struct firma_buf *all)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf out = { 0 };
	char name[80];

	FUZZ_MUST(firma_frame_put(&out, d->type, msg, 0x1122334455667788, 1000,
		      d->fds == FIRMA_FDS_ONE) == FIRMA_OK);
	FUZZ_MUST(firma_buf_put(all, firma_buf_view(&out)) == FIRMA_OK);
	(void)snprintf(name, sizeof(name), "%s-%s", d->name, how);
	seed((unsigned)d->type < 0x8000 ? "client" : "worker", name,
	    firma_buf_view(&out));
}

void
seeds_wire(void)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf all = { 0 };
	const struct firma_msg_desc *table;
	size_t n;

	table = firma_msg_table(&n);
	for (size_t i = 0; i < n; i++) {
		union firma_msg_any msg = { 0 };

		frame(&table[i], &msg, "empty", &all);
		fill(&table[i], &msg);
		frame(&table[i], &msg, "full", &all);
	}
	/* One behind the other, as they come from a socket. */
	seed("client", "all", firma_buf_view(&all));
}
