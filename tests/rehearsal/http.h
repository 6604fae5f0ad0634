/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - the portal on 127.0.0.1 over libmicrohttpd.
 */
#ifndef FIRMA_REHEARSAL_HTTP_H
#define FIRMA_REHEARSAL_HTTP_H

#include "agent/base/err.h"

/* All borrowed; port 0 lets the kernel choose; port_file may be NULL. */
struct rehearsal_server {
	const char *dir, *behave, *port_file;
	unsigned int port;
};

/*
 * Serve until SIGTERM or SIGINT.  Says on stdout where it listens, and writes
 * the port to port_file once it does.
 */
FIRMA_CHECKED enum firma_err rehearsal_serve(const struct rehearsal_server *s);

#endif
