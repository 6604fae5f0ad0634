/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "agent/base/lang.h"
#include "agent/base/own.h"

#define PEERS_MAX   256   /* clients of one socket that are looked for */
#define DIAG_ROOM   32768 /* octets of one netlink datagram */
#define DIAG_WAIT_S 2

/* What a descriptor of the process must be. */
struct wanted {
	const struct stat *file; /* or NULL */
	const uint32_t *inodes;  /* of sockets */
	size_t n_inodes;
};

static int
is_wanted(int dir, const char *name, const struct wanted *w)
{
	char link[64];
	ssize_t n;
	unsigned long inode;
	struct stat st;

	if (w->file != NULL)
		return fstatat(dir, name, &st, 0) == 0 &&
		    st.st_dev == w->file->st_dev &&
		    st.st_ino == w->file->st_ino;
	n = readlinkat(dir, name, link, sizeof(link) - 1);
	if (n <= 0)
		return 0;
	link[n] = '\0';
	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return 0;
	for (size_t i = 0; i < w->n_inodes; i++)
		if (w->inodes[i] == inode)
			return 1;
	return 0;
}

static void
dir_done(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

/* Has the process with this folder in /proc such a descriptor? */
static int
has_wanted(int proc, const char *pid, const struct wanted *w, int *ret_blind)
{
	FIRMA_OWN(dir_done) DIR *d = NULL;
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[32];
	const struct dirent *e;

	(void)snprintf(path, sizeof(path), "%.16s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		if (errno == EACCES || errno == EPERM)
			*ret_blind = 1;
		return 0;
	}
	if ((d = fdopendir(fd)) == NULL)
		return 0;
	fd = -1; /* now the folder's */
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && is_wanted(dirfd(d), e->d_name, w))
			return 1;
	return 0;
}

static void
name_of(int proc, const char *pid, char ret[HOLDER_NAME])
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[32];
	ssize_t n = 0;

	(void)snprintf(path, sizeof(path), "%.16s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, ret, HOLDER_NAME - 1);
	ret[n > 0 ? n : 0] = '\0';
	/* A name is what a process calls itself: nothing that moves a cursor. */
	for (char *c = ret; *c != '\0'; c++)
		if (*c == '\n')
			*c = '\0';
		else if ((unsigned char)*c < ' ' || (unsigned char)*c >= 127)
			*c = '?';
}

static void
look(const struct wanted *w, struct holders *ret)
{
	FIRMA_OWN(dir_done) DIR *d = opendir("/proc");
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL && ret->n < HOLDERS_MAX) {
		const long pid = strtol(e->d_name, NULL, 10);

		if (pid <= 0 || pid == (long)getpid() ||
		    !has_wanted(dirfd(d), e->d_name, w, &ret->is_blind))
			continue;
		ret->at[ret->n].pid = (pid_t)pid;
		name_of(dirfd(d), e->d_name, ret->at[ret->n].name);
		ret->n++;
	}
}

void
holders_of_file(const char *path, struct holders *ret)
{
	struct stat st;
	const struct wanted w = { .file = &st };

	*ret = (struct holders){ 0 };
	if (stat(path, &st) == 0)
		look(&w, ret);
}

/* ---- the other ends of a socket ---- */

struct peers {
	uint32_t file; /* inode of the socket's file */
	uint32_t at[PEERS_MAX];
	size_t n;
};

/* Not const: the kernel's macros cast that away. */
static void
take_socket(struct nlmsghdr *h, struct peers *p)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a = (void *)(m + 1);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	uint32_t peer = 0, file = 0;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		const void *data = RTA_DATA(a);
		struct unix_diag_vfs vfs;

		if (a->rta_type == UNIX_DIAG_PEER &&
		    RTA_PAYLOAD(a) >= sizeof(peer))
			memcpy(&peer, data, sizeof(peer));
		if (a->rta_type == UNIX_DIAG_VFS &&
		    RTA_PAYLOAD(a) >= sizeof(vfs)) {
			memcpy(&vfs, data, sizeof(vfs));
			file = vfs.udiag_vfs_ino;
		}
	}
	if (file == p->file && peer != 0 && p->n < PEERS_MAX)
		p->at[p->n++] = peer;
}

/* 0 when the list is over, or broke off. */
static int
take_datagram(int fd, struct peers *p)
{
	static union {
		struct nlmsghdr align;
		uint8_t room[DIAG_ROOM];
	} in;
	ssize_t got = recv(fd, &in, sizeof(in), 0);
	size_t left;

	if (got <= 0)
		return 0;
	left = (size_t)got;
	for (struct nlmsghdr *h = &in.align; NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return 0;
		if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			take_socket(h, p);
	}
	return 1;
}

static void
find_peers(struct peers *p)
{
	const struct {
		struct nlmsghdr head;
		struct unix_diag_req ask;
	} out = { .head = { .nlmsg_len = sizeof(out),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.ask = { .sdiag_family = AF_UNIX,
		    .udiag_states = UINT32_MAX,
		    .udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_PEER } };
	const struct timeval wait = { .tv_sec = DIAG_WAIT_S };
	FIRMA_OWN(firma_fd_done)
	int fd =
	    socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
	    send(fd, &out, sizeof(out), 0) != (ssize_t)sizeof(out))
		return;
	while (take_datagram(fd, p))
		continue;
}

void
holders_of_socket(const char *path, struct holders *ret)
{
	struct peers p = { 0 };
	struct stat st;

	*ret = (struct holders){ 0 };
	if (stat(path, &st) != 0)
		return;
	p.file = (uint32_t)st.st_ino;
	find_peers(&p);
	if (p.n == 0)
		return;
	const struct wanted w = { .inodes = p.at, .n_inodes = p.n };

	look(&w, ret);
}

void
holders_drop(struct holders *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->at[i].name, name) != 0)
			h->at[n++] = h->at[i];
	h->n = n;
}

const char *
holders_text(const struct holders *h, char ret[HOLDERS_TEXT])
{
	size_t n = 0;

	if (h->n == 0)
		(void)snprintf(ret, HOLDERS_TEXT, "%s",
		    h->is_blind ? _("run firma doctor as root to see which")
				: _("which one cannot be seen from here"));
	for (size_t i = 0; i < h->n && n < HOLDERS_TEXT - 1; i++)
		n += (size_t)snprintf(ret + n, HOLDERS_TEXT - n, "%s%s (%d)",
		    i == 0 ? "" : ", ", h->at[i].name, (int)h->at[i].pid);
	return ret;
}
