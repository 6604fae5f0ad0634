/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/bury.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "agent/base/own.h"

struct corpse {
	sd_event_source *source;
	pid_t pid;
	int pidfd;
};

static int
on_reap(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct corpse *k = arg;

	(void)s;
	(void)fd;
	(void)events;
	(void)waitpid(k->pid, NULL, WNOHANG);
	(void)sd_event_source_disable_unref(k->source);
	firma_fd_done(&k->pidfd);
	free(k);
	return 0;
}

void
firma_bury(sd_event *loop, pid_t pid, int pidfd)
{
	struct corpse *k;

	if (waitpid(pid, NULL, WNOHANG) == pid) {
		(void)close(pidfd);
		return;
	}
	if ((k = calloc(1, sizeof(*k))) == NULL) {
		(void)close(pidfd);
		return;
	}
	k->pid = pid;
	k->pidfd = pidfd;
	if (sd_event_add_io(loop, &k->source, pidfd, EPOLLIN, on_reap, k) < 0) {
		(void)close(pidfd);
		free(k);
	}
}
