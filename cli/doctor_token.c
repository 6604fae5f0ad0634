/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "agent/pki/algorithm.h"
#include "cli/doctor.h"

#define ELF_HEAD 20 /* octets, up to and with e_machine */

static enum firma_err
keep(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_token_item *m = msg;
	struct doctor_tokens *all = arg;
	struct doctor_token *t;

	(void)fd;
	if (msg == NULL)
		all->n = 0;
	if (type != FIRMA_MSG_token_item || all->n == DOCTOR_TOKENS_MAX)
		return FIRMA_OK;
	t = &all->at[all->n++];
	*t = (struct doctor_token){
		.state = m->state, .pin_state = m->pin_state, .flags = m->flags
	};
	firma_str_copy(m->name, t->name, sizeof(t->name));
	firma_str_copy(m->module, t->module, sizeof(t->module));
	firma_str_copy(m->why, t->why, sizeof(t->why));
	return FIRMA_OK;
}

void
doctor_tokens_ask(struct app *app, struct visit *v, struct doctor_tokens *ret)
{
	const struct firma_msg_token_list ask = { firma_str_of(""), 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = app_call(
	    app, FIRMA_MSG_token_list, &ask, -1, APP_SHORT, keep, ret, &cause);

	if (r != FIRMA_OK)
		finding_error(
		    v, FINDING_TOKENS_UNKNOWN, r, "%s", _(firma_err_text(r)));
	else if (ret->n == 0)
		finding_add(v, FINDING_TOKEN_NONE, "%s", "");
}

/* Modules that are known to need no reader. */
static int
is_without_reader(const char *module)
{
	static const char *const names[] = { "libsofthsm2.so",
		"libopencryptoki.so", "PKCS11_API.so", "libtpm2_pkcs11.so" };
	const char *slash = strrchr(module, '/');

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(slash != NULL ? slash + 1 : module, names[i],
			strlen(names[i])) == 0)
			return 1;
	return 0;
}

/* A process that waits for pcscd never gets further than to start. */
static int
is_missed(unsigned int state)
{
	return state == FIRMA_TOKEN_ABSENT || state == FIRMA_TOKEN_STARTING ||
	    state == FIRMA_TOKEN_BROKEN;
}

int
doctor_tokens_need_reader(const struct doctor_tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_missed(t->at[i].state) &&
		    (t->at[i].flags & FIRMA_TOKENFLAG_SOFTWARE) == 0 &&
		    !is_without_reader(t->at[i].module))
			return 1;
	return 0;
}

/* ---- the module ---- */

/* 0, or errno. */
static int
elf_head(const char *path, unsigned char ret[ELF_HEAD])
{
	FIRMA_OWN(firma_fd_done)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	memset(ret, 0, ELF_HEAD);
	if (fd < 0)
		return errno;
	return read(fd, ret, ELF_HEAD) < 0 ? errno : 0;
}

/* ELF: what, class and byte order, and e_machine, are those of this program. */
static enum finding_id
module_fault(const char *path, const char *why)
{
	unsigned char its[ELF_HEAD], ours[ELF_HEAD];
	const int e = elf_head(path, its);

	if (e == ENOENT || e == ENOTDIR)
		return FINDING_MODULE_MISSING;
	if (e != 0 || elf_head("/proc/self/exe", ours) != 0)
		return FINDING_MODULE_FAILS;
	if (memcmp(its, ours, 4) != 0)
		return FINDING_MODULE_WRONG;
	if (memcmp(its + 4, ours + 4, 2) != 0 ||
	    memcmp(its + 18, ours + 18, 2) != 0)
		return FINDING_MODULE_ARCHITECTURE;
	/* What firmad-token says after it loaded the library. */
	return strstr(why, "not a PKCS#11 module") != NULL ||
		strstr(why, "not PKCS#11 version") != NULL
	    ? FINDING_MODULE_WRONG
	    : FINDING_MODULE_FAILS;
}

/* What firmad-token says of a module that tried the network in vain
 * (pkcs11/worker/outgoing.h). */
static int
is_network(const char *why, enum finding_id *ret_id)
{
	if (strstr(why, "network =") != NULL)
		*ret_id = FINDING_MODULE_NETWORK;
	else if (strstr(why, "TCP port ") != NULL ||
	    strstr(why, "TCP: ") != NULL)
		*ret_id = FINDING_MODULE_UNREACHED;
	else
		return 0;
	return 1;
}

static void
judge_state(struct visit *v, const struct doctor_token *t)
{
	static const enum finding_id ids[] = {
		[FIRMA_TOKEN_STARTING] = FINDING_TOKEN_STARTING,
		[FIRMA_TOKEN_ABSENT] = FINDING_TOKEN_ABSENT,
		[FIRMA_TOKEN_LOCKED] = FINDING_TOKEN_READY,
		[FIRMA_TOKEN_UNLOCKED] = FINDING_TOKEN_READY,
		[FIRMA_TOKEN_BLANK] = FINDING_TOKEN_BLANK,
	};
	enum finding_id id;

	if (t->state >= FIRMA_TOKEN_BROKEN && is_network(t->why, &id)) {
		finding_add(v, id, "%s: %s", t->name, t->why);
		return;
	}
	/* It need not be the reason: modules look for news of themselves. */
	if (t->state == FIRMA_TOKEN_ABSENT && is_network(t->why, &id))
		finding_note(v, id, "%s: %s", t->name, t->why);
	if (t->state >= sizeof(ids) / sizeof(ids[0])) {
		/* Broken: what people say is the module, its why the cause. */
		finding_add(v, module_fault(t->module, t->why), "%s: %s",
		    t->name, t->why[0] != '\0' ? t->why : t->module);
		return;
	}
	finding_add(v, ids[t->state], "%s %s%s%s", t->name,
	    _(firma_token_state_name(t->state)), t->why[0] != '\0' ? ": " : "",
	    t->why);
}

static void
judge_pin(struct visit *v, const struct doctor_token *t)
{
	switch (t->pin_state) {
	case FIRMA_PIN_LOCKED:
		finding_error(
		    v, FINDING_PIN_LOCKED, FIRMA_ERR_PIN_LOCKED, "%s", t->name);
		break;
	case FIRMA_PIN_FINAL_TRY:
		finding_error(v, FINDING_PIN_FINAL_TRY, FIRMA_ERR_PIN_LAST_TRY,
		    "%s", t->name);
		break;
	case FIRMA_PIN_COUNT_LOW:
		finding_add(v, FINDING_PIN_COUNT_LOW, "%s", t->name);
		break;
	case FIRMA_PIN_DOUBTFUL:
		finding_add(v, FINDING_PIN_DOUBTFUL, "%s", t->name);
		break;
	case FIRMA_PIN_UNSET:
		finding_add(v, FINDING_PIN_UNSET, "%s", t->name);
		break;
	default:
		break;
	}
}

/* ---- what the token says of itself ---- */

struct report {
	char algorithm[32], lacks[129], others[257];
	uint32_t present, n_slots, n_tokens;
	int is_there;
};

static enum firma_err
keep_report(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	const struct firma_msg_token_report *m = msg;
	struct report *p = arg;

	(void)fd;
	if (type != FIRMA_MSG_token_report)
		return FIRMA_OK;
	*p = (struct report){ .present = m->present,
		.n_slots = m->n_slots,
		.n_tokens = m->n_tokens,
		.is_there = 1 };
	(void)snprintf(p->algorithm, sizeof(p->algorithm), "%s",
	    firma_key_algorithm_name(
		firma_key_algorithm_from_number(m->algorithm)));
	firma_str_copy(m->lacks, p->lacks, sizeof(p->lacks));
	firma_str_copy(m->others, p->others, sizeof(p->others));
	return FIRMA_OK;
}

static void
judge_report(struct app *app, struct visit *v, const struct doctor_token *t)
{
	const struct firma_msg_token_inspect ask = { firma_str_of(t->name), 0 };
	struct firma_cause cause = { 0 };
	struct report p = { 0 };

	/* A process that does not run has nothing to say: told above. */
	if (t->state == FIRMA_TOKEN_STARTING ||
	    t->state >= FIRMA_TOKEN_BROKEN ||
	    app_call(app, FIRMA_MSG_token_inspect, &ask, -1, APP_SHORT,
		keep_report, &p, &cause) != FIRMA_OK ||
	    !p.is_there)
		return;
	if (p.n_slots == 0)
		finding_add(v, FINDING_MODULE_NO_SLOT, "%s", t->name);
	else if (p.others[0] != '\0' && !p.present)
		finding_add(
		    v, FINDING_TOKEN_OTHER, "%s: %s", t->name, p.others);
	if (p.n_tokens == 0 || (!p.present && t->state == FIRMA_TOKEN_ABSENT))
		return;
	if (p.lacks[0] != '\0')
		finding_add(v, FINDING_MECHANISM_MISSING, "%s, %s: %s", t->name,
		    p.algorithm, p.lacks);
	else
		finding_add(
		    v, FINDING_MECHANISMS_FINE, "%s, %s", t->name, p.algorithm);
}

void
doctor_tokens_judge(
    struct app *app, struct visit *v, const struct doctor_tokens *t)
{
	for (size_t i = 0; i < t->n; i++) {
		judge_state(v, &t->at[i]);
		judge_pin(v, &t->at[i]);
		judge_report(app, v, &t->at[i]);
	}
}
