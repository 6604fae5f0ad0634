/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew_letters.h - the work folder of a renewal, and the letters in it.
 *
 * A letter that the portal served is kept as letters/NAME.pdf.  That very file
 * is what is signed: the agent compares it with what the portal served, so a
 * file that was changed is refused.
 */
#ifndef FIRMA_CLI_RENEW_LETTERS_H
#define FIRMA_CLI_RENEW_LETTERS_H

#include "cli/app.h"
#include "cli/file.h"

/* dir, or $XDG_STATE_HOME/firma/renewal-N; not created yet. */
FIRMA_CHECKED enum firma_err letters_folder(
    const char *dir, uint64_t renewal, char ret[FILE_PATH_MAX]);

/* folder/letters/LETTER.pdf.  FIRMA_ERR_VALUE: no such name; _LIMIT. */
FIRMA_CHECKED enum firma_err letters_path(
    const char *folder, const char *letter, char ret[FILE_PATH_MAX]);

/* Keep what the portal served. */
FIRMA_CHECKED enum firma_err letters_keep(const char *folder,
    const char *letter, struct firma_bytes v, struct firma_cause *cause);

/*
 * The kept letter as a sealed memfd; taken from the agent when the file is not
 * there (another operator began).  sha256 is what the portal served, or empty.
 *
 * FIRMA_ERR_LETTER_EMPTY, _SIZE, _NOT_PDF, _CHANGED as the agent would say
 */
FIRMA_CHECKED enum firma_err letters_open(struct app *app, uint64_t renewal,
    const char *folder, const char *letter, struct firma_bytes sha256,
    int *ret_fd, struct firma_cause *cause);

/* Is this a letter, and the one of that hash?  Pure. */
FIRMA_CHECKED enum firma_err letters_check(
    struct firma_bytes v, struct firma_bytes sha256);

#endif
