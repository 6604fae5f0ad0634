/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sins of verbs.def.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/badmodule/badmodule.h"

#define TEXT_MAX 128

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

/* What one thread's call is about: the sin as it stood when it began. */
static _Thread_local struct {
	enum verb verb;
	enum function function;
	CK_RV rv;
	unsigned int how;
	unsigned long from, to; /* calls, from 1; to 0: no end */
	bool is_on;             /* committed in this call */
} general;
static _Thread_local char text_now[TEXT_MAX];
static _Thread_local bool is_armed;

/* Armed calls so far of the function of the text; starts anew with another. */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static char counted[TEXT_MAX];
static unsigned long n_calls;

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

static void
parse(const char *text)
{
	const char *name;
	size_t len;
	int verb, function;

	memset(&general, 0, sizeof(general));
	if ((name = strchr(text, ':')) == NULL)
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

/* FIRMA_BAD_SIN, or what stands in the file that arms it. */
static void
look(void)
{
	const char *arm = getenv("FIRMA_BAD_ARM");
	const char *sin = getenv("FIRMA_BAD_SIN");
	ssize_t n = 0;
	int fd;

	is_armed = true;
	(void)snprintf(
	    text_now, sizeof(text_now), "%s", sin != NULL ? sin : "none");
	if (arm == NULL)
		return;
	fd = open(arm, O_RDONLY | O_CLOEXEC);
	is_armed = fd >= 0;
	if (fd < 0)
		return;
	char room[TEXT_MAX];

	n = read(fd, room, sizeof(room) - 1);
	(void)close(fd);
	if (n <= 0)
		return;
	room[n] = '\0';
	room[strcspn(room, "\n")] = '\0';
	memcpy(text_now, room, sizeof(room));
}

const char *
bad_text(void)
{
	return is_armed ? text_now : "";
}

/* Is the call that begins one of those that are meant? */
static bool
is_meant(void)
{
	unsigned long n;

	(void)pthread_mutex_lock(&counting);
	if (strcmp(counted, text_now) != 0) {
		memcpy(counted, text_now, sizeof(counted));
		n_calls = 0;
	}
	n = ++n_calls;
	(void)pthread_mutex_unlock(&counting);
	return n >= general.from && (general.to == 0 || n <= general.to);
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

void
bad_begin(enum function f)
{
	trace(f);
	look();
	parse(text_now);
}

bool
bad_before(enum function f, CK_RV *ret)
{
	if (general.verb == VERB_NONE || general.function != f || !is_armed ||
	    !is_meant())
		return false;
	general.is_on = true;
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
	if (!general.is_on || general.function != f)
		return rv;
	general.is_on = false;
	if (general.verb == VERB_DONE_HANG)
		bad_hang();
	if (general.verb == VERB_DONE_CRASH)
		bad_crash();
	return general.verb == VERB_DONE_RV ? general.rv : rv;
}

void
bad_length(enum function f, bool is_query, CK_ULONG *len)
{
	if (!general.is_on || general.function != f ||
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
