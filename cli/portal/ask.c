/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/ask.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/portal/lang.h"
#include "cli/portal/request.h"

#define TRIES_MAX 10

void
portal_person_open(struct portal_person *p)
{
	const char *answers = getenv("FIRMA_MANUAL_ANSWERS");

	if (answers != NULL && answers[0] != '\0') {
		p->in = fopen(answers, "re");
		p->out = stderr;
		return;
	}
	p->in = fopen("/dev/tty", "re");
	p->out = fopen("/dev/tty", "we");
}

void
portal_person_done(struct portal_person *p)
{
	if (p->in != NULL)
		(void)fclose(p->in);
	if (p->out != NULL && p->out != stderr)
		(void)fclose(p->out);
	p->in = p->out = NULL;
}

void
portal_person_tell(const struct portal_person *p, const char *fmt, ...)
{
	va_list ap;

	if (p->out == NULL)
		return;
	va_start(ap, fmt);
	(void)vfprintf(p->out, fmt, ap);
	va_end(ap);
	(void)fflush(p->out);
}

enum firma_err
portal_person_ask(const struct portal_person *p, const char *question,
    char ret[PORTAL_REPLY_MAX])
{
	char line[PORTAL_REPLY_MAX];
	size_t n, skip;

	if (p->in == NULL || p->out == NULL)
		return FIRMA_ERR_PORTAL_PERSON;
	portal_person_tell(p, "%s ", question);
	if (fgets(line, sizeof(line), p->in) == NULL)
		return FIRMA_ERR_PORTAL_PERSON;
	n = strlen(line);
	if (n + 1 == sizeof(line) && line[n - 1] != '\n')
		return FIRMA_ERR_VALUE;
	while (n > 0 && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
	skip = strspn(line, " \t");
	if (!portal_text_clean(firma_bytes_of(line + skip, n - skip)))
		return FIRMA_ERR_VALUE;
	memcpy(ret, line + skip, n - skip + 1);
	return FIRMA_OK;
}

enum firma_err
portal_person_choose(const struct portal_person *p, const char *question,
    const char *choices, char *ret)
{
	char reply[PORTAL_REPLY_MAX];
	enum firma_err r;

	for (int i = 0; i < TRIES_MAX; i++) {
		r = portal_person_ask(p, question, reply);
		if (r == FIRMA_ERR_PORTAL_PERSON)
			return r;
		if (r == FIRMA_OK && reply[0] != '\0') {
			char c = (char)tolower((unsigned char)reply[0]);

			/* A Spanish "sí" comes of itself: 's' is 'y'. */
			if (c == 's' && strchr(choices, 's') == NULL)
				c = 'y';
			if (strchr(choices, c) != NULL) {
				*ret = c;
				return FIRMA_OK;
			}
		}
		portal_person_tell(p, "%s\n",
		    _("Please answer with one of the "
		      "letters."));
	}
	return FIRMA_ERR_PORTAL_PERSON;
}
