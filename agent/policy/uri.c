/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/uri.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SCHEME "pkcs11:"

static const struct attribute {
	const char *name;
	size_t offset, size; /* of the field */
} attributes[] = {
#define ROW(name)                                               \
	{                                                       \
#name, offsetof(struct firma_token_uri, name),  \
		    sizeof(((struct firma_token_uri *)0)->name) \
	}
	ROW(token),
	ROW(manufacturer),
	ROW(model),
	ROW(serial),
#undef ROW
};

#define N_ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static bool
is_one_of(const char *name, size_t len, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == len && strncmp(*list, name, len) == 0)
			return true;
	return false;
}

/* Why an attribute of another kind is not taken. */
static const char *
unwanted(const char *name, size_t len)
{
	static const char *const pins[] = { "pin-value", "pin-source",
		"pinfile", NULL };
	static const char *const modules[] = { "module-name", "module-path",
		"library-manufacturer", "library-description",
		"library-version", NULL };
	static const char *const keys[] = { "object", "id", "type",
		"objecttype", "object-type", NULL };

	if (is_one_of(name, len, pins))
		return "uri: a PIN never stands in the configuration, nor "
		       "where one is kept; use pin-credential";
	if (is_one_of(name, len, modules))
		return "uri: the option module says which module";
	if (is_one_of(name, len, keys))
		return "uri names a token; keys are named by [key ALIAS]";
	return "uri names the token by token, serial, model and manufacturer "
	       "alone";
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at == NULL)
		return -1;
	return (int)(at - digits) < 16 ? (int)(at - digits)
				       : (int)(at - digits) - 6;
}

/* RFC 7512 2.3, pk11-pchar: unreserved, pk11-res-avail and "&". */
static bool
stands_for_itself(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("0123456789-._~:[]@!$'()*+,=&", c) != NULL);
}

/* One octet, and how many it took of the text; 0: ill-formed. */
static size_t
octet(const char *at, size_t len, char *ret)
{
	int high, low;

	if (at[0] != '%') {
		*ret = at[0];
		return stands_for_itself(at[0]) ? 1 : 0;
	}
	if (len < 3 || (high = digit(at[1])) < 0 || (low = digit(at[2])) < 0)
		return 0;
	*ret = (char)(unsigned char)(high * 16 + low);
	return 3;
}

static const char *
value(const struct attribute *a, const char *at, size_t len,
    struct firma_token_uri *u)
{
	char *field = (char *)u + a->offset;
	size_t n = 0, width;

	if (field[0] != '\0')
		return "uri has an attribute a second time";
	for (; len != 0; at += width, len -= width) {
		char c;

		if ((width = octet(at, len, &c)) == 0)
			return "uri has a character that must be written as "
			       "%XX";
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return "uri has a control character";
		if (n + 1 == a->size)
			return "uri has a value that is longer than what a "
			       "token says";
		field[n++] = c;
	}
	return n == 0 ? "uri has an empty attribute" : NULL;
}

static const char *
attribute(const char *at, size_t len, struct firma_token_uri *u)
{
	const char *equals = memchr(at, '=', len);
	const size_t n = equals == NULL ? len : (size_t)(equals - at);

	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (equals != NULL && strlen(attributes[i].name) == n &&
		    strncmp(attributes[i].name, at, n) == 0)
			return value(
			    &attributes[i], equals + 1, len - n - 1, u);
	return unwanted(at, n);
}

/* The query is about PINs and modules: its first name says which. */
static const char *
query(const char *at)
{
	for (;;) {
		const size_t n = strcspn(at, "=&");
		const char *fault = unwanted(at, n);

		at += strcspn(at, "&");
		if (strstr(fault, "PIN") != NULL || *at == '\0')
			return fault;
		at++;
	}
}

const char *
firma_token_uri_parse(const char *text, struct firma_token_uri *ret_uri)
{
	struct firma_token_uri u = { 0 };
	const char *at = text + strlen(SCHEME), *fault;

	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return "uri begins with " SCHEME;
	if (strchr(at, '?') != NULL)
		return query(strchr(at, '?') + 1);
	if (*at == '\0')
		return "uri says nothing about the token";
	for (;;) {
		const size_t n = strcspn(at, ";");

		if ((fault = attribute(at, n, &u)) != NULL)
			return fault;
		if (at[n] == '\0')
			break;
		at += n + 1;
	}
	*ret_uri = u;
	return NULL;
}
