/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/serve.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/daemon/conf.h"
#include "agent/daemon/conn.h"
#include "agent/daemon/hash.h"
#include "agent/daemon/key.h"
#include "agent/daemon/log.h"
#include "agent/daemon/pin.h"
#include "agent/daemon/place.h"
#include "agent/daemon/readers.h"
#include "agent/daemon/renewal.h"
#include "agent/daemon/replay.h"
#include "agent/daemon/token.h"
#include "agent/daemon/wake.h"

#define IDLE_NS FIRMA_S /* how exactly lock-after is kept */

static int
on_store(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct firma_agent *a = arg;

	(void)s;
	(void)fd;
	(void)events;
	firma_store_dispatch(a->store);
	return 0;
}

static int
on_end(sd_event_source *s, const struct signalfd_siginfo *si, void *arg)
{
	struct firma_agent *a = arg;

	(void)s;
	firma_log(FIRMA_LOG_INFO, "signal %u: stopping", si->ssi_signo);
	a->stopping = true;
	return 0;
}

static int
on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *arg)
{
	(void)s;
	(void)si;
	/* sd_notify(3): with the time at which it began. */
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)(firma_now() / 1000));
	firma_conf_reload(arg);
	(void)sd_notify(0, "READY=1");
	return 0;
}

static int
on_idle(sd_event_source *s, uint64_t usec, void *arg)
{
	struct firma_agent *a = arg;

	(void)s;
	(void)usec;
	for (size_t i = 0; i < a->n_tokens; i++)
		firma_pin_lock_idle(a->tokens[i]);
	firma_serve_watch_idle(a);
	return 0;
}

void
firma_serve_watch_idle(struct firma_agent *a)
{
	bool any = false;

	for (size_t i = 0; i < a->config->n_tokens; i++)
		any = any || a->config->tokens[i].lock_after_s != 0;
	(void)sd_event_source_set_time_relative(a->idle, IDLE_NS / 1000);
	(void)sd_event_source_set_enabled(
	    a->idle, any ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

FIRMA_CHECKED static enum firma_err
make_loop(struct firma_agent *a)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (sd_event_new(&a->loop) < 0 ||
	    sd_event_add_signal(a->loop, NULL, SIGTERM, on_end, a) < 0 ||
	    sd_event_add_signal(a->loop, NULL, SIGINT, on_end, a) < 0 ||
	    sd_event_add_signal(a->loop, NULL, SIGHUP, on_reload, a) < 0)
		return FIRMA_ERR_NOMEM;
	(void)sd_event_set_watchdog(a->loop, 1);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
start_tokens(struct firma_agent *a, struct firma_cause *cause)
{
	enum firma_err r;

	for (size_t i = 0; i < a->config->n_tokens; i++) {
		r = firma_token_new(
		    a, &a->config->tokens[i], &a->tokens[a->n_tokens], cause);
		if (r != FIRMA_OK)
			return r;
		a->n_tokens++;
	}
	if ((r = firma_readers_new(a, &a->readers)) != FIRMA_OK)
		return r;
	firma_readers_configure(a->readers);
	if (sd_event_add_time_relative(a->loop, &a->idle, CLOCK_BOOTTIME,
		IDLE_NS / 1000, 0, on_idle, a) < 0)
		return FIRMA_ERR_NOMEM;
	/* After a suspension, before the requests that waited for its end. */
	(void)sd_event_source_set_priority(
	    a->idle, SD_EVENT_PRIORITY_IMPORTANT);
	firma_serve_watch_idle(a);
	return FIRMA_OK;
}

enum firma_err
firma_serve_start(struct firma_agent *a, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = make_loop(a)) != FIRMA_OK ||
	    (r = firma_store_open(a->state_dir, &a->store, cause)) !=
		FIRMA_OK ||
	    (r = firma_replay_new(&a->replay)) != FIRMA_OK ||
	    (r = firma_hasher_new(a, &a->hasher)) != FIRMA_OK ||
	    (r = firma_place_new(a, &a->place)) != FIRMA_OK ||
	    (r = firma_wake_new(a, &a->wake, cause)) != FIRMA_OK ||
	    (r = firma_keys_load(a, cause)) != FIRMA_OK ||
	    (r = firma_renewals_load(a, cause)) != FIRMA_OK)
		return r;
	if (sd_event_add_io(a->loop, NULL, firma_store_fd(a->store), EPOLLIN,
		on_store, a) < 0)
		return FIRMA_ERR_NOMEM;
	return start_tokens(a, cause);
}

enum firma_err
firma_serve_run(struct firma_agent *a)
{
	while (!a->stopping) {
		/*
		 * The store wakes us only when we say that we sleep, and not
		 * for entries of signatures that the token still works on:
		 * those are collected when it answers.
		 */
		const bool sleep =
		    firma_store_n_unfinished(a->store) == a->n_quiet ||
		    firma_store_arm(a->store);

		if (!sleep)
			firma_store_dispatch(a->store);
		if (sd_event_run(a->loop, sleep ? UINT64_MAX : 0) < 0)
			return FIRMA_ERR_INTERNAL;
		firma_conn_flush(a);
	}
	return FIRMA_OK;
}

/*
 * Nothing new begins, and each call under way gets its answer.  The tokens stay:
 * what waits for the store still asks about them.
 */
static void
end_calls(struct firma_agent *a)
{
	a->stopping = true;
	firma_readers_free(a->readers);
	a->readers = NULL;
	for (size_t i = 0; i < a->n_tokens; i++)
		firma_token_end(a->tokens[i]);
	firma_hasher_free(a->hasher);
	a->hasher = NULL;
}

/* What was answered is sent; what nobody can be sent any more is written down. */
static void
end_answers(struct firma_agent *a, uint64_t deadline)
{
	firma_conn_finish(a, deadline);
	firma_replay_free(a->replay);
	a->replay = NULL;
}

static void
free_all(struct firma_agent *a)
{
	while (a->n_tokens > 0)
		firma_token_free(a->tokens[--a->n_tokens]);
	firma_keys_free(a);
	firma_renewals_free(a);
	firma_config_free(a->config);
	firma_fd_done(&a->worker_fd);
	firma_fd_done(&a->reader_fd);
	(void)sd_event_source_disable_unref(a->idle);
	(void)sd_event_unref(a->loop);
}

/* False, when the time is over: with what that leaves. */
static bool
close_store(struct firma_agent *a, bool is_drained, uint64_t deadline)
{
	size_t n;

	if (is_drained && firma_store_close_by(a->store, deadline)) {
		a->store = NULL;
		return true;
	}
	if ((n = firma_store_n_unfinished(a->store)) > 0)
		firma_log(FIRMA_LOG_ERROR,
		    "the disk is too slow: the last %zu changes and entries of "
		    "the ledger are not known to be on it; no answer about "
		    "them left",
		    n);
	else
		firma_log(FIRMA_LOG_WARNING,
		    "the disk is too slow: everything is on it, but in the "
		    "log, which the next start will read");
	return false;
}

bool
firma_serve_stop(struct firma_agent *a)
{
	const uint64_t deadline = firma_after(FIRMA_STOP_NS);
	bool is_drained;

	end_calls(a);
	/* Its timer, and where it put the store's thread. */
	firma_place_free(a->place);
	a->place = NULL;
	firma_wake_free(a->wake);
	a->wake = NULL;
	/* What waited for the store ends, which may be one more entry. */
	is_drained = a->store == NULL || firma_store_drain(a->store, deadline);
	end_answers(a, firma_after(FIRMA_STOP_SEND_NS));
	if (!close_store(a, is_drained, deadline))
		return false;
	free_all(a);
	return true;
}
