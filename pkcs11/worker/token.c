/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/token.h"

#include <string.h>

#include "agent/base/own.h"

static void
unlock(pthread_mutex_t **m)
{
	(void)pthread_mutex_unlock(*m);
}

void
firma_token_init(struct firma_token *t, const struct firma_module *module,
    const struct firma_selector *selector)
{
	*t = (struct firma_token){ .module = module, .selector = *selector };
	(void)pthread_mutex_init(&t->lock, NULL);
	atomic_init(&t->epoch, 1);
	atomic_init(&t->generation, 1);
}

static bool
text_is(const unsigned char *field, size_t len, const char *wanted)
{
	while (len != 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
		len--;
	return len == strlen(wanted) && memcmp(field, wanted, len) == 0;
}

/*
 * OpenSC writes the name of the PIN behind the token's own label, as in
 * "Firma (UserPIN)": cards may have several PINs, and each is a token.
 */
static bool
label_is(const unsigned char *field, size_t len, const char *wanted)
{
	const size_t n = strlen(wanted);

	if (text_is(field, len, wanted))
		return true;
	while (len != 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
		len--;
	return n != 0 && len > n + 3 && memcmp(field, wanted, n) == 0 &&
	    memcmp(field + n, " (", 2) == 0 && field[len - 1] == ')';
}

static bool
fits(const struct firma_selector *s, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	switch (s->kind) {
	case FIRMA_BY_LABEL:
		return label_is(info->label, sizeof(info->label), s->text);
	case FIRMA_BY_SERIAL:
		return text_is(
		    info->serialNumber, sizeof(info->serialNumber), s->text);
	case FIRMA_BY_URI:
		return firma_uri_fits(s->uri, info);
	case FIRMA_BY_SLOT:
	default:
		return slot == s->slot;
	}
}

/* A blank token has no label yet. */
static bool
fits_blank(
    const struct firma_selector *s, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	return s->kind == FIRMA_BY_LABEL ||
	    (s->kind == FIRMA_BY_URI ? firma_uri_fits_blank(s->uri, info)
				     : fits(s, slot, info));
}

static bool
is_blank(const CK_TOKEN_INFO *info)
{
	return (info->flags & CKF_TOKEN_INITIALIZED) == 0;
}

enum firma_err
firma_token_slots(const struct firma_token *t, CK_SLOT_ID list[FIRMA_SLOTS_MAX],
    CK_ULONG *ret_n, struct firma_cause *cause)
{
	CK_ULONG n = 0;
	CK_RV rv;

	/* v2.40 5.5: readers are only looked for when the list is NULL. */
	if ((rv = t->module->f->C_GetSlotList(CK_TRUE, NULL, &n)) != CKR_OK)
		return firma_ckr_fail(cause, "C_GetSlotList", rv);
	n = FIRMA_SLOTS_MAX;
	if ((rv = t->module->f->C_GetSlotList(CK_TRUE, list, &n)) != CKR_OK)
		return firma_ckr_fail(cause, "C_GetSlotList", rv);
	if (n > FIRMA_SLOTS_MAX)
		return firma_fail(cause, FIRMA_ERR_TOKEN_MODULE,
		    FIRMA_CAUSE_NONE, 0, "C_GetSlotList: %lu slots into %d", n,
		    FIRMA_SLOTS_MAX);
	*ret_n = n;
	return FIRMA_OK;
}

static void
move_to(struct firma_token *t, CK_SLOT_ID slot)
{
	if (t->is_present && t->slot == slot)
		return;
	t->is_present = true;
	t->slot = slot;
	atomic_fetch_add(&t->epoch, 1);
	atomic_fetch_add(&t->generation, 1);
}

struct place {
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
};

FIRMA_CHECKED static enum firma_err
several(
    const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b, struct firma_cause *cause)
{
	char one[17], two[17];

	firma_module_text(
	    a->serialNumber, sizeof(a->serialNumber), one, sizeof(one));
	firma_module_text(
	    b->serialNumber, sizeof(b->serialNumber), two, sizeof(two));
	return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
	    "several tokens fit, serials \"%s\" and \"%s\": none is taken "
	    "until the configuration says which",
	    one, two);
}

/* The one that fits; the others are looked at too, because labels collide. */
FIRMA_CHECKED static enum firma_err
only(const struct firma_token *t, const CK_SLOT_ID *list, CK_ULONG n,
    struct place *ret, struct firma_cause *cause)
{
	CK_TOKEN_INFO info = { 0 };
	bool is_found = false;

	for (CK_ULONG i = 0; i < n; i++) {
		if (t->module->f->C_GetTokenInfo(list[i], &info) != CKR_OK ||
		    is_blank(&info) || !fits(&t->selector, list[i], &info))
			continue;
		if (is_found)
			return several(&ret->info, &info, cause);
		is_found = true;
		*ret = (struct place){ list[i], info };
	}
	return is_found
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_GONE, FIRMA_CAUSE_NONE, 0,
		  "%lu slots have a token, none is the one", n);
}

enum firma_err
firma_token_find(struct firma_token *t, CK_SLOT_ID *ret_slot,
    CK_TOKEN_INFO *ret_info, struct firma_cause *cause)
{
	FIRMA_OWN(unlock) pthread_mutex_t *held = &t->lock;
	const CK_FUNCTION_LIST_PTR f = t->module->f;
	CK_SLOT_ID list[FIRMA_SLOTS_MAX];
	CK_TOKEN_INFO info = { 0 };
	struct place found;
	CK_ULONG n = 0;
	enum firma_err r;

	(void)pthread_mutex_lock(held);
	if (t->is_present && f->C_GetTokenInfo(t->slot, &info) == CKR_OK &&
	    !is_blank(&info) && fits(&t->selector, t->slot, &info)) {
		*ret_slot = t->slot;
		*ret_info = info;
		return FIRMA_OK;
	}
	t->is_present = false;
	if ((r = firma_token_slots(t, list, &n, cause)) != FIRMA_OK)
		return r;
	if ((r = only(t, list, n, &found, cause)) != FIRMA_OK)
		return r;
	move_to(t, found.slot);
	*ret_slot = found.slot;
	*ret_info = found.info;
	return FIRMA_OK;
}

enum firma_err
firma_token_find_blank(struct firma_token *t, CK_SLOT_ID *ret_slot,
    CK_TOKEN_INFO *ret_info, struct firma_cause *cause)
{
	CK_SLOT_ID list[FIRMA_SLOTS_MAX], found = 0;
	CK_TOKEN_INFO info = { 0 }, found_info = { 0 };
	CK_ULONG n = 0, n_found = 0;
	enum firma_err r;

	if ((r = firma_token_slots(t, list, &n, cause)) != FIRMA_OK)
		return r;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t->module->f->C_GetTokenInfo(list[i], &info) != CKR_OK ||
		    !is_blank(&info) ||
		    !fits_blank(&t->selector, list[i], &info))
			continue;
		found = list[i];
		found_info = info;
		n_found++;
	}
	if (n_found == 0)
		return firma_fail(cause, FIRMA_ERR_NOT_FOUND, FIRMA_CAUSE_NONE,
		    0, "no blank token");
	if (n_found > 1)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "%lu blank tokens: select one by slot", n_found);
	*ret_slot = found;
	*ret_info = found_info;
	return FIRMA_OK;
}

void
firma_token_lost(struct firma_token *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->is_present = false;
	(void)pthread_mutex_unlock(&t->lock);
	atomic_fetch_add(&t->epoch, 1);
	atomic_fetch_add(&t->generation, 1);
}

void
firma_token_abandon(struct firma_token *t)
{
	CK_SLOT_ID slot;

	(void)pthread_mutex_lock(&t->lock);
	slot = t->slot;
	(void)pthread_mutex_unlock(&t->lock);
	/* v3.0 5.6.8: the last session's end is the login's end.  What it says
	 * of a card that is gone, or of no slot at all, does not matter. */
	(void)t->module->f->C_CloseAllSessions(slot);
	firma_token_lost(t);
}

void
firma_token_changed(struct firma_token *t)
{
	atomic_fetch_add(&t->generation, 1);
}

/* Is a token in the slot at all?  Only asked after an unclear failure. */
static bool
is_slot_empty(struct firma_token *t)
{
	CK_SLOT_INFO info = { 0 };
	CK_SLOT_ID slot;

	(void)pthread_mutex_lock(&t->lock);
	slot = t->slot;
	(void)pthread_mutex_unlock(&t->lock);
	return t->module->f->C_GetSlotInfo(slot, &info) != CKR_OK ||
	    (info.flags & CKF_TOKEN_PRESENT) == 0;
}

enum firma_err
firma_token_fail(struct firma_token *t, struct firma_cause *cause,
    const char *call, CK_RV rv)
{
	const enum firma_err r = firma_ckr_fail(cause, call, rv);

	if (r == FIRMA_ERR_TOKEN_GONE) {
		firma_token_lost(t);
		return r;
	}
	if ((rv == CKR_GENERAL_ERROR || rv == CKR_DEVICE_ERROR ||
		rv == CKR_FUNCTION_FAILED) &&
	    is_slot_empty(t)) {
		firma_token_lost(t);
		return FIRMA_ERR_TOKEN_GONE;
	}
	return r;
}
