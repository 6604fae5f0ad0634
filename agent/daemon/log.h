/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line a fact, on standard error with systemd's level prefixes.
 * Never given a PIN, a password or a document's octets.
 */
#ifndef FIRMA_DAEMON_LOG_H
#define FIRMA_DAEMON_LOG_H

enum firma_log_level {
	FIRMA_LOG_ERROR = 3,
	FIRMA_LOG_WARNING = 4,
	FIRMA_LOG_INFO = 6,
	FIRMA_LOG_DEBUG = 7
};

void firma_log_init(enum firma_log_level highest);
void firma_log(enum firma_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
