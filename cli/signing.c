/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signing.h"

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "cli/keys.h"
#include "cli/pin.h"

static enum firma_err
ask(struct app *app, struct pins *pins, const struct signing *s, int fd,
    struct firma_signed *ret, struct firma_cause *cause)
{
	struct pin_each each = {
		.pins = pins, .next = firma_signed_keep, .arg = ret
	};
	const struct firma_msg_sign m = { firma_str_of(s->key),
		(uint32_t)s->format, firma_str_of(s->name),
		firma_str_of(s->purpose), firma_bytes_of(NULL, 0), 0 };
	enum firma_err r;

	out_progress(_("the token signs"));
	r = app_call(
	    app, FIRMA_MSG_sign, &m, fd, APP_SIGN, pin_give_each, &each, cause);
	out_progress_end();
	return pin_each_end(&each, r, cause);
}

int
signing_do(struct app *app, const struct args *a, const struct signing *s,
    struct firma_buf *ret, struct firma_signed *ret_signed)
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	struct firma_cause cause = { 0 };
	struct firma_bytes got;
	struct pins pins;
	enum firma_err r;
	int status;

	pins_init(&pins, a);
	r = firma_memfd_from_bytes(s->content, &fd, &cause);
	if (r == FIRMA_OK)
		r = ask(app, &pins, s, fd, ret_signed, &cause);
	if (r == FIRMA_ERR_PIN_NEEDED) {
		if ((status = unlock_key(app, &pins, s->key)) != 0)
			return status;
		r = ask(app, &pins, s, fd, ret_signed, &cause);
	}
	got = firma_buf_view(&ret_signed->signature);
	if (r == FIRMA_OK)
		r = firma_sign_is_attached(s->format)
		    ? firma_cms_attach(got, s->content, ret, &cause)
		    : firma_buf_put(ret, got);
	if (r != FIRMA_OK)
		return keys_failure(app, r, &cause, s->key);
	return 0;
}
