/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/login.h"

#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/own.h"
#include "agent/wire/values.h"
#include "pkcs11/worker/object.h"

FIRMA_CHECKED static enum firma_err
wait_readable(int fd, uint64_t deadline, struct firma_cause *cause)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, firma_poll_ms(deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "poll");
	return n == 0 ? firma_fail(cause, FIRMA_ERR_DEADLINE, FIRMA_CAUSE_NONE,
			    0, "nothing was entered")
		      : FIRMA_OK;
}

/* One packet.  Like read_file(): *ret_n is over max when more was there. */
FIRMA_CHECKED static enum firma_err
read_packet(int fd, struct firma_secret *s, size_t max, uint64_t deadline,
    size_t *ret_n, struct firma_cause *cause)
{
	enum firma_err r;
	ssize_t n;

	if ((r = wait_readable(fd, deadline, cause)) != FIRMA_OK)
		return r;
	n = recv(fd, s->at, max, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0)
		return firma_fail(cause, FIRMA_ERR_IO, FIRMA_CAUSE_ERRNO,
		    (unsigned long)errno, "recv");
	*ret_n = (size_t)n;
	return FIRMA_OK;
}

/*
 * A credential: the whole file, without the one newline that an editor leaves.
 * A network file system could stall this; the agent's deadline covers that.
 */
FIRMA_CHECKED static enum firma_err
read_file(
    int fd, struct firma_secret *s, size_t *ret_n, struct firma_cause *cause)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, s->at + len, s->cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return firma_fail(cause, FIRMA_ERR_IO,
			    FIRMA_CAUSE_ERRNO, (unsigned long)errno, "read");
		len += (size_t)n;
	} while (n != 0 && len < s->cap);
	if (len > 0 && s->at[len - 1] == '\n')
		len--;
	*ret_n = len;
	return FIRMA_OK;
}

enum firma_err
firma_secret_read(int fd, size_t max, uint64_t deadline,
    struct firma_secret *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_secret_done) struct firma_secret s = { 0 };
	struct stat st;
	enum firma_err r;
	size_t n = 0;

	/* Two octets more: a newline, and one that tells of a longer file. */
	if ((r = firma_secret_new(&s, max + 2)) != FIRMA_OK)
		return r;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = read_file(fd, &s, &n, cause);
	else
		r = read_packet(fd, &s, max, deadline, &n, cause);
	if (r != FIRMA_OK)
		return r;
	if (n == 0)
		return firma_fail(cause, FIRMA_ERR_CANCELLED, FIRMA_CAUSE_NONE,
		    0, "nothing was entered");
	if (n > max)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "more than %zu octets", max);
	s.len = n;
	*ret = s;
	s = (struct firma_secret){ 0 };
	return FIRMA_OK;
}

enum firma_err
firma_pin_fits(struct firma_bytes pin, const CK_TOKEN_INFO *info,
    struct firma_cause *cause)
{
	if (pin.len == 0 || pin.len < info->ulMinPinLen ||
	    (info->ulMaxPinLen != 0 && pin.len > info->ulMaxPinLen))
		return firma_fail(cause, FIRMA_ERR_PIN_FORMAT, FIRMA_CAUSE_NONE,
		    0, "the token takes %lu to %lu octets", info->ulMinPinLen,
		    info->ulMaxPinLen);
	return FIRMA_OK;
}

enum firma_err
firma_pin_hash(struct firma_bytes pin, struct firma_bytes salt,
    uint32_t iterations, uint8_t ret_hash[FIRMA_PIN_HASH])
{
	if (salt.len < FIRMA_PIN_SALT_MIN || iterations == 0 ||
	    iterations > FIRMA_PIN_ITERATIONS_MAX)
		return FIRMA_ERR_VALUE;
	if (PKCS5_PBKDF2_HMAC((const char *)pin.at, (int)pin.len, salt.at,
		(int)salt.len, (int)iterations, EVP_sha256(), FIRMA_PIN_HASH,
		ret_hash) != 1)
		return FIRMA_ERR_INTERNAL;
	return FIRMA_OK;
}

enum firma_err
firma_login_allowed(
    const CK_TOKEN_INFO *info, unsigned int flags, struct firma_cause *cause)
{
	if ((info->flags & CKF_USER_PIN_LOCKED) != 0)
		return firma_fail(cause, FIRMA_ERR_PIN_LOCKED, FIRMA_CAUSE_NONE,
		    0, "CKF_USER_PIN_LOCKED");
	if ((info->flags & CKF_USER_PIN_INITIALIZED) == 0)
		return firma_fail(cause, FIRMA_ERR_STATE, FIRMA_CAUSE_NONE, 0,
		    "the token has no user PIN");
	if ((info->flags & CKF_USER_PIN_FINAL_TRY) != 0 &&
	    (flags & FIRMA_UNLOCK_LAST_TRY) == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_LAST_TRY,
		    FIRMA_CAUSE_NONE, 0, "CKF_USER_PIN_FINAL_TRY");
	return FIRMA_OK;
}

/* A module that says CKR_OK and did nothing is not believed. */
FIRMA_CHECKED static enum firma_err
confirm(struct firma_session *s, bool is_user, const char *call,
    struct firma_cause *cause)
{
	bool is_now = false;
	enum firma_err r;

	firma_token_changed(s->token);
	if ((r = firma_session_is_user(s, &is_now, cause)) != FIRMA_OK)
		return r;
	return is_now == is_user
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_TOKEN_ERROR, FIRMA_CAUSE_NONE, 0,
		  "%s: CKR_OK, and the user is %s", call,
		  is_now ? "still logged in" : "not logged in");
}

enum firma_err
firma_so_login_allowed(
    const CK_TOKEN_INFO *info, unsigned int flags, struct firma_cause *cause)
{
	/* SoftHSM2 says that a blank token's SO-PIN is locked. */
	if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return FIRMA_OK;
	if ((info->flags & CKF_SO_PIN_LOCKED) != 0)
		return firma_fail(cause, FIRMA_ERR_PIN_LOCKED, FIRMA_CAUSE_NONE,
		    0, "CKF_SO_PIN_LOCKED");
	if ((info->flags & CKF_SO_PIN_FINAL_TRY) != 0 &&
	    (flags & FIRMA_UNLOCK_LAST_TRY) == 0)
		return firma_fail(cause, FIRMA_ERR_PIN_LAST_TRY,
		    FIRMA_CAUSE_NONE, 0, "CKF_SO_PIN_FINAL_TRY");
	return FIRMA_OK;
}

enum firma_err
firma_login_present(
    struct firma_session *s, struct firma_bytes pin, struct firma_cause *cause)
{
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	rv = s->token->module->f->C_Login(
	    s->handle, CKU_USER, firma_unconst(pin.at), pin.len);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return firma_session_fail(s, cause, "C_Login", rv);
	return confirm(s, true, "C_Login", cause);
}

enum firma_err
firma_logout(struct firma_session *s, struct firma_cause *cause)
{
	enum firma_err r;
	CK_RV rv;

	if ((r = firma_session_need(s, cause)) != FIRMA_OK)
		return r;
	rv = s->token->module->f->C_Logout(s->handle);
	if (rv != CKR_OK && rv != CKR_USER_NOT_LOGGED_IN)
		return firma_session_fail(s, cause, "C_Logout", rv);
	return confirm(s, false, "C_Logout", cause);
}
