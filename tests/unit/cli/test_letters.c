/* SPDX-License-Identifier: Apache-2.0 */
/* A letter is refused before anybody is asked for a PIN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "cli/renew_letters.h"

static const char letter[] = "%PDF-1.4\n...\n%%EOF\n";

static void
checks(void **state)
{
	const struct firma_bytes good =
	    firma_bytes_of(letter, sizeof(letter) - 1);
	uint8_t hash[32];

	(void)state;
	assert_int_equal(
	    EVP_Digest(good.at, good.len, hash, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(
	    letters_check(good, firma_bytes_of(hash, 32)), FIRMA_OK);
	assert_int_equal(
	    letters_check(good, firma_bytes_of(NULL, 0)), FIRMA_OK);
	hash[0] ^= 1;
	assert_int_equal(letters_check(good, firma_bytes_of(hash, 32)),
	    FIRMA_ERR_LETTER_CHANGED);
	assert_int_equal(
	    letters_check(firma_bytes_of("", 0), firma_bytes_of(hash, 32)),
	    FIRMA_ERR_LETTER_EMPTY);
	assert_int_equal(
	    letters_check(firma_bytes_of("%PDF", 4), firma_bytes_of(hash, 32)),
	    FIRMA_ERR_LETTER_NOT_PDF);
	assert_int_equal(letters_check(firma_bytes_of("<html>...", 9),
			     firma_bytes_of(NULL, 0)),
	    FIRMA_ERR_LETTER_NOT_PDF);
	assert_int_equal(letters_check(firma_bytes_of(letter, (size_t)9 << 20),
			     firma_bytes_of(NULL, 0)),
	    FIRMA_ERR_LETTER_SIZE);
}

static void
folders(void **state)
{
	char path[FILE_PATH_MAX];

	(void)state;
	assert_int_equal(letters_folder("/x", 7, path), FIRMA_OK);
	assert_string_equal(path, "/x");
	assert_int_equal(setenv("XDG_STATE_HOME", "/state", 1), 0);
	assert_int_equal(letters_folder(NULL, 7, path), FIRMA_OK);
	assert_string_equal(path, "/state/firma/renewal-7");
	assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
	assert_int_equal(setenv("HOME", "/home/a", 1), 0);
	assert_int_equal(letters_folder(NULL, 7, path), FIRMA_OK);
	assert_string_equal(path, "/home/a/.local/state/firma/renewal-7");
}

static void
names_stay_in_the_folder(void **state)
{
	struct firma_cause why;
	char dir[] = "/tmp/firma-letters.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(
	    letters_keep(dir, "../x", firma_bytes_of("a", 1), &why),
	    FIRMA_ERR_VALUE);
	assert_int_equal(letters_keep(dir, ".x", firma_bytes_of("a", 1), &why),
	    FIRMA_ERR_VALUE);
	assert_int_equal(
	    letters_keep(dir, "terms", firma_bytes_of("a", 1), &why), FIRMA_OK);
	char path[FILE_PATH_MAX];

	assert_int_equal(file_join(dir, "letters/terms.pdf", path), FIRMA_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_join(dir, "letters", path), FIRMA_OK);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks),
		cmocka_unit_test(folders),
		cmocka_unit_test(names_stay_in_the_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
