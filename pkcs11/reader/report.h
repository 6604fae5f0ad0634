/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - tell the agent: a watch's sink that writes frames to a socket.
 *
 * May include: agent/base, agent/wire.
 */
#ifndef FIRMA_READER_REPORT_H
#define FIRMA_READER_REPORT_H

#include "pkcs11/reader/watch.h"

/*
 * A sink that sends r_service and r_reader to socket (SOCK_SEQPACKET, borrowed
 * for as long as the sink is used).  Its failure is FIRMA_ERR_AGENT_GONE.
 */
struct firma_watch_sink firma_report_to(int *socket);

/* Wait until the other end is closed. */
void firma_report_await_end(int socket);

#endif
