/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h - what people and programs read: data on stdout, the rest on stderr.
 *
 * Text by default, JSON with --json; colour only on a terminal and without
 * NO_COLOR; progress on anything over a second.
 */
#ifndef FIRMA_CLI_OUT_H
#define FIRMA_CLI_OUT_H

#include <stdarg.h>
#include <stdint.h>

#include <jansson.h>

#include "agent/base/buf.h"
#include "agent/wire/msg.h"

enum out_colour { OUT_PLAIN, OUT_GOOD, OUT_WARN, OUT_BAD, OUT_BOLD };

void out_init(int json);
int out_is_json(void);

/* One line of text on stdout. */
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_coloured(enum out_colour c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "label:   value", aligned; nothing when value is empty. */
void out_pair(const char *label, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A note for a person, on stderr; one line, as out_error(). */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A piece of what is said on stderr.  It may hold a file's name or words from
 * elsewhere: what may not be shown (a line's end, an escape) becomes "?".
 */
void out_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_error_va(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

/* Columns of UTF-8 text: its characters, none of ours being wide. */
int out_columns(const char *s);

/* The one JSON value of a command.  Takes j. */
void out_json(json_t *j);

/* Octets on stdout.  FIRMA_ERR_IO. */
FIRMA_CHECKED enum firma_err out_octets(struct firma_bytes v);

/* A string for JSON: wire text, hex of octets, a time as RFC 3339. */
json_t *out_json_str(struct firma_str s);
json_t *out_json_hex(struct firma_bytes v);
json_t *out_json_time(uint64_t seconds);

/* "2026-11-23", UTC; "-" for 0. */
#define OUT_DATE 16 /* octets, with the terminating zero */
const char *out_date(uint64_t seconds, char ret[OUT_DATE]);

/*
 * Progress of something that may take long: on a terminal a line with the
 * seconds, after one second; elsewhere a plain line each five seconds.
 * out_tick() is called now and then by whoever waits.
 */
void out_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_tick(void *unused);
void out_progress_end(void);

/* Wipe the transient line before printing something that stays. */
void out_clear(void);

#endif
