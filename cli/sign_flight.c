/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sign_flight.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "cli/sign_large.h"

void
sign_flight_done(struct sign_flight *f)
{
	firma_fd_done(&f->fd);
	firma_buf_done(&f->digest);
	sign_pdf_done(&f->pdf);
	*f = SIGN_FLIGHT;
}

void
sign_flight_empty(struct sign_flight *f)
{
	const char *path = f->path;

	sign_flight_done(f);
	f->path = path;
}

enum firma_err
sign_flight_output(const struct sign_many *what, const char *path,
    char ret[FILE_PATH_MAX], struct firma_cause *cause)
{
	const int n = what->pdf != NULL ? (int)strlen(sign_pdf_name(path, ret))
					: snprintf(ret, FILE_PATH_MAX, "%s%s",
					      path, sign_suffix(what->format));

	return n >= 0 && n < FILE_PATH_MAX - 1
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		  "the name of its signature");
}

static enum firma_err
choose_output(struct sign_flight *f, const struct sign_many *what,
    struct firma_cause *cause)
{
	const enum firma_err r =
	    sign_flight_output(what, f->path, f->to, cause);

	if (r != FIRMA_OK)
		return r;
	if (sign_pdf_is_over(f->to, f->path))
		return firma_fail(cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0,
		    "%s is the document itself", f->to);
	return file_can_write(f->to, cause);
}

static size_t
max_octets(const struct sign_many *what)
{
	return what->pdf != NULL                   ? PADES_FILE_MAX
	    : firma_sign_is_attached(what->format) ? FIRMA_CMS_CONTENT_MAX
						   : FIRMA_DOCUMENT_MAX;
}

enum firma_err
sign_flight_load(struct sign_flight *f, const struct sign_many *what,
    const struct firma_identity *signer, int must_seal,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_fd_done) int in = -1;
	enum firma_err r;

	if ((r = choose_output(f, what, cause)) != FIRMA_OK ||
	    (r = file_open(f->path, &in, cause)) != FIRMA_OK)
		return r;
	f->digest.len = 0;
	if (!must_seal && what->format <= FIRMA_SIGN_CMS_DETACHED &&
	    sign_large_is(in))
		return sign_large_hash(in, &f->digest, cause);
	r = firma_memfd_from_fd(in, max_octets(what), &f->fd, cause);
	if (r != FIRMA_OK || what->pdf == NULL)
		return r;
	r = sign_pdf_copy(what->pdf, &f->pdf);
	return r == FIRMA_OK ? sign_pdf_prepare(&f->pdf, signer, &f->fd, cause)
			     : r;
}

enum firma_err
sign_flight_send(struct sign_flight *f, const struct sign_many *what,
    struct firma_client *client, const char *purpose, struct firma_cause *cause)
{
	char name[FILE_NAME_ROOM];
	const struct firma_msg_sign ask = { firma_str_of(what->key),
		(uint32_t)what->format, firma_str_of(file_name(f->path, name)),
		firma_str_of(purpose), firma_buf_view(&f->digest), 0 };

	return firma_client_send(client, FIRMA_MSG_sign, &ask, f->fd,
	    firma_after(APP_SIGN * FIRMA_S), &f->id, cause);
}

/* The content with the signature, as the format wants it. */
static enum firma_err
attach(const struct sign_flight *f, struct firma_bytes signature,
    struct firma_buf *ret, struct firma_cause *cause)
{
	struct firma_bytes content = { NULL, 0 };
	enum firma_err r;

	r = firma_memfd_map(f->fd, FIRMA_CMS_CONTENT_MAX, &content, cause);
	if (r != FIRMA_OK)
		return r;
	r = firma_cms_attach(signature, content, ret, cause);
	firma_memfd_unmap(&content);
	return r;
}

static enum firma_err
write_pdf(struct sign_flight *f, struct firma_bytes cms,
    struct file_batch *written, struct firma_cause *cause)
{
	struct firma_bytes whole = { NULL, 0 };
	enum firma_err r;

	if ((r = sign_pdf_complete(&f->pdf, cms, cause)) != FIRMA_OK ||
	    (r = firma_memfd_map(f->pdf.whole,
		 PADES_FILE_MAX + PADES_APPEND_MAX, &whole, cause)) != FIRMA_OK)
		return r;
	r = file_batch_write(written, f->to, 0644, whole, cause);
	firma_memfd_unmap(&whole);
	return r;
}

enum firma_err
sign_flight_land(struct sign_flight *f, const struct sign_many *what,
    const struct stamp_config *tsa, struct firma_bytes signature,
    struct file_batch *written, enum firma_err *ret_stamp,
    struct firma_cause *stamp_cause, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf whole = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf stamped = { 0 };
	struct firma_bytes v = signature;
	enum firma_err r;

	*ret_stamp = FIRMA_OK;
	if (firma_sign_is_attached(what->format)) {
		if ((r = attach(f, v, &whole, cause)) != FIRMA_OK)
			return r;
		v = firma_buf_view(&whole);
	}
	if (tsa != NULL) {
		*ret_stamp = stamp_signature(tsa, v, &stamped, stamp_cause);
		if (*ret_stamp == FIRMA_OK && what->pdf != NULL)
			*ret_stamp =
			    sign_pdf_fits(&f->pdf, stamped.len, stamp_cause);
		f->is_stamped = *ret_stamp == FIRMA_OK;
		if (f->is_stamped)
			v = firma_buf_view(&stamped);
	}
	return what->pdf != NULL
	    ? write_pdf(f, v, written, cause)
	    : file_batch_write(written, f->to, 0644, v, cause);
}
