/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t
pages(size_t cap)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (cap + page - 1) / page * page;
}

/* Past libc: sanitizers make its mlock() do nothing. */
static bool
lock(void *p, size_t len)
{
	return syscall(SYS_mlock, p, len) == 0;
}

bool
firma_secret_locks(void)
{
	const size_t len = pages(FIRMA_SECRET_MAX);
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const bool locks = p != MAP_FAILED && lock(p, len);

	if (p != MAP_FAILED)
		(void)munmap(p, len);
	return locks;
}

enum firma_err
firma_secret_new(struct firma_secret *s, size_t cap)
{
	void *p;

	if (cap == 0 || cap > FIRMA_SECRET_MAX)
		return FIRMA_ERR_LIMIT;
	p = mmap(NULL, pages(cap), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return FIRMA_ERR_NOMEM;
	(void)lock(p, pages(cap));
	(void)madvise(p, pages(cap), MADV_DONTDUMP);
	(void)madvise(p, pages(cap), MADV_WIPEONFORK);
	*s = (struct firma_secret){ .at = p, .len = 0, .cap = cap };
	return FIRMA_OK;
}

enum firma_err
firma_secret_put(struct firma_secret *s, struct firma_bytes v)
{
	if (v.len > s->cap - s->len)
		return FIRMA_ERR_LIMIT;
	if (v.len != 0)
		memcpy(s->at + s->len, v.at, v.len);
	s->len += v.len;
	return FIRMA_OK;
}

struct firma_bytes
firma_secret_view(const struct firma_secret *s)
{
	return (struct firma_bytes){ s->at, s->len };
}

void
firma_secret_done(struct firma_secret *s)
{
	if (s->at != NULL) {
		explicit_bzero(s->at, s->cap);
		(void)munmap(s->at, pages(s->cap));
	}
	*s = (struct firma_secret){ 0 };
}

void
firma_wiping_free(void *at)
{
	if (at == NULL)
		return;
	explicit_bzero(at, malloc_usable_size(at));
	free(at);
}

void *
firma_wiping_realloc(void *at, size_t size)
{
	const size_t had = at != NULL ? malloc_usable_size(at) : 0;
	void *to = malloc(size);

	if (to == NULL)
		return NULL;
	if (had != 0)
		memcpy(to, at, had < size ? had : size);
	firma_wiping_free(at);
	return to;
}
