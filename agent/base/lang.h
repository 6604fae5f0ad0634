/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lang.h - the user's language.
 *
 * Messages are written in English, marked with _() or N_(), and translated by
 * gettext from cli/po.
 */
#ifndef FIRMA_BASE_LANG_H
#define FIRMA_BASE_LANG_H

#include <libintl.h>

#define _(text)          gettext(text)
#define N_(text)         text /* marked here, translated where it is printed */
#define P_(one, many, n) ngettext(one, many, n)

/*
 * Choose the language: `wish` ("es", "en"; from --lang) or, when NULL, what the
 * environment says.  A locale that is not installed is no obstacle: characters
 * are then C.UTF-8 and only the messages follow the wish, so that Spanish works
 * on a bare system.  FIRMA_LOCALEDIR in the environment names another folder
 * of translations.
 */
void firma_lang_init(const char *wish);

/* "es" or "en": for texts that come in both (a profile's titles). */
const char *firma_lang_code(void);

/* Is a Spanish catalogue where we look for it? */
int firma_lang_has_catalogue(void);

#endif
