/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - the signing socket: systemd's, or one of our own making.
 */
#ifndef FIRMA_DAEMON_LISTEN_H
#define FIRMA_DAEMON_LISTEN_H

#include "agent/daemon/agent.h"

/* Did systemd hand over the socket?  Then a->listen_fd is set. */
FIRMA_CHECKED enum firma_err firma_listen_inherit(
    struct firma_agent *a, struct firma_cause *cause);

/*
 * Bind a->socket_path, unless inherited, and accept clients from the loop.
 *
 * The lock beside the socket (PATH.lock) tells a living agent from a socket
 * that a killed one left: the first is FIRMA_ERR_STATE, the second is replaced.
 * Mode 0666 as a service (the rules refuse, by name), 0600 for a user's own.
 */
FIRMA_CHECKED enum firma_err firma_listen_start(
    struct firma_agent *a, bool is_service, struct firma_cause *cause);
void firma_listen_stop(struct firma_agent *a);

#endif
