/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jump.c - a library to preload that makes clocks jump while a program runs, as
 * a suspended machine does, or somebody who sets the wall clock.
 *
 *   FIRMA_JUMP  a file of two native 64-bit numbers, nanoseconds that are added
 *               to CLOCK_REALTIME and to CLOCK_BOOTTIME.  It is mapped, and may
 *               be written at any time.  CLOCK_MONOTONIC is what it is.
 *   FIRMA_JUMP_PROGRAM  only in the program of this name
 *
 * Absolute timers (timerfd) of these clocks go by the jumped clock as far as
 * they are set after a jump.  One with TFD_TIMER_CANCEL_ON_SET is cancelled by
 * every jump, within 50 ms: the kernel does that when the machine goes on too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/next.h"

#define FDS_MAX 64 /* timers with a descriptor below this */
#define EACH_NS 50000000
#define SECOND  INT64_C(1000000000)

struct jumps {
	_Atomic int64_t real, boot;
};

static struct jumps *jumps; /* NULL: the clocks are left alone */
static struct {
	clockid_t clock;
	bool cancelled_on_set;
	int64_t seen; /* both jumps, when it was last read */
} timers[FDS_MAX];

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("FIRMA_JUMP");
	const char *program = getenv("FIRMA_JUMP_PROGRAM");
	void *p;
	int fd;

	if (path == NULL || program == NULL ||
	    strcmp(program, program_invocation_short_name) != 0 ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	p = mmap(NULL, sizeof(*jumps), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p != MAP_FAILED)
		jumps = p;
}

static int64_t
jump_of(clockid_t clock)
{
	if (jumps == NULL)
		return 0;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		return atomic_load(&jumps->real);
	return clock == CLOCK_BOOTTIME ? atomic_load(&jumps->boot) : 0;
}

static int64_t
all_jumps(void)
{
	return jump_of(CLOCK_REALTIME) * 3 + jump_of(CLOCK_BOOTTIME);
}

static void
add(struct timespec *t, int64_t ns)
{
	const int64_t all = (int64_t)t->tv_sec * SECOND + t->tv_nsec + ns;

	t->tv_sec = all / SECOND;
	t->tv_nsec = all % SECOND;
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	NEXT(clock_gettime)
	const int r = next(clock, t);

	if (r == 0 && jumps != NULL)
		add(t, jump_of(clock));
	return r;
}

time_t
time(time_t *ret)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret != NULL)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int
timerfd_create(int clock, int flags)
{
	NEXT(timerfd_create)
	const int fd = next(clock, flags);

	if (fd >= 0 && fd < FDS_MAX) {
		timers[fd].clock = clock;
		timers[fd].cancelled_on_set = false;
	}
	return fd;
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *new_value,
    struct itimerspec *old_value)
{
	struct itimerspec t = *new_value;

	NEXT(timerfd_settime)
	if (jumps == NULL || fd < 0 || fd >= FDS_MAX)
		return next(fd, flags, new_value, old_value);
	if ((flags & TFD_TIMER_CANCEL_ON_SET) != 0) {
		timers[fd].cancelled_on_set = true;
		timers[fd].seen = all_jumps();
		t.it_value = t.it_interval =
		    (struct timespec){ .tv_nsec = EACH_NS };
		return next(fd, 0, &t, old_value);
	}
	if ((flags & TFD_TIMER_ABSTIME) != 0 &&
	    (t.it_value.tv_sec != 0 || t.it_value.tv_nsec != 0)) {
		add(&t.it_value, -jump_of(timers[fd].clock));
		if (t.it_value.tv_sec < 0 || t.it_value.tv_nsec < 0)
			t.it_value = (struct timespec){ .tv_nsec = 1 };
	}
	return next(fd, flags, &t, old_value);
}

ssize_t
read(int fd, void *at, size_t len)
{
	NEXT(read)
	const ssize_t n = next(fd, at, len);
	const int64_t now = all_jumps();

	if (jumps == NULL || n != sizeof(uint64_t) || fd < 0 || fd >= FDS_MAX ||
	    !timers[fd].cancelled_on_set)
		return n;
	errno = timers[fd].seen == now ? EAGAIN : ECANCELED;
	timers[fd].seen = now;
	return -1;
}
