/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs of a wrong clock that are certain: something dated by this computer or
 * its suppliers lies in the future.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/store/ledger.h"
#include "cli/doctor.h"
#include "cli/keys.h"
#include "cli/ledger.h"

#define TOLERANCE 60          /* s: an entry of this very moment */
#define DAY       (24 * 3600) /* s: whatever time zone a packager has */

static int
is_behind_certificate(struct app *app, struct visit *v, uint64_t now)
{
	FIRMA_OWN(keys_done) struct keys keys = { 0 };
	struct firma_cause cause = { 0 };

	if (keys_list(app, "", "", &keys, &cause) != FIRMA_OK)
		return 0;
	for (size_t i = 0; i < keys.n; i++)
		if (keys.at[i].not_before > now) {
			finding_add(v, FINDING_CLOCK_CERTIFICATE, "%s",
			    keys.at[i].alias);
			return 1;
		}
	return 0;
}

static enum firma_err
keep_head(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_ledger_headed *m = msg;

	(void)fd;
	if (type == FIRMA_MSG_ledger_headed)
		*(uint64_t *)arg = m->seq;
	return FIRMA_OK;
}

static enum firma_err
keep_time(void *arg, struct firma_bytes line)
{
	json_t *j = json_loadb((const char *)line.at, line.len, 0, NULL);
	const char *text = json_string_value(json_object_get(j, "time"));
	struct tm tm = { 0 };

	if (text != NULL && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != NULL)
		*(time_t *)arg = timegm(&tm);
	json_decref(j);
	return FIRMA_OK;
}

static int
is_behind_ledger(struct app *app, struct visit *v, uint64_t now)
{
	const struct firma_msg_ledger_head ask = { 0 };
	struct firma_cause cause = { 0 };
	char date[OUT_DATE];
	uint64_t seq = 0;
	time_t at = 0;

	if (app_call(app, FIRMA_MSG_ledger_head, &ask, -1, APP_SHORT, keep_head,
		&seq, &cause) != FIRMA_OK ||
	    seq == 0 ||
	    ledger_read(app, seq, 1, keep_time, &at, &cause) != FIRMA_OK ||
	    at <= (time_t)now + TOLERANCE)
		return 0;
	finding_add(
	    v, FINDING_CLOCK_LEDGER, "%s", out_date((uint64_t)at, date));
	return 1;
}

static int
is_behind_program(struct visit *v, uint64_t now)
{
	char date[OUT_DATE];
	struct stat st;

	if (stat("/proc/self/exe", &st) != 0 ||
	    st.st_mtime <= (time_t)now + DAY)
		return 0;
	finding_add(v, FINDING_CLOCK_PROGRAM, "%s",
	    out_date((uint64_t)st.st_mtime, date));
	return 1;
}

void
doctor_clock(struct app *app, struct visit *v)
{
	const uint64_t now = firma_wall_ms() / 1000;
	struct timex t = { 0 };

	if (is_behind_certificate(app, v, now) == 0 &&
	    is_behind_ledger(app, v, now) == 0 &&
	    is_behind_program(v, now) == 0)
		finding_add(v, FINDING_CLOCK_FINE, "%s", "");
	/* adjtimex(2): asks only. */
	if (adjtimex(&t) == TIME_ERROR && (t.status & STA_UNSYNC) != 0)
		finding_add(v, FINDING_CLOCK_UNSYNCHRONISED, "%s", "");
}
