/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.h - a ticket profile: what a portal wants signed at its door, as data.
 *
 * An INI text (lines: agent/base/ini.h):
 *   [ticket]  name, title.en, title.es; format (as firma sign --format);
 *             content = TEMPLATE: the text that is signed
 *   [fields]  NAME = TEMPLATE: what the portal's form wants, in that order
 * Templates: template.h.  Words: guid, unix (seconds), rfc, curp, name, serial (of
 * the key's certificate), arg:NAME (--set NAME=VALUE); in [fields] also content,
 * signature and certificate (DER).
 *
 * Pure.  Any thread.
 */
#ifndef FIRMA_CLI_TICKET_H
#define FIRMA_CLI_TICKET_H

#include "agent/base/ini.h"

#define TICKET_FIELDS 16
#define TICKET_TEXT   2001 /* octets of a value, with the terminating zero */

struct ticket {
	char name[65], title_en[513], title_es[513];
	unsigned int format; /* enum firma_sign_format */
	char content[TICKET_TEXT];
	size_t n_fields;
	struct ticket_field {
		char name[FIRMA_INI_NAME + 1];
		char value[TICKET_TEXT];
	} fields[TICKET_FIELDS];
};

/*
 * ret is whole or zero.  FIRMA_ERR_CONFIG: problems has every mistake, by line.
 */
FIRMA_CHECKED enum firma_err ticket_parse(struct firma_bytes text,
    struct ticket *ret, struct firma_problems *problems);

#endif
