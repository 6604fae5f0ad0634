/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/reader/watch.h"

#include <errno.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"

#define DOWN_NS    (300 * FIRMA_MS) /* between two looks for pcscd */
#define REFUSED_NS (5 * FIRMA_S)    /* ... when it did not let us in */
#define AGAIN_NS   (50 * FIRMA_MS)  /* after it was lost; no busy loop */
#define QUIET_MAX  16               /* wake-ups in a row without news */
/*
 * pcscd before 2.0.2 does not notice a reader that comes between a look at the
 * list and the next wait: so often the list is looked at all the same.
 */
#define LIST_MS 5000

/* What was said last, so that nothing is said twice. */
struct watch {
	const struct firma_watch_sink *sink;
	struct firma_pcsc pcsc;
	bool has_told;
	enum firma_service told;
	unsigned int n_refused; /* in a row */
	unsigned int n_quiet;   /* ... wake-ups without news */
};

static void
rest(uint64_t ns)
{
	struct timespec left = { (time_t)(ns / FIRMA_S), (long)(ns % FIRMA_S) };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void
close_pcsc(struct firma_pcsc **p)
{
	firma_pcsc_close(*p);
}

FIRMA_CHECKED static enum firma_err
say(struct watch *w, enum firma_service state, const char *what)
{
	if (w->has_told && w->told == state)
		return FIRMA_OK;
	w->has_told = true;
	w->told = state;
	return w->sink->service(w->sink->arg, state, what);
}

static enum firma_err
news(void *arg, const struct firma_reader *d)
{
	struct watch *w = arg;

	w->n_quiet = 0;
	return w->sink->reader(w->sink->arg, d);
}

/* Until pcscd lets us in. */
FIRMA_CHECKED static enum firma_err
attach(struct watch *w)
{
	for (;;) {
		struct firma_cause cause = { 0 };
		const enum firma_err r = firma_pcsc_open(&w->pcsc, &cause);
		enum firma_err s = FIRMA_OK;

		if (r == FIRMA_OK) {
			w->n_refused = 0;
			return FIRMA_OK;
		}
		w->n_refused = r == FIRMA_ERR_DENIED ? w->n_refused + 1 : 0;
		/* Once may be a pcscd that is starting. */
		if (w->n_refused == 0)
			s = say(w, FIRMA_SERVICE_DOWN, cause.what);
		else if (w->n_refused > 1)
			s = say(w, FIRMA_SERVICE_REFUSED, cause.what);
		if (s != FIRMA_OK)
			return s;
		rest(w->n_refused > 1 ? REFUSED_NS : DOWN_NS);
	}
}

/* One look: as firma_pcsc_wait(). */
FIRMA_CHECKED static enum firma_err
look(struct watch *w, unsigned int ms, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_pcsc_list(&w->pcsc, news, w, cause)) != FIRMA_OK)
		return r;
	if (w->n_quiet++ >= QUIET_MAX)
		rest(AGAIN_NS);
	r = firma_pcsc_wait(&w->pcsc, ms, news, w, cause);
	if (r == FIRMA_ERR_DEADLINE)
		w->n_quiet = 0;
	return r;
}

/* Until pcscd is gone, or the sink fails. */
FIRMA_CHECKED static enum firma_err
follow(struct watch *w)
{
	FIRMA_OWN(close_pcsc) struct firma_pcsc *open = &w->pcsc;
	struct firma_cause cause = { 0 };
	enum firma_err r;

	/* Every reader is new and answers at once. */
	do
		r = look(w, 0, &cause);
	while (r == FIRMA_ERR_STATE);
	if (r == FIRMA_OK || r == FIRMA_ERR_DEADLINE)
		r = say(w, FIRMA_SERVICE_UP, "");
	while (r == FIRMA_OK || r == FIRMA_ERR_STATE || r == FIRMA_ERR_DEADLINE)
		r = look(w, LIST_MS, &cause);
	(void)open;
	return r == FIRMA_ERR_IO ? say(w, FIRMA_SERVICE_DOWN, cause.what) : r;
}

enum firma_err
firma_watch(const struct firma_watch_sink *sink)
{
	struct watch w = { .sink = sink };
	enum firma_err r;

	while ((r = attach(&w)) == FIRMA_OK && (r = follow(&w)) == FIRMA_OK)
		rest(AGAIN_NS);
	return r;
}
