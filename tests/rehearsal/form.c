/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/form.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "tests/rehearsal/own_openssl.h"

enum firma_err
rehearsal_form_put(struct rehearsal_form *f, const char *name, uint64_t off,
    struct firma_bytes v)
{
	size_t i;

	for (i = 0; i < f->n && strcmp(f->at[i].name, name) != 0; i++)
		;
	if (i == f->n) {
		if (off != 0 || f->n == REHEARSAL_FIELDS_MAX ||
		    strlen(name) >= REHEARSAL_FIELD_NAME_MAX)
			return FIRMA_ERR_LIMIT;
		(void)snprintf(
		    f->at[i].name, sizeof(f->at[i].name), "%s", name);
		f->n++;
	}
	if (v.len > REHEARSAL_FORM_MAX - f->total)
		return FIRMA_ERR_LIMIT;
	f->total += v.len;
	return firma_buf_put(&f->at[i].value, v);
}

void
rehearsal_form_done(struct rehearsal_form *f)
{
	for (size_t i = 0; i < f->n; i++)
		firma_buf_done(&f->at[i].value);
	f->n = f->total = 0;
}

struct firma_bytes
rehearsal_form_get(const struct rehearsal_form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return firma_buf_view(&f->at[i].value);
	return (struct firma_bytes){ NULL, 0 };
}

void
rehearsal_form_text(
    const struct rehearsal_form *f, const char *name, char *ret, size_t len)
{
	const struct firma_bytes v = rehearsal_form_get(f, name);

	ret[0] = '\0';
	if (v.len == 0 || v.len >= len || memchr(v.at, 0, v.len) != NULL)
		return;
	(void)snprintf(ret, len, "%.*s", (int)v.len, (const char *)v.at);
}

enum firma_err
rehearsal_form_document(const struct rehearsal_form *f, struct firma_buf *ret)
{
	static const char begin[] = "-----BEGIN ";
	const struct firma_bytes v = rehearsal_form_get(f, "archivo");
	FIRMA_OWN(bio_done) BIO *in = NULL;
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	enum firma_err r;
	long len = 0;

	if (v.len < sizeof(begin) || memcmp(v.at, begin, strlen(begin)) != 0)
		return firma_buf_put(ret, v);
	if ((in = BIO_new_mem_buf(v.at, (int)v.len)) == NULL)
		return FIRMA_ERR_NOMEM;
	if (PEM_read_bio(in, &name, &header, &der, &len) != 1)
		return FIRMA_ERR_SHAPE;
	r = firma_buf_put(ret, firma_bytes_of(der, (size_t)len));
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return r;
}
