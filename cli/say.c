/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/lang.h"
#include "cli/out.h"

/* Indexed by the error; the test asks for every value of FIRMA_ERR_LIST. */
static const struct {
	enum firma_err err;
	const char *advice;
} advices[] = {
	{ FIRMA_ERR_NOMEM, N_("close other programs and try again") },
	{ FIRMA_ERR_SHAPE,
	    N_("check that it is the right file and that it is complete") },
	{ FIRMA_ERR_VALUE, N_("correct the value named above and try again") },
	{ FIRMA_ERR_INTERNAL,
	    N_("this is a defect: report it with the agent's log "
	       "(journalctl -u firmad)") },
	{ FIRMA_ERR_IO,
	    N_("check the file or device named above, then try again") },
	{ FIRMA_ERR_DEADLINE,
	    N_("try again; `firma doctor` shows whether a token is stuck") },
	{ FIRMA_ERR_LIMIT,
	    N_("check that it is the right file; if it is, use a smaller one") },
	{ FIRMA_ERR_VERSION,
	    N_("install firma and firmad of the same version and restart "
	       "firmad") },
	{ FIRMA_ERR_NOT_FOUND,
	    N_("`firma key list`, `firma token list` and `firma renew status` "
	       "show what there is") },
	{ FIRMA_ERR_EXISTS,
	    N_("choose another name; `firma key list` shows those taken") },
	{ FIRMA_ERR_STATE,
	    N_("`firma status` and `firma renew status` show the present "
	       "state") },
	{ FIRMA_ERR_CANCELLED,
	    N_("nothing was changed; run the command again when you want") },
	{ FIRMA_ERR_AGENT_GONE,
	    N_("start the agent (systemctl start firmad, or systemctl --user "
	       "start firmad), or name its socket with --socket or "
	       "FIRMA_SOCKET") },
	{ FIRMA_ERR_UNSEALED,
	    N_("give the document as a file; this program seals it") },
	{ FIRMA_ERR_DISK_FULL,
	    N_("make room on the agent's disk, then run the command again") },
	{ FIRMA_ERR_DENIED,
	    N_("ask the operator of the agent; the rule named above decides") },
	{ FIRMA_ERR_READ_ONLY,
	    N_("make the agent's state folder writable (`firma doctor` names "
	       "it), then try again") },
	{ FIRMA_ERR_CONFIG,
	    N_("run `firmad --check`, correct the lines that it names, then "
	       "reload firmad") },
	{ FIRMA_ERR_NOT_SUPPORTED,
	    N_("use one of the kinds that the manual firma(1) lists") },
	{ FIRMA_ERR_TOKEN_GONE,
	    N_("put the token in; `firma token list` shows when it is "
	       "there") },
	{ FIRMA_ERR_TOKEN_STUCK,
	    N_("try again; if it repeats, take the token out and put it in "
	       "again") },
	{ FIRMA_ERR_PIN,
	    N_("check the PIN and the caps lock; nothing is retried by "
	       "itself. Run the command again with the right PIN") },
	{ FIRMA_ERR_PIN_LOCKED,
	    N_("set a new PIN with the SO-PIN: firma token unblock TOKEN. A "
	       "locked SO-PIN only the token's maker can help with") },
	{ FIRMA_ERR_PIN_LAST_TRY,
	    N_("if you are certain of the PIN: firma token unlock TOKEN "
	       "--last-try (or the command that you gave, with "
	       "--last-try)") },
	{ FIRMA_ERR_PIN_REPEATED,
	    N_("this very PIN is wrong: find the right one before you try "
	       "again. If it says that the outcome is not known and you are "
	       "certain of the PIN: firma token unlock TOKEN --again") },
	{ FIRMA_ERR_PIN_NEEDED,
	    N_("unlock the token: firma token unlock TOKEN; without a "
	       "terminal give a file: --pin-file, or the option that --help "
	       "shows") },
	{ FIRMA_ERR_PIN_FORMAT,
	    N_("it was not presented to the token; enter a PIN of the right "
	       "length") },
	{ FIRMA_ERR_TOKEN_MODULE,
	    N_("check `module` of this token in firmad.conf and that the "
	       "package with the module is installed") },
	{ FIRMA_ERR_TOKEN_ERROR,
	    N_("try again; if it repeats, `firma doctor` and the agent's log "
	       "say more") },
	{ FIRMA_ERR_TOKEN_NO_IMPORT,
	    N_("import the key into the software token instead: firma key "
	       "import --software (it is kept there only until it is "
	       "retired)") },
	{ FIRMA_ERR_TOKEN_NO_MECH,
	    N_("choose another algorithm (--algorithm) or another token") },
	{ FIRMA_ERR_TOKEN_FULL,
	    N_("delete keys that are no longer needed, or use another "
	       "token") },
	{ FIRMA_ERR_TOKEN_BUSY, N_("wait a moment and try again") },
	{ FIRMA_ERR_TOKEN_BLANK, N_("make it usable: firma token init TOKEN") },
	{ FIRMA_ERR_KEY_PROOF,
	    N_("do not use this key; use a token that makes its keys "
	       "itself") },
	{ FIRMA_ERR_CERT_KEY,
	    N_("do not use this certificate; tell the institution that it "
	       "was issued for another key") },
	{ FIRMA_ERR_CERT_IDENTITY,
	    N_("do not use this certificate; tell the institution what "
	       "differs") },
	{ FIRMA_ERR_CERT_DATES,
	    N_("check this computer's clock, then ask the institution") },
	{ FIRMA_ERR_CERT_ISSUER,
	    N_("check `issuers` of the profile in firmad.conf; do not trust "
	       "this certificate until it is explained") },
	{ FIRMA_ERR_CERT_SERIAL,
	    N_("the institution gave an old certificate again: ask it for the "
	       "new one") },
	{ FIRMA_ERR_LETTER_CHANGED,
	    N_("delete the changed file; `firma renew` then takes the letter "
	       "that the portal served") },
	{ FIRMA_ERR_LETTER_NOT_PDF,
	    N_("give the letter as the portal served it: a PDF") },
	{ FIRMA_ERR_LETTER_EMPTY,
	    N_("delete the empty file; `firma renew` then takes the letter "
	       "that the portal served") },
	{ FIRMA_ERR_LETTER_SIZE,
	    N_("this cannot be the letter: give the one that the portal "
	       "served") },
	{ FIRMA_ERR_LETTER_OTHER,
	    N_("do not sign it; tell the institution that it served another "
	       "company's letter") },
	{ FIRMA_ERR_LETTER_STEP,
	    N_("do not sign it here; ask the institution for this step's "
	       "letter") },
	{ FIRMA_ERR_LETTER_LACKS,
	    N_("read the letter; what it has to name stands in the profile's "
	       "[letter] section") },
	{ FIRMA_ERR_LETTER_CONSENT,
	    N_("`firma renew` shows the letter and asks; without a terminal: "
	       "--consent with its SHA-256") },
	{ FIRMA_ERR_WRONG_KEY,
	    N_("run `firma renew`: it signs each letter with the right key") },
	{ FIRMA_ERR_WRONG_STEP,
	    N_("`firma renew status` shows the step; `firma renew` goes on "
	       "there") },
	{ FIRMA_ERR_KEY_PASSWORD,
	    N_("check the password (capital letters, the letter n with tilde) "
	       "and try again; the file is not damaged by trying") },
	{ FIRMA_ERR_KEY_MISMATCH,
	    N_("give the .key and the .cer that were made together") },
	{ FIRMA_ERR_SIGNATURE,
	    N_("check that both files are the ones that belong together and "
	       "unchanged; do not rely on this signature") },
	{ FIRMA_ERR_IDENTIFIER,
	    N_("compare it with the document, character by character") },
	{ FIRMA_ERR_CERT_NOT_EXPIRED,
	    N_("this procedure wants a certificate that is still valid: go to "
	       "the institution's office") },
	{ FIRMA_ERR_LEDGER_BROKEN,
	    N_("keep a copy of the ledger as it is and find out who changed "
	       "it") },
	{ FIRMA_ERR_PORTAL_UNREACHABLE,
	    N_("nothing is lost: run `firma renew` later, it goes on where it "
	       "stood") },
	{ FIRMA_ERR_PORTAL_REJECTED,
	    N_("read what the portal says; after correcting it: firma renew "
	       "resume") },
	{ FIRMA_ERR_PORTAL_WAIT,
	    N_("nothing is lost: run `firma renew` later, it goes on where it "
	       "stood") },
	{ FIRMA_ERR_PORTAL_PERSON,
	    N_("do what is said above, then: firma renew resume") },
	{ FIRMA_ERR_PORTAL_UNKNOWN,
	    N_("run `firma renew`: what the portal does not know is submitted "
	       "again") },
	{ FIRMA_ERR_PORTAL_ANSWER,
	    N_("check the portal's address in the profile; nothing is lost, "
	       "`firma renew` goes on where it stood") },
	{ FIRMA_ERR_TSA_UNREACHABLE,
	    N_("check the network and the authority's address (--tsa, or `url` "
	       "in firma.conf), then try again") },
	{ FIRMA_ERR_TSA_REFUSED,
	    N_("read what the authority says; many take only who has an "
	       "account (`password-file` in firma.conf)") },
	{ FIRMA_ERR_TSA_ANSWER,
	    N_("check the authority's address (--tsa, or `url` in firma.conf): "
	       "it must answer RFC 3161 requests") },
	{ FIRMA_ERR_STAMP,
	    N_("do not rely on this time stamp; ask for another, of another "
	       "authority if it repeats") },
};

const char *
say_advice(enum firma_err e)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].err == e)
			return _(advices[i].advice);
	return NULL;
}

const char *
say_begun(const char *why, const char **ret_rest)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		const char *text = firma_err_text(advices[i].err);
		const size_t n = strlen(text);

		if (strncmp(why, text, n) == 0) {
			*ret_rest = why + n;
			return _(text);
		}
	}
	*ret_rest = why;
	return "";
}

/* The native reason in brackets; errno as text, the rest as numbers. */
static void
print_cause(const struct firma_cause *c)
{
	switch (c->kind) {
	case FIRMA_CAUSE_ERRNO:
		(void)fprintf(stderr, ": %s", strerror((int)c->code));
		break;
	case FIRMA_CAUSE_CKR:
		/* untranslated: what a module or library calls it */
		(void)fprintf(stderr, " [CKR 0x%lx]", c->code);
		break;
	case FIRMA_CAUSE_HTTP:
		/* untranslated: what a module or library calls it */
		(void)fprintf(stderr, " [HTTP %lu]", c->code);
		break;
	case FIRMA_CAUSE_OPENSSL:
		/* untranslated: what a module or library calls it */
		(void)fprintf(stderr, " [OpenSSL 0x%lx]", c->code);
		break;
	case FIRMA_CAUSE_SQLITE:
		/* untranslated: what a module or library calls it */
		(void)fprintf(stderr, " [SQLite %lu]", c->code);
		break;
	case FIRMA_CAUSE_LINE:
		(void)fprintf(stderr, _(" (line %lu)"), c->code);
		break;
	case FIRMA_CAUSE_NONE:
		break;
	}
}

int
say_failure(enum firma_err e, const struct firma_cause *cause, const char *rule,
    const char *fmt, ...)
{
	const int has_rule = rule != NULL && rule[0] != '\0';
	const char *advice = say_advice(e);
	va_list ap;

	/* No rule of the agent's: the kernel keeps its socket from us. */
	if (e == FIRMA_ERR_DENIED && !has_rule && cause != NULL &&
	    cause->kind == FIRMA_CAUSE_ERRNO)
		advice = _("run it as the agent's user, or as root (sudo)");

	out_clear();
	(void)fflush(stdout);
	(void)fputs("firma: ", stderr);
	va_start(ap, fmt);
	out_error_va(fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, ": %s", _(firma_err_text(e)));
	if (cause != NULL && cause->what[0] != '\0')
		out_error(" (%s)", cause->what);
	if (cause != NULL)
		print_cause(cause);
	if (has_rule)
		out_error(_(" [rule: %s]"), rule);
	(void)fputc('\n', stderr);
	if (advice != NULL)
		(void)fprintf(stderr, "  -> %s\n", advice);
	return (int)firma_err_exit(e);
}

int
say_refusal(enum firma_exit status, const char *advice, const char *fmt, ...)
{
	va_list ap;

	out_clear();
	(void)fflush(stdout);
	(void)fputs("firma: ", stderr);
	va_start(ap, fmt);
	out_error_va(fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	if (advice != NULL)
		(void)fprintf(stderr, "  -> %s\n", advice);
	return (int)status;
}
