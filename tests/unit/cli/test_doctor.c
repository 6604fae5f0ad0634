/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winscard.h>

#include "cli/doctor.h"
#include "cli/holder.h"

static const struct doctor_usbs nothing;

/* The first finding after judging p, as "verdict id". */
static void
judged(const struct doctor_pcsc *p, const struct doctor_usbs *u, int needed,
    const char *wanted, int status)
{
	char said[128] = "";
	struct visit v;
	const json_t *last;

	out_init(1);
	visit_init(&v);
	doctor_pcsc_judge(&v, p, u, needed);
	last = json_array_get(v.list, json_array_size(v.list) - 1);
	(void)snprintf(said, sizeof(said), "%s %s",
	    json_string_value(json_object_get(last, "verdict")),
	    json_string_value(json_object_get(last, "id")));
	assert_string_equal(said, wanted);
	assert_int_equal(v.status, status);
	json_decref(v.list);
}

static void
pcscd_errors(void **state)
{
	static const struct {
		enum doctor_socket socket;
		int is_installed, is_over;
		LONG rv;
		const char *id;
	} rows[] = {
		{ DOCTOR_SOCKET_MISSING, 0, 0, 0, "pcscd-not-installed" },
		{ DOCTOR_SOCKET_MISSING, 1, 0, 0, "pcscd-not-running" },
		{ DOCTOR_SOCKET_DEAF, 1, 0, 0, "pcscd-not-running" },
		{ DOCTOR_SOCKET_CLOSED, 1, 0, 0, "pcscd-refuses" },
		{ DOCTOR_SOCKET_OPEN, 1, 0, 0, "pcscd-stuck" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_W_SECURITY_VIOLATION,
		    "pcscd-refuses" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_E_NO_SERVICE,
		    "pcscd-refuses" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_F_COMM_ERROR,
		    "pcscd-refuses" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_E_NO_MEMORY, "pcscd-fails" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_E_NO_READERS_AVAILABLE,
		    "reader-none" },
		{ DOCTOR_SOCKET_OPEN, 1, 1, SCARD_S_SUCCESS, "reader-none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct doctor_pcsc p = { .path = "/x",
			.socket = rows[i].socket,
			.is_installed = rows[i].is_installed,
			.is_over = rows[i].is_over,
			.rv = rows[i].rv };
		char wanted[64];

		(void)snprintf(
		    wanted, sizeof(wanted), "trouble %s", rows[i].id);
		judged(&p, &nothing, 1, wanted, FIRMA_EXIT_TOKEN);
		(void)snprintf(wanted, sizeof(wanted), "advice %s", rows[i].id);
		judged(&p, &nothing, 0, wanted, 0);
	}
}

static void
readers(void **state)
{
	static const struct {
		unsigned long flags;
		const char *wanted;
		int status;
	} rows[] = {
		{ SCARD_STATE_EMPTY, "advice reader-empty", 0 },
		{ SCARD_STATE_PRESENT, "good card-present", 0 },
		{ SCARD_STATE_PRESENT | SCARD_STATE_INUSE, "good card-present",
		    0 },
		{ SCARD_STATE_PRESENT | SCARD_STATE_MUTE, "trouble card-mute",
		    FIRMA_EXIT_TOKEN },
		{ SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE,
		    "trouble reader-held", FIRMA_EXIT_TOKEN },
		{ SCARD_STATE_UNAVAILABLE, "trouble pcscd-fails",
		    FIRMA_EXIT_TOKEN },
	};
	struct doctor_pcsc p = { .path = "/x",
		.socket = DOCTOR_SOCKET_OPEN,
		.is_installed = 1,
		.is_over = 1,
		.n = 1,
		.at = { { .name = "Reader" } } };
	static const struct doctor_usbs one = { .n = 1,
		.at = { { .name = "Token" } } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p.at[0].state = rows[i].flags;
		judged(&p, &nothing, 1, rows[i].wanted, rows[i].status);
	}
	/* Plugged in, and pcscd has no reader. */
	p.n = 0;
	p.rv = SCARD_E_NO_READERS_AVAILABLE;
	judged(&p, &one, 0, "trouble reader-driver-missing", FIRMA_EXIT_TOKEN);
}

/* ---- who holds what ---- */

static int
has_us(const struct holders *h, pid_t pid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->at[i].pid == pid)
			return 1;
	return 0;
}

/* A child that does what it is told and waits for its end. */
static pid_t
child(const char *path, int is_socket, int *ret_end)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int up[2], down[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if ((pid = fork()) == 0) {
		const int fd = is_socket ? socket(AF_UNIX, SOCK_STREAM, 0)
					 : open(path, O_RDONLY);

		(void)close(down[1]);
		if (fd < 0 ||
		    (is_socket &&
			connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0))
			_exit(1);
		(void)!write(up[1], "x", 1);
		(void)!read(down[0], &c, 1);
		_exit(0);
	}
	assert_true(pid > 0);
	(void)close(down[0]);
	(void)close(up[1]);
	assert_int_equal(read(up[0], &c, 1), 1);
	(void)close(up[0]);
	*ret_end = down[1];
	return pid;
}

static void
end(pid_t pid, int *fd)
{
	(void)close(*fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
holders_are_found(void **state)
{
	char dir[] = "/tmp/firma-doctor-XXXXXX", path[64], text[HOLDERS_TEXT];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct holders h;
	int fd, tell, accepted;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	assert_int_equal(close(creat(path, 0600)), 0);
	pid = child(path, 0, &tell);
	holders_of_file(path, &h);
	assert_int_equal(h.n, 1);
	assert_true(has_us(&h, pid));
	assert_non_null(strstr(holders_text(&h, text), h.at[0].name));
	holders_drop(&h, "another");
	assert_int_equal(h.n, 1);
	holders_drop(&h, h.at[0].name);
	assert_int_equal(h.n, 0);
	end(pid, &tell);
	holders_of_file(path, &h);
	assert_int_equal(h.n, 0);
	assert_int_equal(unlink(path), 0);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = child(path, 1, &tell);
	accepted = accept(fd, NULL, NULL);
	assert_true(accepted >= 0);
	holders_of_socket(path, &h);
	assert_int_equal(h.n, 1);
	assert_true(has_us(&h, pid));
	end(pid, &tell);
	(void)close(accepted);
	(void)close(fd);
	holders_of_socket(path, &h);
	assert_int_equal(h.n, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* ---- the table ---- */

static void
ids_are_words(void **state)
{
	static const char *const ids[] = {
#define X(name, id, weight, exit, what, advice) id,
		FINDING_LIST(X)
#undef X
	};

	(void)state;
	for (size_t i = 0; i < FINDING_N; i++) {
		assert_int_equal(strspn(ids[i], "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(ids[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcscd_errors),
		cmocka_unit_test(readers),
		cmocka_unit_test(holders_are_found),
		cmocka_unit_test(ids_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
