/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-seeds SOURCE OUT - write the corpus of each target to OUT/<target>/:
 * what seeds_wire.c, seeds_pki.c, seeds_stamp.c, seeds_evidence.c, seeds_lot.c and
 * seeds_pdf.c
 * make, the texts that the project has
 * anyway, and the committed seeds of SOURCE/tests/fuzz/seeds/<target>/, of which
 * those named .hex are hex (lines that begin with # are remarks).
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"

#define FILE_MAX ((size_t)256 * 1024)
#define PATH_LEN 4096

static const char *source, *out;

/* a "/" b, or the end of the program when it does not fit. */
static void
join(char ret[PATH_LEN], const char *a, const char *b)
{
	const int n = snprintf(ret, PATH_LEN, "%s/%s", a, b);

	FUZZ_MUST(n > 0 && n < PATH_LEN);
}

static void
fail(const char *path)
{
	perror(path);
	exit(1);
}

void
seed(const char *target, const char *name, struct firma_bytes v)
{
	char folder[PATH_LEN], path[PATH_LEN];
	FILE *f;

	join(folder, out, target);
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		fail(folder);
	join(path, folder, name);
	f = fopen(path, "wbe");
	if (f == NULL || fwrite(v.at, 1, v.len, f) != v.len || fclose(f) != 0)
		fail(path);
}

static char *
read_text(const char *path, size_t *ret_len)
{
	char *text = malloc(FILE_MAX + 1);
	FILE *f = fopen(path, "rbe");

	if (f == NULL || text == NULL)
		fail(path);
	*ret_len = fread(text, 1, FILE_MAX, f);
	text[*ret_len] = '\0';
	(void)fclose(f);
	return text;
}

static void
text_file(const char *target, const char *file)
{
	char path[PATH_LEN];
	size_t len;

	join(path, source, file);
	char *text = read_text(path, &len);
	const char *name = strrchr(file, '/');

	seed(target, name != NULL ? name + 1 : file, firma_bytes_of(text, len));
	free(text);
}

/* Remarks and blanks dropped, in place. */
static void
only_hex(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '#')
			p += strcspn(p, "\n");
		if (*p == '\0')
			break;
		if (strchr(" \t\r\n", *p) == NULL)
			*to++ = *p;
	}
	*to = '\0';
}

static void
committed_file(const char *target, const char *folder, const char *name)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf octets = { 0 };
	const char *dot = strrchr(name, '.');
	char path[PATH_LEN];
	size_t len;

	join(path, folder, name);
	char *text = read_text(path, &len);

	if (dot == NULL || strcmp(dot, ".hex") != 0) {
		seed(target, name, firma_bytes_of(text, len));
		free(text);
		return;
	}
	only_hex(text);
	if (firma_unhex(text, &octets) != FIRMA_OK) {
		(void)fprintf(stderr, "%s: not hex\n", path);
		exit(1);
	}
	seed(target, name, firma_buf_view(&octets));
	free(text);
}

/* SOURCE/tests/fuzz/seeds/<target>/<name> */
static void
committed(void)
{
	char folder[PATH_LEN], below[PATH_LEN];
	struct dirent *e, *e2;

	join(folder, source, "tests/fuzz/seeds");
	DIR *d = opendir(folder);

	if (d == NULL)
		fail(folder);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		join(below, folder, e->d_name);
		DIR *d2 = opendir(below);

		if (d2 == NULL)
			fail(below);
		while ((e2 = readdir(d2)) != NULL)
			if (e2->d_name[0] != '.')
				committed_file(e->d_name, below, e2->d_name);
		(void)closedir(d2);
	}
	(void)closedir(d);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		(void)fprintf(stderr, "usage: fuzz-seeds SOURCE OUT\n");
		return 2;
	}
	source = argv[1];
	out = argv[2];
	if (mkdir(out, 0755) != 0 && errno != EEXIST)
		fail(out);
	seeds_wire();
	seeds_pki();
	seeds_stamp();
	seeds_evidence();
	seeds_lot();
	seeds_pdf();
	text_file("config", "agent/daemon/firmad.conf.example");
	text_file("ini", "agent/daemon/firmad.conf.example");
	text_file("profile", "cli/profiles/imss-idse.ini");
	text_file("ini", "cli/profiles/imss-idse.ini");
	text_file("profile", "cli/profiles/sat-efirma.ini");
	text_file("ticket", "cli/tickets/sat-portal.ini");
	text_file("ticket", "cli/tickets/arca-wsaa.ini");
	committed();
	return 0;
}
