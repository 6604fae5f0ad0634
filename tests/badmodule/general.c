/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sins of verbs.def.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/badmodule/badmodule.h"

enum verb {
	VERB_NONE,
#define VERB(name, verb, arguments, what) VERB_##name,
#include "tests/badmodule/verbs.def"
#undef VERB
};

static const char *const verbs[] = {
	"",
#define VERB(name, verb, arguments, what) verb,
#include "tests/badmodule/verbs.def"
#undef VERB
};

static const char *const functions[] = {
#define FUNCTION(name, params, args) #name,
#include "tests/badmodule/functions.def"
#undef FUNCTION
};

static const char *const hows[] = { "zero", "less", "more", "huge", "none" };

static struct {
	enum verb verb;
	enum function function;
	CK_RV rv;
	unsigned int how;
	unsigned long from, to; /* calls, from 1; to 0: no end */
	atomic_ulong n;         /* armed calls so far */
} general;

__attribute__((noreturn)) static void
unknown(const char *text)
{
	(void)fprintf(stderr, "firma-badmodule: FIRMA_BAD_SIN=%s\n", text);
	abort();
}

static int
index_of(const char *const *in, size_t n, const char *at, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(in[i]) == len && memcmp(in[i], at, len) == 0)
			return (int)i;
	return -1;
}

static void
read_calls(const char *text, const char *at)
{
	char *end = NULL;

	general.from = 1;
	if (*at == '@') {
		general.from = strtoul(at + 1, &end, 10);
		if (*end == '-')
			general.to = strtoul(end + 1, &end, 10);
		at = end;
	}
	if (*at != '\0' || general.from == 0)
		unknown(text);
}

static const char *
read_argument(const char *text, const char *at)
{
	const size_t len = strcspn(at, "@");
	char *end = NULL;
	int how;

	if (general.verb == VERB_RV || general.verb == VERB_DONE_RV) {
		general.rv = strtoul(at, &end, 0);
		if (end == at)
			unknown(text);
		return end;
	}
	how = index_of(hows, sizeof(hows) / sizeof(hows[0]), at, len);
	if ((general.verb != VERB_COUNT && general.verb != VERB_LENGTH) ||
	    how < 0)
		unknown(text);
	general.how = (unsigned int)how;
	return at + len;
}

void
bad_general_read(void)
{
	const char *text = getenv("FIRMA_BAD_SIN");
	const char *name;
	size_t len;
	int verb, function;

	if (text == NULL || (name = strchr(text, ':')) == NULL)
		return;
	verb = index_of(verbs, sizeof(verbs) / sizeof(verbs[0]), text,
	    (size_t)(name - text));
	len = strcspn(++name, ":@");
	function = index_of(functions, FN_MAX, name, len);
	if (verb <= VERB_NONE || function < 0)
		unknown(text);
	general.verb = (enum verb)verb;
	general.function = (enum function)function;
	name += len;
	if (*name == ':')
		name = read_argument(text, name + 1);
	read_calls(text, name);
}

/* Each call of each function, by name. */
static void
trace(enum function f)
{
	const char *path = getenv("FIRMA_BAD_TRACE");
	char line[64];
	int fd, n;

	if (path == NULL ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) <
		0)
		return;
	n = snprintf(line, sizeof(line), "%s\n", functions[f]);
	(void)!write(fd, line, (size_t)n);
	(void)close(fd);
}

/* The calls between bad_before() and bad_after() of one thread. */
static _Thread_local bool is_on;

bool
bad_before(enum function f, CK_RV *ret)
{
	unsigned long n;

	trace(f);
	is_on = false;
	if (general.verb == VERB_NONE || general.function != f || !bad_armed())
		return false;
	n = atomic_fetch_add(&general.n, 1) + 1;
	if (n < general.from || (general.to != 0 && n > general.to))
		return false;
	is_on = true;
	bad_note("sin");
	if (general.verb == VERB_HANG)
		bad_hang();
	while (general.verb == VERB_SPIN)
		atomic_thread_fence(memory_order_seq_cst);
	if (general.verb == VERB_CRASH)
		bad_crash();
	if (general.verb == VERB_EXIT)
		exit(0);
	*ret = general.rv;
	return general.verb == VERB_RV;
}

CK_RV
bad_after(enum function f, CK_RV rv)
{
	if (!is_on || general.function != f)
		return rv;
	is_on = false;
	if (general.verb == VERB_DONE_HANG)
		bad_hang();
	if (general.verb == VERB_DONE_CRASH)
		bad_crash();
	return general.verb == VERB_DONE_RV ? general.rv : rv;
}

void
bad_length(enum function f, bool is_query, CK_ULONG *len)
{
	if (!is_on || general.function != f ||
	    general.verb != (is_query ? VERB_COUNT : VERB_LENGTH))
		return;
	switch (hows[general.how][0]) {
	case 'z':
		*len = 0;
		break;
	case 'l':
		*len -= *len != 0;
		break;
	case 'm':
		*len += 1;
		break;
	case 'h':
		*len = 1ul << 40;
		break;
	case 'n': /* CK_UNAVAILABLE_INFORMATION */
	default:
		*len = ~0ul;
		break;
	}
}
