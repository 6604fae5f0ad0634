/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firmad - the signing agent.  README.md here says which file does what.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "agent/base/clock.h"
#include "agent/base/lang.h"
#include "agent/base/own.h"
#include "agent/daemon/conf.h"
#include "agent/daemon/listen.h"
#include "agent/daemon/log.h"
#include "agent/daemon/options.h"
#include "agent/daemon/privileges.h"
#include "agent/daemon/serve.h"

static int
complain(enum firma_err r, const struct firma_cause *cause)
{
	firma_log(FIRMA_LOG_ERROR, "%s%s%s%s%s", gettext(firma_err_text(r)),
	    cause->what[0] != '\0' ? ": " : "", cause->what,
	    cause->kind == FIRMA_CAUSE_ERRNO ? ": " : "",
	    cause->kind == FIRMA_CAUSE_ERRNO ? strerror((int)cause->code) : "");
	return 1;
}

/* Opened now: the user that we become may not reach the folder. */
FIRMA_CHECKED static enum firma_err
find_programs(struct firma_agent *a, struct firma_cause *cause)
{
	(void)snprintf(a->worker_path, sizeof(a->worker_path), "%s",
	    a->config->worker[0] != '\0' ? a->config->worker
					 : FIRMA_LIBEXECDIR "/firmad-token");
	a->worker_fd = open(a->worker_path, O_PATH | O_CLOEXEC);
	if (a->worker_fd < 0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "token process %.120s",
		    a->worker_path);
	/* Without it tokens are looked for by the clock. */
	(void)snprintf(a->reader_path, sizeof(a->reader_path), "%s",
	    a->config->reader[0] != '\0' ? a->config->reader
					 : FIRMA_LIBEXECDIR "/firmad-reader");
	a->reader_fd = open(a->reader_path, O_PATH | O_CLOEXEC);
	if (a->reader_fd < 0 && a->config->watch_readers == FIRMA_WATCH_YES)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "process of the readers %.120s",
		    a->reader_path);
	return FIRMA_OK;
}

FIRMA_CHECKED static enum firma_err
prepare(struct firma_agent *a, const struct firma_options *o,
    struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = firma_options_config_path(o, a->config_path,
		 sizeof(a->config_path), cause)) != FIRMA_OK ||
	    (r = firma_conf_load(a, o->config != NULL, cause)) != FIRMA_OK ||
	    (r = firma_listen_inherit(a, cause)) != FIRMA_OK ||
	    (r = firma_options_places(o, a, cause)) != FIRMA_OK ||
	    (r = find_programs(a, cause)) != FIRMA_OK)
		return r;
	return firma_privileges_drop(
	    a, o->user != NULL ? o->user : a->config->user, cause);
}

int
main(int argc, char **argv)
{
	struct firma_options o = { 0 };
	struct firma_agent a = {
		.listen_fd = -1, .worker_fd = -1, .reader_fd = -1
	};
	struct firma_cause cause = { 0 };
	const bool was_root = geteuid() == 0;
	enum firma_err r;

	firma_lang_init(NULL);
	firma_options_parse(argc, argv, &o);
	(void)signal(SIGPIPE, SIG_IGN);
	a.started = firma_wall_ms();
	if (getrandom(&a.instance, sizeof(a.instance), 0) < 0)
		a.instance = a.started;
	if (o.check)
		return firma_conf_check(&a, &o);
	if ((r = prepare(&a, &o, &cause)) != FIRMA_OK)
		return complain(r, &cause);
	a.owner = geteuid();
	if ((r = firma_privileges_seal(&a, &cause)) != FIRMA_OK ||
	    (r = firma_serve_start(&a, &cause)) != FIRMA_OK ||
	    (r = firma_listen_start(
		 &a, was_root || getenv("STATE_DIRECTORY") != NULL, &cause)) !=
		FIRMA_OK) {
		if (!firma_serve_stop(&a))
			_exit(complain(r, &cause));
		return complain(r, &cause);
	}
	firma_log(FIRMA_LOG_INFO, "%s serves %s, state in %s", FIRMA_VERSION,
	    a.socket_path, a.state_dir);
	(void)sd_notify(0, "READY=1");
	r = firma_serve_run(&a);
	/* No more from the loop: this one has to do until the end. */
	(void)sd_notify(0, "STOPPING=1\nWATCHDOG=1");
	firma_listen_stop(&a);
	if (!firma_serve_stop(&a))
		_exit(1);
	return r == FIRMA_OK ? 0 : 1;
}
