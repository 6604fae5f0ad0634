/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"

struct status {
	char version[33], state_dir[513], warnings[2049];
};

static enum firma_err
keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_agent_item *m = msg;
	struct status *s = arg;

	(void)fd;
	if (type != FIRMA_MSG_agent_item)
		return FIRMA_OK;
	firma_str_copy(m->version, s->version, sizeof(s->version));
	firma_str_copy(m->state_dir, s->state_dir, sizeof(s->state_dir));
	firma_str_copy(m->warnings, s->warnings, sizeof(s->warnings));
	return FIRMA_OK;
}

int
doctor_agent(struct app *app, struct visit *v, uid_t *ret_uid)
{
	const struct firma_msg_agent_status ask = { 0 };
	struct firma_cause cause = { 0 };
	struct status s = { 0 };
	char *rest = NULL;
	struct stat st;
	enum firma_err r;

	*ret_uid = geteuid();
	r = app_call(
	    app, FIRMA_MSG_agent_status, &ask, -1, APP_SHORT, keep, &s, &cause);
	if (r != FIRMA_OK) {
		finding_error(v, FINDING_AGENT_UNREACHABLE, r, "%s (%s)",
		    _(firma_err_text(r)), cause.what);
		return 0;
	}
	finding_add(
	    v, FINDING_AGENT_ANSWERS, "%s", firma_client_path(app->client));
	finding_add(v,
	    strcmp(s.version, FIRMA_VERSION) == 0
		? FINDING_AGENT_VERSION
		: FINDING_AGENT_VERSION_DIFFERS,
	    "%s", s.version);
	finding_add(v, FINDING_AGENT_STATE, "%s", s.state_dir);
	if (stat(s.state_dir, &st) == 0)
		*ret_uid = st.st_uid;
	for (char *line = strtok_r(s.warnings, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		finding_add(v, FINDING_AGENT_WARNING, "%s", line);
	return 1;
}
