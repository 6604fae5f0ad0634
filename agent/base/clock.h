/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - deadlines.  A deadline is a point of CLOCK_MONOTONIC in
 * nanoseconds; 0 means "at once", FIRMA_FOREVER never comes.
 */
#ifndef FIRMA_BASE_CLOCK_H
#define FIRMA_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define FIRMA_FOREVER UINT64_MAX
#define FIRMA_MS      ((uint64_t)1000000)
#define FIRMA_S       ((uint64_t)1000000000)

static inline uint64_t
firma_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * FIRMA_S + (uint64_t)ts.tv_nsec;
}

static inline uint64_t
firma_after(uint64_t ns)
{
	const uint64_t now = firma_now();

	return ns > FIRMA_FOREVER - now ? FIRMA_FOREVER : now + ns;
}

/* For poll(2): milliseconds until the deadline, rounded up; -1 for never. */
static inline int
firma_poll_ms(uint64_t deadline)
{
	uint64_t now, ms;

	if (deadline == FIRMA_FOREVER)
		return -1;
	now = firma_now();
	if (deadline <= now)
		return 0;
	ms = (deadline - now + FIRMA_MS - 1) / FIRMA_MS;
	return ms > 0x7fffffff ? 0x7fffffff : (int)ms;
}

/*
 * Nanoseconds of CLOCK_BOOTTIME, which goes on while the machine is suspended:
 * for how long a person was away.  Deadlines are not for that clock: a module
 * does not hang because the lid was closed.
 */
static inline uint64_t
firma_uptime(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * FIRMA_S + (uint64_t)ts.tv_nsec;
}

/* In a loop that waits for another thread's word: spend less on it. */
static inline void
firma_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Seconds and milliseconds since 1970 by the wall clock. */
static inline uint64_t
firma_wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#endif
