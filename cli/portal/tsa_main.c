/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-portal-tsa - asks a time-stamping authority over HTTP for `firma`.
 */
#include "cli/portal/confine.h"
#include "cli/portal/loop.h"
#include "cli/portal/tsa.h"

int
main(int argc, char **argv)
{
	struct portal_tsa tsa = { 0 };
	const struct portal_helper helper = { .name = "firma-portal-tsa",
		.confine = PORTAL_CONFINE_INTERNET,
		.answer = portal_tsa_answer,
		.cls = &tsa };
	const int status = portal_helper_main(&helper, argc, argv);

	portal_tsa_done(&tsa);
	return status;
}
