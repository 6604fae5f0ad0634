/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDFs with a hole for a signature, which test_verify.sh signs with a key of its
 * own: what a signer may lay out so that it can be changed later, unseen.
 */
#include <stdio.h>
#include <string.h>

#include "tests/pdf/make.h"

#define HOLE 12000 /* hexadecimal digits */
#define PAGE                                                                    \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R " \
	"/Annots [6 0 R] "

/* 6 the field, 7 its signature, 4 the page's text. */
static void
value(const char *kinds, const char *more)
{
	static char text[HOLE + 1024];
	char zeros[HOLE + 1];

	memset(zeros, '0', HOLE);
	zeros[HOLE] = '\0';
	(void)snprintf(text, sizeof(text),
	    "<< %s /Filter /Adobe.PPKLite /ByteRange [0 0000000000 0000000000 "
	    "0000000000] /Contents <%s> %s >>",
	    kinds, zeros, more);
	stream(4, "", "BT /F1 18 Tf 72 700 Td (Hola) Tj ET");
	object(6,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /V 7 0 R "
	    "/P 3 0 R /F 132 /Rect [0 0 0 0] >>");
	object(7, text);
}

static void
signature(const char *references)
{
	char more[512];

	(void)snprintf(
	    more, sizeof(more), "/M (D:20261128190512Z) %s", references);
	value("/Type /Sig /SubFilter /ETSI.CAdES.detached", more);
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

/* A document time stamp in the place of a signature. */
static void
hole_stamp(void)
{
	begin();
	object(1, usual_catalog);
	object(2, usual_tree);
	object(3, usual_page);
	value("/Type /DocTimeStamp /SubFilter /ETSI.RFC3161", "");
	table(ID);
}

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

/*
 * A form with fields of four kinds: 20 to 23, their looks 24 to 26.  The last one
 * has a value.
 */
static void
form_fields(void)
{
	static const char font[] =
	    "/Resources << /Font << /F1 27 0 R >> >> /Type /XObject /Subtype "
	    "/Form /BBox [0 0 200 20]";

	object(20,
	    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (nombre) /F 4 /P 3 0 R "
	    "/Rect [100 600 300 620] /DA (/F1 12 Tf 0 g) >>");
	object(21,
	    "<< /Type /Annot /Subtype /Widget /FT /Btn /T (acepto) /F 4 /P 3 0 "
	    "R /Rect [100 560 120 580] /V /Off /AS /Off /AP << /N << /Si 24 0 "
	    "R /Off 25 0 R >> >> >>");
	object(22,
	    "<< /Type /Annot /Subtype /Widget /FT /Ch /Ff 131072 /Opt [(uno) "
	    "(dos)] /T (opcion) /F 4 /P 3 0 R /Rect [100 520 300 540] /DA (/F1 "
	    "12 Tf 0 g) >>");
	object(23,
	    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (monto) /V (100) /F 4 "
	    "/P 3 0 R /Rect [100 480 300 500] /DA (/F1 12 Tf 0 g) /AP << /N 26 "
	    "0 R >> >>");
	stream(24, font, "2 2 m 18 18 l S");
	stream(25, font, "");
	stream(26, font, "/Tx BMC BT /F1 12 Tf 2 5 Td (100) Tj ET EMC");
	object(27, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
}

/*
 * Fields whose places are apart: 30 a choice of one, 33 a text, 36 a choice of
 * one whose states have the same name.
 */
static void
hole_form_places(void)
{
	laid_out(
	    "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [30 0 R 33 "
	    "0 R 36 0 R 6 0 R] /SigFlags 3 >> >>",
	    usual_tree,
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R /Annots [31 0 R 32 0 R 34 0 R 35 0 R 37 0 R 38 0 R 6 0 R] " FONT
	    " >>",
	    "");
	form_fields();
	object(30,
	    "<< /FT /Btn /Ff 49152 /T (uso) /V /Off /Kids [31 0 R 32 0 R] >>");
	object(31,
	    "<< /Type /Annot /Subtype /Widget /Parent 30 0 R /Rect [10 300 20 "
	    "310] /AS /Off /AP << /N << /uno 24 0 R /Off 25 0 R >> >> >>");
	object(32,
	    "<< /Type /Annot /Subtype /Widget /Parent 30 0 R /Rect [30 300 40 "
	    "310] /AS /Off /AP << /N << /dos 24 0 R /Off 25 0 R >> >> >>");
	object(33, "<< /FT /Tx /T (doble) /Kids [34 0 R 35 0 R] >>");
	object(34,
	    "<< /Type /Annot /Subtype /Widget /Parent 33 0 R /Rect [10 200 60 "
	    "220] >>");
	object(35,
	    "<< /Type /Annot /Subtype /Widget /Parent 33 0 R /Rect [10 100 60 "
	    "120] >>");
	object(36,
	    "<< /FT /Btn /Ff 49152 /T (igual) /V /Off /Kids [37 0 R 38 0 R] >>");
	object(37,
	    "<< /Type /Annot /Subtype /Widget /Parent 36 0 R /Rect [10 330 20 "
	    "340] /AS /Off /AP << /N << /si 24 0 R /Off 25 0 R >> >> >>");
	object(38,
	    "<< /Type /Annot /Subtype /Widget /Parent 36 0 R /Rect [30 330 40 "
	    "340] /AS /Off /AP << /N << /si 24 0 R /Off 25 0 R >> >> >>");
	table(ID);
}

#define OF_FORM                                                               \
	"/AcroForm << /Fields [20 0 R 21 0 R 22 0 R 23 0 R 6 0 R] /SigFlags " \
	"3 /DA (/F1 12 Tf 0 g) /DR << /Font << /F1 27 0 R >> >> "

static void
form(const char *catalog, const char *references)
{
	laid_out(catalog, usual_tree,
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R /Annots [20 0 R 21 0 R 22 0 R 23 0 R 6 0 R] " FONT " >>",
	    references);
	form_fields();
}

static void
hole_form(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM ">> >>", "");
	table(ID);
}

/* What is to be written in fonts that the form has not: fields, and a note. */
static void
hole_form_fonts(void)
{
	laid_out(
	    "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [20 0 R 21 0 "
	    "R 22 0 R 23 0 R 6 0 R] /SigFlags 3 /DA (/Gr#61n 9 Tf 0 g) /DR << "
	    "/Font << /ZaDb 27 0 R >> >> >> >>",
	    usual_tree,
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R /Annots [20 0 R 21 0 R 22 0 R 23 0 R 28 0 R 6 0 R] " FONT
	    " >>",
	    "");
	form_fields();
	object(28,
	    "<< /Type /Annot /Subtype /FreeText /Contents (100) /F 4 /Rect "
	    "[100 400 300 420] /DA (/Nota 9 Tf 0 g) >>");
	table(ID);
}

static void
hole_form_xfa(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM "/XFA (x) >> >>", "");
	table(ID);
}

/* Certified: fields may be filled in. */
static void
hole_form_certified(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM
	     ">> /Perms << /DocMDP 7 0 R >> >>",
	    REFERENCE("/DocMDP", "/P 2"));
	table(ID);
}

/* Certified: nothing may be changed. */
static void
hole_form_final(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM
	     ">> /Perms << /DocMDP 7 0 R >> >>",
	    REFERENCE("/DocMDP", "/P 1"));
	table(ID);
}

/* The signature locks one of the fields. */
static void
hole_form_locked(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM ">> >>",
	    REFERENCE("/FieldMDP", "/Action /Include /Fields [(nombre)]"));
	table(ID);
}

/* Its field locks all others, and the signature does not say so. */
static void
hole_form_lock(void)
{
	form("<< /Type /Catalog /Pages 2 0 R " OF_FORM ">> >>", "");
	object(6,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /V 7 0 R "
	    "/P 3 0 R /F 132 /Rect [0 0 0 0] /Lock << /Type /SigFieldLock "
	    "/Action /All >> >>");
	table(ID);
}

/* The look of one field is drawn by the page as well. */
static void
hole_form_shared(void)
{
	laid_out("<< /Type /Catalog /Pages 2 0 R " OF_FORM
		 ">> /Perms << /DocMDP 7 0 R >> >>",
	    usual_tree,
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R /Annots [20 0 R 21 0 R 22 0 R 23 0 R 6 0 R] /Resources << "
	    "/XObject << /X1 26 0 R >> >> >>",
	    REFERENCE("/DocMDP", "/P 2"));
	form_fields();
	table(ID);
}

const struct shape attacked_shapes[] = { { "hole", hole },
	{ "hole-certified", hole_certified }, { "hole-locked", hole_locked },
	{ "hole-dangling", hole_dangling }, { "hole-shared", hole_shared },
	{ "hole-roles", hole_roles }, { "hole-form", hole_form },
	{ "hole-stamp", hole_stamp }, { "hole-form-places", hole_form_places },
	{ "hole-form-xfa", hole_form_xfa },
	{ "hole-form-fonts", hole_form_fonts },
	{ "hole-form-certified", hole_form_certified },
	{ "hole-form-final", hole_form_final },
	{ "hole-form-locked", hole_form_locked },
	{ "hole-form-lock", hole_form_lock },
	{ "hole-form-shared", hole_form_shared } };
const size_t n_attacked_shapes =
    sizeof(attacked_shapes) / sizeof(attacked_shapes[0]);
