/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line a fact, on standard error with systemd's level prefixes.
 * Never given a PIN, a password or a document's octets.
 */
#ifndef FIRMA_DAEMON_LOG_H
#define FIRMA_DAEMON_LOG_H

#include <stdbool.h>

enum firma_log_level {
	FIRMA_LOG_ERROR = 3,
	FIRMA_LOG_WARNING = 4,
	FIRMA_LOG_INFO = 6,
	FIRMA_LOG_DEBUG = 7
};

void firma_log_init(enum firma_log_level highest);
void firma_log(enum firma_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define FIRMA_LOG_BURST    50 /* refusals of clients, logged at once */
#define FIRMA_LOG_A_SECOND 5  /* and afterwards */

/*
 * A request was refused: may that be logged?  Whoever may connect can be
 * refused as often as he likes and must not fill the disk.  How many were left
 * out is logged before the next that may.  tests/agent/test_agent.sh, "a flood
 * of refusals"
 */
bool firma_log_refusal(void);

#endif
