/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/lang.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "firmad"

void
portal_lang(const char *lang)
{
	const char *dir = getenv("FIRMA_LOCALEDIR");
	const char *got = setlocale(LC_ALL, "");

	if (strcmp(lang, "es") == 0 || strcmp(lang, "en") == 0) {
		(void)setenv("LANGUAGE", lang, 1);
		/* gettext ignores LANGUAGE in the C locale. */
		got = setlocale(LC_MESSAGES, NULL);
		if (got == NULL || strcmp(got, "C") == 0 ||
		    strcmp(got, "POSIX") == 0)
			(void)setlocale(LC_ALL, "C.UTF-8");
	} else if (got == NULL)
		(void)setlocale(LC_ALL, "C.UTF-8");
	(void)setlocale(LC_NUMERIC, "C");
	(void)bindtextdomain(
	    DOMAIN, dir != NULL && dir[0] != '\0' ? dir : FIRMA_LOCALEDIR);
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
	(void)textdomain(DOMAIN);
}
