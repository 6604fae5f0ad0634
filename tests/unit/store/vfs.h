/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vfs.h - a disk that counts and misbehaves: a SQLite VFS in front of the
 * real one.  The test's only use of SQLite's header.
 */
#ifndef FIRMA_TESTS_STORE_VFS_H
#define FIRMA_TESTS_STORE_VFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fault_disk {
	_Atomic uint64_t n_syncs;      /* fsyncs of any file */
	_Atomic uint64_t n_log_syncs;  /* of the write-ahead log */
	_Atomic uint64_t n_main_syncs; /* made by the process's main thread */
	_Atomic int64_t room;   /* octets until "no space"; < 0: no end */
	_Atomic int fail_syncs; /* the next n fsyncs fail */
	_Atomic int read_only;  /* writes fail with EROFS */
	_Atomic uint64_t sync_delay_us; /* each fsync takes that long */
};

extern struct fault_disk fault_disk;

/* Make it the VFS that firma_store_open() gets; once, before any use. */
void fault_disk_install(void);
void fault_disk_reset(void);

/* Run statements on a database that no store has open; the first column of
 * the last row, as a number. */
int64_t fault_disk_sql(const char *path, const char *sql);

#endif
