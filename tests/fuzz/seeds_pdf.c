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

void
seeds_pdf(void)
{
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
