/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject.h - the n-th allocation or the n-th call into the kernel fails.
 *
 * The linker puts the functions of inject.c in the place of those that the code
 * under test calls (--wrap; calls.cmake has the list); libcrypto's and jansson's
 * allocations go through them by those libraries' own hooks.
 *
 * Only the thread that armed it, and only between inject_arm() and
 * inject_disarm(), sees anything of it.
 */
#ifndef FIRMA_TEST_INJECT_H
#define FIRMA_TEST_INJECT_H

#include <stdbool.h>

#include "agent/base/err.h"

enum inject_what {
	INJECT_MEMORY,    /* NULL, ENOMEM */
	INJECT_IO,        /* -1, EIO */
	INJECT_INTERRUPT, /* -1, EINTR, where a signal may do that */
	INJECT_SHORT      /* one octet instead of all, where that may happen */
};

/* Before the first use of libcrypto. */
void inject_start(void);

/*
 * From now on calls of this kind are counted from 1, and the nth fails; 0: none
 * does.  on_and_on: those behind it fail too.
 */
void inject_arm(enum inject_what what, unsigned long nth, bool on_and_on);

/* Returns how many there were. */
unsigned long inject_disarm(void);

/* Did one fail since it was armed? */
bool inject_happened(void);

/* Between these nothing is counted and nothing fails. */
void inject_hold(void);
void inject_go_on(void);

/* What the code under test answered, for those who compare (replay). */
void inject_result(enum firma_err r);

#endif
