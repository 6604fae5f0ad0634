/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/priority.h"

#include <sys/resource.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/spawn.h"

/* Whoever is woken goes first, and on a full machine a tenth is left. */
#define NICE_LOW    10
#define NICE_COMMON 0
/* What RLIMIT_NICE calls NICE_COMMON: 20 - nice. */
#define LIMIT_COMMON 20
/* A full machine leaves one that spins no more of the time; a card that is
 * waited for takes next to nothing. */
#define BUSY_PART 8

static bool may_restore;

void
firma_priority_permit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NICE, &l) != 0 || l.rlim_cur >= LIMIT_COMMON)
		return;
	l.rlim_cur = LIMIT_COMMON;
	if (l.rlim_max < LIMIT_COMMON)
		l.rlim_max = LIMIT_COMMON;
	(void)setrlimit(RLIMIT_NICE, &l);
}

static int
there_and_back(void *arg)
{
	(void)arg;
	return setpriority(PRIO_PROCESS, 0, NICE_LOW) == 0 &&
		setpriority(PRIO_PROCESS, 0, NICE_COMMON) == 0
	    ? 0
	    : 1;
}

void
firma_priority_try(void)
{
	int status = -1;

	/* Who was itself made to give way stays there, with all it starts. */
	may_restore = getpriority(PRIO_PROCESS, 0) == NICE_COMMON &&
	    firma_spawn_apart(there_and_back, NULL, &status, NULL) ==
		FIRMA_OK &&
	    status == 0;
}

/* How long it has computed, all threads; 0 when it is gone. */
static uint64_t
busy_of(pid_t pid)
{
	clockid_t clock;
	struct timespec t;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * FIRMA_S + (uint64_t)t.tv_nsec;
}

static void
lower(struct firma_priority *p)
{
	if (may_restore && setpriority(PRIO_PGRP, (id_t)p->pid, NICE_LOW) == 0)
		p->is_low = true;
}

void
firma_priority_begin(struct firma_priority *p, pid_t pid, bool suspect)
{
	*p = (struct firma_priority){ .pid = pid, .is_suspect = suspect };
	if (suspect)
		lower(p);
}

bool
firma_priority_look(struct firma_priority *p, uint64_t now, bool is_same)
{
	const uint64_t busy = busy_of(p->pid), took = busy - p->busy,
		       passed = now - p->looked;

	p->busy = busy;
	p->looked = now;
	if (p->is_low || !is_same || took > busy || took < passed / BUSY_PART)
		return false;
	lower(p);
	return p->is_low;
}

void
firma_priority_answered(struct firma_priority *p, bool work)
{
	p->is_suspect = p->is_suspect && !work;
	if (p->is_low && !p->is_suspect &&
	    setpriority(PRIO_PGRP, (id_t)p->pid, NICE_COMMON) == 0)
		p->is_low = false;
}
