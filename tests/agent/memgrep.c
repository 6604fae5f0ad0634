/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memgrep PID TEXT - is TEXT anywhere in the memory of that process?
 * Exit status 0: yes; 1: no; 2: it cannot be read.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define CHUNK   65536               /* octets a read */
#define LARGEST (UINT64_C(1) << 32) /* larger: a sanitizer's shadow */

static int
is_in(int mem, unsigned long from, unsigned long to, const char *text)
{
	static char room[2 * CHUNK];
	const size_t len = strlen(text);
	size_t kept = 0;

	while (from < to) {
		const size_t wanted = to - from < CHUNK ? to - from : CHUNK;
		const ssize_t n = pread(mem, room + kept, wanted, (off_t)from);

		if (n <= 0)
			return 0; /* a page of the kernel's own */
		if (memmem(room, kept + (size_t)n, text, len) != NULL)
			return 1;
		/* The end may be the beginning of it. */
		kept += (size_t)n;
		if (kept > len) {
			memmove(room, room + kept - len, len);
			kept = len;
		}
		from += (size_t)n;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	char path[64], line[512];
	unsigned long from, to, n_read = 0;
	FILE *maps;
	int mem;

	if (argc != 3 || strlen(argv[2]) < 4 || strlen(argv[2]) >= CHUNK)
		return 2;
	(void)snprintf(path, sizeof(path), "/proc/%.20s/maps", argv[1]);
	maps = fopen(path, "re");
	(void)snprintf(path, sizeof(path), "/proc/%.20s/mem", argv[1]);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (maps == NULL || mem < 0)
		return 2;
	while (fgets(line, sizeof(line), maps) != NULL) {
		char read_flag;

		if (sscanf(line, "%lx-%lx %c", &from, &to, &read_flag) != 3 ||
		    read_flag != 'r' || to - from > LARGEST)
			continue;
		n_read++;
		if (is_in(mem, from, to, argv[2]))
			return 0;
	}
	return n_read > 0 ? 1 : 2;
}
