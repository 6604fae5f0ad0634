/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
