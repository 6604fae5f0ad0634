/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/reader.h"

#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "tests/vcard/out.h"
#include "tests/vcard/vpcd.h"

#define RETRY (20 * FIRMA_MS) /* pcscd may be starting */

static const uint8_t atr[] = { 0x3b, 0xfe, 0x18, 0x00, 0x00, 0x81, 0x31, 0xfe,
	0x45, 0x80, 0x31, 0x81, 0x54, 0x48, 0x53, 0x4d, 0x31, 0x73, 0x80, 0x21,
	0x40, 0x81, 0x07, 0xfa };

static void
hang_up(struct reader *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	r->busy = false;
	r->seen = false;
	r->retry = firma_after(RETRY);
	card_reset(&r->card);
}

void
reader_put(struct reader *r)
{
	r->in = true;
	if (r->fd < 0)
		r->retry = 0;
}

void
reader_pull(struct reader *r)
{
	r->in = false;
	hang_up(r);
}

void
reader_no_faults(struct reader *r)
{
	script_clear(&r->script);
	r->fault = NULL;
}

static void
trace(struct reader *r, const struct apdu *a, const struct firma_buf *answer)
{
	if (r->trace == NULL)
		return;
	(void)fprintf(r->trace, "%lu %s %02x%02x%02x%02x %zu %zu ",
	    r->n_commands, apdu_word(a->name), a->cla, a->ins, a->p1, a->p2,
	    a->data.len, a->le);
	if (answer == NULL || answer->len < 2)
		(void)fputs("none\n", r->trace);
	else
		(void)fprintf(r->trace, "%02x%02x\n",
		    answer->at[answer->len - 2], answer->at[answer->len - 1]);
	(void)fflush(r->trace);
}

static void
answer_atr(struct reader *r)
{
	r->seen = true;
	if (!vpcd_send(r->fd, firma_bytes_of(atr, sizeof(atr))))
		hang_up(r);
}

/* The command, and when it will be due, or what happens before. */
static void
begin(struct reader *r)
{
	struct apdu a = { .name = APDU_OTHER };
	const struct script_fault *f;
	uint64_t ms = 0;

	(void)apdu_parse(firma_buf_view(&r->command), &a);
	r->n_commands++;
	f = script_next(&r->script, a.name);
	if (f != NULL && f->action == SCRIPT_PULL) {
		trace(r, &a, NULL);
		reader_pull(r);
		return;
	}
	if (a.name < APDU_NAMES)
		ms = r->script.delay_ms[a.name];
	if (f != NULL && f->action == SCRIPT_DELAY)
		ms = f->number;
	r->busy = true;
	r->fault = f;
	r->due = firma_after(ms * FIRMA_MS);
	if (f != NULL && f->action == SCRIPT_MUTE) {
		trace(r, &a, NULL);
		r->due = FIRMA_FOREVER;
	}
}

static void
carry_out(struct reader *r)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	const struct script_fault *f = r->fault;
	unsigned sw = SW_LENGTH;
	struct apdu a = { .name = APDU_OTHER };

	r->busy = false;
	if (f != NULL && f->action == SCRIPT_RESET)
		card_reset(&r->card);
	if (apdu_parse(firma_buf_view(&r->command), &a) &&
	    (f == NULL || f->action != SCRIPT_SW))
		sw = card_do(&r->card, &a, &answer);
	out_byte(&answer, sw >> 8);
	out_byte(&answer, sw & 0xff);
	if (f != NULL)
		script_spoil(f, &answer);
	trace(r, &a, &answer);
	if (f != NULL && f->action == SCRIPT_PULL_AFTER)
		reader_pull(r);
	else if (!vpcd_send(r->fd, firma_buf_view(&answer)))
		hang_up(r);
}

void
reader_receive(struct reader *r)
{
	if (!vpcd_receive(r->fd, &r->command)) {
		hang_up(r);
		return;
	}
	if (r->command.len == 0)
		return;
	if (r->command.len > 1) {
		begin(r);
		return;
	}
	if (r->command.at[0] == VPCD_ATR)
		answer_atr(r);
	else
		card_reset(&r->card);
}

uint64_t
reader_turn(struct reader *r)
{
	if (r->in && r->fd < 0) {
		if (firma_now() < r->retry)
			return r->retry;
		r->fd = vpcd_connect(r->port);
		r->retry = firma_after(RETRY);
		return r->fd < 0 ? r->retry : FIRMA_FOREVER;
	}
	if (!r->busy)
		return FIRMA_FOREVER;
	if (firma_now() < r->due)
		return r->due;
	carry_out(r);
	return FIRMA_FOREVER;
}

void
reader_done(struct reader *r)
{
	hang_up(r);
	script_clear(&r->script);
	firma_buf_done(&r->command);
	card_close(&r->card);
}
