/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oddity.h - what is unusual about a file, though it may be perfectly valid.
 *
 * An oddity is never a verdict: real files of the institutions have several.
 * Texts are gettext msgids, names are for programs: append, never rename.
 * Sources: RFC 5280 (DER, string types, dates), RFC 5652 11 (signed attributes),
 * RFC 8018 (PBES1 is for old files), RFC 8702 and NIST SP 800-131A (SHA-1).
 * May include: agent/base, agent/pki.  Does no I/O, no clock.  Any thread.
 */
#ifndef FIRMA_PKI_ODDITY_H
#define FIRMA_PKI_ODDITY_H

#include "agent/pki/cms.h"
#include "agent/pki/keyfile.h"
#include "agent/pki/request.h"

/* clang-format off */
/*  name        for programs                 text (a gettext msgid) */
#define FIRMA_ODDITY_LIST(X) \
	X(BER,         "ber",                        "It is written in BER, where DER is expected.") \
	X(T61,         "t61-string",                 "A name is a T61String, which is obsolete.") \
	X(BMP,         "bmp-string",                 "A name is a BMPString or UniversalString, which is obsolete.") \
	X(LATIN1,      "latin1-in-printable-string", "A name has Latin-1 octets in a PrintableString, which has none.") \
	X(PRINTABLE,   "bad-printable-string",       "A name has a character in a PrintableString that is not one of its own.") \
	X(STRING,      "bad-string",                 "A name has octets that its string type does not allow.") \
	X(UNREADABLE,  "unreadable-name",            "The name cannot be read, or could show as another.") \
	X(SHA1,        "sha1",                       "SHA-1 is broken: this proves little.") \
	X(MD5,         "md5",                        "MD5 is broken: this proves nothing.") \
	X(SERIAL,      "serial-not-20-digits",       "The serial is not 20 digits, as the institutions write it.") \
	X(EXPIRED,     "expired",                    "The certificate is expired.") \
	X(EARLY,       "not-yet-valid",              "The certificate is not valid yet.") \
	X(KEY,         "unusual-key",                "The key is of a kind or size that is not used here.") \
	X(OUTSIDE,     "signed-outside-validity",    "It was signed before or after the certificate was valid, says the signer.") \
	X(BARE,        "no-signed-attributes",       "There are no signed attributes: no time, no name of the certificate.") \
	X(PLAIN,       "not-encrypted",              "The private key is not encrypted: whoever has the file has the key.") \
	X(PBES1,       "pbes1",                      "Its encryption is of the old kind PBES1, which is quick to guess at.") \
	X(CIPHER,      "old-cipher",                 "Its cipher is an old one.") \
	X(ROUNDS,      "few-iterations",             "Few iterations: a password is quickly guessed at.") \
	X(SALT,        "constant-salt",              "Its salt is the one that is in everybody's file: one table of passwords opens them all.") \
	X(IV,          "constant-iv",                "Its first block depends on the password alone: guessing is made easier.") \
	X(NO_MAC,      "no-integrity",               "Nothing would show that the file was changed.") \
	X(TWICE,       "same-key-twice",             "Two requests in it are for the same key.") \
	X(STRANGER,    "other-file",                 "There is another file in it than certificate requests.")
/* clang-format on */

enum firma_oddity {
#define X(name, id, text) FIRMA_ODD_##name,
	FIRMA_ODDITY_LIST(X)
#undef X
	    FIRMA_ODD_N
};

/* Several of them. */
typedef uint32_t firma_oddities;
#define FIRMA_ODD(name) ((firma_oddities)1 << FIRMA_ODD_##name)
_Static_assert(FIRMA_ODD_N <= 32, "one bit each");

/* "ber", and its sentence in English; o < FIRMA_ODD_N. */
const char *firma_oddity_name(enum firma_oddity o);
const char *firma_oddity_text(enum firma_oddity o);

/* Of the string types and characters of a Name in DER. */
firma_oddities firma_oddities_of_name(struct firma_bytes der);

/* Of a certificate at a time (seconds since 1970 UTC), its subject included. */
firma_oddities firma_oddities_of_certificate(
    const struct firma_certificate *c, int64_t now);

/* Of a request, its subject included. */
firma_oddities firma_oddities_of_request(const struct firma_request *r);

/* Of the message alone; its signer's certificate is another thing. */
firma_oddities firma_oddities_of_cms(const struct firma_cms_info *info);

/* Of how a private key is protected. */
firma_oddities firma_oddities_of_protection(
    const struct firma_keyfile_audit *a);

#endif
