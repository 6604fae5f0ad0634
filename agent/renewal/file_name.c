/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/file_name.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RFC_MAX 13 /* characters */

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* What stands for a word in braces; NULL when there is no such word. */
static const char *
word(const char *at, size_t n, const char *rfc, const char *date,
    const char *time)
{
	return n == 3 && strncmp(at, "rfc", n) == 0 ? rfc
	    : n == 4 && strncmp(at, "date", n) == 0 ? date
	    : n == 4 && strncmp(at, "time", n) == 0 ? time
						    : NULL;
}

/* False when pattern is none, or the name would not fit. */
static bool
expand(const char *pattern, const char *rfc, const char *date, const char *time,
    char ret[FIRMA_FILE_NAME])
{
	size_t n = 0;

	for (const char *at = pattern; *at != '\0'; at++) {
		char one[2] = { *at, '\0' };
		const char *put = one;

		if (*at == '{') {
			const size_t len = strcspn(at, "}");

			put = at[len] == '\0'
			    ? NULL
			    : word(at + 1, len - 1, rfc, date, time);
			at += put != NULL ? len : 0;
		} else if (!is_plain(*at)) {
			put = NULL;
		}
		if (put == NULL || n + strlen(put) >= FIRMA_FILE_NAME)
			return false;
		memcpy(ret + n, put, strlen(put) + 1);
		n += strlen(put);
	}
	return n != 0 && ret[0] != '.';
}

bool
firma_file_name_fits(const char *pattern)
{
	char room[FIRMA_FILE_NAME];

	return expand(pattern, "XXXX010101XXX", "yyyymmdd", "HHMMSS", room);
}

/* One "_" for a character of UTF-8, however many octets. */
static void
plain_rfc(const char *rfc, char ret[RFC_MAX + 1])
{
	size_t n = 0;

	for (; *rfc != '\0' && n < RFC_MAX; rfc++)
		if ((*rfc & 0xc0) != 0x80)
			ret[n++] = is_plain(*rfc) ? *rfc : '_';
	ret[n] = '\0';
}

void
firma_file_name(const char *pattern, const char *rfc, int64_t when,
    char ret[FIRMA_FILE_NAME])
{
	const time_t t = (time_t)when;
	char name[RFC_MAX + 1], date[16] = "", hour[16] = "";
	struct tm tm;

	plain_rfc(rfc, name);
	if (localtime_r(&t, &tm) != NULL) {
		(void)strftime(date, sizeof(date), "%Y%m%d", &tm);
		(void)strftime(hour, sizeof(hour), "%H%M%S", &tm);
	}
	if (!expand(pattern, name, date, hour, ret))
		ret[0] = '\0';
}
