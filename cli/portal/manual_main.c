/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-portal-manual - a person with a browser, for `firma`.
 */
#include "cli/portal/confine.h"
#include "cli/portal/loop.h"
#include "cli/portal/manual.h"

int
main(int argc, char **argv)
{
	struct portal_manual manual = { .dir = argc == 3 ? argv[2] : "" };
	const struct portal_helper helper = { .name = "firma-portal-manual",
		.confine = PORTAL_CONFINE_NO_NETWORK,
		.answer = portal_manual_answer,
		.cls = &manual };
	const int status = portal_helper_main(&helper, argc, argv);

	portal_person_done(&manual.person);
	return status;
}
