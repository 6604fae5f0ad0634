/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter-run HELPER FILE - become HELPER, with FILE as the sealed document on
 * descriptor 3 and no descriptor 0: there is room for one more.  The environment
 * stays.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "cli/letter/confine.h"
#include "cli/letter/pdf.h"

int
main(int argc, char **argv)
{
	char *const none[] = { argv[argc - 2], NULL };
	struct firma_cause cause = { 0 };
	int from, fd = -1;

	if (argc != 3 || (from = open(argv[2], O_RDONLY | O_CLOEXEC)) < 0 ||
	    firma_memfd_from_fd(from, LETTER_PDF_MAX, &fd, &cause) !=
		FIRMA_OK ||
	    (fd != LETTER_DOCUMENT && dup2(fd, LETTER_DOCUMENT) < 0) ||
	    (fd == LETTER_DOCUMENT && fcntl(fd, F_SETFD, 0) != 0)) {
		(void)fprintf(
		    stderr, "letter-run HELPER FILE: %s\n", cause.what);
		return 2;
	}
	(void)close(STDIN_FILENO);
	(void)execv(argv[1], none);
	perror(argv[1]);
	return 2;
}
