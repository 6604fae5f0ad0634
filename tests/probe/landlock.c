/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-landlock - prints the ABI of this kernel's Landlock; 0: it has none.
 */
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return printf("%ld\n", abi < 0 ? 0L : abi) < 0;
}
