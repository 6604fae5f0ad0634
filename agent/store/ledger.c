/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"

#define HEX_HASH    (2 * FIRMA_LEDGER_HASH)
#define LAST_SECOND ((uint64_t)253402300799) /* 9999-12-31T23:59:59Z */

/*
 * The longest line: every text that comes from outside made of control
 * characters (6 octets each in JSON), our own words as they are, no note.
 * 480 octets are names of members, punctuation, numbers and hashes.
 */
#define OUTSIDE                                                        \
	(FIRMA_LEDGER_USER + FIRMA_LEDGER_PROGRAM + FIRMA_LEDGER_KEY + \
	    FIRMA_LEDGER_TOKEN + FIRMA_LEDGER_NAME + FIRMA_LEDGER_PURPOSE)
#define OURS                                                             \
	(FIRMA_LEDGER_ACTION + FIRMA_LEDGER_FORMAT + FIRMA_LEDGER_RULE + \
	    FIRMA_LEDGER_RESULT)
_Static_assert(480 + 6 * OUTSIDE + OURS <= FIRMA_LEDGER_LINE_MAX,
    "a line without its note always fits");

struct out {
	char *at;
	size_t len, max;
	bool full;
};

static void
put(struct out *o, const char *s, size_t n)
{
	if (n > o->max - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->at + o->len, s, n);
	o->len += n;
}

static void
put_str(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

static void
put_number(struct out *o, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	put(o, digits + at, sizeof(digits) - at);
}

static void
put_hash(struct out *o, bool has, const uint8_t hash[FIRMA_LEDGER_HASH])
{
	char hex[HEX_HASH + 1];

	if (!has)
		return;
	firma_hex(firma_bytes_of(hash, FIRMA_LEDGER_HASH), hex);
	put(o, hex, HEX_HASH);
}

/* Octets of the UTF-8 character at p (RFC 3629 section 4), 0 if it is none. */
static size_t
utf8_len(const unsigned char *p)
{
	size_t n;
	unsigned char low = 0x80, high = 0xbf; /* of the second octet */

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (p[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f; /* over U+10FFFF */
	/* A terminating zero is no continuation, so nothing is read past it. */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

/* RFC 8259 section 7: what must be escaped, in its shortest form. */
static size_t
escape(unsigned char c, char ret[8])
{
	static const char letter[] = "btn\vfr"; /* 8, 9, 10, -, 12, 13 */

	if (c == '"' || c == '\\') {
		ret[0] = '\\';
		ret[1] = (char)c;
		return 2;
	}
	if (c >= 8 && c <= 13 && c != 11) {
		ret[0] = '\\';
		ret[1] = letter[c - 8];
		return 2;
	}
	return (size_t)snprintf(ret, 8, "\\u%04X", c);
}

/* One character, escaped; gives how many octets of s it took. */
static size_t
put_char(struct out *o, const unsigned char *s)
{
	const size_t n = utf8_len(s);
	char esc[8];

	if (n == 0) {
		put(o, "\xef\xbf\xbd", 3); /* U+FFFD */
		return 1;
	}
	if (n > 1 || (s[0] >= 0x20 && s[0] != '"' && s[0] != '\\'))
		put(o, (const char *)s, n);
	else
		put(o, esc, escape(s[0], esc));
	return n;
}

/* Stops at the first character that does not fit, and sets o->full. */
static void
put_text(struct out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0' && !o->full) {
		size_t plain = 0;

		/* Nearly everything is plain ASCII: in one piece. */
		while (s[plain] >= 0x20 && s[plain] < 0x7f && s[plain] != '"' &&
		    s[plain] != '\\')
			plain++;
		if (plain != 0 && plain <= o->max - o->len) {
			put(o, (const char *)s, plain);
			s += plain;
		} else {
			s += put_char(o, s);
		}
	}
}

static void
put_member(struct out *o, const char *before, const char *text)
{
	put_str(o, before);
	put_text(o, text);
}

static void
put_time(struct out *o, uint64_t wall_ms)
{
	const time_t s = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };
	char text[64];
	int n;

	(void)gmtime_r(&s, &tm);
	n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (unsigned int)(wall_ms % 1000));
	put(o, text, (size_t)n);
}

#define ENDS(array) (memchr((array), '\0', sizeof(array)) != NULL)

static bool
texts_end(const struct firma_ledger_entry *e)
{
	return ENDS(e->user) && ENDS(e->program) && ENDS(e->action) &&
	    ENDS(e->key) && ENDS(e->token) && ENDS(e->name) &&
	    ENDS(e->purpose) && ENDS(e->format) && ENDS(e->rule) &&
	    ENDS(e->result) && ENDS(e->note);
}

static void
put_who(struct out *o, const struct firma_ledger_entry *e)
{
	char request[17];

	put_str(o, "\",\"uid\":");
	put_number(o, e->uid);
	put_member(o, ",\"user\":\"", e->user);
	put_str(o, "\",\"pid\":");
	put_number(o, e->pid);
	put_member(o, ",\"program\":\"", e->program);
	(void)snprintf(request, sizeof(request), "%016" PRIx64, e->request);
	put_member(o, "\",\"request\":\"", request);
}

static void
put_what(struct out *o, const struct firma_ledger_entry *e)
{
	put_member(o, "\",\"action\":\"", e->action);
	put_member(o, "\",\"key\":\"", e->key);
	put_member(o, "\",\"token\":\"", e->token);
	put_str(o, "\",\"spki\":\"");
	put_hash(o, e->has_spki, e->spki);
	put_str(o, "\",\"digest\":\"");
	put_hash(o, e->has_digest, e->digest);
	put_member(o, "\",\"name\":\"", e->name);
	put_member(o, "\",\"purpose\":\"", e->purpose);
	put_member(o, "\",\"format\":\"", e->format);
	put_member(o, "\",\"rule\":\"", e->rule);
	put_member(o, "\",\"result\":\"", e->result);
	put_str(o, "\",\"ref\":");
	put_number(o, e->ref);
}

enum firma_err
firma_ledger_line(const struct firma_ledger_entry *e,
    const struct firma_ledger_head *head, uint64_t wall_ms,
    char ret_line[FIRMA_LEDGER_LINE_MAX], size_t *ret_len)
{
	static const char end[] = "\"}";
	struct out o = { ret_line, 0, FIRMA_LEDGER_LINE_MAX - 2, false };

	if (!texts_end(e) || wall_ms / 1000 > LAST_SECOND)
		return FIRMA_ERR_VALUE;
	put_str(&o, "{\"seq\":");
	put_number(&o, head->seq + 1);
	put_str(&o, ",\"time\":\"");
	put_time(&o, wall_ms);
	put_str(&o, "\",\"prev\":\"");
	put_hash(&o, true, head->hash);
	put_who(&o, e);
	put_what(&o, e);
	put_str(&o, ",\"note\":\"");
	if (o.full)
		return FIRMA_ERR_LIMIT;
	put_text(&o, e->note); /* as much as fits */
	o.max = FIRMA_LEDGER_LINE_MAX;
	put(&o, end, 2);
	*ret_len = o.len;
	return FIRMA_OK;
}

enum firma_err
firma_ledger_hash(struct firma_bytes line, uint8_t ret_hash[FIRMA_LEDGER_HASH])
{
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (EVP_Digest(line.at, line.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	memcpy(ret_hash, hash, FIRMA_LEDGER_HASH);
	return FIRMA_OK;
}

/* ---- the check ---- */

/* Take a fixed text from the front. */
static bool
skip(struct firma_bytes *v, const char *text)
{
	const size_t n = strlen(text);

	if (v->len < n || memcmp(v->at, text, n) != 0)
		return false;
	*v = firma_bytes_of(v->at + n, v->len - n);
	return true;
}

static bool
take_number(struct firma_bytes *v, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < v->len && v->at[i] >= '0' && v->at[i] <= '9') {
		const uint64_t digit = (uint64_t)(v->at[i] - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
		i++;
	}
	/* One form only: no leading zero, and not nothing. */
	if (i == 0 || (v->at[0] == '0' && i > 1))
		return false;
	*v = firma_bytes_of(v->at + i, v->len - i);
	*ret = n;
	return true;
}

static bool
take_time(struct firma_bytes *v)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	const size_t n = sizeof(form) - 1;

	if (v->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t c = v->at[i];

		if (form[i] == 'd' ? c < '0' || c > '9' : c != (uint8_t)form[i])
			return false;
	}
	*v = firma_bytes_of(v->at + n, v->len - n);
	return true;
}

/* The parts of a line that the chain is made of. */
static bool
parse(struct firma_bytes line, uint64_t *ret_seq, const uint8_t **ret_time,
    const uint8_t **ret_prev)
{
	struct firma_bytes v = line;

	if (line.len > FIRMA_LEDGER_LINE_MAX)
		return false;
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < 0x20)
			return false;
	if (!skip(&v, "{\"seq\":") || !take_number(&v, ret_seq) ||
	    !skip(&v, ",\"time\":\""))
		return false;
	*ret_time = v.at;
	if (!take_time(&v) || !skip(&v, "\",\"prev\":\"") || v.len < HEX_HASH)
		return false;
	*ret_prev = v.at;
	v = firma_bytes_of(v.at + HEX_HASH, v.len - HEX_HASH);
	return *ret_seq != 0 && skip(&v, "\",\"uid\":") && v.len > 2 &&
	    memcmp(v.at + v.len - 2, "\"}", 2) == 0;
}

static enum firma_err
broken(uint64_t seq, struct firma_cause *cause, const char *why)
{
	return firma_fail(cause, FIRMA_ERR_LEDGER_BROKEN, FIRMA_CAUSE_LINE, seq,
	    "entry %" PRIu64 ": %s", seq, why);
}

/* All times have one form: as texts they compare as times. */
static void
note_time(struct firma_ledger_check *c, const uint8_t *time)
{
	const size_t n = FIRMA_LEDGER_TIME - 1;

	if (c->time[0] != '\0' && memcmp(time, c->time, n) < 0) {
		if (c->n_back++ == 0)
			c->first_back = c->at.seq;
	}
	memcpy(c->time, time, n);
	c->time[n] = '\0';
}

enum firma_err
firma_ledger_feed(struct firma_ledger_check *c, struct firma_bytes line,
    struct firma_cause *cause)
{
	const uint64_t want = c->at.seq + 1;
	char hex[HEX_HASH + 1];
	struct firma_ledger_head next;
	const uint8_t *prev, *time;
	enum firma_err r;

	if (!parse(line, &next.seq, &time, &prev))
		return broken(want, cause, "this line is not a ledger entry");
	if (!c->anywhere && next.seq < want)
		return broken(want, cause, "an entry is repeated or moved");
	if (!c->anywhere && next.seq > want)
		return broken(want, cause, "this entry is missing");
	firma_hex(firma_bytes_of(c->at.hash, FIRMA_LEDGER_HASH), hex);
	if (!c->anywhere && memcmp(prev, hex, HEX_HASH) != 0)
		return broken(want, cause,
		    "the entry before it is not the one that it was chained "
		    "to");
	if ((r = firma_ledger_hash(line, next.hash)) != FIRMA_OK)
		return firma_fail(
		    cause, r, FIRMA_CAUSE_NONE, 0, "OpenSSL has no SHA-256");
	c->at = next;
	c->anywhere = false;
	note_time(c, time);
	return FIRMA_OK;
}

enum firma_err
firma_ledger_verify(struct firma_ledger_check *c, struct firma_bytes text,
    struct firma_cause *cause)
{
	enum firma_err r;

	while (text.len != 0) {
		const uint8_t *newline = memchr(text.at, '\n', text.len);
		const size_t n =
		    newline == NULL ? text.len : (size_t)(newline - text.at);

		r = firma_ledger_feed(c, firma_bytes_of(text.at, n), cause);
		if (r != FIRMA_OK)
			return r;
		if (newline == NULL)
			return FIRMA_OK;
		text = firma_bytes_of(newline + 1, text.len - n - 1);
	}
	return FIRMA_OK;
}
