/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_internal.h - what the files of the worker's handlers share.
 */
#ifndef FIRMA_WORKER_INTERNAL_H
#define FIRMA_WORKER_INTERNAL_H

#include "pkcs11/worker/worker.h"

/* One request being served. */
struct firma_job {
	struct firma_worker *w;
	uint64_t id;
	uint64_t deadline;
	const void *msg; /* decoded struct firma_msg_<type> */
	int fd;          /* came with it, or -1; closed by the dispatcher */
};

/*
 * A handler answers by itself, or returns an error that the dispatcher turns
 * into w_error.
 */
typedef enum firma_err firma_handler(
    struct firma_job *j, struct firma_cause *cause);

firma_handler firma_handle_login;
firma_handler firma_handle_logout;
firma_handler firma_handle_init;
firma_handler firma_handle_inspect;
firma_handler firma_handle_change_pin;
firma_handler firma_handle_unblock;

FIRMA_CHECKED enum firma_err firma_job_answer(
    struct firma_job *j, enum firma_msg_type type, const void *msg);
FIRMA_CHECKED enum firma_err firma_job_done(struct firma_job *j, size_t count);

/* Let other lanes use the module while this one waits for a person. */
void firma_job_pause(struct firma_job *j);
void firma_job_resume(struct firma_job *j);

#endif
