/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-portal-idse - talks to IDSE (or its stand-in) over HTTP for `firma`.
 */
#include "cli/portal/confine.h"
#include "cli/portal/idse.h"
#include "cli/portal/loop.h"

int
main(int argc, char **argv)
{
	struct portal_idse idse = { 0 };
	const struct portal_helper helper = { .name = "firma-portal-idse",
		.confine = PORTAL_CONFINE_INTERNET,
		.answer = portal_idse_answer,
		.cls = &idse };
	const int status = portal_helper_main(&helper, argc, argv);

	portal_idse_done(&idse);
	return status;
}
