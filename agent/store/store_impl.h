/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_impl.h - private to agent/store: the open store, and which thread may
 * touch what.
 */
#ifndef FIRMA_STORE_STORE_IMPL_H
#define FIRMA_STORE_STORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/store/txn.h"
#include "agent/store/writer.h"

struct firma_store {
	/* The main thread's. */
	struct firma_db *reader;
	struct firma_txn_queue ready; /* finished, to be called back */
	struct firma_txn_queue spare; /* for firma_txn_new() */
	size_t n_spare, n_outstanding;
	uint64_t last_ticket;
	uint64_t collected; /* the ticket last moved to ready */
	int dir_fd;         /* holds the lock of the folder */
	int fd;             /* eventfd; the writer writes, main reads */
	pthread_t thread;
	bool running;

	/* Both threads', under lock; never held across a system call that can
	 * wait for the disk. */
	pthread_mutex_t lock;
	pthread_cond_t work; /* something is pending, or closing */
	pthread_cond_t
	    progress; /* something is finished, if waiting; or ended */
	struct firma_txn_queue pending, finished;
	bool sleeping, waiting, closing;
	bool ended; /* the thread has closed the writer: its last word */
	bool rest;  /* nothing to commit, but the log wants shortening */
	struct firma_store_stats stats;

	/* Both threads', without the lock. */
	_Atomic uint64_t submitted_ticket; /* the last that is in pending */
	_Atomic uint64_t finished_ticket;
	_Atomic uint64_t
	    spin; /* ns: the writer looks so long before it sleeps */
	atomic_bool armed;

	/*
	 * The store thread's; the main thread's while the store thread sleeps
	 * and nothing is pending, for only the main thread can change that.
	 */
	struct firma_writer *writer;
};

#endif
