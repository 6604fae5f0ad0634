/* SPDX-License-Identifier: Apache-2.0 */
/* firma doctor: what is wrong, in plain words, and what to do about it. */
#include "cli/doctor.h"

#include "cli/file.h"
#include "cli/pinentry.h"

static void
surroundings(struct visit *v)
{
	char path[FILE_PATH_MAX];

	if (pinentry_find(path, sizeof(path)))
		finding_add(v, FINDING_PINENTRY_FOUND, "%s", path);
	else
		finding_add(v, FINDING_PINENTRY_MISSING, "%s", "");
	finding_add(v,
	    firma_lang_has_catalogue() ? FINDING_SPANISH_FOUND
				       : FINDING_SPANISH_MISSING,
	    "%s", "");
}

/*
 * From the bottom up, so that the first trouble, which gives the exit status,
 * is the cause and not what follows from it.
 */
static int
doctor(struct app *app, const struct args *a)
{
	static struct doctor_tokens tokens;
	static struct doctor_usbs usbs;
	static struct doctor_pcsc pcsc;
	struct visit v;
	uid_t uid;
	int is_up;

	(void)a;
	visit_init(&v);
	if ((is_up = doctor_agent(app, &v, &uid)) != 0)
		doctor_tokens_ask(app, &v, &tokens);
	doctor_usb_scan("/sys", "/dev", &usbs);
	doctor_usb_judge(&v, &usbs);
	doctor_pcsc_ask(uid, &pcsc);
	doctor_pcsc_judge(&v, &pcsc, &usbs, doctor_tokens_need_reader(&tokens));
	if (is_up) {
		doctor_tokens_judge(app, &v, &tokens);
		doctor_clock(app, &v);
	}
	surroundings(&v);
	return visit_end(&v);
}

const struct command doctor_commands[] = {
	{ "doctor", "", N_("what is wrong, and what to do about it"), NULL, 0,
	    0, doctor },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
