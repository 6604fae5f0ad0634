/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lang.h - messages in the user's language, from the project's one catalogue.
 *
 * The helpers stand alone (they share no code with `firma`), so this is a small
 * one of their own.
 */
#ifndef FIRMA_PORTAL_LANG_H
#define FIRMA_PORTAL_LANG_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) text /* marked here, translated where it is used */

/*
 * "es", "en"; anything else leaves what the environment says.  Works on a
 * system without that locale.  FIRMA_LOCALEDIR in the environment names another
 * folder of translations.
 */
void portal_lang(const char *lang);

#endif
