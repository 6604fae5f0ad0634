/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/daemon/handler.h"
#include "agent/daemon/opensc.h"
#include "agent/daemon/privileges.h"

void
firma_on_agent_status(struct firma_task *q)
{
	const struct firma_agent *a = q->agent;
	char warnings[1024], more[512];

	firma_opensc_warning(a->config, more, sizeof(more));
	(void)snprintf(warnings, sizeof(warnings), "%s%s%s", more,
	    more[0] != '\0' ? "\n" : "", firma_privileges_warning());
	const struct firma_msg_agent_item m = {
		.version = firma_str_of(FIRMA_VERSION),
		.config = firma_str_of(a->config_path),
		.state_dir = firma_str_of(a->state_dir),
		.socket = firma_str_of(a->socket_path),
		.started = a->started,
		.n_signatures = a->n_signatures,
		.n_connections = a->n_conns,
		.durability = firma_str_of(
		    a->config->durability == FIRMA_CONFIG_DISK ? "disk"
							       : "process"),
		.warnings = firma_str_of(warnings),
	};

	if (!firma_task_allowed(q, FIRMA_ASK_STATUS, NULL, NULL))
		return;
	firma_task_answer(q, FIRMA_MSG_agent_item, &m);
	firma_task_done(q, 1);
}
