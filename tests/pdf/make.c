/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sample PDFs.  Each is small and written by hand here, so that it has exactly
 * the structure that its name says; what qpdf can make of them (streams,
 * linearized) the tests make with it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pdf/make.h"

#define OBJECTS_MAX 1024

static struct {
	unsigned long at; /* octets written */
	struct {
		unsigned long at;
		int generation, is_there;
	} objects[OBJECTS_MAX];
	int n;
	unsigned long last_xref;
	const char *eol;
	FILE *to;
} out;

void
put(const char *fmt, ...)
{
	static char text[65536];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(text) ||
	    fwrite(text, 1, (size_t)n, out.to) != (size_t)n)
		exit(1);
	out.at += (unsigned long)n;
}

void
put_octets(const void *v, size_t n)
{
	if (fwrite(v, 1, n, out.to) != n)
		exit(1);
	out.at += n;
}

unsigned long
written(void)
{
	return out.at;
}

void
object_begins(int id)
{
	out.objects[id].at = out.at;
	out.objects[id].is_there = 1;
	if (id >= out.n)
		out.n = id + 1;
}

void
begin(void)
{
	put("%%PDF-1.7%s%%\xe2\xe3\xcf\xd3%s", out.eol, out.eol);
}

static void
at_generation(int id, int generation, const char *value)
{
	object_begins(id);
	out.objects[id].generation = generation;
	put("%d %d obj%s%s%sendobj%s", id, generation, out.eol, value, out.eol,
	    out.eol);
}

void
object(int id, const char *value)
{
	at_generation(id, 0, value);
}

void
stream(int id, const char *dict, const char *data)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof(text),
	    "<< %s /Length %zu >>\nstream\n%s\nendstream", dict, strlen(data),
	    data);
	object(id, text);
}

static void
page_text(int id, const char *words)
{
	char text[512];

	(void)snprintf(
	    text, sizeof(text), "BT /F1 18 Tf 72 700 Td (%s) Tj ET", words);
	stream(id, "", text);
}

void
table(const char *trailer)
{
	const unsigned long at = out.at;

	put("xref%s0 %d%s0000000000 65535 f\r\n", out.eol, out.n, out.eol);
	for (int i = 1; i < out.n; i++)
		if (out.objects[i].is_there)
			put("%010lu %05d n\r\n", out.objects[i].at,
			    out.objects[i].generation);
		else
			put("0000000000 00001 f\r\n");
	put("trailer%s<< /Size %d /Root 1 0 R %s >>%sstartxref%s%lu%s%%%%EOF%s",
	    out.eol, out.n, trailer, out.eol, out.eol, at, out.eol, out.eol);
	out.last_xref = at;
}

/* An update: only the objects ids, which were written since. */
static void
update(const int *ids, size_t n, const char *trailer)
{
	const unsigned long at = out.at;

	put("xref\n");
	for (size_t i = 0; i < n; i++)
		if (out.objects[ids[i]].is_there)
			put("%d 1\n%010lu %05d n\r\n", ids[i],
			    out.objects[ids[i]].at,
			    out.objects[ids[i]].generation);
		else
			put("%d 1\n0000000000 00001 f\r\n", ids[i]);
	put("trailer\n<< /Size %d /Root 1 0 R /Prev %lu %s >>\nstartxref\n%lu\n"
	    "%%%%EOF\n",
	    out.n, out.last_xref, trailer, at);
	out.last_xref = at;
}

void
document(const char *catalog, const char *page)
{
	char text[TEXT_MAX];

	begin();
	(void)snprintf(text, sizeof(text),
	    "<< /Type /Catalog /Pages 2 0 R %s >>", catalog);
	object(1, text);
	object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	(void)snprintf(text, sizeof(text),
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R " FONT " %s >>",
	    page);
	object(3, text);
	page_text(4, "Hola, mundo");
}

static void
plain(void)
{
	document("", "");
	table(ID);
}

static void
no_id(void)
{
	document("", "");
	table("/Info << /Title (sin ID) >> /Otro#20mas (x)");
}

static void
crlf(void)
{
	out.eol = "\r\n";
	plain();
}

static void
no_newline(void)
{
	document("", "");
	put("xref\n0 5\n0000000000 65535 f\r\n");
	out.last_xref = out.at - strlen("xref\n0 5\n0000000000 65535 f\r\n");
	for (int i = 1; i < 5; i++)
		put("%010lu 00000 n\r\n", out.objects[i].at);
	put("trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%lu\n%%%%EOF",
	    out.last_xref);
}

/* A tree of three levels; box, fonts and turn come from above. */
static void
tree(void)
{
	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	object(2,
	    "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 3 /MediaBox [0 0 612 "
	    "792] /Rotate 90 " FONT " >>");
	object(3,
	    "<< /Type /Pages /Parent 2 0 R /Kids [4 0 R 5 0 R] /Count 2 "
	    "/CropBox [100 100 500 700] >>");
	object(4, "<< /Type /Page /Parent 3 0 R /Contents 7 0 R >>");
	object(5, "<< /Type /Page /Parent 3 0 R /Contents 7 0 R /Rotate 0 >>");
	object(
	    6, "<< /Type /Page /Parent 2 0 R /Contents 7 0 R /Rotate 180 >>");
	page_text(7, "Hola");
	table(ID);
}

static void
turned(int degrees)
{
	char page[128];

	(void)snprintf(
	    page, sizeof(page), "/Rotate %d /CropBox [50 40 562 752]", degrees);
	document("", page);
	table(ID);
}

static void
turned_90(void)
{
	turned(90);
}

static void
turned_180(void)
{
	turned(180);
}

static void
turned_270(void)
{
	turned(-90);
}

/* Two points of a reader to one of the page. */
static void
unit(void)
{
	document("", "/UserUnit 2");
	table(ID);
}

/* Every object that is written anew has been used before. */
static void
generations(void)
{
	begin();
	at_generation(
	    1, 0, "<< /Type /Catalog /Pages 2 3 R /AcroForm 5 7 R >>");
	at_generation(2, 3, "<< /Type /Pages /Kids [3 2 R] /Count 1 >>");
	at_generation(3, 2,
	    "<< /Type /Page /Parent 2 3 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R /Annots 6 9 R " FONT " >>");
	page_text(4, "Hola");
	at_generation(5, 7, "<< /Fields [] >>");
	at_generation(6, 9, "[]");
	table(ID);
}

static void
annots(void)
{
	document("", "/Annots 5 0 R");
	object(5, "[6 0 R]");
	object(6,
	    "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents "
	    "(nota) /P 3 0 R >>");
	table(ID);
}

/* Two pages with one array of annotations. */
static void
annots_shared(void)
{
	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	object(2,
	    "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 612 "
	    "792] " FONT " >>");
	object(3, "<< /Type /Page /Parent 2 0 R /Annots 5 0 R >>");
	object(4, "<< /Type /Page /Parent 2 0 R /Annots 5 0 R >>");
	object(5, "[]");
	table(ID);
}

#define TEXT_FIELD(name)                                     \
	"<< /Type /Annot /Subtype /Widget /FT /Tx /T (" name \
	") /V (valor) /Rect [100 500 300 520] /P 3 0 R /F 4 /DA (/Helv 10 Tf 0 g) >>"

static void
form_direct(void)
{
	document("/AcroForm << /Fields [5 0 R] /DA (/Helv 0 Tf 0 g) >>",
	    "/Annots [5 0 R]");
	object(5, TEXT_FIELD("nombre"));
	table(ID);
}

static void
form_indirect(void)
{
	document("/AcroForm 6 0 R", "/Annots [5 0 R]");
	object(5, TEXT_FIELD("Signature1"));
	object(6, "<< /Fields 7 0 R /NeedAppearances false >>");
	object(7, "[5 0 R]");
	table(ID);
}

/* A signature field that waits, its place in the same dictionary. */
static void
field(void)
{
	document(
	    "/AcroForm << /Fields [5 0 R] /SigFlags 1 >>", "/Annots [5 0 R]");
	object(5,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (aqu\355) /Rect "
	    "[100 400 320 460] /P 3 0 R /F 4 >>");
	table(ID);
}

/* The same in a hierarchy, on a turned page, with a lock. */
static void
field_below(void)
{
	document("/AcroForm << /Fields [5 0 R 7 0 R] >>",
	    "/Annots [6 0 R 7 0 R] /Rotate 90");
	object(5, "<< /T (contrato) /FT /Sig /Kids [6 0 R] >>");
	object(6,
	    "<< /Type /Annot /Subtype /Widget /T (patron) /Parent 5 0 R /Rect "
	    "[100 400 160 620] /P 3 0 R /F 4 /Lock << /Type /SigFieldLock "
	    "/Action /Include /Fields [(nombre)] >> >>");
	object(7, TEXT_FIELD("nombre"));
	table(ID);
}

/* Its place is a dictionary of its own. */
static void
field_apart(void)
{
	document("/AcroForm << /Fields [5 0 R] >>", "/Annots [6 0 R]");
	object(5, "<< /T (a) /FT /Sig /Kids [6 0 R] >>");
	object(6,
	    "<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [100 400 320 "
	    "460] /P 3 0 R /F 4 >>");
	table(ID);
}

static void
field_demands(void)
{
	document("/AcroForm << /Fields [5 0 R] >>", "/Annots [5 0 R]");
	object(5,
	    "<< /Type /Annot /Subtype /Widget /FT /Sig /T (a) /Rect [0 0 0 0] "
	    "/P 3 0 R /SV << /Type /SV /Ff 2 /SubFilter "
	    "[/adbe.pkcs7.detached] >> >>");
	table(ID);
}

static void
extensions(void)
{
	document("/Extensions 5 0 R", "");
	object(5, "<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 >> >>");
	table(ID);
}

/* What a table's readers see, and more for those who know streams. */
static void
hybrid(void)
{
	static const char packed[] =
	    "6 0 7 71 << /Title (escondido en un flujo) /Producer (prueba "
	    "h\355brida) >>         \n[/uno /dos]";
	unsigned long at, objects;
	unsigned char entries[] = { 2, 0, 0, 0, 5, 0, 2, 0, 0, 0, 5, 1, 1, 0, 0,
		0, 0, 0 };

	document("", "");
	objects = out.at;
	stream(5, "/Type /ObjStm /N 2 /First 9", packed);
	at = out.at;
	entries[14] = (unsigned char)(objects >> 16);
	entries[15] = (unsigned char)(objects >> 8);
	entries[16] = (unsigned char)objects;
	put("8 0 obj\n<< /Type /XRef /Size 9 /W [1 4 1] /Index [6 2 5 1] "
	    "/Root 1 0 R /Length %zu >>\nstream\n",
	    sizeof(entries));
	put_octets(entries, sizeof(entries));
	put("\nendstream\nendobj\n");
	out.last_xref = out.at;
	put("xref\n0 5\n0000000000 65535 f\r\n");
	for (int i = 1; i < 5; i++)
		put("%010lu 00000 n\r\n", out.objects[i].at);
	put("trailer\n<< /Size 9 /Root 1 0 R /Info 6 0 R /XRefStm %lu " ID
	    " >>\nstartxref\n%lu\n%%%%EOF\n",
	    at, out.last_xref);
}

/* An earlier update that changed the page and freed an object. */
static void
freed(void)
{
	static const int ids[] = { 3, 5 };

	document("", "/Annots [5 0 R]");
	object(5,
	    "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents "
	    "(nota) >>");
	table(ID);
	object(3,
	    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 "
	    "0 R " FONT " >>");
	out.objects[5].is_there = 0;
	update(ids, 2, ID);
}

#define LEAVES 200
static void
letter_200(void)
{
	char text[TEXT_MAX];
	size_t n;

	begin();
	object(1, "<< /Type /Catalog /Pages 2 0 R >>");
	n = (size_t)snprintf(text, sizeof(text),
	    "<< /Type /Pages /Count %d /MediaBox [0 0 612 792] " FONT
	    " /Kids [",
	    LEAVES);
	for (int i = 0; i < LEAVES; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%d 0 R ", 3 + 2 * i);
	(void)snprintf(text + n, sizeof(text) - n, "] >>");
	object(2, text);
	for (int i = 0; i < LEAVES; i++) {
		n = 0;
		for (int line = 0; line < 40; line++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "BT /F1 10 Tf 72 %d Td (Carta de t\351rminos, "
			    "p\341gina %d, rengl\363n %d: El patr\363n acepta "
			    "lo anterior.) Tj ET\n",
			    720 - 16 * line, i + 1, line + 1);
		stream(4 + 2 * i, "", text);
		(void)snprintf(text, sizeof(text),
		    "<< /Type /Page /Parent 2 0 R /Contents %d 0 R >>",
		    4 + 2 * i);
		object(3 + 2 * i, text);
	}
	table(ID);
}

static const struct shape shapes[] = { { "plain", plain }, { "no-id", no_id },
	{ "crlf", crlf }, { "no-newline", no_newline }, { "tree", tree },
	{ "turned-90", turned_90 }, { "turned-180", turned_180 },
	{ "turned-270", turned_270 }, { "unit", unit },
	{ "generations", generations }, { "annots", annots },
	{ "annots-shared", annots_shared }, { "form-direct", form_direct },
	{ "form-indirect", form_indirect }, { "field", field },
	{ "field-below", field_below }, { "field-apart", field_apart },
	{ "field-demands", field_demands }, { "extensions", extensions },
	{ "hybrid", hybrid }, { "freed", freed },
	{ "letter-200", letter_200 } };

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static int
find(const struct shape *all, size_t n, const char *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(wanted, all[i].name) == 0) {
			all[i].make();
			return 1;
		}
	return 0;
}

int
make_shape(const char *name, FILE *to)
{
	memset(&out, 0, sizeof(out));
	out.eol = "\n";
	out.to = to;
	return find(shapes, N_SHAPES, name) ||
	    find(refused_shapes, n_refused_shapes, name) ||
	    find(attacked_shapes, n_attacked_shapes, name);
}

const char *
make_name(size_t i)
{
	return i < N_SHAPES ? shapes[i].name
	    : i - N_SHAPES < n_refused_shapes
	    ? refused_shapes[i - N_SHAPES].name
	    : i - N_SHAPES - n_refused_shapes < n_attacked_shapes
	    ? attacked_shapes[i - N_SHAPES - n_refused_shapes].name
	    : NULL;
}
