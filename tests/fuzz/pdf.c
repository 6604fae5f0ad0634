/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PDF, as firma-pdf takes it; what it answers, as firma takes that.
 *
 * What does not begin with "%PDF-" is made one: nearly any octet that is changed
 * in a PDF moves another, and then its table fits no longer.  0xFF stands between
 * objects, 0xFE before those of a second section, each with its number first; 0xFD
 * there before one that only the stream of a hybrid lists.
 */
#include "cli/explain_pdf.h"
#include "cli/pades.h"
#include "cli/pdf/changes.h"
#include "cli/pdf/question.h"
#include "tests/fuzz/fuzz.h"

#define SIGN                                                                     \
	"{\"op\":\"sign\",\"time\":1790000000,\"octets\":1024,\"id\":"           \
	"\"00112233445566778899aabbccddeeff\",\"reason\":\"\xc3\x91\",\"text\":" \
	"\"a b\""

static struct firma_bytes
bytes(const char *text)
{
	return firma_bytes_of(text, strlen(text));
}

static void
plan(const char *question, struct firma_bytes file)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	FIRMA_OWN(pades_plan_done) struct pades_plan p = { 0 };
	struct firma_cause cause = { 0 };

	FUZZ_MUST(pdf_answer(bytes(question), file, &answer) == FIRMA_OK);
	FUZZ_MUST(pades_plan_parse(firma_buf_view(&answer), file.len, &p,
		      &cause) == FIRMA_OK);
	/* What can be signed begins with what it was: the rest is behind it. */
	FUZZ_MUST(p.is_refused || p.contents > file.len);
}

#define OBJECTS 32

struct made {
	struct firma_buf out;
	size_t at[OBJECTS]; /* of each object; 0: none in this section */
	int is_hidden[OBJECTS];
	size_t first_len; /* of the first section alone; 0: there is no other */
	size_t table;     /* where the last table is; 0: none yet */
};

static void
add(struct made *m, const char *fmt, size_t a, size_t b)
{
	char text[96];

	/* The formats are those of this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(text, sizeof(text), fmt, a, b);
#pragma GCC diagnostic pop
	FUZZ_MUST(firma_buf_put_str(&m->out, text) == FIRMA_OK);
}

static void
add_object(struct made *m, size_t id, struct firma_bytes value)
{
	m->at[id] = m->out.len;
	add(m, "%zu %zu obj\n", id, 0);
	FUZZ_MUST(firma_buf_put(&m->out, value) == FIRMA_OK);
	add(m, "\nendobj\n", 0, 0);
}

/* The hidden part of a hybrid, as the last object that there may be. */
static size_t
add_hidden(struct made *m)
{
	const size_t at = m->out.len;
	uint8_t entries[6 * OBJECTS];
	size_t n = 0;

	add(m, "%zu 0 obj\n<< /Type /XRef /W [1 4 1] /Size %zu /Index [",
	    OBJECTS - 1, OBJECTS);
	for (size_t i = 1; i < OBJECTS; i++) {
		if (!m->is_hidden[i] || m->at[i] == 0)
			continue;
		add(m, "%zu 1 ", i, 0);
		entries[6 * n] = 1;
		for (int k = 0; k < 4; k++)
			entries[6 * n + 1 + (size_t)k] =
			    (uint8_t)(m->at[i] >> (24 - 8 * k));
		entries[6 * n++ + 5] = 0;
	}
	add(m, "] /Length %zu >>\nstream\n", 6 * n, 0);
	FUZZ_MUST(
	    firma_buf_put(&m->out, firma_bytes_of(entries, 6 * n)) == FIRMA_OK);
	add(m, "\nendstream\nendobj\n", 0, 0);
	return n == 0 ? 0 : at;
}

static int
has_hidden(const struct made *m)
{
	for (size_t i = 1; i < OBJECTS - 1; i++)
		if (m->is_hidden[i] && m->at[i] != 0)
			return 1;
	return 0;
}

static void
end_section(struct made *m)
{
	const size_t hidden = has_hidden(m) ? add_hidden(m) : 0;
	const size_t at = m->out.len;

	add(m, "xref\n0 1\n0000000000 65535 f\r\n", 0, 0);
	for (size_t i = 1; i < OBJECTS; i++) {
		if (m->at[i] != 0 && m->is_hidden[i])
			add(m, "%zu 1\n0000000000 00000 f\r\n", i, 0);
		else if (m->at[i] != 0)
			add(m, "%zu 1\n%010zu 00000 n\r\n", i, m->at[i]);
		m->at[i] = 0;
	}
	add(m, "trailer\n<< /Size %zu /Root 1 0 R", OBJECTS, 0);
	if (m->table != 0)
		add(m, " /Prev %zu", m->table, 0);
	if (hidden != 0)
		add(m, " /XRefStm %zu", hidden, 0);
	add(m, " >>\nstartxref\n%zu\n%%%%EOF\n", at, 0);
	m->table = at;
}

/* As many objects as there are; the table of the others has no place for them. */
static void
assemble(struct made *m, const uint8_t *data, size_t size)
{
	size_t from = 0, id = 0;

	add(m, "%%PDF-1.7\n", 0, 0);
	for (size_t i = 0; i <= size; i++) {
		const int ends =
		    i == size || data[i] >= (m->first_len == 0 ? 0xfe : 0xfd);

		if (!ends)
			continue;
		if (m->first_len == 0)
			id++;
		else if (from < i)
			id = data[from++] % OBJECTS;
		if (m->first_len != 0 && id < OBJECTS)
			m->is_hidden[id] = from > 1 && data[from - 2] == 0xfd;
		if (id > 0 && id < OBJECTS)
			add_object(
			    m, id, firma_bytes_of(data + from, i - from));
		from = i + 1;
		if (i < size && data[i] == 0xfe && m->first_len == 0) {
			end_section(m);
			m->first_len = m->out.len;
		}
	}
	end_section(m);
}

/* What came in the second section, after a signature of the first. */
static void
changes(struct firma_bytes file, size_t len)
{
	struct pdf p = { 0 };
	struct pdf_refusal why;
	enum pdf_later later;
	char what[PDF_CHANGE_MAX];

	if (pdf_open(file, &p, &why) == FIRMA_OK) {
		FUZZ_MUST(pdf_changes_after(&p, len, (int)(len % 4), &later,
			      what) == FIRMA_OK);
		FUZZ_MUST((later >= PDF_LATER_FIELDS) == (what[0] != '\0'));
	}
	pdf_done(&p);
}

static void
made_done(struct made *m)
{
	firma_buf_done(&m->out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf answer = { 0 };
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };
	FIRMA_OWN(made_done) struct made m = { 0 };
	struct firma_bytes file = firma_bytes_of(data, size);

	if (size < 5 || memcmp(data, "%PDF-", 5) != 0) {
		assemble(&m, data, size);
		file = firma_buf_view(&m.out);
	}
	if (m.first_len != 0)
		changes(file, m.first_len);
	plan(SIGN "}", file);
	plan(SIGN ",\"visible\":{\"page\":0,\"x\":1,\"y\":2,\"w\":30,\"h\":"
		  "40}}",
	    file);
	plan(SIGN ",\"field\":\"a\"}", file);
	FUZZ_MUST(
	    pdf_answer(bytes("{\"op\":\"look\"}"), file, &answer) == FIRMA_OK);
	FUZZ_MUST(explain_pdf_parse(
		      firma_buf_view(&answer), file.len, &e, NULL) == FIRMA_OK);
	return 0;
}
