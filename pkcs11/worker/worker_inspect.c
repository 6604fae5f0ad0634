/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module and the token say of themselves, for people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/own.h"
#include "pkcs11/worker/mechanism.h"
#include "pkcs11/worker/worker_internal.h"

#define OTHERS 257 /* octets, with the terminating zero */

/* What stands in w_report, while it is gathered. */
struct report {
	char slot[65], hardware[16], firmware[16], others[OTHERS],
	    lacks[FIRMA_LACKS];
	CK_TOKEN_INFO info; /* all zero: there is none */
	uint32_t n_slots, n_tokens, algorithms;
	bool present;
};

static void
mechanisms_done(struct firma_mechanisms **m)
{
	free(*m);
	*m = NULL;
}

static void
version(CK_VERSION v, char ret[16])
{
	(void)snprintf(ret, 16, "%u.%u", v.major, v.minor);
}

static void
add_other(const CK_TOKEN_INFO *info, struct report *p)
{
	const size_t used = strlen(p->others);
	char label[65];

	firma_module_text(
	    info->label, sizeof(info->label), label, sizeof(label));
	if (used + strlen(label) + sizeof(", ") < OTHERS)
		(void)snprintf(p->others + used, OTHERS - used, "%s%s",
		    used > 0 ? ", " : "", label);
}

/* How many there are, and who they are. */
static void
count(struct firma_worker *w, CK_SLOT_ID ours, struct report *p)
{
	const CK_FUNCTION_LIST_PTR f = w->token->module->f;
	CK_SLOT_ID list[FIRMA_SLOTS_MAX] = { 0 };
	CK_ULONG n = 0;
	CK_TOKEN_INFO info;

	if (f->C_GetSlotList(CK_FALSE, NULL, &n) == CKR_OK)
		p->n_slots = (uint32_t)n;
	n = FIRMA_SLOTS_MAX;
	if (f->C_GetSlotList(CK_TRUE, list, &n) != CKR_OK)
		return;
	if (n > FIRMA_SLOTS_MAX)
		n = FIRMA_SLOTS_MAX;
	p->n_tokens = (uint32_t)n;
	for (CK_ULONG i = 0; i < n; i++) {
		memset(&info, 0, sizeof(info));
		if ((!p->present || list[i] != ours) &&
		    f->C_GetTokenInfo(list[i], &info) == CKR_OK &&
		    (info.flags & CKF_TOKEN_INITIALIZED) != 0)
			add_other(&info, p);
	}
}

static void
describe(struct firma_worker *w, CK_SLOT_ID slot,
    const struct firma_mechanisms *m, enum firma_key_algorithm a,
    struct report *p)
{
	char lacks[FIRMA_LACKS];
	CK_SLOT_INFO info = { 0 };

	if (w->token->module->f->C_GetSlotInfo(slot, &info) == CKR_OK)
		firma_module_text(info.slotDescription,
		    sizeof(info.slotDescription), p->slot, sizeof(p->slot));
	version(p->info.hardwareVersion, p->hardware);
	version(p->info.firmwareVersion, p->firmware);
	firma_mechanisms_lack(m, a, p->lacks);
#define X(name, number, text, bits, rsa, signature)        \
	firma_mechanisms_lack(m, FIRMA_KEY_##name, lacks); \
	if (lacks[0] == '\0')                              \
		p->algorithms |= UINT32_C(1) << (number);
	FIRMA_KEY_LIST(X)
#undef X
}

FIRMA_CHECKED static enum firma_err
tell(struct firma_job *j, const struct report *p)
{
	const struct firma_msg_w_report m = {
		.library = firma_str_of(j->w->token->module->library),
		.slot = firma_str_of(p->slot),
		.hardware = firma_str_of(p->hardware),
		.firmware = firma_str_of(p->firmware),
		.present = p->present,
		.n_slots = p->n_slots,
		.n_tokens = p->n_tokens,
		.others = firma_str_of(p->others),
		/* CK_UNAVAILABLE_INFORMATION is all bits set as well. */
		.public_free = p->info.ulFreePublicMemory,
		.private_free = p->info.ulFreePrivateMemory,
		.algorithms = p->algorithms,
		.lacks = firma_str_of(p->lacks),
	};

	return firma_job_answer(j, FIRMA_MSG_w_report, &m);
}

FIRMA_CHECKED static enum firma_err
tell_mechanisms(struct firma_job *j, const struct firma_mechanisms *list)
{
	enum firma_err r = FIRMA_OK;

	for (size_t i = 0; i < list->n && r == FIRMA_OK; i++) {
		const CK_MECHANISM_INFO *info = &list->at[i].info;
		const struct firma_msg_w_mechanism m = {
			.mechanism = list->at[i].type,
			.name = firma_str_of(
			    firma_mechanism_name(list->at[i].type)),
			.flags = info->flags,
			.min_bits = (uint32_t)info->ulMinKeySize,
			.max_bits = (uint32_t)info->ulMaxKeySize,
		};

		r = firma_job_answer(j, FIRMA_MSG_w_mechanism, &m);
	}
	return r == FIRMA_OK ? firma_job_done(j, list->n) : r;
}

enum firma_err
firma_handle_inspect(struct firma_job *j, struct firma_cause *cause)
{
	const struct firma_msg_w_inspect *m = j->msg;
	FIRMA_OWN(mechanisms_done)
	struct firma_mechanisms *list = calloc(1, sizeof(*list));
	struct report p = {
		.info = { .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
		    .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION }
	};
	CK_SLOT_ID slot = 0;
	bool has_slot;
	enum firma_err r;

	if (list == NULL)
		return FIRMA_ERR_NOMEM;
	r = firma_token_find(j->w->token, &slot, &p.info, cause);
	if (r != FIRMA_OK && r != FIRMA_ERR_TOKEN_GONE)
		return r;
	p.present = r == FIRMA_OK;
	has_slot = p.present ||
	    firma_token_find_blank(j->w->token, &slot, &p.info, NULL) ==
		FIRMA_OK;
	count(j->w, slot, &p);
	if (has_slot) {
		if ((r = firma_mechanisms_get(
			 j->w->token->module, slot, list, cause)) != FIRMA_OK)
			return r;
		describe(j->w, slot, list,
		    firma_key_algorithm_from_number(m->algorithm), &p);
	}
	if ((r = tell(j, &p)) != FIRMA_OK)
		return r;
	return tell_mechanisms(j, list);
}
