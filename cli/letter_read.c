/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/base/lang.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/text.h"
#include "cli/sandboxed.h"

#define LETTER_DEADLINE (15 * FIRMA_S)
#define YEAR_9999       INT64_C(253402300799) /* its last second */

static const char *const words[] = {
#define X(name, word) [LETTER_ODD_##name] = (word),
	LETTER_ODDITIES(X)
#undef X
};

const char *
letter_oddity_word(enum letter_oddity odd)
{
	return words[odd];
}

void
letter_done(struct letter *l)
{
	letter_facts_done(&l->facts);
}

static void
json_done(json_t **j)
{
	json_decref(*j);
}

/* Text that is shown: what cannot be seen or turns the line becomes '?'. */
static void
take_info(const json_t *j, const char *name, char ret[LETTER_INFO_MAX])
{
	const char *v = json_string_value(json_object_get(j, name));
	struct firma_bytes in = firma_bytes_of(v, v == NULL ? 0 : strlen(v));
	size_t n = 0;
	uint32_t c;

	while (in.len > 0) {
		const struct firma_bytes was = in;

		if (!firma_text_take(&in, &c))
			break;
		const struct firma_bytes one =
		    firma_bytes_of(was.at, was.len - in.len);

		if (n + one.len >= LETTER_INFO_MAX)
			break;
		if (firma_text_is_clean(one)) {
			memcpy(ret + n, one.at, one.len);
			n += one.len;
		} else {
			ret[n++] = '?';
		}
	}
	ret[n] = '\0';
}

static int
take_odd(const json_t *j, unsigned int *ret)
{
	const json_t *odd = json_object_get(j, "odd");
	const json_t *v;
	size_t at;

	if (!json_is_array(odd))
		return 0;
	json_array_foreach(odd, at, v)
	{
		unsigned int i = 0;

		while (i < LETTER_N_ODDITIES &&
		    (!json_is_string(v) ||
			strcmp(json_string_value(v), words[i]) != 0))
			i++;
		if (i == LETTER_N_ODDITIES)
			return 0;
		*ret |= 1u << i;
	}
	return 1;
}

FIRMA_CHECKED static enum firma_err
take_text(const json_t *j, struct letter *l)
{
	const json_t *text = json_object_get(j, "text");
	const json_t *v;
	size_t at;
	enum firma_err r;

	if (!json_is_array(text) || json_array_size(text) > LETTER_PAGES_MAX ||
	    json_array_size(text) > l->n_pages ||
	    (json_array_size(text) < l->n_pages && !l->is_cut))
		return FIRMA_ERR_SHAPE;
	json_array_foreach(text, at, v)
	{
		if (!json_is_string(v))
			return FIRMA_ERR_SHAPE;
		r = letter_facts_page(&l->facts,
		    firma_bytes_of(
			json_string_value(v), json_string_length(v)));
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

const char *
letter_unread_text(enum firma_err unread)
{
	return unread == FIRMA_ERR_DENIED
	    ? N_("it is encrypted and opens with a password alone")
	    : firma_err_text(unread);
}

/* Why the helper could not read it: one of those that it may say. */
FIRMA_CHECKED static enum firma_err
take_error(const json_t *j, struct letter *l)
{
	static const enum firma_err may[] = { FIRMA_ERR_LETTER_NOT_PDF,
		FIRMA_ERR_DENIED, FIRMA_ERR_NOMEM, FIRMA_ERR_INTERNAL };
	const char *name = json_string_value(json_object_get(j, "error"));
	char why[LETTER_INFO_MAX];

	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
		if (name == NULL || strcmp(name, firma_err_name(may[i])) != 0)
			continue;
		take_info(j, "why", why);
		l->unread = firma_fail(
		    &l->cause, may[i], FIRMA_CAUSE_NONE, 0, "%.150s", why);
		return FIRMA_OK;
	}
	return FIRMA_ERR_SHAPE;
}

static int
is_time(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) > 0 &&
	    json_integer_value(v) <= YEAR_9999;
}

FIRMA_CHECKED static enum firma_err
take(const json_t *j, struct letter *l)
{
	const json_t *pages = json_object_get(j, "pages");
	const json_t *created = json_object_get(j, "created");

	if (json_object_get(j, "error") != NULL)
		return take_error(j, l);
	if (!json_is_integer(pages) || json_integer_value(pages) < 0 ||
	    json_integer_value(pages) > INT32_MAX ||
	    !json_is_boolean(json_object_get(j, "cut")) ||
	    !json_is_boolean(json_object_get(j, "images")) ||
	    !take_odd(j, &l->odd))
		return FIRMA_ERR_SHAPE;
	l->n_pages = (unsigned int)json_integer_value(pages);
	l->is_cut = json_is_true(json_object_get(j, "cut"));
	l->has_images = json_is_true(json_object_get(j, "images"));
	if (is_time(created))
		l->created = (uint64_t)json_integer_value(created);
	take_info(j, "title", l->title);
	take_info(j, "producer", l->producer);
	return take_text(j, l);
}

enum firma_err
letter_parse(struct firma_bytes line, struct letter *ret)
{
	FIRMA_OWN(json_done)
	json_t *j = json_loadb((const char *)line.at, line.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct letter l = { 0 };
	enum firma_err r;

	if (!json_is_object(j))
		return FIRMA_ERR_SHAPE;
	if ((r = take(j, &l)) != FIRMA_OK) {
		letter_done(&l);
		return r;
	}
	*ret = l;
	return FIRMA_OK;
}

/* What the helper's end means: the document's fault, or ours? */
static int
is_documents_fault(enum firma_err r)
{
	return r == FIRMA_ERR_DEADLINE || r == FIRMA_ERR_LIMIT ||
	    r == FIRMA_ERR_SHAPE || r == FIRMA_ERR_INTERNAL;
}

enum firma_err
letter_read(int fd, struct letter *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf line = { 0 };
	const struct sandboxed s = { .program = "firma-letter",
		.document = fd,
		.max = LETTER_ANSWER_MAX,
		.deadline = firma_after(LETTER_DEADLINE) };
	struct letter l = { 0 };
	struct firma_bytes v;
	uint8_t sha256[32];
	enum firma_err r;
	int ok;

	if ((r = firma_memfd_map(fd, LETTER_OCTETS_MAX, &v, cause)) != FIRMA_OK)
		return r;
	ok = EVP_Digest(v.at, v.len, sha256, NULL, EVP_sha256(), NULL);
	firma_memfd_unmap(&v);
	if (ok != 1)
		return FIRMA_ERR_INTERNAL;
	r = sandboxed_run(&s, &line, cause);
	if (r == FIRMA_OK &&
	    (r = letter_parse(firma_buf_view(&line), &l)) != FIRMA_OK)
		(void)!firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "firma-letter: its answer makes no sense");
	if (is_documents_fault(r)) {
		l.unread = r;
		if (cause != NULL)
			l.cause = *cause;
	} else if (r != FIRMA_OK) {
		return r;
	}
	memcpy(l.sha256, sha256, sizeof(l.sha256));
	*ret = l;
	return FIRMA_OK;
}
