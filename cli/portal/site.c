/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/site.h"

#include <stdlib.h>

#include "cli/portal/confine.h"
#include "cli/portal/folder.h"

#define TIMEOUT_S     30L  /* when nothing is said */
#define TIMEOUT_MAX_S 100L /* firma itself waits 120 */

const char *
portal_site_text(const json_t *endpoints, const char *name)
{
	const char *s = json_string_value(json_object_get(endpoints, name));

	return s == NULL ? "" : s;
}

void
portal_site_usage(struct portal_answer *a, const char *text)
{
	portal_answer_fail(a, PORTAL_REJECTED, PORTAL_REASON_USAGE, text);
}

void
portal_site_failure(struct portal_answer *a, enum firma_err r)
{
	portal_answer_fail(
	    a, PORTAL_UNREACHABLE, PORTAL_REASON_NONE, firma_err_text(r));
}

/* 0 when it is no number of seconds. */
static long
timeout_of(const char *s)
{
	char *end = NULL;
	const long n = s[0] == '\0' ? TIMEOUT_S : strtol(s, &end, 10);

	return (end != NULL && *end != '\0') || n < 1 || n > TIMEOUT_MAX_S ? 0
									   : n;
}

int
portal_site_open(const struct portal_url *at, const json_t *endpoints,
    const struct portal_site_words *words, struct portal_http **ret,
    struct portal_answer *a)
{
	const long timeout = timeout_of(portal_site_text(endpoints, "timeout"));
	enum firma_err r;

	if (timeout == 0) {
		portal_site_usage(a, words->timeout);
		return -1;
	}
	if ((r = portal_confine_port(at->port, NULL)) != FIRMA_OK) {
		portal_site_usage(a,
		    r == FIRMA_ERR_DENIED ? words->another : firma_err_text(r));
		return -1;
	}
	if ((r = portal_http_new(at, timeout, ret)) != FIRMA_OK) {
		portal_site_failure(a, r);
		return -1;
	}
	return 0;
}

int
portal_site_read(int dir, const struct portal_request *q, size_t max,
    struct firma_buf *ret, struct portal_answer *a)
{
	struct firma_cause cause = { 0 };

	if (portal_folder_read(dir, q->file, max, ret, &cause) == FIRMA_OK)
		return 0;
	portal_answer_fail(
	    a, PORTAL_REJECTED, PORTAL_REASON_FOLDER, cause.what);
	return -1;
}

void
portal_site_keep(int dir, const struct portal_reply *reply, const char *words,
    struct portal_answer *a)
{
	struct firma_cause cause = { 0 };

	if (a->file[0] != '\0' &&
	    portal_folder_write(
		dir, a->file, firma_buf_view(&reply->body), &cause) != FIRMA_OK)
		portal_answer_fail(
		    a, PORTAL_REJECTED, PORTAL_REASON_FOLDER, words);
}
