/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/clock.h"
#include "pkcs11/reader/watch.h"
#include "tests/unit/reader/fake_pcsc.h"

/* What was told, in words; the watch ends when `last` was. */
static char told[4096];
static const char *last;
static unsigned int n_last; /* ... so often */

static enum firma_err
tell(const char *line)
{
	(void)strncat(told, line, sizeof(told) - strlen(told) - 1);
	(void)strncat(told, "\n", sizeof(told) - strlen(told) - 1);
	return strcmp(line, last) == 0 && --n_last == 0 ? FIRMA_ERR_AGENT_GONE
							: FIRMA_OK;
}

static enum firma_err
on_reader(void *arg, const struct firma_reader *d)
{
	char line[256];

	(void)arg;
	(void)snprintf(line, sizeof(line), "%s%s%s%s%s%s %u/%zu", d->name,
	    (d->flags & FIRMA_READER_GONE) != 0 ? " gone" : "",
	    (d->flags & FIRMA_READER_EMPTY) != 0 ? " empty" : "",
	    (d->flags & FIRMA_READER_PRESENT) != 0 ? " card" : "",
	    (d->flags & FIRMA_READER_MUTE) != 0 ? " mute" : "",
	    (d->flags & FIRMA_READER_EXCLUSIVE) != 0 ? " alone" : "", d->events,
	    d->atr_len);
	return tell(line);
}

static enum firma_err
on_service(void *arg, enum firma_service state, const char *what)
{
	(void)arg;
	(void)what;
	return tell(state == FIRMA_SERVICE_UP ? "up"
		: state == FIRMA_SERVICE_DOWN ? "down"
					      : "refused");
}

static void
expect(const char *until, unsigned int times, const char *all)
{
	const struct firma_watch_sink sink = { on_reader, on_service, NULL };

	told[0] = '\0';
	last = until;
	n_last = times;
	assert_int_equal(firma_watch(&sink), FIRMA_ERR_AGENT_GONE);
	assert_string_equal(told, all);
	/* What was opened is closed. */
	assert_int_equal(fake.n_opened, fake.n_closed);
}

static int
fresh(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.readers[0] = (struct fake_reader){ "one", SCARD_STATE_PRESENT, 1 };
	return 0;
}

/* ---- cards ---- */

static bool
cards(struct fake_pcscd *p, unsigned int n)
{
	struct fake_reader *d = &p->readers[0];

	switch (n) {
	case 0: /* our own token process: not worth a word */
		d->state = SCARD_STATE_PRESENT | SCARD_STATE_INUSE;
		return true;
	case 1:
		d->state = SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE;
		return true;
	case 2:
		*d = (struct fake_reader){ "one", SCARD_STATE_EMPTY, 2 };
		return true;
	case 3:
		*d = (struct fake_reader){ "one",
			SCARD_STATE_PRESENT | SCARD_STATE_MUTE, 3 };
		return true;
	case 4: /* out and in between two looks */
		*d = (struct fake_reader){ "one", SCARD_STATE_PRESENT, 5 };
		return true;
	default:
		return false;
	}
}

static void
cards_come_and_go(void **state)
{
	(void)state;
	fake.step = cards;
	expect("down", 1,
	    "one card 1/2\n"
	    "up\n"
	    "one card alone 1/2\n"
	    "one empty 2/0\n"
	    "one card mute 3/2\n"
	    "one card 5/2\n"
	    "down\n");
	assert_int_equal(fake.n_steps, 6);
}

/* ---- readers ---- */

static bool
readers(struct fake_pcscd *p, unsigned int n)
{
	switch (n) {
	case 0:
		p->readers[1] =
		    (struct fake_reader){ "tw\xc3\xb3", SCARD_STATE_EMPTY, 0 };
		return true;
	case 1: /* one leaves, another comes: as many as before */
		p->readers[0] =
		    (struct fake_reader){ "three", SCARD_STATE_PRESENT, 7 };
		return true;
	case 2:
		memset(p->readers, 0, sizeof(p->readers));
		return true;
	default:
		return false;
	}
}

static void
readers_come_and_go(void **state)
{
	(void)state;
	fake.step = readers;
	expect("down", 1,
	    "one card 1/2\n"
	    "up\n"
	    "tw?? empty 0/0\n"
	    "one gone 1/0\n"
	    "three card 7/2\n"
	    "three gone 7/0\n"
	    "tw?? gone 0/0\n"
	    "down\n");
}

static bool
nothing(struct fake_pcscd *p, unsigned int n)
{
	(void)p;
	(void)n;
	return false;
}

static void
no_readers_at_all(void **state)
{
	(void)state;
	fake.readers[0].name = NULL;
	fake.step = nothing;
	expect("down", 1, "up\ndown\n");
}

/* Between list and wait a reader leaves: pcscd does not know its name. */
static void
leave(struct fake_pcscd *p)
{
	p->readers[0].name = NULL;
	p->between = NULL;
}

static void
a_reader_that_leaves_early(void **state)
{
	(void)state;
	fake.readers[1] = (struct fake_reader){ "two", SCARD_STATE_EMPTY, 0 };
	fake.step = nothing;
	fake.between = leave;
	expect("down", 1,
	    "one gone 0/0\n"
	    "two empty 0/0\n"
	    "up\n"
	    "down\n");
}

/* As many as pcscd can have: one more than can be waited for. */
static void
sixteen_readers(void **state)
{
	static char names[FAKE_READERS][8];

	(void)state;
	for (size_t i = 0; i < FAKE_READERS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "r%zu", i);
		fake.readers[i] =
		    (struct fake_reader){ names[i], SCARD_STATE_EMPTY, 0 };
	}
	fake.step = nothing;
	told[0] = '\0';
	expect("up", 1,
	    "r0 empty 0/0\nr1 empty 0/0\nr2 empty 0/0\nr3 empty 0/0\n"
	    "r4 empty 0/0\nr5 empty 0/0\nr6 empty 0/0\nr7 empty 0/0\n"
	    "r8 empty 0/0\nr9 empty 0/0\nr10 empty 0/0\nr11 empty 0/0\n"
	    "r12 empty 0/0\nr13 empty 0/0\nr14 empty 0/0\nup\n");
}

/* ---- pcscd ---- */

static bool
dies_once(struct fake_pcscd *p, unsigned int n)
{
	p->readers[0].counter = 0; /* it counts anew */
	return n > 0 ? nothing(p, n) : false;
}

static void
everything_is_told_again(void **state)
{
	(void)state;
	fake.step = dies_once;
	expect("down", 2,
	    "one card 1/2\n"
	    "up\n"
	    "down\n"
	    "one card 0/2\n"
	    "up\n"
	    "down\n");
	assert_int_equal(fake.n_opened, 2);
}

static void
it_does_not_run(void **state)
{
	(void)state;
	assert_int_equal(
	    setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm", 1), 0);
	fake.open = SCARD_E_NO_SERVICE;
	expect("down", 1, "down\n");
}

/* The same error, but somebody listens. */
static void
it_refuses(void **state)
{
	char folder[] = "/tmp/freader.XXXXXX";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const uint64_t before = firma_now();
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(setenv("PCSCLITE_CSOCK_NAME", at.sun_path, 1), 0);
	fake.open = SCARD_E_NO_SERVICE;
	expect("refused", 1, "refused\n");
	/* Not before a second look. */
	assert_true(firma_now() - before > 100 * FIRMA_MS);
	(void)close(fd);
	(void)unlink(at.sun_path);
	(void)rmdir(folder);
}

/* A pcscd gone mad: other words for the same state, for ever. */
static bool
noise(struct fake_pcscd *p, unsigned int n)
{
	p->readers[0].state ^= SCARD_STATE_INUSE;
	return n < 36;
}

static void
noise_is_no_busy_loop(void **state)
{
	const uint64_t before = firma_now();

	(void)state;
	fake.step = noise;
	expect("down", 1, "one card 1/2\nup\ndown\n");
	/* After some, a rest of 50 ms each. */
	assert_true(firma_now() - before > 500 * FIRMA_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cards_come_and_go, fresh),
		cmocka_unit_test_setup(readers_come_and_go, fresh),
		cmocka_unit_test_setup(no_readers_at_all, fresh),
		cmocka_unit_test_setup(a_reader_that_leaves_early, fresh),
		cmocka_unit_test_setup(sixteen_readers, fresh),
		cmocka_unit_test_setup(everything_is_told_again, fresh),
		cmocka_unit_test_setup(it_does_not_run, fresh),
		cmocka_unit_test_setup(it_refuses, fresh),
		cmocka_unit_test_setup(noise_is_no_busy_loop, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
