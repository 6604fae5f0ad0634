/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDFs with a hole for a signature, which test_verify.sh signs with a key of its
 * own: what a signer may lay out so that it can be changed later, unseen.
 */
#include <stdio.h>
#include <string.h>

#include "tests/pdf/make.h"

#define HOLE 8000 /* hexadecimal digits */
#define PAGE                                                                    \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R " \
	"/Annots [6 0 R] "

/* 6 the field, 7 its signature, 4 the page's text. */
static void
signature(const char *references)
{
	static char text[HOLE + 1024];
	char zeros[HOLE + 1];

	memset(zeros, '0', HOLE);
	zeros[HOLE] = '\0';
	(void)snprintf(text, sizeof(text),
	    "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter "
	    "/ETSI.CAdES.detached /ByteRange [0 0000000000 0000000000 "
	    "0000000000] /Contents <%s> /M (D:20261128190512Z) %s >>",
	    zeros, references);
	stream(4, "", "BT /F1 18 Tf 72 700 Td (Hola) Tj ET");
	object(6,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /V 7 0 R "
	    "/P 3 0 R /F 132 /Rect [0 0 0 0] >>");
	object(7, text);
}

static void
laid_out(const char *catalog, const char *tree, const char *page,
    const char *references)
{
	begin();
	object(1, catalog);
	object(2, tree);
	object(3, page);
	signature(references);
}

static const char usual_catalog[] =
    "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /SigFlags 3 "
    ">> >>";
static const char usual_tree[] = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
static const char usual_page[] = PAGE FONT " >>";

#define REFERENCE(method, params)                                                 \
	"/Reference [<< /Type /SigRef /TransformMethod " method                   \
	" /Data 1 0 R /TransformParams << /Type /TransformParams /V /1.2 " params \
	" >> >>]"

static void
hole(void)
{
	laid_out(usual_catalog, usual_tree, usual_page, "");
	table(ID);
}

static void
hole_certified(void)
{
	laid_out("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] "
		 "/SigFlags 3 >> /Perms << /DocMDP 7 0 R >> >>",
	    usual_tree, usual_page, REFERENCE("/DocMDP", "/P 1"));
	table(ID);
}

static void
hole_locked(void)
{
	laid_out(usual_catalog, usual_tree, usual_page,
	    REFERENCE("/FieldMDP", "/Action /All"));
	table(ID);
}

/* References to objects that are not there: 8 is the next new one. */
static void
hole_dangling(void)
{
	laid_out(usual_catalog, usual_tree,
	    PAGE FONT " /Thumb 50 0 R /Otro 8 0 R >>", "");
	table(ID);
}

/* The pages and the form's fields are one array. */
static void
hole_shared(void)
{
	laid_out("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 8 0 R "
		 "/SigFlags 3 >> >>",
	    "<< /Type /Pages /Kids 8 0 R /Count 2 >>", usual_page, "");
	object(8, "[3 0 R 6 0 R]");
	table(ID);
}

/* A field that waits is the page's table of images as well. */
static void
hole_roles(void)
{
	laid_out("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R 8 "
		 "0 R] /SigFlags 3 >> >>",
	    usual_tree, PAGE "/Resources << /XObject 8 0 R >> >>", "");
	object(8, "<< /FT /Sig /T (luego) /AP 9 0 R >>");
	object(9, "<< /Nada true >>");
	table(ID);
}

const struct shape attacked_shapes[] = { { "hole", hole },
	{ "hole-certified", hole_certified }, { "hole-locked", hole_locked },
	{ "hole-dangling", hole_dangling }, { "hole-shared", hole_shared },
	{ "hole-roles", hole_roles } };
const size_t n_attacked_shapes =
    sizeof(attacked_shapes) / sizeof(attacked_shapes[0]);
