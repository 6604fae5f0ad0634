/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - what firma-rehearsal does besides serving.  Each says its
 * failure on stderr and returns the exit status.
 */
#ifndef FIRMA_REHEARSAL_COMMANDS_H
#define FIRMA_REHEARSAL_COMMANDS_H

/* NULL where not given. */
struct rehearsal_options {
	const char *dir;
	const char *certificate, *request, *out;
	const char *name, *rfc, *curp, *registro, *email;
	const char *behave, *port_file;
	unsigned int port;
	int expired, json;
};

int rehearsal_init(const struct rehearsal_options *o);
int rehearsal_enrol(const struct rehearsal_options *o);
int rehearsal_issue_old(const struct rehearsal_options *o);
int rehearsal_show(const struct rehearsal_options *o);

#endif
