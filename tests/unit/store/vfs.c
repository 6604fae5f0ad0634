/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/vfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

struct fault_disk fault_disk = { .room = -1 };

struct fault_file {
	sqlite3_file base;
	bool is_log;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs our_vfs;

static struct fault_file *
ours(sqlite3_file *f)
{
	return (struct fault_file *)(void *)f;
}

#define REAL(f)              (ours(f)->real)
#define CALL(f, method, ...) REAL(f)->pMethods->method(REAL(f), ##__VA_ARGS__)

static int
x_close(sqlite3_file *f)
{
	return CALL(f, xClose);
}

static int
x_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return CALL(f, xRead, to, n, at);
}

static int
x_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int64_t room = atomic_load(&fault_disk.room);

	if (atomic_load(&fault_disk.read_only) != 0) {
		errno = EROFS;
		return SQLITE_IOERR_WRITE;
	}
	if (room >= 0) {
		if (room < n) {
			errno = ENOSPC;
			return SQLITE_FULL; /* as os_unix.c says it */
		}
		atomic_store(&fault_disk.room, room - n);
	}
	return CALL(f, xWrite, from, n, at);
}

static int
x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return CALL(f, xTruncate, size);
}

static int
x_sync(sqlite3_file *f, int flags)
{
	const uint64_t delay = atomic_load(&fault_disk.sync_delay_us);

	atomic_fetch_add(&fault_disk.n_syncs, 1);
	if (ours(f)->is_log)
		atomic_fetch_add(&fault_disk.n_log_syncs, 1);
	if (gettid() == getpid())
		atomic_fetch_add(&fault_disk.n_main_syncs, 1);
	if (delay != 0)
		(void)usleep((useconds_t)delay);
	if (atomic_load(&fault_disk.fail_syncs) > 0) {
		atomic_fetch_sub(&fault_disk.fail_syncs, 1);
		errno = EIO;
		return SQLITE_IOERR_FSYNC;
	}
	return CALL(f, xSync, flags);
}

static int
x_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return CALL(f, xFileSize, size);
}

static int
x_lock(sqlite3_file *f, int level)
{
	return CALL(f, xLock, level);
}

static int
x_unlock(sqlite3_file *f, int level)
{
	return CALL(f, xUnlock, level);
}

static int
x_check(sqlite3_file *f, int *ret)
{
	return CALL(f, xCheckReservedLock, ret);
}

static int
x_control(sqlite3_file *f, int op, void *arg)
{
	return CALL(f, xFileControl, op, arg);
}

static int
x_sector(sqlite3_file *f)
{
	return CALL(f, xSectorSize);
}

static int
x_device(sqlite3_file *f)
{
	return CALL(f, xDeviceCharacteristics);
}

static int
x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return CALL(f, xShmMap, page, size, extend, ret);
}

static int
x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return CALL(f, xShmLock, offset, n, flags);
}

static void
x_shm_barrier(sqlite3_file *f)
{
	CALL(f, xShmBarrier);
}

static int
x_shm_unmap(sqlite3_file *f, int remove)
{
	return CALL(f, xShmUnmap, remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_file_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_check,
	.xFileControl = x_control,
	.xSectorSize = x_sector,
	.xDeviceCharacteristics = x_device,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};

static int
x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *ret_flags)
{
	struct fault_file *file = ours(f);
	int rc;

	(void)vfs;
	file->real = (sqlite3_file *)(void *)(file + 1);
	file->is_log = (flags & SQLITE_OPEN_WAL) != 0;
	file->base.pMethods = NULL;
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
	if (file->real->pMethods != NULL)
		file->base.pMethods = &methods;
	return rc;
}

void
fault_disk_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	our_vfs = *real_vfs;
	our_vfs.zName = "fault";
	our_vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
	our_vfs.xOpen = x_open;
	if (sqlite3_vfs_register(&our_vfs, 1) != SQLITE_OK)
		abort();
}

void
fault_disk_reset(void)
{
	atomic_store(&fault_disk.n_syncs, 0);
	atomic_store(&fault_disk.n_log_syncs, 0);
	atomic_store(&fault_disk.n_main_syncs, 0);
	atomic_store(&fault_disk.room, -1);
	atomic_store(&fault_disk.fail_syncs, 0);
	atomic_store(&fault_disk.read_only, 0);
	atomic_store(&fault_disk.sync_delay_us, 0);
}

static int
first_column(void *arg, int n, char **values, char **names)
{
	(void)names;
	if (n > 0 && values[0] != NULL)
		*(int64_t *)arg = strtoll(values[0], NULL, 10);
	return 0;
}

int64_t
fault_disk_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	int64_t ret = -1;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, first_column, &ret, &why) != SQLITE_OK) {
		(void)fprintf(stderr, "%s: %s\n", sql, why);
		ret = -1;
	}
	sqlite3_free(why);
	(void)sqlite3_close(db);
	return ret;
}
