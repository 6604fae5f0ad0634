/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/secret.h"

static struct firma_bytes
bytes(const char *s)
{
	return firma_bytes_of(s, strlen(s));
}

static void
it_has_bounds(void **state)
{
	struct firma_secret s = { 0 };

	(void)state;
	assert_int_equal(firma_secret_new(&s, 0), FIRMA_ERR_LIMIT);
	assert_int_equal(
	    firma_secret_new(&s, FIRMA_SECRET_MAX + 1), FIRMA_ERR_LIMIT);
	assert_null(s.at);
	assert_int_equal(firma_secret_new(&s, 8), FIRMA_OK);
	assert_int_equal(firma_secret_put(&s, bytes("12345")), FIRMA_OK);
	assert_int_equal(firma_secret_put(&s, bytes("6789")), FIRMA_ERR_LIMIT);
	assert_int_equal(s.len, 5);
	assert_int_equal(firma_secret_put(&s, bytes("678")), FIRMA_OK);
	assert_true(
	    firma_bytes_equal(firma_secret_view(&s), bytes("12345678")));
	firma_secret_done(&s);
	assert_null(s.at);
	assert_int_equal(s.len, 0);
	firma_secret_done(&s);
}

/* The VmFlags of the mapping that begins at at: " lo dd wf ..." */
static void
flags_of(const void *at, char *ret, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512], begin[32];
	bool found = false;

	ret[0] = '\0';
	assert_non_null(f);
	(void)snprintf(begin, sizeof(begin), "%lx-", (unsigned long)at);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, begin, strlen(begin)) == 0)
			found = true;
		if (found && strncmp(line, "VmFlags:", 8) == 0) {
			(void)snprintf(ret, size, "%s", line + 8);
			break;
		}
	}
	(void)fclose(f);
}

static void
its_pages_are_apart(void **state)
{
	struct firma_secret s = { 0 };
	char flags[512];

	(void)state;
	assert_int_equal(firma_secret_new(&s, 100), FIRMA_OK);
	flags_of(s.at, flags, sizeof(flags));
	assert_non_null(strstr(flags, " dd")); /* not in a core file */
	assert_non_null(strstr(flags, " wf")); /* not in a child */
	if (strstr(flags, " lo") == NULL)
		print_message("not locked: RLIMIT_MEMLOCK\n");
	firma_secret_done(&s);
}

static void
a_child_has_zeros(void **state)
{
	struct firma_secret s = { 0 };
	int status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(firma_secret_new(&s, 16), FIRMA_OK);
	assert_int_equal(firma_secret_put(&s, bytes("12345678")), FIRMA_OK);
	if ((pid = fork()) == 0) {
		for (size_t i = 0; i < s.cap; i++)
			if (s.at[i] != 0)
				_exit(1);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_equal(s.at, "12345678", 8);
	firma_secret_done(&s);
}

/* munmap() as the linker sees it (--wrap): looks at what is given back. */
int __real_munmap(void *at, size_t len);
int __wrap_munmap(void *at, size_t len);
static size_t n_wiped, n_dirty;

int
__wrap_munmap(void *at, size_t len)
{
	const uint8_t *octets = at;
	bool is_clean = true;

	for (size_t i = 0; i < len; i++)
		is_clean = is_clean && octets[i] == 0;
	if (is_clean)
		n_wiped++;
	else
		n_dirty++;
	return __real_munmap(at, len);
}

static void
it_is_wiped_before_it_is_given_back(void **state)
{
	struct firma_secret s = { 0 };

	(void)state;
	for (size_t cap = 1; cap <= FIRMA_SECRET_MAX; cap = cap * 2 + 1) {
		assert_int_equal(firma_secret_new(&s, cap), FIRMA_OK);
		memset(s.at, 0x5a, cap); /* also what is beyond len */
		n_wiped = n_dirty = 0;
		firma_secret_done(&s);
		assert_int_equal(n_wiped, 1);
		assert_int_equal(n_dirty, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_bounds),
		cmocka_unit_test(its_pages_are_apart),
		cmocka_unit_test(a_child_has_zeros),
		cmocka_unit_test(it_is_wiped_before_it_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
