/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_range.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "cli/file.h"
#include "cli/ledger.h"

#define AT_ONCE ((size_t)64 * 1024) /* octets written to the file together */

void
evidence_range_done(struct evidence_range *r)
{
	json_decref(r->done);
	*r = (struct evidence_range){ 0 };
}

/* ---- which entries ---- */

struct finding {
	struct evidence_range *range;
	const char *old_key;
	char mine[48], purpose[80];
	int has_begun;
};

static int
has(struct firma_bytes line, const char *text)
{
	return memmem(line.at, line.len, text, strlen(text)) != NULL;
}

FIRMA_CHECKED static enum firma_err
take_own(struct finding *f, struct firma_bytes line, json_t *entry)
{
	struct evidence_range *r = f->range;
	const uint64_t seq =
	    (uint64_t)json_integer_value(json_object_get(entry, "seq"));
	const char *purpose = evidence_text(entry, "purpose");
	const int is_own = strncmp(purpose, f->mine, strlen(f->mine)) == 0;
	/* The last start of a renewal of this key before its first entry. */
	const int is_start = !f->has_begun &&
	    strcmp(evidence_text(entry, "action"), "renew-start") == 0 &&
	    strcmp(evidence_text(entry, "key"), f->old_key) == 0;

	if (!is_own && !is_start)
		return FIRMA_OK;
	if (is_start || r->first == 0)
		r->first = seq;
	r->last = seq;
	f->has_begun |= is_own;
	if (is_own && evidence_entry_is_done(entry))
		(void)json_object_set(
		    r->done, purpose + strlen(f->mine), entry);
	return firma_ledger_hash(line, r->last_sha256);
}

/* Most entries are others': they are not looked into. */
static enum firma_err
look(void *arg, struct firma_bytes line)
{
	struct finding *f = arg;
	json_t *entry;
	enum firma_err r;

	if (!has(line, f->purpose) && !has(line, "\"action\":\"renew-start\""))
		return FIRMA_OK;
	entry = json_loadb((const char *)line.at, line.len, 0, NULL);
	r = take_own(f, line, entry);
	json_decref(entry);
	return r;
}

enum firma_err
evidence_range_find(struct app *app, const struct renewal *of,
    struct evidence_range *ret, struct firma_cause *cause)
{
	struct finding f = { .range = ret, .old_key = of->old_key };
	enum firma_err r;

	evidence_range_done(ret);
	if ((ret->done = json_object()) == NULL)
		return FIRMA_ERR_NOMEM;
	(void)snprintf(f.mine, sizeof(f.mine), "renewal %llu ",
	    (unsigned long long)of->id);
	(void)snprintf(
	    f.purpose, sizeof(f.purpose), "\"purpose\":\"%s", f.mine);
	out_progress(_("looking for the renewal's entries in the ledger"));
	r = ledger_read(app, 1, UINT64_MAX, look, &f, cause);
	out_progress_end();
	return r;
}

/* ---- the entries ---- */

struct spooling {
	struct evidence *to;
	struct firma_buf waiting;
	struct firma_cause *cause;
	int fd;
};

static void
spooling_done(struct spooling *s)
{
	firma_buf_done(&s->waiting);
	firma_fd_done(&s->fd);
}

FIRMA_CHECKED static enum firma_err
flush(struct spooling *s)
{
	enum firma_err r;

	if ((r = file_put(s->fd, firma_buf_view(&s->waiting), s->cause)) !=
		FIRMA_OK ||
	    (r = evidence_entries_feed(
		 &s->to->entries, firma_buf_view(&s->waiting))) != FIRMA_OK)
		return r;
	s->waiting.len = 0;
	return FIRMA_OK;
}

static enum firma_err
spool(void *arg, struct firma_bytes line)
{
	struct spooling *s = arg;
	enum firma_err r;

	if ((r = firma_buf_put(&s->waiting, line)) != FIRMA_OK ||
	    (r = firma_buf_put_u8(&s->waiting, '\n')) != FIRMA_OK)
		return r;
	return s->waiting.len < AT_ONCE ? FIRMA_OK : flush(s);
}

enum firma_err
evidence_range_put(struct app *app, const struct evidence_range *range,
    const char *path, struct evidence *ret, struct firma_cause *cause)
{
	FIRMA_OWN(spooling_done)
	struct spooling s = { .to = ret, .cause = cause, .fd = -1 };
	json_t *renewal = evidence_renewal(ret);
	enum firma_err r = evidence_entries_begin(&ret->entries, renewal);
	int fd;

	json_decref(renewal);
	if (r != FIRMA_OK || (r = file_spool(path, &s.fd, cause)) != FIRMA_OK)
		return r;
	out_progress(_("copying the ledger's entries"));
	if (range->last != 0)
		r = ledger_read(app, range->first,
		    range->last - range->first + 1, spool, &s, cause);
	if (r == FIRMA_OK)
		r = flush(&s);
	out_progress_end();
	if (r == FIRMA_ERR_LIMIT)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    _("the entries %llu to %llu of the ledger are over %llu "
		      "MiB"),
		    (unsigned long long)range->first,
		    (unsigned long long)range->last,
		    (unsigned long long)(EVIDENCE_LEDGER_MAX >> 20));
	if (r != FIRMA_OK)
		return r;
	fd = s.fd;
	s.fd = -1;
	return evidence_put_entries(ret, fd);
}
