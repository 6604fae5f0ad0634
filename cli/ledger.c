/* SPDX-License-Identifier: Apache-2.0 */
/* firma ledger: show, verify. */
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/store/ledger.h"
#include "cli/file.h"
#include "cli/ledger.h"

#define PAGE       1000                       /* entries asked for at once */
#define LEDGER_MAX ((size_t)48 * 1024 * 1024) /* octets of a file */

/* One page of the ledger, handed on line by line. */
struct page {
	ledger_fn *fn;
	void *arg;
	uint64_t next;
	unsigned int n;
};

static enum firma_err
one_line(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_ledger_item *m = msg;
	struct page *p = arg;

	(void)fd;
	/* Asked again after a lost connection: what came stays as it is. */
	if (type != FIRMA_MSG_ledger_item || m->seq < p->next)
		return FIRMA_OK;
	p->next = m->seq + 1;
	p->n++;
	return p->fn(
	    p->arg, firma_bytes_of((const uint8_t *)m->line.at, m->line.len));
}

enum firma_err
ledger_read(struct app *app, uint64_t from, uint64_t max, ledger_fn *fn,
    void *arg, struct firma_cause *cause)
{
	struct page p = { .fn = fn, .arg = arg, .next = from };

	do {
		const struct firma_msg_ledger_read ask = { p.next,
			(uint32_t)(max < PAGE ? max : PAGE), 0 };
		enum firma_err r;

		p.n = 0;
		r = app_call(app, FIRMA_MSG_ledger_read, &ask, -1, APP_SHORT,
		    one_line, &p, cause);
		if (r != FIRMA_OK)
			return r;
		max -= p.n;
	} while (p.n > 0 && max > 0);
	return FIRMA_OK;
}

struct head {
	uint64_t seq;
	uint8_t hash[FIRMA_LEDGER_HASH];
};

static enum firma_err
keep_head(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_ledger_headed *m = msg;
	struct head *h = arg;

	(void)fd;
	if (type != FIRMA_MSG_ledger_headed)
		return FIRMA_OK;
	h->seq = m->seq;
	if (m->hash.len == sizeof(h->hash))
		memcpy(h->hash, m->hash.at, sizeof(h->hash));
	return FIRMA_OK;
}

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

/* An entry in one line for a person; the line itself with --json. */
static enum firma_err
show_line(void *arg, struct firma_bytes line)
{
	size_t *n_shown = arg;
	json_t *j;

	(*n_shown)++;
	if (out_is_json()) {
		out_line("%.*s", (int)line.len, (const char *)line.at);
		return FIRMA_OK;
	}
	j = json_loadb((const char *)line.at, line.len, 0, NULL);
	if (j == NULL)
		return FIRMA_ERR_LEDGER_BROKEN;
	out_coloured(strcmp(text_of(j, "result"), "ok") == 0 ||
		    strcmp(text_of(j, "result"), "begun") == 0
		? OUT_PLAIN
		: OUT_WARN,
	    "%6lld  %s  %-10s %-18s %-14s %s  %s",
	    (long long)json_integer_value(json_object_get(j, "seq")),
	    text_of(j, "time"), text_of(j, "user"), text_of(j, "action"),
	    text_of(j, "key"), text_of(j, "result"), text_of(j, "name"));
	json_decref(j);
	return FIRMA_OK;
}

static int
ledger_show(struct app *app, const struct args *a)
{
	struct firma_cause cause = { 0 };
	const unsigned long max = args_number(a, "max", 50);
	const char *from = args_text(a, "from");
	uint64_t first = args_number(a, "from", 1);
	size_t n_shown = 0;
	enum firma_err r = FIRMA_OK;

	if (from == NULL) {
		struct head h = { 0 };

		/* The last ones are what one looks for. */
		r = app_call(app, FIRMA_MSG_ledger_head,
		    &(struct firma_msg_ledger_head){ 0 }, -1, APP_SHORT,
		    keep_head, &h, &cause);
		first = h.seq > max ? h.seq - max + 1 : 1;
	}
	if (r == FIRMA_OK)
		r = ledger_read(app, first, max, show_line, &n_shown, &cause);
	if (r != FIRMA_OK)
		return app_failure(
		    app, r, &cause, "%s", _("the ledger cannot be read"));
	if (n_shown == 0)
		out_note("%s", _("There are no such entries."));
	return FIRMA_EXIT_OK;
}

struct check {
	struct firma_ledger_check chain;
	struct firma_cause cause;
};

static enum firma_err
feed(void *arg, struct firma_bytes line)
{
	struct check *k = arg;

	return firma_ledger_feed(&k->chain, line, &k->cause);
}

/* The agent's own: the chain, and that it ends where the agent says. */
static enum firma_err
check_agent(struct app *app, struct check *k)
{
	struct head h = { 0 };
	enum firma_err r;

	r = app_call(app, FIRMA_MSG_ledger_head,
	    &(struct firma_msg_ledger_head){ 0 }, -1, APP_SHORT, keep_head, &h,
	    &k->cause);
	if (r != FIRMA_OK)
		return r;
	/* Entries written meanwhile are not looked at. */
	if (h.seq > 0)
		r = ledger_read(app, 1, h.seq, feed, k, &k->cause);
	if (r != FIRMA_OK)
		return r;
	if (k->chain.at.seq != h.seq ||
	    memcmp(k->chain.at.hash, h.hash, sizeof(h.hash)) != 0)
		return firma_fail(&k->cause, FIRMA_ERR_LEDGER_BROKEN,
		    FIRMA_CAUSE_NONE, 0, _("entry %llu is not the head"),
		    (unsigned long long)k->chain.at.seq);
	return FIRMA_OK;
}

static enum firma_err
check_file(const char *path, struct check *k)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	enum firma_err r;

	if ((r = file_read(path, LEDGER_MAX, &text, &k->cause)) != FIRMA_OK)
		return r;
	return firma_ledger_verify(&k->chain, firma_buf_view(&text), &k->cause);
}

static int
ledger_verify(struct app *app, const struct args *a)
{
	const char *path = args_operand(a, 0);
	struct check k = { 0 };
	char hex[65];
	enum firma_err r;

	out_progress(_("following the chain"));
	r = path != NULL ? check_file(path, &k) : check_agent(app, &k);
	out_progress_end();
	firma_hex(
	    firma_bytes_of(k.chain.at.hash, sizeof(k.chain.at.hash)), hex);
	if (out_is_json() && (r == FIRMA_OK || r == FIRMA_ERR_LEDGER_BROKEN))
		out_json(json_pack("{sb sI ss sI}", "valid", r == FIRMA_OK,
		    "entries", (json_int_t)k.chain.at.seq, "head", hex,
		    "clock_back", (json_int_t)k.chain.n_back));
	if (r != FIRMA_OK && r != FIRMA_ERR_LEDGER_BROKEN)
		return app_failure(app, r, &k.cause, "%s",
		    path != NULL ? path : _("the ledger cannot be read"));
	if (r != FIRMA_OK)
		return app_failure(app, r, &k.cause, _("after entry %llu"),
		    (unsigned long long)k.chain.at.seq);
	if (out_is_json())
		return FIRMA_EXIT_OK;
	out_coloured(OUT_GOOD, _("the chain is whole: %llu entries, head %s"),
	    (unsigned long long)k.chain.at.seq, hex);
	if (k.chain.n_back != 0)
		out_note(_("the clock was set back %llu times, first before "
			   "entry %llu: the order is that of the entries"),
		    (unsigned long long)k.chain.n_back,
		    (unsigned long long)k.chain.first_back);
	return FIRMA_EXIT_OK;
}

static const struct option_desc show_options[] = {
	{ "from", 0, OPTION_NUMBER, N_("NUMBER"),
	    N_("the first entry (default: the last 50)") },
	{ "max", 0, OPTION_NUMBER, N_("NUMBER"), N_("how many at most") },
	{ NULL, 0, OPTION_FLAG, NULL, NULL },
};

const struct command ledger_commands[] = {
	{ "ledger show", "", N_("who signed what, with which key"),
	    show_options, 0, 0, ledger_show },
	{ "ledger verify", N_("[FILE]"),
	    N_("verify the ledger's chain, the agent's or a file's"), NULL, 0,
	    1, ledger_verify },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
