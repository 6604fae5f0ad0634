/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter_show.h - show a PDF before it is signed, outside a renewal.
 */
#ifndef FIRMA_CLI_LETTER_SHOW_H
#define FIRMA_CLI_LETTER_SHOW_H

#include <jansson.h>

/*
 * Show the sealed document fd and, where there is a terminal, ask whether it
 * is to be signed.  With --json nothing is shown and nobody is asked: ret is
 * what it is.  0: go on; else an exit status, and it has been said why.
 */
int letter_show(int fd, const char *path, json_t **ret);

#endif
