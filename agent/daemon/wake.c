/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/wake.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/log.h"
#include "agent/daemon/pin.h"
#include "agent/daemon/token.h"

#define NEVER    INT64_C(253402300799) /* the end of the year 9999 */
#define TOLD_MS  1000                  /* less is not worth a line */
#define SLEPT_NS FIRMA_S

struct firma_wake {
	struct firma_agent *agent;
	int fd;
	sd_event_source *source;
	/* What the clocks were apart when it was last looked. */
	uint64_t asleep; /* ns, in all */
	int64_t set_ms;  /* wall clock - CLOCK_BOOTTIME */
};

static void
look(uint64_t *ret_asleep, int64_t *ret_set_ms)
{
	const uint64_t up = firma_uptime(), awake = firma_now();

	/* Read one after the other: a little apart on a machine that never
	 * slept, and then either way round. */
	*ret_asleep = up > awake ? up - awake : 0;
	*ret_set_ms = (int64_t)firma_wall_ms() - (int64_t)(up / FIRMA_MS);
}

static void
woke(struct firma_wake *w, uint64_t slept)
{
	struct firma_agent *a = w->agent;

	firma_log(FIRMA_LOG_INFO,
	    "suspended for %llu s: looking at the tokens anew",
	    (unsigned long long)((slept + FIRMA_S / 2) / FIRMA_S));
	for (size_t i = 0; i < a->n_tokens; i++) {
		firma_pin_lock_idle(a->tokens[i]);
		firma_token_probe(a->tokens[i]);
	}
}

static int
on_jump(sd_event_source *s, int fd, uint32_t revents, void *arg)
{
	struct firma_wake *w = arg;
	const struct firma_wake was = *w;
	uint64_t n;
	int64_t set;

	(void)s;
	(void)revents;
	if (read(fd, &n, sizeof(n)) >= 0 || errno != ECANCELED)
		return 0;
	look(&w->asleep, &w->set_ms);
	set = w->set_ms - was.set_ms;
	if (set <= -TOLD_MS || set >= TOLD_MS)
		firma_log(FIRMA_LOG_WARNING,
		    "the clock was set %s by %lld.%03lld s",
		    set < 0 ? "back" : "forward",
		    (long long)((set < 0 ? -set : set) / 1000),
		    (long long)((set < 0 ? -set : set) % 1000));
	if (w->asleep > was.asleep && w->asleep - was.asleep >= SLEPT_NS)
		woke(w, w->asleep - was.asleep);
	return 0;
}

enum firma_err
firma_wake_new(
    struct firma_agent *a, struct firma_wake **ret, struct firma_cause *cause)
{
	const struct itimerspec never = { .it_value.tv_sec = NEVER };
	struct firma_wake *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return FIRMA_ERR_NOMEM;
	w->agent = a;
	w->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->fd < 0 ||
	    timerfd_settime(w->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		&never, NULL) != 0 ||
	    sd_event_add_io(a->loop, &w->source, w->fd, EPOLLIN, on_jump, w) <
		0) {
		const int e = errno;

		firma_wake_free(w);
		return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
		    (unsigned long)e, "timerfd");
	}
	look(&w->asleep, &w->set_ms);
	*ret = w;
	return FIRMA_OK;
}

void
firma_wake_free(struct firma_wake *w)
{
	if (w == NULL)
		return;
	(void)sd_event_source_disable_unref(w->source);
	firma_fd_done(&w->fd);
	free(w);
}
