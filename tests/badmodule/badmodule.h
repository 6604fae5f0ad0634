/* SPDX-License-Identifier: Apache-2.0 */
/*
 * badmodule.h - what the files of firma-badmodule.so share.
 *
 * A call goes through three: badmodule.c wraps each function of functions.def;
 * the wrapper asks general.c for the sins that any function can commit
 * (verbs.def), and calls the function of special.c where sins.def has one for
 * it, else the target's.
 */
#ifndef FIRMA_BADMODULE_H
#define FIRMA_BADMODULE_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

enum sin {
#define SIN(name, word, what) SIN_##name,
#include "tests/badmodule/sins.def"
#undef SIN
};

enum function {
#define FUNCTION(name, params, args) FN_##name,
#include "tests/badmodule/functions.def"
#undef FUNCTION
	FN_MAX
};

/* The module behind, and the same with special.c's calls put in. */
extern CK_FUNCTION_LIST_PTR bad_target;
extern CK_FUNCTION_LIST bad_special;
void bad_special_put(CK_FUNCTION_LIST *list);

/* Append a line to FIRMA_BAD_LOG, for tests to count. */
void bad_note(const char *what);
/* Is this the sin, and armed? */
bool bad_is(enum sin which);

__attribute__((noreturn)) void bad_hang(void);
/* As a stray pointer would, past every handler. */
__attribute__((noreturn)) void bad_crash(void);

/*
 * general.c.  A call begins: which sin is it now?  (Aborts when that is nothing
 * that is known.)  Before the function is done: true when it is not to be, and
 * *ret is its value.  After it: its value.
 */
void bad_begin(enum function f);
const char *bad_text(void); /* of the sin; "" when it is not armed */
bool bad_before(enum function f, CK_RV *ret);
CK_RV bad_after(enum function f, CK_RV rv);
/* The lengths that function f answers: is_query when it had no room yet. */
void bad_length(enum function f, bool is_query, CK_ULONG *len);

/* doings.c: what a module does beside answering; at the start, in each call,
 * in C_Sign. */
void bad_do_at_start(void);
void bad_do_in_each(void);
void bad_do_in_sign(void);

#endif
