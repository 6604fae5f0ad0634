/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/lang.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN   "firmad"
#define WISH_MAX 64

static const char *
catalogues(void)
{
	const char *dir = getenv("FIRMA_LOCALEDIR");

	return dir != NULL && dir[0] != '\0' ? dir : FIRMA_LOCALEDIR;
}

/* What the environment asks for messages, by the usual order. */
static const char *
wished(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = getenv(names[i]);

		if (v != NULL && v[0] != '\0')
			return v;
	}
	return "C";
}

/* "es_MX.UTF-8" as an entry of LANGUAGE: "es_MX". */
static void
set_language(const char *wish)
{
	char v[WISH_MAX];

	(void)snprintf(v, sizeof(v), "%s", wish);
	v[strcspn(v, ".@")] = '\0';
	(void)setenv("LANGUAGE", v, 1);
}

static int
is_c(const char *locale)
{
	return locale == NULL || strcmp(locale, "C") == 0 ||
	    strcmp(locale, "POSIX") == 0;
}

void
firma_lang_init(const char *wish)
{
	const char *got = setlocale(LC_ALL, "");

	if (wish != NULL) {
		set_language(wish);
		if (got == NULL || is_c(setlocale(LC_MESSAGES, NULL)))
			(void)setlocale(LC_ALL, "C.UTF-8");
	} else if (got == NULL) {
		(void)setlocale(LC_ALL, "C.UTF-8");
		if (getenv("LANGUAGE") == NULL && !is_c(wished()))
			set_language(wished());
	}
	/* Numbers are written for programs too: always with a point. */
	(void)setlocale(LC_NUMERIC, "C");
	(void)bindtextdomain(DOMAIN, catalogues());
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
	(void)textdomain(DOMAIN);
}

const char *
firma_lang_code(void)
{
	const char *locale = setlocale(LC_MESSAGES, NULL);
	const char *v = getenv("LANGUAGE");

	if (is_c(locale))
		return "en";
	if (v == NULL || v[0] == '\0')
		v = wished();
	return strncmp(v, "es", 2) == 0 ? "es" : "en";
}

int
firma_lang_has_catalogue(void)
{
	char path[512];
	const int n = snprintf(path, sizeof(path),
	    "%s/es/LC_MESSAGES/" DOMAIN ".mo", catalogues());

	return n > 0 && (size_t)n < sizeof(path) && access(path, R_OK) == 0;
}
