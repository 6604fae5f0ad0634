/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask QUESTION FILE [SECONDS]   start firma-pdf as firma does, and write its
 * answer to stdout.  The helper sees this program's environment.
 * Exit status: that of firma for the error.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "cli/sandboxed.h"

#define ANSWER_MAX ((size_t)32 * 1024 * 1024)
#define FILE_MAX   ((size_t)1024 * 1024 * 1024)

int
main(int argc, char **argv)
{
	FIRMA_OWN(firma_fd_done) int in = -1;
	FIRMA_OWN(firma_fd_done) int sealed = -1;
	FIRMA_OWN(firma_buf_done) struct firma_buf got = { 0 };
	struct firma_cause cause = { 0 };
	enum firma_err r;

	if (argc < 3 || (in = open(argv[2], O_RDONLY | O_CLOEXEC)) < 0 ||
	    firma_memfd_from_fd(in, FILE_MAX, &sealed, NULL) != FIRMA_OK)
		return FIRMA_EXIT_USAGE;
	const struct sandboxed s = { .program = "firma-pdf",
		.envp = environ,
		.ask = firma_bytes_of(argv[1], strlen(argv[1])),
		.document = sealed,
		.max = ANSWER_MAX,
		.deadline = firma_after(
		    (argc > 3 ? strtoul(argv[3], NULL, 10) : 30) * FIRMA_S) };

	if ((r = sandboxed_run(&s, &got, &cause)) != FIRMA_OK) {
		(void)fprintf(
		    stderr, "ask: %s: %s\n", firma_err_text(r), cause.what);
		return (int)firma_err_exit(r);
	}
	return fwrite(got.at, 1, got.len, stdout) == got.len ? 0 : 1;
}
