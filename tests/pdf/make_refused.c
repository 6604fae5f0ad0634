/* SPDX-License-Identifier: Apache-2.0 */
/* PDFs that are not signed: certified, locked, broken, endless. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "tests/pdf/make.h"

#define FAKE(permission)                                                        \
	"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached " \
	"/ByteRange [0 1 2 3] /Contents <00> /Reference [<< /Type /SigRef "     \
	"/TransformMethod /DocMDP /TransformParams << /Type "                   \
	"/TransformParams /V /1.2 " permission " >> >>] >>"

static void
certified_as(const char *signature)
{
	document("/Perms << /DocMDP 6 0 R >> /AcroForm << /SigFlags 3 /Fields "
		 "[5 0 R] >>",
	    "/Annots [5 0 R]");
	object(5,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (autor) /Rect [0 0 0 "
	    "0] /P 3 0 R /V 6 0 R >>");
	object(6, signature);
	table(ID);
}

static void
certified(void)
{
	certified_as(FAKE("/P 1"));
}

static void
certified_forms(void)
{
	certified_as(FAKE("/P 2"));
}

static void
locked(void)
{
	document(
	    "/AcroForm << /SigFlags 3 /Fields [5 0 R] >>", "/Annots [5 0 R]");
	object(5,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (autor) /Rect [0 0 0 "
	    "0] /P 3 0 R /V 6 0 R >>");
	object(6,
	    "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter "
	    "/adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> "
	    "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP "
	    "/TransformParams << /Type /TransformParams /V /1.2 "
	    "/Action /All >> >>] >>");
	table(ID);
}

static void
xfa(void)
{
	document("/AcroForm << /Fields [] /XFA 5 0 R >>", "");
	stream(5, "", "<xdp/>");
	table(ID);
}

static void
loop(void)
{
	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	object(3, "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>");
	table(ID);
}

/* Ten pages that are ten pages each, and so on: 10^9 of them. */
static void
many(void)
{
	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	for (int i = 2; i < 11; i++) {
		char text[512];
		size_t n = (size_t)snprintf(
		    text, sizeof(text), "<< /Type /Pages /Count 1 /Kids [");

		for (int k = 0; k < 10; k++)
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, "%d 0 R ", i + 1);
		(void)snprintf(text + n, sizeof(text) - n, "] >>");
		object(i, text);
	}
	object(11, "<< /Type /Page /Parent 10 0 R /MediaBox [0 0 612 792] >>");
	table(ID);
}

static void
field_loop(void)
{
	document("/AcroForm << /Fields [5 0 R] >>", "");
	object(5, "<< /T (a) /FT /Sig /Kids [6 0 R] >>");
	object(6, "<< /T (b) /Kids [5 0 R] >>");
	table(ID);
}

static void
prev_loop(void)
{
	char trailer[64];

	document("", "");
	(void)snprintf(trailer, sizeof(trailer), "/Prev %lu", written());
	table(trailer);
}

static void
deep(void)
{
	document("/AcroForm << /Fields [5 0 R] >>", "");
	object_begins(5);
	put("5 0 obj\n");
	for (int i = 0; i < 200000; i++)
		put("[");
	put("\nendobj\n");
	table(ID);
}

static void
huge(void)
{
	document("",
	    "/Annots 99999999999999999999 0 R /Rotate "
	    "99999999999999999999999999");
	table("/Prev 99999999999999999999");
}

static void
length(void)
{
	document("/AcroForm 5 0 R", "");
	object(5, "<< /Fields [] /Length 99999999999 >>\nstream\nx\nendstream");
	table(ID);
}

static void
two_roles(void)
{
	document("/AcroForm 3 0 R", "");
	table(ID);
}

static void
no_box(void)
{
	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	object(3, "<< /Type /Page /Parent 2 0 R >>");
	table(ID);
}

/* A block of blanks, compressed twice: 1 to 100 000. */
#define BLANKS ((size_t)256 * 1024 * 1024)
static void
bomb(void)
{
	uLongf once_len = compressBound(BLANKS), len;
	unsigned char *blanks = malloc(BLANKS), *once = malloc(once_len),
		      *twice;
	unsigned long objects, at;
	unsigned char entries[6 * 7] = { 0 };

	if (blanks == NULL || once == NULL)
		exit(1);
	memset(blanks, ' ', BLANKS);
	memcpy(blanks, "4 0 ", 4);
	memcpy(blanks + BLANKS - 10, "<</A[]>>", 8);
	if (compress2(once, &once_len, blanks, BLANKS, 9) != Z_OK)
		exit(1);
	len = compressBound(once_len);
	if ((twice = malloc(len)) == NULL ||
	    compress2(twice, &len, once, once_len, 9) != Z_OK)
		exit(1);
	begin();
	for (int i = 1; i < 4; i++) {
		static const char *const values[] = { "",
			"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>",
			"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
			">>" };

		entries[7 * i] = 1;
		entries[7 * i + 3] = (unsigned char)(written() >> 8);
		entries[7 * i + 4] = (unsigned char)written();
		object(i, values[i]);
	}
	objects = written();
	put("5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode "
	    "/FlateDecode] /Length %lu >>\nstream\n",
	    len);
	put_octets(twice, len);
	put("\nendstream\nendobj\n");
	entries[7 * 4] = 2;
	entries[7 * 4 + 4] = 5;
	entries[7 * 5] = 1;
	entries[7 * 5 + 3] = (unsigned char)(objects >> 8);
	entries[7 * 5 + 4] = (unsigned char)objects;
	at = written();
	put("6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 2] /Index [0 6] /Root 1 0 "
	    "R /Length %zu >>\nstream\n",
	    sizeof(entries));
	put_octets(entries, sizeof(entries));
	put("\nendstream\nendobj\nstartxref\n%lu\n%%%%EOF\n", at);
	free(blanks);
	free(once);
	free(twice);
}

const struct shape refused_shapes[] = { { "certified", certified },
	{ "certified-forms", certified_forms }, { "locked", locked },
	{ "xfa", xfa }, { "loop", loop }, { "many", many },
	{ "field-loop", field_loop }, { "prev-loop", prev_loop },
	{ "deep", deep }, { "huge", huge }, { "length", length },
	{ "two-roles", two_roles }, { "no-box", no_box }, { "bomb", bomb } };
const size_t n_refused_shapes =
    sizeof(refused_shapes) / sizeof(refused_shapes[0]);
