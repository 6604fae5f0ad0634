/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/fd.h"
#include "agent/base/own.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

#define AT_ONCE  65536
#define PEM_LINE 64 /* characters: RFC 7468 section 2 */

enum firma_err
file_open(const char *path, int *ret_fd, struct firma_cause *cause)
{
	const int fd = strcmp(path, "-") == 0
	    ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	    : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return firma_fail_errno(cause, path);
	*ret_fd = fd;
	return FIRMA_OK;
}

static enum firma_err
read_all(int fd, const char *path, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	const size_t start = ret->len;
	enum firma_err r;
	ssize_t n;

	do {
		if ((r = firma_buf_reserve(ret, AT_ONCE)) != FIRMA_OK)
			return r;
		do
			n = read(fd, ret->at + ret->len, AT_ONCE);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return firma_fail_errno(cause, path);
		ret->len += (size_t)n;
		if (ret->len - start > max)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s", path);
	} while (n > 0);
	return FIRMA_OK;
}

enum firma_err
file_read(const char *path, size_t max, struct firma_buf *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	const size_t start = ret->len;
	enum firma_err r;

	if ((r = file_open(path, &fd, cause)) == FIRMA_OK &&
	    (r = read_all(fd, path, max, ret, cause)) != FIRMA_OK)
		ret->len = start;
	return r;
}

static enum firma_err
hash_all(int fd, const char *path, size_t max, EVP_MD_CTX *ctx,
    struct firma_cause *cause)
{
	uint8_t piece[AT_ONCE];
	size_t all = 0;
	ssize_t n;

	do {
		do
			n = read(fd, piece, sizeof(piece));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return firma_fail_errno(cause, path);
		if ((all += (size_t)n) > max)
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s", path);
		if (EVP_DigestUpdate(ctx, piece, (size_t)n) != 1)
			return FIRMA_ERR_INTERNAL;
	} while (n > 0);
	return FIRMA_OK;
}

enum firma_err
file_digest(const char *path, size_t max, const char *digest, uint8_t *ret,
    size_t *ret_len, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	FIRMA_OWN(firma_evp_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_get_digestbyname(digest);
	unsigned int n = 0;
	enum firma_err r;

	if (ctx == NULL || md == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	if ((r = file_open(path, &fd, cause)) != FIRMA_OK ||
	    (r = hash_all(fd, path, max, ctx, cause)) != FIRMA_OK)
		return r;
	if (EVP_DigestFinal_ex(ctx, ret, &n) != 1)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	*ret_len = n;
	return FIRMA_OK;
}

enum firma_err
file_put(int fd, struct firma_bytes v, struct firma_cause *cause)
{
	return firma_fd_write(fd, v) == FIRMA_OK
	    ? FIRMA_OK
	    : firma_fail_errno(cause, "write");
}

static enum firma_err
put_view(void *arg, int fd, struct firma_cause *cause)
{
	return file_put(fd, *(const struct firma_bytes *)arg, cause);
}

/* Is there something at path that is not to be replaced? */
static int
is_special(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 ||
	    (lstat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* What went wrong is told of the file. */
FIRMA_CHECKED static enum firma_err
fill(int fd, const char *path, file_fill_fn *fn, void *arg,
    struct firma_cause *cause)
{
	const enum firma_err r = fn(arg, fd, cause);

	return r == FIRMA_ERR_IO || r == FIRMA_ERR_DISK_FULL
	    ? firma_fail_errno(cause, path)
	    : r;
}

static enum firma_err
write_into(const char *path, mode_t mode, file_fill_fn *fn, void *arg,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done)
	int fd = strcmp(path, "-") == 0
	    ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
	    : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	return fd < 0 ? firma_fail_errno(cause, path)
		      : fill(fd, path, fn, arg, cause);
}

/* Opens what becomes path; beside has room for its name meanwhile. */
static enum firma_err
open_beside(const char *path, mode_t mode, char beside[FILE_PATH_MAX],
    int *ret_fd, struct firma_cause *cause)
{
	const int n =
	    snprintf(beside, FILE_PATH_MAX, "%s.%ld.new", path, (long)getpid());

	if (n < 0 || n >= FILE_PATH_MAX)
		return firma_fail(
		    cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0, "%s", path);
	*ret_fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return *ret_fd < 0 ? firma_fail_errno(cause, path) : FIRMA_OK;
}

/* is_synced: the octets are on the disk before the name is there. */
static enum firma_err
write_beside(const char *path, mode_t mode, file_fill_fn *fn, void *arg,
    int is_synced, int *ret_fd, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char beside[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = open_beside(path, mode, beside, &fd, cause)) != FIRMA_OK)
		return r;
	r = fill(fd, path, fn, arg, cause);
	if (r == FIRMA_OK &&
	    (fchmod(fd, mode) != 0 || (is_synced && fsync(fd) != 0) ||
		rename(beside, path) != 0))
		r = firma_fail_errno(cause, path);
	if (r != FIRMA_OK) {
		(void)unlink(beside);
		return r;
	}
	*ret_fd = firma_fd_take(&fd);
	return FIRMA_OK;
}

enum firma_err
file_write_by(const char *path, mode_t mode, file_fill_fn *fn, void *arg,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;

	return is_special(path)
	    ? write_into(path, mode, fn, arg, cause)
	    : write_beside(path, mode, fn, arg, 1, &fd, cause);
}

enum firma_err
file_write(const char *path, mode_t mode, struct firma_bytes v,
    struct firma_cause *cause)
{
	return file_write_by(path, mode, put_view, &v, cause);
}

enum firma_err
file_spool(const char *path, int *ret_fd, struct firma_cause *cause)
{
	const char *tmp = getenv("TMPDIR"), *slash = strrchr(path, '/');
	char name[FILE_PATH_MAX];
	int n, fd;

	if (is_special(path))
		n = snprintf(name, sizeof(name), "%s/firma.XXXXXX",
		    tmp != NULL && tmp[0] == '/' ? tmp : "/var/tmp");
	else if (slash != NULL)
		n = snprintf(name, sizeof(name), "%.*s/firma.XXXXXX",
		    (int)(slash - path), path);
	else
		n = snprintf(name, sizeof(name), "./firma.XXXXXX");
	if (n < 0 || (size_t)n >= sizeof(name))
		return firma_fail(
		    cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0, "%s", path);
	if ((fd = mkostemp(name, O_CLOEXEC)) < 0)
		return firma_fail_errno(cause, path);
	(void)unlink(name);
	*ret_fd = fd;
	return FIRMA_OK;
}

/* From here on fd's file system is synced with the others. */
static enum firma_err
remember(
    struct file_batch *b, int *fd, const char *path, struct firma_cause *cause)
{
	struct stat st;

	if (fstat(*fd, &st) != 0)
		return firma_fail_errno(cause, path);
	for (size_t i = 0; i < b->n; i++)
		if (b->on[i].dev == st.st_dev)
			return FIRMA_OK;
	if (b->n == FILE_BATCH_DISKS)
		return fsync(*fd) == 0 ? FIRMA_OK
				       : firma_fail_errno(cause, path);
	b->on[b->n].dev = st.st_dev;
	b->on[b->n++].fd = firma_fd_take(fd);
	return FIRMA_OK;
}

enum firma_err
file_batch_write(struct file_batch *b, const char *path, mode_t mode,
    struct firma_bytes v, struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct stat st;
	enum firma_err r;

	/* Without it, the old one might be lost and the new one not there. */
	if (is_special(path) || lstat(path, &st) == 0)
		return file_write(path, mode, v, cause);
	r = write_beside(path, mode, put_view, &v, 0, &fd, cause);
	return r == FIRMA_OK ? remember(b, &fd, path, cause) : r;
}

enum firma_err
file_batch_sync(struct file_batch *b, struct firma_cause *cause)
{
	enum firma_err r = FIRMA_OK;

	/* untranslated: a system call's name */
	for (size_t i = 0; i < b->n; i++)
		if (syncfs(b->on[i].fd) != 0)
			r = firma_fail_errno(cause, "syncfs");
	file_batch_done(b);
	return r;
}

void
file_batch_done(struct file_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		(void)close(b->on[i].fd);
	b->n = 0;
}

enum firma_err
file_can_write(const char *path, struct firma_cause *cause)
{
	const char *slash = strrchr(path, '/');
	char folder[FILE_PATH_MAX] = ".";
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return firma_fail_errno(cause, path);
	}
	if (is_special(path))
		return FIRMA_OK;
	if (slash != NULL) {
		const size_t n = slash == path ? 1 : (size_t)(slash - path);

		if (n >= sizeof(folder))
			return firma_fail(cause, FIRMA_ERR_LIMIT,
			    FIRMA_CAUSE_NONE, 0, "%s", path);
		memcpy(folder, path, n);
		folder[n] = '\0';
	}
	return access(folder, W_OK | X_OK) == 0
	    ? FIRMA_OK
	    : firma_fail_errno(cause, folder);
}

const char *
file_name(const char *path, char ret[FILE_NAME_ROOM])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;

	firma_text_show(
	    firma_bytes_of(base, strlen(base)), ret, FILE_NAME_ROOM);
	return ret;
}

void
file_profile(const char *given, const char *variable, const char *folder,
    char ret[FILE_PATH_MAX])
{
	const char *other = getenv(variable);
	const size_t len = strlen(given);

	if (strchr(given, '/') != NULL ||
	    (len > 4 && strcmp(given + len - 4, ".ini") == 0))
		(void)snprintf(ret, FILE_PATH_MAX, "%s", given);
	else
		(void)snprintf(ret, FILE_PATH_MAX, "%s/%s.ini",
		    other != NULL && other[0] != '\0' ? other : folder, given);
}

enum firma_err
file_mkdirs(const char *path, struct firma_cause *cause)
{
	char at[FILE_PATH_MAX];

	if (strlen(path) >= sizeof(at))
		return firma_fail(
		    cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0, "%s", path);
	memcpy(at, path, strlen(path) + 1);
	for (char *p = at + 1;; p++) {
		const char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(at, 0700) != 0 && errno != EEXIST)
			return firma_fail_errno(cause, at);
		*p = was;
		if (was == '\0')
			return FIRMA_OK;
	}
}

enum firma_err
file_join(const char *dir, const char *name, char ret[FILE_PATH_MAX])
{
	const int n = snprintf(ret, FILE_PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= FILE_PATH_MAX ? FIRMA_ERR_LIMIT : FIRMA_OK;
}

enum firma_err
file_pem(const char *label, struct firma_bytes der, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	char line[128];
	enum firma_err r;

	if ((r = firma_base64(der, &text)) != FIRMA_OK)
		return r;
	(void)snprintf(line, sizeof(line), "-----BEGIN %.40s-----\n", label);
	if ((r = firma_buf_put_str(ret, line)) != FIRMA_OK)
		return r;
	for (size_t at = 0; at < text.len; at += PEM_LINE) {
		const size_t rest = text.len - at;

		if ((r = firma_buf_put(ret,
			 firma_bytes_of(text.at + at,
			     rest < PEM_LINE ? rest : PEM_LINE))) != FIRMA_OK ||
		    (r = firma_buf_put_u8(ret, '\n')) != FIRMA_OK)
			return r;
	}
	(void)snprintf(line, sizeof(line), "-----END %.40s-----\n", label);
	return firma_buf_put_str(ret, line);
}

enum firma_err
file_unpem(struct firma_bytes in, struct firma_buf *ret)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	FIRMA_OWN(firma_buf_done) struct firma_buf text = { 0 };
	const uint8_t *from, *to;
	enum firma_err r;

	from = in.len == 0 ? NULL
			   : memmem(in.at, in.len, begin, sizeof(begin) - 1);
	if (from == NULL)
		return firma_buf_put(ret, in);
	from = memchr(from, '\n', in.len - (size_t)(from - in.at));
	if (from == NULL)
		return FIRMA_ERR_SHAPE;
	to =
	    memmem(from, in.len - (size_t)(from - in.at), end, sizeof(end) - 1);
	if (to == NULL)
		return FIRMA_ERR_SHAPE;
	for (; from < to; from++)
		if (*from != '\n' && *from != '\r' && *from != ' ' &&
		    (r = firma_buf_put_u8(&text, *from)) != FIRMA_OK)
			return r;
	return firma_unbase64(firma_buf_view(&text), ret);
}
