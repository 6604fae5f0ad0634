/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/portal/url.h"

static void
loopback_http_and_any_https_are_taken(void **state)
{
	static const char *const good[] = { "http://127.0.0.1:8080/imss/",
		"http://127.9.8.7/", "http://localhost/imss/",
		"http://[::1]:9/x/", "https://idse.imss.gob.mx/imss/",
		"https://example.com:8443/" };
	struct portal_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(portal_url_parse(good[i], &u), FIRMA_OK);
	assert_int_equal(
	    portal_url_parse("https://example.com:8443/a/b/", &u), FIRMA_OK);
	assert_string_equal(u.host, "example.com");
	assert_string_equal(u.origin, "https://example.com:8443/");
	assert_int_equal(portal_url_parse("http://[::1]:9/x/", &u), FIRMA_OK);
	assert_string_equal(u.host, "::1");
}

static void
http_elsewhere_is_denied(void **state)
{
	static const char *const bad[] = { "http://example.com/",
		"http://127.0.0.1.example.com/", "http://127.0.0.256/",
		"http://127.0.0/", "http://10.0.0.1/", "http://127.1/",
		"http://localhost.example/", "http://[::2]/" };
	struct portal_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    portal_url_parse(bad[i], &u), FIRMA_ERR_DENIED);
}

static void
strange_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "", "ftp://127.0.0.1/",
		"file:///etc/passwd", "https://", "https:///x/", "https://host",
		"https://host/x", "https://user@host/", "https://host:0/",
		"https://host:65536/", "https://host:9x/", "https://host:/",
		"https://host/../", "https://host/?q=/", "https://host/#/",
		"https://ho st/", "https://host/\r\n/", "https://[::1/",
		"HTTPS://host/", "https://h\xc3\xb1st/" };
	struct portal_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(portal_url_parse(bad[i], &u), FIRMA_ERR_VALUE);
}

static void
endpoints_stay_below_the_base(void **state)
{
	static const char *const bad[] = { "", "/x", "../x", "a/../../x",
		"http://other/", "//other/", "a b", "a\r\nb", "a#b" };
	char url[PORTAL_URL_MAX], longest[PORTAL_URL_MAX];
	struct portal_url u;

	(void)state;
	assert_int_equal(portal_url_parse("https://host/imss/", &u), FIRMA_OK);
	assert_int_equal(
	    portal_url_join(&u, "Modulos.idse?irA=x", url), FIRMA_OK);
	assert_string_equal(url, "https://host/imss/Modulos.idse?irA=x");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    portal_url_join(&u, bad[i], url), FIRMA_ERR_VALUE);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(portal_url_join(&u, longest, url), FIRMA_ERR_LIMIT);
}

static void
origin_is_scheme_host_and_port(void **state)
{
	struct portal_url u;

	(void)state;
	assert_int_equal(
	    portal_url_parse("http://127.0.0.1:80/imss/", &u), FIRMA_OK);
	assert_true(portal_url_same_origin(&u, "http://127.0.0.1:80/other"));
	assert_false(portal_url_same_origin(&u, "http://127.0.0.1:8/imss/"));
	assert_false(portal_url_same_origin(&u, "http://127.0.0.1:80.evil/"));
	assert_false(portal_url_same_origin(&u, "https://127.0.0.1:80/imss/"));
	assert_false(portal_url_same_origin(&u, "/imss/"));
}

static void
cookies_go_to_their_domain_alone(void **state)
{
	struct portal_url u;

	(void)state;
	assert_int_equal(
	    portal_url_parse("https://idse.imss.gob.mx/imss/", &u), FIRMA_OK);
	assert_true(portal_url_domain_matches(&u, "idse.imss.gob.mx"));
	assert_true(portal_url_domain_matches(&u, ".imss.gob.mx"));
	assert_false(portal_url_domain_matches(&u, "se.imss.gob.mx"));
	assert_false(portal_url_domain_matches(&u, "x.idse.imss.gob.mx"));
	assert_false(portal_url_domain_matches(&u, "example.com"));
	assert_false(portal_url_domain_matches(&u, ""));
}

static void
whole_addresses(void **state)
{
	static const char *const good[] = { "http://tsa.example.com/tsr",
		"https://tsa.example.com", "http://tsa.example.com:318/a?b=c",
		"http://127.0.0.1:1/" };
	static const char *const bad[] = { "", "ftp://example.com/",
		"http://user@example.com/", "https://host/../x",
		"https://host/a b", "https://host#x", "https://host?x",
		"https://host:0/", "https://host/\n" };
	struct portal_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(portal_url_parse_whole(good[i], &u), FIRMA_OK);
	assert_true(u.is_local);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    portal_url_parse_whole(bad[i], &u), FIRMA_ERR_VALUE);
	assert_int_equal(portal_url_parse_whole(good[2], &u), FIRMA_OK);
	assert_string_equal(u.base, good[2]);
	assert_string_equal(u.host, "tsa.example.com");
	assert_string_equal(u.origin, "http://tsa.example.com:318/");
	assert_int_equal(u.port, 318);
	assert_false(u.is_local);
	assert_true(u.is_http);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_http_and_any_https_are_taken),
		cmocka_unit_test(http_elsewhere_is_denied),
		cmocka_unit_test(strange_addresses_are_refused),
		cmocka_unit_test(endpoints_stay_below_the_base),
		cmocka_unit_test(origin_is_scheme_host_and_port),
		cmocka_unit_test(cookies_go_to_their_domain_alone),
		cmocka_unit_test(whole_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
