/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the server's life: its signals, its port, its end.
 */
#ifndef FIRMA_REHEARSAL_SERVE_H
#define FIRMA_REHEARSAL_SERVE_H

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
