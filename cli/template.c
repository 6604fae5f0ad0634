/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/own.h"
#include "agent/pki/text.h"

#define OFFSET_MAX INT64_C(31622400) /* seconds: a year */

struct filling {
	const struct template_words *words;
	struct firma_cause *cause;
	unsigned int depth;
};

static enum firma_err fill(
    struct filling *f, struct firma_bytes text, struct firma_buf *ret);

static struct firma_bytes
after(struct firma_bytes v, size_t n)
{
	return firma_bytes_of(v.at + n, v.len - n);
}

static int
begins(struct firma_bytes v, const char *with)
{
	const size_t n = strlen(with);

	return v.len >= n && memcmp(v.at, with, n) == 0;
}

/* Octets up to the brace that closes, or v.len. */
static size_t
to_close(struct firma_bytes v)
{
	size_t open = 0, i = 0;

	for (; i < v.len; i++) {
		if (v.at[i] == '}' && open-- == 0)
			return i;
		open += v.at[i] == '{';
	}
	return v.len;
}

static enum firma_err
bad(struct filling *f, enum firma_err r, struct firma_bytes what)
{
	const int n = what.len > TEMPLATE_WORD ? TEMPLATE_WORD : (int)what.len;

	return firma_fail(f->cause, r, FIRMA_CAUSE_NONE, 0, "{%.*s}", n,
	    (const char *)what.at);
}

static enum firma_err
put_xml(struct firma_bytes v, struct firma_buf *ret)
{
	static const struct {
		char octet;
		const char *as;
	} names[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&apos;" } };
	enum firma_err r = FIRMA_OK;

	if (!firma_text_is_utf8(v) || !firma_text_is_clean(v))
		return FIRMA_ERR_VALUE;
	for (size_t i = 0; i < v.len && r == FIRMA_OK; i++) {
		const char *as = NULL;

		for (size_t k = 0; k < 5; k++)
			if (names[k].octet == (char)v.at[i])
				as = names[k].as;
		r = as != NULL ? firma_buf_put_str(ret, as)
			       : firma_buf_put_u8(ret, v.at[i]);
	}
	return r;
}

/* "b64:" or "xml:", then a template of its own. */
static enum firma_err
put_encoded(struct filling *f, struct firma_bytes inside, struct firma_buf *ret)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	const int is_xml = begins(inside, "xml:");
	enum firma_err r;

	if (f->depth == TEMPLATE_DEPTH)
		return bad(f, FIRMA_ERR_LIMIT, inside);
	f->depth++;
	r = fill(f, after(inside, strlen("b64:")), &v);
	f->depth--;
	if (r != FIRMA_OK)
		return r;
	r = is_xml ? put_xml(firma_buf_view(&v), ret)
		   : firma_base64(firma_buf_view(&v), ret);
	return r == FIRMA_ERR_VALUE ? bad(f, r, inside) : r;
}

/* The offset behind a name of a time, "+600" or "-60"; 0 when there is none. */
static enum firma_err
take_offset(char *name, int64_t *ret)
{
	char *sign = strpbrk(name, "+"), *end = NULL;
	long long n;

	*ret = 0;
	if (sign == NULL && strncmp(name, "now-", 4) == 0)
		sign = name + 3;
	if (sign == NULL)
		return FIRMA_OK;
	n = strtoll(sign + 1, &end, 10);
	if (sign[1] < '0' || sign[1] > '9' || *end != '\0' || n > OFFSET_MAX)
		return FIRMA_ERR_SHAPE;
	*ret = *sign == '-' ? -n : n;
	*sign = '\0';
	return FIRMA_OK;
}

/*
 * One conversion of strftime(); those that give digits, so that nothing depends
 * on a locale.
 */
static enum firma_err
put_conversion(char c, const struct tm *tm, struct firma_buf *ret)
{
	char room[16];
	int n;

	switch (c) {
	case 'Y':
		n = snprintf(room, sizeof(room), "%04d", tm->tm_year + 1900);
		break;
	case 'y':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_year % 100);
		break;
	case 'm':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_mon + 1);
		break;
	case 'd':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_mday);
		break;
	case 'H':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_hour);
		break;
	case 'M':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_min);
		break;
	case 'S':
		n = snprintf(room, sizeof(room), "%02d", tm->tm_sec);
		break;
	case '%':
		n = snprintf(room, sizeof(room), "%%");
		break;
	default:
		return FIRMA_ERR_SHAPE;
	}
	return firma_buf_put(ret, firma_bytes_of(room, (size_t)n));
}

static enum firma_err
put_time(struct filling *f, char *name, const char *format,
    struct firma_bytes inside, struct firma_buf *ret)
{
	int64_t when = 0, offset = 0;
	enum firma_err r;
	struct tm tm;
	time_t t;

	if ((r = take_offset(name, &offset)) != FIRMA_OK ||
	    (r = f->words->time(f->words->arg, name, &when)) != FIRMA_OK)
		return bad(f, r, inside);
	t = (time_t)(when + offset);
	if (gmtime_r(&t, &tm) == NULL || *format == '\0')
		return bad(f, FIRMA_ERR_SHAPE, inside);
	while (*format != '\0' && r == FIRMA_OK) {
		const int is_conversion = format[0] == '%' && format[1] != '\0';

		r = is_conversion ? put_conversion(format[1], &tm, ret)
				  : firma_buf_put_u8(ret, (uint8_t)*format);
		format += is_conversion ? 2 : 1;
	}
	return r == FIRMA_ERR_SHAPE ? bad(f, r, inside) : r;
}

/* What stands in one pair of braces. */
static enum firma_err
put_word(struct filling *f, struct firma_bytes inside, struct firma_buf *ret)
{
	char name[2 * TEMPLATE_WORD];
	char *colon;
	enum firma_err r;

	if (begins(inside, "b64:") || begins(inside, "xml:"))
		return put_encoded(f, inside, ret);
	if (inside.len == 0 || inside.len >= sizeof(name) ||
	    memchr(inside.at, '\0', inside.len) != NULL)
		return bad(f, FIRMA_ERR_LIMIT, inside);
	memcpy(name, inside.at, inside.len);
	name[inside.len] = '\0';
	if ((colon = strchr(name, ':')) != NULL) {
		*colon = '\0';
		if (strcmp(name, "arg") != 0)
			return put_time(f, name, colon + 1, inside, ret);
		*colon = ':';
	}
	r = f->words->word(f->words->arg, name, ret);
	return r == FIRMA_OK || r == FIRMA_ERR_NOMEM ? r : bad(f, r, inside);
}

static enum firma_err
fill(struct filling *f, struct firma_bytes text, struct firma_buf *ret)
{
	enum firma_err r = FIRMA_OK;

	while (text.len != 0 && r == FIRMA_OK) {
		if (f->depth == 0 &&
		    (begins(text, "{{") || begins(text, "}}"))) {
			r = firma_buf_put_u8(ret, text.at[0]);
			text = after(text, 2);
		} else if (text.at[0] == '{') {
			const struct firma_bytes rest = after(text, 1);
			const size_t n = to_close(rest);

			if (n == rest.len)
				return bad(f, FIRMA_ERR_SHAPE, rest);
			r = put_word(f, firma_bytes_of(rest.at, n), ret);
			text = after(rest, n + 1);
		} else if (text.at[0] == '}') {
			return bad(f, FIRMA_ERR_SHAPE, text);
		} else {
			r = firma_buf_put_u8(ret, text.at[0]);
			text = after(text, 1);
		}
		if (ret->len > TEMPLATE_MAX)
			return bad(f, FIRMA_ERR_LIMIT, text);
	}
	return r;
}

enum firma_err
template_fill(struct firma_bytes text, const struct template_words *words,
    struct firma_buf *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf all = { 0 };
	struct filling f = { words, cause, 0 };
	const enum firma_err r = fill(&f, text, &all);

	return r == FIRMA_OK ? firma_buf_put(ret, firma_buf_view(&all)) : r;
}
