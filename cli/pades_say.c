/* SPDX-License-Identifier: Apache-2.0 */
/* Why a PDF was refused, for people. */
#include "agent/base/lang.h"
#include "cli/pades.h"
#include "cli/say.h"

static const struct {
	enum firma_exit status;
	const char *what, *advice;
} texts[] = {
	[PDF_NOT_PDF] = { FIRMA_EXIT_UNREADABLE, N_("this is no PDF"),
	    N_("give a file that begins with %PDF-") },
	[PDF_DAMAGED] = { FIRMA_EXIT_UNREADABLE, N_("the PDF is damaged"),
	    N_("have it made anew by the program that it came from, or repair "
	       "it first: qpdf FILE NEW") },
	[PDF_LIMIT] = { FIRMA_EXIT_UNREADABLE, N_("the PDF is over a limit"),
	    N_("firma(1) names the limits; no ordinary document reaches "
	       "them") },
	[PDF_ENCRYPTED] = { FIRMA_EXIT_REJECTED, N_("the PDF is encrypted"),
	    N_("sign it without the encryption: qpdf --decrypt FILE NEW") },
	[PDF_CERTIFIED] = { FIRMA_EXIT_REJECTED,
	    N_("the PDF is certified, and its author allows no changes"),
	    N_("ask its author for one that may be signed, or sign beside it: "
	       "firma sign KEY FILE") },
	[PDF_LOCKED] = { FIRMA_EXIT_REJECTED,
	    N_("an earlier signature locks the field"),
	    N_("name another with --field, or sign beside it: firma sign KEY "
	       "FILE") },
	[PDF_XFA] = { FIRMA_EXIT_REJECTED, N_("the PDF is an XFA form"),
	    N_("print it into a PDF without a form, and sign that") },
	[PDF_NO_FIELD] = { FIRMA_EXIT_NOT_FOUND,
	    N_("there is no such signature field that is empty; those there "
	       "are"),
	    N_("without --field a new one is made") },
	[PDF_FILLED] = { FIRMA_EXIT_REJECTED, N_("the field is signed already"),
	    N_("without --field a new one is made") },
	[PDF_DEMANDS] = { FIRMA_EXIT_REJECTED,
	    N_("the field asks for what firma does not do"),
	    N_("without --field a new one is made") },
	[PDF_NO_PAGE] = { FIRMA_EXIT_USAGE,
	    N_("there is no such page; the last one is"),
	    N_("--visible PAGE,X,Y,W,H: pages count from 1") },
	[PDF_PLACE] = { FIRMA_EXIT_USAGE,
	    N_("that place is not on the page, which has points of"),
	    N_("--visible PAGE,X,Y,W,H: from the page's lower left, 72 to the "
	       "inch") },
	[PDF_CHARACTER] = { FIRMA_EXIT_USAGE,
	    N_("a character that the signature's font does not have"),
	    N_("--text TEXT names another text, of windows-1252's "
	       "characters") },
	[PDF_NO_ROOM] = { FIRMA_EXIT_USAGE,
	    N_("the text does not fit into the place"),
	    N_("give a larger place with --visible, or a shorter --text") },
	[PDF_QUESTION] = { FIRMA_EXIT_FAILED,
	    N_("firma-pdf does not understand the question"),
	    N_("firma and firma-pdf are of different versions: install both "
	       "anew") },
};

int
pades_say_missing(const struct firma_cause *cause)
{
	return say_refusal(FIRMA_EXIT_FAILED,
	    _("install it beside the other helpers of firma"),
	    _("%s: the program that reads PDFs is not there"), cause->what);
}

int
pades_say(const struct pdf_refusal *why, const char *path)
{
	const char *what = _(texts[why->reason].what);

	if (why->detail[0] == '\0')
		return say_refusal(texts[why->reason].status,
		    _(texts[why->reason].advice), "%s: %s", path, what);
	return say_refusal(texts[why->reason].status,
	    _(texts[why->reason].advice), "%s: %s: %s", path, what,
	    why->detail);
}
