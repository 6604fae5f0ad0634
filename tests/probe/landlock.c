/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-landlock - prints the ABI of this kernel's Landlock; 0: it has none.
 * firma-landlock --none COMMAND...  runs the command as on a kernel without it.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a kernel before 5.13 answers. */
static int
without(char **command)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (f == NULL ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		SCMP_SYS(landlock_create_ruleset), 0) != 0 ||
	    seccomp_load(f) != 0) {
		(void)fprintf(stderr, "firma-landlock: no filter\n");
		return 1;
	}
	(void)execvp(command[0], command);
	perror(command[0]);
	return 1;
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "--none") == 0)
		return without(argv + 2);
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return printf("%ld\n", abi < 0 ? 0L : abi) < 0;
}
