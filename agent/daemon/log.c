/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define LINE 1024 /* octets, prefix and newline included */

static enum firma_log_level highest = FIRMA_LOG_INFO;
static int for_journal;

void
firma_log_init(enum firma_log_level level)
{
	highest = level;
	for_journal = getenv("JOURNAL_STREAM") != NULL;
}

void
firma_log(enum firma_log_level level, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;
	int n;
	size_t len;

	if (level > highest)
		return;
	/* sd-daemon(3): the journal takes the level from the line's start. */
	if (for_journal)
		n = snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		n = snprintf(line, sizeof(line), "firmad: ");
	len = (size_t)n;
	va_start(ap, fmt);
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	len += (size_t)n < sizeof(line) - len - 1 ? (size_t)n
						  : sizeof(line) - len - 2;
	/* A name from outside cannot begin a line of its own. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = '?';
	line[len++] = '\n';
	(void)!write(STDERR_FILENO, line, len);
}

bool
firma_log_refusal(void)
{
	static uint64_t left = FIRMA_LOG_BURST, since, n_left_out;
	const uint64_t now = firma_now();
	const uint64_t more = (now - since) * FIRMA_LOG_A_SECOND / FIRMA_S;

	if (highest >= FIRMA_LOG_DEBUG)
		return true;
	if (more > 0) {
		left = left + more > FIRMA_LOG_BURST ? FIRMA_LOG_BURST
						     : left + more;
		since = now;
	}
	if (left == 0) {
		n_left_out++;
		return false;
	}
	left--;
	if (n_left_out > 0)
		firma_log(FIRMA_LOG_WARNING, "%llu refusals were not logged",
		    (unsigned long long)n_left_out);
	n_left_out = 0;
	return true;
}
