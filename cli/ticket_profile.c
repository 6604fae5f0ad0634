/* SPDX-License-Identifier: Apache-2.0 */
/* The reading half of ticket.h. */
#include <stddef.h>
#include <string.h>

#include "agent/base/option.h"
#include "agent/wire/values.h"
#include "cli/ticket.h"

#define FIELD(field) \
	offsetof(struct ticket, field), sizeof(((struct ticket *)0)->field)

#define X(name, n, text) [n] = (text),
static const char *const formats[] = { FIRMA_SIGN_FORMATS(X) NULL };
#undef X

static const struct firma_option options[] = {
	{ "name", FIRMA_OPTION_NAME, FIELD(name), 0, 0, NULL, true },
	{ "title.en", FIRMA_OPTION_TEXT, FIELD(title_en), 0, 0, NULL, true },
	{ "title.es", FIRMA_OPTION_TEXT, FIELD(title_es), 0, 0, NULL, true },
	{ "format", FIRMA_OPTION_WORD, FIELD(format), 0, 0, formats, true },
	{ "content", FIRMA_OPTION_TEXT, FIELD(content), 0, 0, NULL, true },
};

struct parsing {
	struct ticket *ticket;
	struct firma_problems *problems;
	struct firma_section section;
	bool has_ticket, in_fields;
};

static void
begin_section(struct parsing *p, const struct firma_ini_line *l)
{
	firma_section_end(&p->section, p->problems);
	memset(&p->section, 0, sizeof(p->section));
	p->in_fields = strcmp(l->section, "fields") == 0;
	if (strcmp(l->section, "ticket") == 0) {
		p->has_ticket = true;
		p->section = (struct firma_section){ options,
			sizeof(options) / sizeof(options[0]), p->ticket, "",
			l->line, 0 };
	} else if (!p->in_fields) {
		firma_problem_add(p->problems, l->line,
		    "there is no section [%s]; known are [ticket], [fields]",
		    l->section);
	}
}

static void
add_field(struct parsing *p, const struct firma_ini_line *l)
{
	struct ticket *t = p->ticket;
	struct ticket_field *f = &t->fields[t->n_fields];

	if (t->n_fields == TICKET_FIELDS || l->value[0] == '\0' ||
	    strlen(l->value) >= sizeof(f->value)) {
		firma_problem_add(p->problems, l->line,
		    "at most %d fields, of 1 to %zu octets", TICKET_FIELDS,
		    sizeof(f->value) - 1);
		return;
	}
	memcpy(f->name, l->name, strlen(l->name) + 1);
	memcpy(f->value, l->value, strlen(l->value) + 1);
	t->n_fields++;
}

static void
on_line(void *arg, const struct firma_ini_line *l)
{
	struct parsing *p = arg;

	if (l->name == NULL)
		begin_section(p, l);
	else if (p->in_fields)
		add_field(p, l);
	else
		(void)firma_section_option(&p->section, l, p->problems);
}

enum firma_err
ticket_parse(struct firma_bytes text, struct ticket *ret,
    struct firma_problems *problems)
{
	struct parsing p = { .ticket = ret, .problems = problems };
	const struct firma_ini_reader reader = { on_line, &p, NULL };
	enum firma_err r;

	memset(ret, 0, sizeof(*ret));
	if ((r = firma_ini_read(text, &reader, problems)) == FIRMA_OK) {
		firma_section_end(&p.section, problems);
		if (!p.has_ticket || ret->n_fields == 0)
			firma_problem_add(
			    problems, 0, "[ticket] and [fields] are needed");
		if (ret->format == FIRMA_SIGN_PADES)
			firma_problem_add(
			    problems, 0, "format: a ticket is no PDF");
		firma_problems_sort(problems);
		if (problems->n_found != 0)
			r = FIRMA_ERR_CONFIG;
	}
	if (r != FIRMA_OK)
		memset(ret, 0, sizeof(*ret));
	return r;
}
