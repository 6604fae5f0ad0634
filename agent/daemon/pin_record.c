/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/pin_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/clock.h"
#include "agent/wire/values.h"

/* PKCS#11 v3.0 section 3.3, CK_TOKEN_INFO flags: of the user's PIN; the same
 * for the SO-PIN stand 4 bits higher.  The numbers are the standard's; its
 * header stays in pkcs11/. */
#define CKF_USER_PIN_COUNT_LOW 0x00010000u
#define CKF_USER_PIN_FINAL_TRY 0x00020000u
#define CKF_USER_PIN_LOCKED    0x00040000u
#define CKF_SO_SHIFT           4

static bool
has_flag(const struct firma_pin_record *r, uint64_t ck_flags, uint64_t flag)
{
	return (ck_flags &
		   (r->role == FIRMA_PIN_SO ? flag << CKF_SO_SHIFT : flag)) !=
	    0;
}

/* Does the token say that a try was counted since it last took a PIN? */
static bool
is_counted(const struct firma_pin_record *r, uint64_t ck_flags)
{
	return has_flag(r, ck_flags,
	    CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY |
		CKF_USER_PIN_LOCKED);
}

enum firma_err
firma_pin_record_new(const char *serial, enum firma_pin_role role,
    struct firma_pin_record *ret, struct firma_cause *cause)
{
	struct firma_pin_record r = { .role = role };

	(void)snprintf(r.token, sizeof(r.token), "%s", serial);
	if (getrandom(r.salt, sizeof(r.salt), 0) != (ssize_t)sizeof(r.salt))
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "getrandom");
	*ret = r;
	return FIRMA_OK;
}

/*
 * Was the presentation in doubt not counted, for sure?  When the token says so
 * and its flags once told the truth.
 */
static bool
is_cleared(const struct firma_pin_record *r, uint64_t ck_flags)
{
	return r->is_honest && r->n_burnt == 0 && !is_counted(r, ck_flags);
}

static bool
is_in_doubt(const struct firma_pin_record *r, uint64_t ck_flags)
{
	return r->presenting && !is_cleared(r, ck_flags);
}

uint32_t
firma_pin_record_burnt(const struct firma_pin_record *r, uint64_t ck_flags)
{
	return r->n_burnt + (is_in_doubt(r, ck_flags) ? 1 : 0);
}

bool
firma_pin_record_is_last(
    const struct firma_pin_record *r, uint64_t ck_flags, uint32_t tries)
{
	return has_flag(r, ck_flags, CKF_USER_PIN_FINAL_TRY) ||
	    (tries != 0 && firma_pin_record_burnt(r, ck_flags) + 1 >= tries);
}

static bool
is_lost(const struct firma_pin_record *r, uint32_t i)
{
	return (r->lost >> i & 1) != 0;
}

struct firma_bytes
firma_pin_record_refused(const struct firma_pin_record *r,
    uint8_t room[FIRMA_PIN_REFUSED_MAX * FIRMA_STORE_HASH])
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->n_refused; i++)
		if (!is_lost(r, i))
			memcpy(room + n++ * FIRMA_STORE_HASH,
			    r->refused + (size_t)i * FIRMA_STORE_HASH,
			    FIRMA_STORE_HASH);
	return firma_bytes_of(room, n * FIRMA_STORE_HASH);
}

static bool
is_hash(const uint8_t *known, struct firma_bytes hash)
{
	return hash.len == FIRMA_STORE_HASH &&
	    memcmp(known, hash.at, FIRMA_STORE_HASH) == 0;
}

/* n_refused when it is not among them. */
static uint32_t
find(const struct firma_pin_record *r, struct firma_bytes hash)
{
	uint32_t i = 0;

	while (i < r->n_refused &&
	    !is_hash(r->refused + (size_t)i * FIRMA_STORE_HASH, hash))
		i++;
	return i;
}

/* Among the refused; the oldest goes when there is no room. */
static void
put(struct firma_pin_record *r, bool lost)
{
	static const uint8_t none[FIRMA_STORE_HASH];
	const struct firma_bytes hash =
	    firma_bytes_of(r->presenting_hash, FIRMA_STORE_HASH);
	const uint32_t i = find(r, hash);

	if (is_hash(none, hash))
		return;
	if (i < r->n_refused) {
		if (!lost)
			r->lost &= ~(UINT32_C(1) << i);
		return;
	}
	memmove(r->refused + FIRMA_STORE_HASH, r->refused,
	    sizeof(r->refused) - FIRMA_STORE_HASH);
	memcpy(r->refused, hash.at, FIRMA_STORE_HASH);
	r->lost = (r->lost << 1 | (lost ? 1 : 0)) &
	    ((UINT32_C(1) << FIRMA_PIN_REFUSED_MAX) - 1);
	if (r->n_refused < FIRMA_PIN_REFUSED_MAX)
		r->n_refused++;
}

enum firma_err
firma_pin_record_judge(const struct firma_pin_record *r,
    struct firma_bytes hash, uint64_t ck_flags, uint32_t tries, uint32_t flags,
    struct firma_cause *cause)
{
	const uint32_t i = find(r, hash);

	if (i < r->n_refused && !is_lost(r, i))
		return firma_fail(cause, FIRMA_ERR_PIN_REPEATED,
		    FIRMA_CAUSE_NONE, 0, "not presented");
	if ((flags & FIRMA_UNLOCK_AGAIN) == 0 &&
	    (i < r->n_refused ||
		(is_in_doubt(r, ck_flags) &&
		    is_hash(r->presenting_hash, hash))))
		return firma_fail(cause, FIRMA_ERR_PIN_REPEATED,
		    FIRMA_CAUSE_NONE, 0,
		    "presented, and the outcome is not known: --again");
	if (firma_pin_record_is_last(r, ck_flags, tries) &&
	    (flags & FIRMA_UNLOCK_LAST_TRY) == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_LAST_TRY,
		    FIRMA_CAUSE_NONE, 0, "%u refused, of %u tries",
		    firma_pin_record_burnt(r, ck_flags), tries);
	return FIRMA_OK;
}

void
firma_pin_record_begin(
    struct firma_pin_record *r, struct firma_bytes hash, uint64_t ck_flags)
{
	uint8_t room[sizeof(r->refused)];

	/* An outcome that was lost is a lost try. */
	if (is_in_doubt(r, ck_flags)) {
		put(r, true);
		r->n_burnt++;
	}
	if (firma_pin_record_refused(r, room).len != 0)
		r->is_honest = is_counted(r, ck_flags);
	r->presenting = true;
	r->n_presented++;
	memset(r->presenting_hash, 0, sizeof(r->presenting_hash));
	if (hash.len == FIRMA_STORE_HASH)
		memcpy(r->presenting_hash, hash.at, FIRMA_STORE_HASH);
	r->updated = firma_wall_ms();
}

/* The outcome is known: the hash of a PIN that was taken stays nowhere. */
void
firma_pin_record_cancel(struct firma_pin_record *r)
{
	r->presenting = false;
	memset(r->presenting_hash, 0, sizeof(r->presenting_hash));
	r->updated = firma_wall_ms();
}

void
firma_pin_record_refuse(struct firma_pin_record *r)
{
	put(r, false);
	r->n_burnt++;
	firma_pin_record_cancel(r);
}

void
firma_pin_record_accept(struct firma_pin_record *r)
{
	r->n_refused = r->n_burnt = r->lost = 0;
	memset(r->refused, 0, sizeof(r->refused));
	firma_pin_record_cancel(r);
}
