/* SPDX-License-Identifier: Apache-2.0 */
/* A helper: firma's request line, and the addresses in it. */
#include "cli/portal/url.h"
#include "tests/fuzz/fuzz.h"

static void
request(struct firma_bytes line)
{
	struct portal_request q = { 0 };
	struct firma_cause cause;

	if (fuzz_result(portal_request_parse(line, &q, &cause)) != FIRMA_OK)
		return;
	if (q.file[0] != '\0')
		FUZZ_MUST(
		    portal_file_plain(q.file) && strchr(q.file, '/') == NULL);
	portal_request_done(&q);
}

static void
url(const uint8_t *data, size_t size)
{
	static struct portal_url u;
	char *s = fuzz_text(data, size);
	char joined[PORTAL_URL_MAX];

	if (portal_url_parse(s, &u) == FIRMA_OK) {
		FUZZ_MUST(strncmp(u.base, u.origin, strlen(u.origin)) == 0);
		FUZZ_MUST(strchr(u.base, '@') == NULL);
		if (portal_url_join(&u, "a.idse", joined) == FIRMA_OK)
			FUZZ_MUST(portal_url_same_origin(&u, joined));
	}
	if (portal_url_parse("https://idse.example/imss/", &u) == FIRMA_OK &&
	    portal_url_join(&u, s, joined) == FIRMA_OK)
		FUZZ_MUST(portal_url_same_origin(&u, joined));
	(void)portal_url_same_origin(&u, s);
	(void)portal_url_domain_matches(&u, s);
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(firma_bytes_of(data, size));
	url(data, size);
	return 0;
}
