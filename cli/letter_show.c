/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_show.h"

#include "agent/base/lang.h"
#include "agent/base/own.h"
#include "cli/ask.h"
#include "cli/letter_say.h"
#include "cli/out.h"
#include "cli/pades.h"
#include "cli/say.h"

int
letter_show(int fd, const char *path, json_t **ret)
{
	FIRMA_OWN(letter_done) struct letter l = { 0 };
	struct firma_cause cause = { 0 };
	struct letter_verdict v;
	enum firma_err r;
	int yes = 0;

	r = letter_read(fd, &l, &cause);
	if (r == FIRMA_ERR_NOT_FOUND)
		return pades_say_missing(&cause);
	if (r != FIRMA_OK)
		return say_failure(r, &cause, NULL, "%s", path);
	letter_judge(&l, NULL, &v);
	if (out_is_json()) {
		*ret = letter_json(&l, NULL, &v);
		return 0;
	}
	letter_say(&l, NULL, &v, NULL);
	if (!ask_can())
		return 0;
	r = ask_yes(&yes, "%s", _("Sign this letter?"));
	if (r != FIRMA_OK)
		return say_failure(FIRMA_ERR_CANCELLED, NULL, NULL, "%s", path);
	return yes ? 0
		   : say_refusal(FIRMA_EXIT_FAILED, NULL,
			 _("%s: not consented to, not signed"), path);
}
