/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make SHAPE   write a sample PDF of that shape to stdout.
 * make         list the shapes.
 */
#include "tests/pdf/make.h"

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc < 2 && make_name(i) != NULL; i++)
		(void)puts(make_name(i));
	if (argc > 1 && !make_shape(argv[1], stdout))
		return 2;
	return fflush(stdout) == 0 ? 0 : 1;
}
