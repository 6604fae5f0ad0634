/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - the one result type, and what each value promises.
 *
 * Values cross the wire and stand in the ledger: append, never renumber.
 * The `exit` column is the exit status of `firma` for the error; the man page
 * firma(1) lists the same numbers and a test compares the two.
 */
#ifndef FIRMA_BASE_ERR_H
#define FIRMA_BASE_ERR_H

#define FIRMA_CHECKED __attribute__((warn_unused_result))

/* Exit statuses of firma; 1 is "anything else", 2 is usage. */
enum firma_exit {
	FIRMA_EXIT_OK = 0,
	FIRMA_EXIT_FAILED = 1,
	FIRMA_EXIT_USAGE = 2,
	FIRMA_EXIT_NO_AGENT = 3,   /* the agent cannot be reached */
	FIRMA_EXIT_DENIED = 4,     /* a rule refused; its name is printed */
	FIRMA_EXIT_PIN = 5,        /* PIN needed, refused, or locked */
	FIRMA_EXIT_TOKEN = 6,      /* token gone, stuck or faulty */
	FIRMA_EXIT_WAIT = 7,       /* portal not ready or not reachable */
	FIRMA_EXIT_REJECTED = 8,   /* portal or a check said no */
	FIRMA_EXIT_PERSON = 9,     /* a person has to decide */
	FIRMA_EXIT_INVALID = 10,   /* a signature or an input does not verify */
	FIRMA_EXIT_NOT_FOUND = 11, /* no such token, key or renewal */
	FIRMA_EXIT_UNREADABLE = 12, /* verify: no known kind, or damaged */
	FIRMA_EXIT_INCOMPLETE = 13  /* verify: all that is there holds */
};

/* clang-format off */
/*          name                      wire  exit        text (a gettext msgid) */
#define FIRMA_ERR_LIST(X) \
	X(FIRMA_OK,                    0, OK,       "success") \
	X(FIRMA_ERR_NOMEM,             1, FAILED,   "out of memory") \
	X(FIRMA_ERR_SHAPE,             2, INVALID,  "the input has the wrong shape") \
	X(FIRMA_ERR_VALUE,             3, INVALID,  "the input has an illegal value") \
	X(FIRMA_ERR_INTERNAL,          4, FAILED,   "internal error") \
	X(FIRMA_ERR_IO,                5, FAILED,   "input or output failed") \
	X(FIRMA_ERR_DEADLINE,          6, FAILED,   "the deadline passed") \
	X(FIRMA_ERR_LIMIT,             7, INVALID,  "the input is over a limit") \
	X(FIRMA_ERR_VERSION,           8, FAILED,   "the two sides speak different protocol versions") \
	X(FIRMA_ERR_NOT_FOUND,         9, NOT_FOUND, "there is no such thing") \
	X(FIRMA_ERR_EXISTS,           10, FAILED,   "that name is taken") \
	X(FIRMA_ERR_STATE,            11, FAILED,   "not possible in the present state") \
	X(FIRMA_ERR_CANCELLED,        12, FAILED,   "cancelled") \
	X(FIRMA_ERR_AGENT_GONE,       13, NO_AGENT, "the agent cannot be reached") \
	X(FIRMA_ERR_UNSEALED,         14, INVALID,  "the document is not sealed") \
	X(FIRMA_ERR_DISK_FULL,        15, FAILED,   "no space is left on the disk") \
	X(FIRMA_ERR_DENIED,           16, DENIED,   "a rule forbids this") \
	X(FIRMA_ERR_READ_ONLY,        17, FAILED,   "the state folder cannot be written") \
	X(FIRMA_ERR_CONFIG,           18, FAILED,   "the configuration is wrong") \
	X(FIRMA_ERR_NOT_SUPPORTED,    19, FAILED,   "not supported") \
	X(FIRMA_ERR_TOKEN_GONE,       32, TOKEN,    "the token is not there") \
	X(FIRMA_ERR_TOKEN_STUCK,      33, TOKEN,    "the token did not answer and its process was replaced") \
	X(FIRMA_ERR_PIN,              34, PIN,      "the token refused the PIN") \
	X(FIRMA_ERR_PIN_LOCKED,       35, PIN,      "the PIN is locked") \
	X(FIRMA_ERR_PIN_LAST_TRY,     36, PIN,      "one try is left before the PIN locks") \
	X(FIRMA_ERR_PIN_REPEATED,     37, PIN,      "the token refused this same PIN before; it was not presented again") \
	X(FIRMA_ERR_PIN_NEEDED,       38, PIN,      "a PIN or a password is needed") \
	X(FIRMA_ERR_PIN_FORMAT,       39, PIN,      "the PIN has a length that the token does not take") \
	X(FIRMA_ERR_TOKEN_MODULE,     40, TOKEN,    "the token's module cannot be used") \
	X(FIRMA_ERR_TOKEN_ERROR,      41, TOKEN,    "the token reported an error") \
	X(FIRMA_ERR_TOKEN_NO_IMPORT,  42, TOKEN,    "this token cannot import keys") \
	X(FIRMA_ERR_TOKEN_NO_MECH,    43, TOKEN,    "this token lacks the mechanism") \
	X(FIRMA_ERR_TOKEN_FULL,       44, TOKEN,    "no room is left on the token") \
	X(FIRMA_ERR_TOKEN_BUSY,       45, TOKEN,    "the token is busy") \
	X(FIRMA_ERR_KEY_PROOF,        46, TOKEN,    "the token does not prove that the key was made on it and cannot leave it") \
	X(FIRMA_ERR_TOKEN_BLANK,      47, TOKEN,    "the token is not initialised") \
	X(FIRMA_ERR_CERT_KEY,         64, REJECTED, "the certificate belongs to another key") \
	X(FIRMA_ERR_CERT_IDENTITY,    65, REJECTED, "the certificate names another identity") \
	X(FIRMA_ERR_CERT_DATES,       66, REJECTED, "the certificate's dates are not acceptable") \
	X(FIRMA_ERR_CERT_ISSUER,      67, REJECTED, "the certificate's issuer is not the expected one") \
	X(FIRMA_ERR_CERT_SERIAL,      68, REJECTED, "the certificate's serial is not new") \
	X(FIRMA_ERR_LETTER_CHANGED,   69, INVALID,  "the letter has other bytes than the one that the portal served") \
	X(FIRMA_ERR_LETTER_NOT_PDF,   70, INVALID,  "the letter is not a PDF") \
	X(FIRMA_ERR_LETTER_EMPTY,     71, INVALID,  "the letter is empty") \
	X(FIRMA_ERR_LETTER_SIZE,      72, INVALID,  "the letter is too large") \
	X(FIRMA_ERR_WRONG_KEY,        73, DENIED,   "this step is signed with the other key") \
	X(FIRMA_ERR_WRONG_STEP,       74, FAILED,   "the renewal is at another step") \
	X(FIRMA_ERR_KEY_PASSWORD,     75, INVALID,  "the password does not open the key file") \
	X(FIRMA_ERR_KEY_MISMATCH,     76, INVALID,  "the private key and the certificate do not belong together") \
	X(FIRMA_ERR_SIGNATURE,        77, INVALID,  "the signature does not verify") \
	X(FIRMA_ERR_IDENTIFIER,       78, INVALID,  "the identifier's check digit or form is wrong") \
	X(FIRMA_ERR_CERT_NOT_EXPIRED, 79, FAILED,   "the certificate must not be expired for this procedure") \
	X(FIRMA_ERR_LEDGER_BROKEN,    80, INVALID,  "the ledger's chain is broken") \
	X(FIRMA_ERR_LETTER_OTHER,     88, REJECTED, "the letter names another company") \
	X(FIRMA_ERR_LETTER_STEP,      89, REJECTED, "the letter is another one than this step signs") \
	X(FIRMA_ERR_LETTER_LACKS,     90, REJECTED, "the letter does not name what it has to name") \
	X(FIRMA_ERR_LETTER_CONSENT,   91, PERSON,   "nobody has consented to signing this letter") \
	X(FIRMA_ERR_PORTAL_UNREACHABLE, 96, WAIT,   "the portal cannot be reached") \
	X(FIRMA_ERR_PORTAL_REJECTED,  97, REJECTED, "the portal refused") \
	X(FIRMA_ERR_PORTAL_WAIT,      98, WAIT,     "the portal is not ready yet") \
	X(FIRMA_ERR_PORTAL_PERSON,    99, PERSON,   "a person has to act at the portal") \
	X(FIRMA_ERR_PORTAL_UNKNOWN,  100, FAILED,   "the portal does not know this request") \
	X(FIRMA_ERR_PORTAL_ANSWER,   101, FAILED,   "the portal's answer makes no sense") \
	X(FIRMA_ERR_TSA_UNREACHABLE, 112, WAIT,     "the time-stamping authority cannot be reached") \
	X(FIRMA_ERR_TSA_REFUSED,     113, REJECTED, "the time-stamping authority refused") \
	X(FIRMA_ERR_TSA_ANSWER,      114, FAILED,   "the time-stamping authority's answer makes no sense") \
	X(FIRMA_ERR_STAMP,           115, INVALID,  "the time stamp does not verify")
/* clang-format on */

enum firma_err {
#define X(name, wire, exit, text) name = (wire),
	FIRMA_ERR_LIST(X)
#undef X
};

/*
 * The name ("FIRMA_ERR_PIN"), the English text and the exit status of an error.
 * A value that is not in the table gives that of FIRMA_ERR_INTERNAL.
 */
const char *firma_err_name(enum firma_err e);
const char *firma_err_text(enum firma_err e);
enum firma_exit firma_err_exit(enum firma_err e);

/* Is the number one of the table's?  For numbers that came over the wire. */
int firma_err_known(unsigned int wire);

/*
 * The native reason behind an error, carried beside it at module edges.
 * Fixed size and printable: it goes into logs, error frames and the ledger.
 * Never holds a secret.
 */
enum firma_cause_kind {
	FIRMA_CAUSE_NONE = 0,
	FIRMA_CAUSE_ERRNO = 1,   /* code is an errno value */
	FIRMA_CAUSE_CKR = 2,     /* code is a CK_RV */
	FIRMA_CAUSE_HTTP = 3,    /* code is an HTTP status */
	FIRMA_CAUSE_OPENSSL = 4, /* code is an OpenSSL packed error */
	FIRMA_CAUSE_SQLITE = 5,  /* code is an extended SQLite result */
	FIRMA_CAUSE_LINE = 6     /* code is a line number */
};

#define FIRMA_CAUSE_WHAT 160 /* octets, with the terminating zero */

struct firma_cause {
	enum firma_cause_kind kind;
	unsigned long code;
	char what[FIRMA_CAUSE_WHAT]; /* which file, field or call; UTF-8 */
};

/* Fill a cause (NULL is allowed and ignored) and return e, for `return`. */
FIRMA_CHECKED enum firma_err firma_fail(struct firma_cause *cause,
    enum firma_err e, enum firma_cause_kind kind, unsigned long code,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * The same for a system call that has just set errno: FIRMA_ERR_DISK_FULL or
 * FIRMA_ERR_IO.  what is the file or the call.
 */
FIRMA_CHECKED enum firma_err firma_fail_errno(
    struct firma_cause *cause, const char *what);

#endif
