/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firma-bench-pdf FILE KEY CERTIFICATE [TURNS]
 *
 * How long a PDF's signature takes without the token: seal the file, have it
 * prepared by firma-pdf, write what is signed; put the signature in, verify it,
 * read the result back by firma-pdf again.  The signing in between, with a key in
 * a file, is not counted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/sha.h>

#include "agent/base/clock.h"
#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/cms.h"
#include "cli/explain_pdf.h"
#include "cli/file.h"
#include "cli/pades.h"

#define TURNS 50

struct signer {
	EVP_PKEY *key;
	struct firma_certificate *certificate;
};

/* Parts of one turn, in nanoseconds. */
struct turn {
	uint64_t prepare, finish, back;
};

static void
must(enum firma_err r, const char *what)
{
	if (r == FIRMA_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, firma_err_text(r));
	exit(1);
}

static void
sign(const struct signer *s, int fd, struct firma_buf *ret)
{
	struct firma_bytes v;
	uint8_t digest[SHA256_DIGEST_LENGTH];

	must(firma_memfd_map(fd, PADES_FILE_MAX, &v, NULL), "map");
	(void)SHA256(v.at, v.len, digest);
	firma_memfd_unmap(&v);
	must(firma_cms_sign_digest(s->key, s->certificate,
		 firma_bytes_of(digest, sizeof(digest)), 1790000000,
		 FIRMA_CMS_PADES, ret, NULL),
	    "sign");
}

static struct turn
turn(const char *path, const struct signer *s)
{
	FIRMA_OWN(firma_fd_done) int in = open(path, O_RDONLY | O_CLOEXEC);
	FIRMA_OWN(firma_fd_done) int document = -1;
	FIRMA_OWN(firma_fd_done) int part = -1;
	FIRMA_OWN(firma_fd_done) int whole = -1;
	FIRMA_OWN(firma_buf_done) struct firma_buf cms = { 0 };
	FIRMA_OWN(pades_plan_done) struct pades_plan plan = { 0 };
	FIRMA_OWN(explained_pdf_done) struct explained_pdf e = { 0 };
	struct turn t;
	uint64_t began = firma_now();

	must(firma_memfd_from_fd(in, PADES_FILE_MAX, &document, NULL), path);
	must(pades_plan_make(document,
		 json_pack("{sI si ss ss s{si si si si si}}", "time",
		     (json_int_t)1790000000, "octets", PADES_OCTETS, "id",
		     "00112233445566778899aabbccddeeff", "text", "Firmado",
		     "visible", "page", 0, "x", 72, "y", 72, "w", 200, "h", 60),
		 &plan, NULL),
	    "firma-pdf");
	if (plan.is_refused)
		exit(pades_say(&plan.why, path));
	must(pades_signed_part(document, &plan, &part, NULL), "what is signed");
	t.prepare = firma_now() - began;
	sign(s, part, &cms);
	began = firma_now();
	must(pades_finish(
		 document, part, &plan, firma_buf_view(&cms), &whole, NULL),
	    "finish");
	t.finish = firma_now() - began;
	began = firma_now();
	must(explain_pdf(
		 whole, 0, NULL, firma_bytes_of(NULL, 0), 1790000000, &e, NULL),
	    "read back");
	t.back = firma_now() - began;
	if (explained_pdf_exit(&e) != FIRMA_EXIT_OK)
		exit(1);
	return t;
}

static int
by_sum(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	const uint64_t m = x->prepare + x->finish + x->back;
	const uint64_t n = y->prepare + y->finish + y->back;

	return (m > n) - (m < n);
}

static void
print(const char *name, const struct turn *t)
{
	const double ms = 1e6;

	(void)printf(
	    "%s: %.1f ms (prepare %.1f, finish %.1f, read back %.1f)\n", name,
	    (double)(t->prepare + t->finish + t->back) / ms,
	    (double)t->prepare / ms, (double)t->finish / ms,
	    (double)t->back / ms);
}

int
main(int argc, char **argv)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf pem = { 0 };
	struct signer s = { 0 };
	struct turn all[1000];
	size_t n = argc > 4 ? strtoul(argv[4], NULL, 10) : TURNS;
	FILE *f;

	if (argc < 4 || n < 1 || n > sizeof(all) / sizeof(all[0]) ||
	    (f = fopen(argv[2], "re")) == NULL)
		return 2;
	s.key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	(void)fclose(f);
	must(
	    file_read(argv[3], FIRMA_CERTIFICATE_PEM_MAX, &pem, NULL), argv[3]);
	must(
	    firma_certificate_parse(firma_buf_view(&pem), &s.certificate, NULL),
	    argv[3]);
	if (s.key == NULL)
		return 2;
	for (size_t i = 0; i < n; i++)
		all[i] = turn(argv[1], &s);
	qsort(all, n, sizeof(all[0]), by_sum);
	print("median", &all[n / 2]);
	print("slowest", &all[n - 1]);
	EVP_PKEY_free(s.key);
	firma_certificate_free(s.certificate);
	return 0;
}
