/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/lang.h"
#include "agent/pki/text.h"

#define LABEL_MAX  256           /* octets of a progress line's text */
#define SHOW_AFTER (1 * FIRMA_S) /* shorter waits are not worth a line */
#define PLAIN_EACH (5 * FIRMA_S) /* where no line can be redrawn */
#define ERROR_MAX  8192          /* octets: a path, and words around it */
#define PAIR_WIDTH 24            /* columns of a label */

/* The program's one screen. */
static struct {
	int json, colour, redraw; /* redraw: stderr is a terminal */
	int shown;                /* a transient line stands there */
	char label[LABEL_MAX];
	uint64_t since, last; /* 0: no progress is running */
	unsigned int turn;
} screen;

void
out_init(int json)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	const int dumb = term == NULL || strcmp(term, "dumb") == 0;

	screen.json = json;
	screen.redraw = isatty(STDERR_FILENO) && !dumb;
	screen.colour =
	    (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO) && !dumb;
}

int
out_is_json(void)
{
	return screen.json;
}

void
out_clear(void)
{
	if (screen.shown)
		(void)fputs("\r\033[K", stderr);
	screen.shown = 0;
}

static void
coloured(enum out_colour c, const char *fmt, va_list ap)
{
	static const char *const codes[] = { "", "\033[32m", "\033[33m",
		"\033[31m", "\033[1m" };

	out_clear();
	if (screen.colour)
		(void)fputs(codes[c], stdout);
	(void)vprintf(fmt, ap);
	if (screen.colour && c != OUT_PLAIN)
		(void)fputs("\033[0m", stdout);
	(void)putchar('\n');
	(void)fflush(stdout);
}

void
out_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	coloured(OUT_PLAIN, fmt, ap);
	va_end(ap);
}

void
out_coloured(enum out_colour c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	coloured(c, fmt, ap);
	va_end(ap);
}

int
out_columns(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void
out_pair(const char *label, const char *fmt, ...)
{
	char value[2048];
	va_list ap;
	int pad;

	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (value[0] == '\0')
		return;
	pad = PAIR_WIDTH - out_columns(label);
	out_line("%s:%*s%s", label, pad > 1 ? pad : 1, "", value);
}

void
out_note(const char *fmt, ...)
{
	va_list ap;

	out_clear();
	va_start(ap, fmt);
	out_error_va(fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

void
out_error_va(const char *fmt, va_list ap)
{
	char text[ERROR_MAX], shown[ERROR_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	firma_text_show(
	    firma_bytes_of(text, strlen(text)), shown, sizeof(shown));
	(void)fputs(shown, stderr);
}

void
out_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_error_va(fmt, ap);
	va_end(ap);
}

void
out_json(json_t *j)
{
	out_clear();
	(void)json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII * 0);
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(j);
}

enum firma_err
out_octets(struct firma_bytes v)
{
	out_clear();
	if (fwrite(v.at, 1, v.len, stdout) != v.len || fflush(stdout) != 0)
		return FIRMA_ERR_IO;
	return FIRMA_OK;
}

json_t *
out_json_str(struct firma_str s)
{
	return json_stringn(s.at == NULL ? "" : s.at, s.len);
}

json_t *
out_json_hex(struct firma_bytes v)
{
	char hex[2 * 64 + 1];

	if (v.len > 64)
		v.len = 64;
	firma_hex(v, hex);
	return json_string(hex);
}

json_t *
out_json_time(uint64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (seconds == 0 || gmtime_r(&t, &tm) == NULL)
		return json_null();
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

const char *
out_date(uint64_t seconds, char ret[OUT_DATE])
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(ret, OUT_DATE, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(ret, OUT_DATE, "-");
	return ret;
}

void
out_progress(const char *fmt, ...)
{
	va_list ap;

	out_clear();
	va_start(ap, fmt);
	(void)vsnprintf(screen.label, sizeof(screen.label), fmt, ap);
	va_end(ap);
	screen.since = screen.last = firma_now();
}

void
out_tick(void *unused)
{
	static const char turns[] = "|/-\\";
	const uint64_t now = firma_now();

	(void)unused;
	/* Who wants JSON is a program, and waits without being told. */
	if (screen.json || screen.since == 0 || now - screen.since < SHOW_AFTER)
		return;
	if (screen.redraw) {
		(void)fprintf(stderr, "\r\033[K%s %c %" PRIu64 " s",
		    screen.label, turns[screen.turn++ % 4],
		    (now - screen.since) / FIRMA_S);
		screen.shown = 1;
	} else if (now - screen.last >= PLAIN_EACH) {
		screen.last = now;
		(void)fprintf(stderr, "%s ... %" PRIu64 " s\n", screen.label,
		    (now - screen.since) / FIRMA_S);
	}
}

void
out_progress_end(void)
{
	out_clear();
	screen.since = 0;
}
