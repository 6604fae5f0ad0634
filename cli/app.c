/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"

#define IDLE_EACH (100 * FIRMA_MS) /* progress for who waits */

enum firma_err
app_connect(struct app *app, struct firma_cause *cause)
{
	enum firma_err r;

	if (app->client != NULL)
		return FIRMA_OK;
	r = firma_client_open(app->socket, "firma",
	    firma_after(APP_SHORT * FIRMA_S), &app->client, cause);
	if (r == FIRMA_OK)
		firma_client_set_idle(app->client, out_tick, NULL, IDLE_EACH);
	return r;
}

enum firma_err
app_call(struct app *app, enum firma_msg_type type, const void *msg, int fd,
    unsigned int seconds, firma_client_item_fn *on_item, void *arg,
    struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = app_connect(app, cause)) != FIRMA_OK)
		return r;
	return firma_client_call(app->client, type, msg, fd,
	    firma_after(seconds * FIRMA_S), on_item, arg, cause);
}
