/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token process begins: its lock, its lanes, its program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/base/spawn.h"
#include "agent/daemon/place.h"
#include "agent/daemon/privileges.h"
#include "agent/daemon/process_impl.h"
#include "agent/daemon/software.h"

#define PORT_TEXT 12 /* octets of a port as a text */

/*
 * The token's lock: the process inherits it and holds it until it is really
 * gone, so that no two processes ever work on one token.  The old one of a
 * killed agent may still be dying: then FIRMA_ERR_TOKEN_BUSY, try again.
 */
FIRMA_CHECKED static enum firma_err
take_lock(const struct firma_token *t, int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[640];

	(void)snprintf(path, sizeof(path), "%s/token-%s.lock",
	    t->agent->state_dir, t->config->name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return firma_fail(cause,
		    errno == EROFS || errno == EACCES ? FIRMA_ERR_READ_ONLY
						      : FIRMA_ERR_IO,
		    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return firma_fail(cause, FIRMA_ERR_TOKEN_BUSY, FIRMA_CAUSE_NONE,
		    0, "the token's last process is still ending");
	*ret_fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

/* Where the process may write, as its options; argv has room for all. */
static void
add_writable(const struct firma_token *t,
    char text[FIRMA_CONFIG_WRITABLE + 1][FIRMA_CONFIG_PATH + 128], char **argv)
{
	static char option[] = "--writable";
	const struct firma_config_token *c = t->config;
	size_t n = c->n_writable;

	for (size_t i = 0; i < n; i++)
		(void)snprintf(text[i], sizeof(text[i]), "%s", c->writable[i]);
	if (c->software != 0)
		firma_software_folder(
		    t->agent, c->name, text[n++], sizeof(text[0]));
	for (size_t i = 0; i < n; i++) {
		*argv++ = option;
		*argv++ = text[i];
	}
}

/* The ports that it may connect to; argv has room for all. */
static void
add_network(const struct firma_config_token *c,
    char text[FIRMA_CONFIG_PORTS][PORT_TEXT], char **argv)
{
	static char option[] = "--network";

	for (size_t i = 0; i < c->n_ports; i++) {
		(void)snprintf(text[i], PORT_TEXT, "%u", c->ports[i]);
		*argv++ = option;
		*argv++ = text[i];
	}
}

/* What the agent itself may not do its children may not either. */
FIRMA_CHECKED static enum firma_err
check_allowed(const struct firma_config_token *c, struct firma_cause *cause)
{
	for (size_t i = 0; i < c->n_writable; i++)
		if (!firma_privileges_may_write(c->writable[i]))
			return firma_fail(cause, FIRMA_ERR_STATE,
			    FIRMA_CAUSE_NONE, 0,
			    "writable = %.80s: it counts when it is there and "
			    "firmad is restarted",
			    c->writable[i]);
	for (size_t i = 0; i < c->n_ports; i++)
		if (!firma_privileges_may_connect(c->ports[i]))
			return firma_fail(cause, FIRMA_ERR_STATE,
			    FIRMA_CAUSE_NONE, 0,
			    "network = %u: it counts when firmad is restarted",
			    c->ports[i]);
	return FIRMA_OK;
}

static void
select_by(const struct firma_config_token *c, char ret[FIRMA_TOKEN_URI])
{
	if (c->select == FIRMA_SELECT_SLOT)
		(void)snprintf(ret, FIRMA_TOKEN_URI, "%u", c->slot);
	else
		(void)snprintf(ret, FIRMA_TOKEN_URI, "%s",
		    c->select == FIRMA_SELECT_LABEL        ? c->label
			: c->select == FIRMA_SELECT_SERIAL ? c->serial
							   : c->uri);
}

FIRMA_CHECKED static enum firma_err
execute(struct firma_token_process *p, int theirs[FIRMA_LANES_MAX], int lock,
    struct firma_cause *cause)
{
	const struct firma_config_token *c = p->token->config;
	const struct firma_agent *a = p->token->agent;
	static char lanes_opt[] = "--lanes", module_opt[] = "--module",
		    name_opt[] = "--name", prog[] = "firmad-token",
		    by[4][10] = { "--label", "--serial", "--slot", "--uri" },
		    lang[] = "LANG=C.UTF-8";
	char value[FIRMA_TOKEN_URI], lanes[8], name[FIRMA_CONFIG_NAME],
	    module[FIRMA_CONFIG_PATH],
	    env[FIRMA_CONFIG_ENV + 1][FIRMA_CONFIG_ENV_LEN];
	/* ... and --network PORT for each; --writable PATH too, and one for the
	 * software token. */
	char *argv[9 + 2 * (FIRMA_CONFIG_PORTS + FIRMA_CONFIG_WRITABLE + 1) +
	    1] = { prog, module_opt, module, by[c->select], value, lanes_opt,
		lanes, name_opt, name };
	char writable[FIRMA_CONFIG_WRITABLE + 1][FIRMA_CONFIG_PATH + 128];
	char ports[FIRMA_CONFIG_PORTS][PORT_TEXT];
	char *envp[FIRMA_CONFIG_ENV + 3] = { lang };
	struct firma_spawn s = { .exe_fd = a->worker_fd,
		.path = a->worker_path,
		.argv = argv,
		.envp = envp,
		/* The lock takes the place of standard input: it is never read,
		 * and a process keeps that descriptor. */
		.fds = { lock, STDERR_FILENO, STDERR_FILENO },
		.n_fds = 3,
		.die = 1,
		.leads = 1 };

	add_network(c, ports, argv + 9);
	add_writable(p->token, writable, argv + 9 + 2 * c->n_ports);
	(void)snprintf(module, sizeof(module), "%s", c->module);
	(void)snprintf(name, sizeof(name), "%s", c->name);
	(void)snprintf(lanes, sizeof(lanes), "%zu", p->n_lanes);
	select_by(c, value);
	for (unsigned int i = 0; i < c->n_env; i++) {
		(void)snprintf(env[i], sizeof(env[i]), "%s", c->env[i]);
		envp[i + 1] = env[i];
	}
	if (p->token->start_env[0] != '\0') {
		(void)snprintf(
		    env[c->n_env], sizeof(env[0]), "%s", p->token->start_env);
		envp[c->n_env + 1] = env[c->n_env];
	}
	for (size_t i = 0; i < p->n_lanes; i++)
		s.fds[s.n_fds++] = theirs[i];
	/* A child begins where we are, and its threads with it. */
	firma_place_let_go(p->token->agent->place);
	return firma_spawn(&s, &p->pid, &p->pidfd, cause);
}

FIRMA_CHECKED static enum firma_err
watch(struct firma_token_process *p)
{
	sd_event *loop = p->token->agent->loop;

	for (size_t i = 0; i < p->n_lanes; i++)
		if (sd_event_add_io(loop, &p->lanes[i].source, p->lanes[i].fd,
			EPOLLIN, firma_process_on_lane, &p->lanes[i]) < 0)
			return FIRMA_ERR_NOMEM;
	if (sd_event_add_io(loop, &p->exit_source, p->pidfd, EPOLLIN,
		firma_process_on_exit, p) < 0 ||
	    sd_event_add_time_relative(loop, &p->tick_source, CLOCK_MONOTONIC,
		TICK / 1000, 1000, firma_process_on_tick, p) < 0)
		return FIRMA_ERR_NOMEM;
	/* What a process answered before it died is read before its death. */
	(void)sd_event_source_set_priority(
	    p->exit_source, SD_EVENT_PRIORITY_IDLE - 1);
	p->ticking = true;
	return FIRMA_OK;
}

enum firma_err
firma_process_start(struct firma_token *t, bool suspect,
    firma_process_ready_fn *ready, firma_process_end_fn *ended,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int lock = -1;
	struct firma_token_process *p;
	int theirs[FIRMA_LANES_MAX], pair[2];
	size_t n_theirs = 0;
	enum firma_err r;

	if ((r = check_allowed(t->config, cause)) != FIRMA_OK ||
	    (r = take_lock(t, &lock, cause)) != FIRMA_OK)
		return r;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return FIRMA_ERR_NOMEM;
	p->token = t;
	p->pidfd = -1;
	p->on_ready = ready;
	p->on_end = ended;
	p->started = firma_now();
	firma_call_list_init(&p->waiting);
	for (size_t i = 0; i < t->config->n_lanes; i++) {
		if (socketpair(
			AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
			r = firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
			    (unsigned long)errno, "socketpair");
			break;
		}
		(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
		p->lanes[i].process = p;
		p->lanes[i].fd = pair[0];
		firma_call_list_init(&p->lanes[i].sent);
		p->n_lanes++;
		theirs[n_theirs++] = pair[1];
	}
	if (r == FIRMA_OK)
		r = execute(p, theirs, lock, cause);
	for (size_t i = 0; i < n_theirs; i++)
		(void)close(theirs[i]);
	if (r != FIRMA_OK) {
		for (size_t i = 0; i < p->n_lanes; i++)
			(void)close(p->lanes[i].fd);
		free(p);
		return r;
	}
	firma_priority_begin(&p->priority, p->pid, suspect);
	t->process = p;
	if ((r = watch(p)) != FIRMA_OK)
		firma_process_kill(p, r, "no memory");
	return r;
}
