/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next.h - for libraries that are preloaded and stand before calls of the C
 * library (with _GNU_SOURCE).
 */
#ifndef FIRMA_PROBE_NEXT_H
#define FIRMA_PROBE_NEXT_H

#include <dlfcn.h>
#include <string.h>

/* The call that comes after the library's. */
#define NEXT(name)                                                      \
	static __typeof__(&name) next;                                  \
	if (next == NULL) {                                             \
		void *found = dlsym(RTLD_NEXT, #name);                  \
		_Static_assert(sizeof(found) == sizeof(next), "POSIX"); \
		memcpy(&next, &found, sizeof(next));                    \
	}

#endif
