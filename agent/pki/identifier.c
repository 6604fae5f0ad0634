/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/identifier.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "agent/pki/text.h"

#define CHARACTERS_MAX 18   /* the longest identifier: CURP */
#define N_TILDE        0xd1 /* U+00D1 */
#define LOCAL_PART_MAX 64   /* octets: RFC 5321 4.5.3.1.1 */
#define LABEL_MAX      63   /* octets: RFC 1035 2.3.4 */

/* Characters of an identifier; n is 0 when too long or not UTF-8. */
struct characters {
	uint32_t at[CHARACTERS_MAX];
	size_t n;
};

static struct characters
decode(const char *s)
{
	struct firma_bytes in = firma_bytes_of(s, strlen(s));
	struct characters c = { .n = 0 };

	while (in.len != 0)
		if (c.n == CHARACTERS_MAX ||
		    !firma_text_take(&in, &c.at[c.n++]))
			return (struct characters){ .n = 0 };
	return c;
}

static enum firma_err
wrong(struct firma_cause *cause, const char *which, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_IDENTIFIER, FIRMA_CAUSE_NONE, 0,
	    "%s: %s", which, what);
}

static int
is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static int
is_upper(uint32_t c)
{
	return c >= 'A' && c <= 'Z';
}

static int
all(const struct characters *c, size_t from, size_t n, int (*is)(uint32_t))
{
	for (size_t i = from; i < from + n; i++)
		if (!is(c->at[i]))
			return 0;
	return 1;
}

/* yymmdd at c->at[from]; 29 February in every fourth year. */
static int
is_date(const struct characters *c, size_t from)
{
	static const unsigned int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	unsigned int v[3];

	if (!all(c, from, 6, is_digit))
		return 0;
	for (size_t i = 0; i < 3; i++)
		v[i] = (c->at[from + 2 * i] - '0') * 10 +
		    (c->at[from + 2 * i + 1] - '0');
	if (v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > days[v[1] - 1])
		return 0;
	return v[1] != 2 || v[2] != 29 || v[0] % 4 == 0;
}

static int
is_rfc_letter(uint32_t c)
{
	return is_upper(c) || c == '&' || c == N_TILDE;
}

static int
is_alphanumeric(uint32_t c)
{
	return is_upper(c) || is_digit(c);
}

/* 0-9 A-N & O-Z space N-tilde are 0..38 */
static unsigned int
rfc_value(uint32_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c == '&')
		return 24;
	if (c == N_TILDE)
		return 38;
	return c <= 'N' ? c - 'A' + 10 : c - 'O' + 25;
}

static uint32_t
rfc_digit(const struct characters *c)
{
	/* A company's RFC counts as one with a space (37 * 13) before it. */
	unsigned int sum = c->n == 12 ? 481 : 0;
	unsigned int d;

	for (size_t i = 0; i + 1 < c->n; i++)
		sum += rfc_value(c->at[i]) * (unsigned int)(c->n - i);
	d = 11 - sum % 11;
	return d == 11 ? '0' : d == 10 ? 'A' : '0' + d;
}

enum firma_err
firma_rfc_check(const char *rfc, struct firma_cause *cause)
{
	const struct characters c = decode(rfc);
	const size_t letters = c.n - 9;

	if (strcmp(rfc, "XAXX010101000") == 0 ||
	    strcmp(rfc, "XEXX010101000") == 0)
		return FIRMA_OK;
	if (c.n != 12 && c.n != 13)
		return wrong(cause, "RFC", "12 or 13 characters are needed");
	if (!all(&c, 0, letters, is_rfc_letter) ||
	    !all(&c, letters + 6, 3, is_alphanumeric))
		return wrong(cause, "RFC",
		    "letters, six digits of a date and three more are needed");
	if (!is_date(&c, letters))
		return wrong(cause, "RFC", "there is no such date");
	if (c.at[c.n - 1] != rfc_digit(&c))
		return wrong(cause, "RFC", "the check digit is wrong");
	return FIRMA_OK;
}

static int
is_curp_letter(uint32_t c)
{
	return is_upper(c) || c == N_TILDE;
}

/* 0-9 A-N N-tilde O-Z are 0..36 */
static unsigned int
curp_value(uint32_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c == N_TILDE)
		return 24;
	return c <= 'N' ? c - 'A' + 10 : c - 'O' + 25;
}

enum firma_err
firma_curp_check(const char *curp, struct firma_cause *cause)
{
	const struct characters c = decode(curp);
	unsigned int sum = 0;

	if (c.n != 18)
		return wrong(cause, "CURP", "18 characters are needed");
	if (!all(&c, 0, 4, is_curp_letter) ||
	    (c.at[10] != 'H' && c.at[10] != 'M' && c.at[10] != 'X') ||
	    !all(&c, 11, 5, is_curp_letter) || !is_alphanumeric(c.at[16]) ||
	    !is_digit(c.at[17]))
		return wrong(cause, "CURP",
		    "four letters, six digits of a date, H, M or X, five "
		    "letters and two more are needed");
	if (!is_date(&c, 4))
		return wrong(cause, "CURP", "there is no such date");
	for (size_t i = 0; i < c.n; i++)
		sum += curp_value(c.at[i]) * (unsigned int)(c.n - i);
	if (sum % 10 != 0)
		return wrong(cause, "CURP", "the check digit is wrong");
	return FIRMA_OK;
}

/* The Luhn digit that belongs after n digits. */
static unsigned int
luhn(const unsigned int *digit, size_t n)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = digit[n - 1 - i];

		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (10 - sum % 10) % 10;
}

enum firma_err
firma_nss_check(const char *nss, struct firma_cause *cause)
{
	const struct characters c = decode(nss);
	unsigned int digit[11];

	if (c.n != 11 || !all(&c, 0, 11, is_digit))
		return wrong(cause, "NSS", "11 digits are needed");
	for (size_t i = 0; i < 11; i++)
		digit[i] = c.at[i] - '0';
	if (luhn(digit, 10) != digit[10])
		return wrong(cause, "NSS", "the check digit is wrong");
	return FIRMA_OK;
}

enum firma_err
firma_registro_check(const char *registro, struct firma_cause *cause)
{
	static const char which[] = "registro patronal";
	const struct characters c = decode(registro);
	unsigned int digit[11];
	size_t n = 0;

	if (c.n != 11 || !is_alphanumeric(c.at[0]) || !all(&c, 1, 10, is_digit))
		return wrong(
		    cause, which, "a letter or digit and 10 digits are needed");
	if (is_upper(c.at[0])) {
		digit[n++] = (c.at[0] - 'A' + 10) / 10;
		digit[n++] = (c.at[0] - 'A' + 10) % 10;
	} else {
		digit[n++] = c.at[0] - '0';
	}
	for (size_t i = 1; i < 10; i++)
		digit[n++] = c.at[i] - '0';
	if (luhn(digit, n) != c.at[10] - '0')
		return wrong(cause, which, "the check digit is wrong");
	return FIRMA_OK;
}

/* RFC 5322 3.2.3 */
static int
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int
is_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-';
}

/* Parts of 1 .. part_max characters with dots between; their number, or 0. */
static size_t
count_parts(const char *s, size_t len, size_t part_max, int (*is)(char))
{
	size_t n = 0, part = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '.') {
			if (!is(s[i]))
				return 0;
			part++;
			continue;
		}
		if (part == 0 || part > part_max)
			return 0;
		n++;
		part = 0;
	}
	return n;
}

static int
is_domain(const char *s)
{
	const size_t len = strlen(s);
	const char *top = strrchr(s, '.');

	if (count_parts(s, len, LABEL_MAX, is_host) < 2 || top == NULL)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '-' &&
		    (i == 0 || i + 1 == len || s[i - 1] == '.' ||
			s[i + 1] == '.'))
			return 0;
	/* A top-level label of digits would be an address, not a name. */
	return strspn(top + 1, "0123456789") != strlen(top + 1);
}

enum firma_err
firma_email_check(const char *email, struct firma_cause *cause)
{
	static const char which[] = "e-mail";
	const char *at = strchr(email, '@');
	const size_t len = strlen(email);

	if (len == 0 || len > FIRMA_EMAIL_MAX)
		return wrong(cause, which, "1 to 254 characters are needed");
	if (at == NULL || at == email ||
	    (size_t)(at - email) > LOCAL_PART_MAX ||
	    count_parts(
		email, (size_t)(at - email), LOCAL_PART_MAX, is_atext) == 0)
		return wrong(
		    cause, which, "what stands before the @ is no mailbox");
	if (!is_domain(at + 1))
		return wrong(cause, which, "what follows the @ is no domain");
	return FIRMA_OK;
}
