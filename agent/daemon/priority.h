/* SPDX-License-Identifier: Apache-2.0 */
/*
 * priority.h - a token process that computes without end gives way to the others.
 *
 * A module that spins takes a processor until its deadline.  Where none is to
 * spare, each signature of another token then waits for the scheduler's tick, 4
 * ms instead of a few microseconds.  So a process whose one call has kept a
 * processor busy from one look to the next gets a lower priority, with all its
 * threads, until it has answered: a key that takes seconds to make costs it
 * nothing.  One whose forerunners ended, and that did no work since, begins so
 * and stays so until it has done some: a login is none.
 *
 * Only where the priority may be given back (RLIMIT_NICE, setrlimit(2)): firmad
 * that is started as root sees to it, as far as that root may, and the unit has
 * LimitNICE=.  Elsewhere all processes keep theirs.
 *
 * Sources: setpriority(2), clock_getcpuclockid(3).
 * Tests: tests/agent/test_agent.sh "priority"; how much it helps:
 * tests/bench/bench.sh --neighbour.
 */
#ifndef FIRMA_DAEMON_PRIORITY_H
#define FIRMA_DAEMON_PRIORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of one process, which leads its process group. */
struct firma_priority {
	pid_t pid;
	bool is_low;
	bool is_suspect; /* low until it has worked, whatever it answers */
	uint64_t looked; /* when, and... */
	uint64_t busy;   /* ... how long it had computed then, nanoseconds */
};

/* While we are root: whom we become may give a priority back. */
void firma_priority_permit(void);

/* May we?  Tried, in a process of its own; before the first thread. */
void firma_priority_try(void);

/* It begins; suspect: at the lower priority, until it has worked. */
void firma_priority_begin(struct firma_priority *p, pid_t pid, bool suspect);

/*
 * Some time has gone by.  is_same: it is still at a call that it was at at the
 * last look.  True: it was just lowered.
 */
bool firma_priority_look(struct firma_priority *p, uint64_t now, bool is_same);

/* It has done what it was asked; work: more than look, or log in. */
void firma_priority_answered(struct firma_priority *p, bool work);

#endif
