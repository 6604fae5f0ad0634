/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_large.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/lang.h"
#include "agent/pki/own_openssl.h"
#include "cli/out.h"

#define CHUNK ((size_t)256 * 1024)

int
sign_large_is(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size >= SIGN_LARGE_FROM;
}

/* In percent of what it was long when it was opened. */
static void
show(uint64_t done, uint64_t all)
{
	const unsigned int percent =
	    all == 0 || done > all ? 100 : (unsigned int)(done * 100 / all);

	out_progress(_("hashing: %u %%"), percent);
	out_tick(NULL);
}

static enum firma_err
hash(int fd, uint64_t all, EVP_MD_CTX *ctx, struct firma_buf *room,
    struct firma_cause *cause)
{
	uint64_t done = 0;

	for (;;) {
		const ssize_t n = read(fd, room->at, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return firma_fail(cause, FIRMA_ERR_IO,
			    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "read");
		if (n == 0)
			return FIRMA_OK;
		if (EVP_DigestUpdate(ctx, room->at, (size_t)n) != 1)
			return firma_openssl_err(FIRMA_ERR_INTERNAL);
		done += (uint64_t)n;
		show(done, all);
	}
}

enum firma_err
sign_large_hash(int fd, struct firma_buf *ret_sha256, struct firma_cause *cause)
{
	FIRMA_OWN(firma_evp_md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FIRMA_OWN(firma_buf_done) struct firma_buf room = { 0 };
	uint8_t sha256[32];
	struct stat st = { 0 };
	enum firma_err r;

	if (ctx == NULL || firma_buf_reserve(&room, CHUNK) != FIRMA_OK ||
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_NOMEM;
	(void)fstat(fd, &st);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r = hash(fd, (uint64_t)st.st_size, ctx, &room, cause);
	out_progress_end();
	if (r != FIRMA_OK)
		return r;
	if (EVP_DigestFinal_ex(ctx, sha256, NULL) != 1)
		return firma_openssl_err(FIRMA_ERR_INTERNAL);
	return firma_buf_put(
	    ret_sha256, firma_bytes_of(sha256, sizeof(sha256)));
}
