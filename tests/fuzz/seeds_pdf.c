/* SPDX-License-Identifier: Apache-2.0 */
/* The sample PDFs of tests/pdf, and what firma-pdf may answer. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"
#include "tests/pdf/make.h"

#define SEED_MAX 8192 /* octets: of larger ones little is reached */

static void
text(const char *name, const char *v)
{
	seed("pdfanswer", name, firma_bytes_of(v, strlen(v)));
}

static void
answers(void)
{
	static const char range[] = "[0 0000000000 0000000000 0000000000]";
	char plan[256];

	/* As tests/fuzz/pdfanswer.c reads it: behind 1000 octets. */
	(void)snprintf(plan, sizeof(plan),
	    "{\"octets\":50,\"contents\":1040,\"contents_len\":10,\"range\":"
	    "1002,\"field\":\"Signature1\"}\n12%s34<00000000>",
	    range);
	text("plan.txt", plan);
	text("refused.txt",
	    "{\"refused\":\"damaged\",\"detail\":\"octet 12\"}\n");
	text("look.txt",
	    "{\"pages\":2,\"xfa\":false,\"signatures\":[{\"field\":\"a\","
	    "\"subfilter\":\"ETSI.CAdES.detached\",\"name\":\"\",\"reason\":"
	    "\"\",\"location\":\"\",\"contact\":\"\",\"time\":"
	    "\"D:20261128190512-06'00'\",\"range\":[0,10,20,980],\"fits\":true,"
	    "\"in_its_state\":true,\"permission\":0,\"later\":\"nothing\","
	    "\"what\":\"\"}],\"empty\":[\"b\"]}\n");
	text("none.txt",
	    "{\"pages\":1,\"xfa\":true,\"signatures\":[],\"empty\":[]}\n");
	text("time.txt", "D:20261128190512Z");
}

#define PAGE "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] "
#define TREE "\xff<< /Type /Pages /Kids [3 0 R] /Count 1 >>\xff"
#define SIGNED                                                                 \
	"<< /Type /Sig /Filter /A /SubFilter /ETSI.CAdES.detached /ByteRange " \
	"[0 50 60 90] /Contents <3000> /M (D:20261128190512Z) /Reason (x) "    \
	"/Reference [<< /TransformMethod /FieldMDP /TransformParams << "       \
	"/Action /Include /Fields [(b)] >> >>] >>"

#define LOOK                                                                       \
	"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << " \
	"/F 7 0 R >> >> /Length 4 >>\nstream\n(x)Tj\nendstream"
#define FIELD  "<< /Type /Annot /Subtype /Widget /FT /Tx /T (n) /Rect [0 0 9 9] "
#define FILLED FIELD "/V (x) /M (D:2026) /AP << /N 9 0 R >> >>"
#define FORM                                                                     \
	"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R 8 0 R] /DR " \
	"<< /Font << /F 7 0 R >> >> >> >>" TREE PAGE                             \
	"/Annots [5 0 R 8 0 R] >>\xff<< >>\xff" FIELD ">>\xff" LOOK              \
	"\xff<< /Type "                                                          \
	"/Font >>\xff<< /Type /Annot /Subtype /Widget /FT /Btn /T (b) /AS /Off " \
	"/AP << /N << /Si 6 0 R /Off 6 0 R >> >> >>"

/* Objects that tests/fuzz/pdf.c makes a file of. */
static void
objects(void)
{
	static const struct {
		const char *name, *v;
	} all[] = { { "objects-filled.txt",
			FORM "\xfe\x05" FILLED "\xff\x09" LOOK },
		{ "objects-hybrid.txt",
		    FORM "\xfe\x05" FILLED "\xfd\x09" LOOK },
		{ "objects-plain.txt",
		    "<< /Type /Catalog /Pages 2 0 R >>" TREE PAGE ">>" },
		{ "objects-form.txt",
		    "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>" TREE
			PAGE
		    "/Annots [5 0 R 6 0 R] /Rotate 90 >>\xff<< /Fields [5 0 R 6 "
		    "0 R] >>\xff<< /FT /Sig /T (a) /Rect [1 1 50 50] /Lock << "
		    "/Action /All >> >>\xff<< /FT /Sig /T (b) /V 7 0 R /Kids [8 "
		    "0 R] >>\xff" SIGNED
		    "\xff<< /Subtype /Widget /Parent 6 0 R /Rect [0 0 9 9] >>" },
		{ "objects-later.txt",
		    "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] "
		    ">> >>" TREE PAGE
		    "/Annots [4 0 R] >>\xff<< /FT /Sig /T (a) "
		    ">>\xfe\x04<< /FT /Sig /T (a) /V 5 0 R >>\xff\x05" SIGNED },
		{ "objects-changed.txt",
		    "<< /Type /Catalog /Pages 2 0 R >>" TREE PAGE
		    "/Contents 4 0 R /Annots 5 0 R >>\xff<< /Length 1 >>\nstream"
		    "\nq\nendstream\xff[]\xfe\x05[6 0 R]\xff\x06<< /FT /Sig "
		    "/V 7 0 R >>\xff\x07<< /A 1 >>\xff\x01<< /Type /Catalog "
		    "/Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>" } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		seed("pdf", all[i].name,
		    firma_bytes_of(all[i].v, strlen(all[i].v)));
}

void
seeds_pdf(void)
{
	objects();
	for (size_t i = 0; make_name(i) != NULL; i++) {
		char *at = NULL;
		size_t len = 0;
		FILE *f;

		/* Each octet of these asks for seconds. */
		if (strcmp(make_name(i), "bomb") == 0 ||
		    strcmp(make_name(i), "many") == 0)
			continue;
		f = open_memstream(&at, &len);
		FUZZ_MUST(f != NULL);
		FUZZ_MUST(make_shape(make_name(i), f) && fclose(f) == 0);
		if (len <= SEED_MAX)
			seed("pdf", make_name(i), firma_bytes_of(at, len));
		free(at);
	}
	answers();
}
