/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the socket by which a test tells the card what to do: a line in,
 * lines out, end.  The words are in README.md.
 */
#ifndef FIRMA_VCARD_CONTROL_H
#define FIRMA_VCARD_CONTROL_H

#include "tests/vcard/reader.h"

/* Listen at path.  Returns a descriptor; dies when it cannot. */
int control_listen(const char *path);

/* Take one line from a new connection at fd, do it, answer. */
void control_serve(int fd, struct reader *r);

/* The other side: say a line, print the answer.  Returns an exit status. */
int control_say(const char *path, const char *line);

#endif
