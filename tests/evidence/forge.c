/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forge FOLDER FILE.zip - what somebody does who has the evidence and this program:
 * report.html and SHA256SUMS made anew over whatever is in the folder, and packed.
 * A signature and a stamp are left as they are.
 */
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/own.h"
#include "cli/evidence.h"
#include "cli/file.h"

static void
put(struct evidence *e, const char *name, struct firma_bytes v)
{
	if (evidence_put(e, name, v) != FIRMA_OK)
		errx(1, "%s", name);
}

/* below: "" or "letters/" */
static void
take(struct evidence *e, const char *folder, const char *below)
{
	char path[FILE_PATH_MAX], name[EVIDENCE_NAME_MAX];
	struct dirent *d;
	struct stat st;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, below);
	if ((dir = opendir(path)) == NULL)
		err(1, "%s", path);
	while ((d = readdir(dir)) != NULL) {
		FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };

		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s%.40s", below, d->d_name);
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (stat(path, &st) != 0)
			err(1, "%s", path);
		if (S_ISDIR(st.st_mode)) {
			(void)snprintf(name, sizeof(name), "%.40s/", d->d_name);
			take(e, folder, name);
			continue;
		}
		if (file_read(path, EVIDENCE_FILE_MAX, &v, NULL) != FIRMA_OK)
			errx(1, "%s", path);
		put(e, name, firma_buf_view(&v));
	}
	(void)closedir(dir);
}

int
main(int argc, char **argv)
{
	FIRMA_OWN(evidence_done) struct evidence e = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf report = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf sums = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf zip = { 0 };

	if (argc != 3)
		errx(2, "usage: forge FOLDER FILE.zip");
	take(&e, argv[1], "");
	if (evidence_report(&e, &report, NULL) != FIRMA_OK)
		errx(1, "no report");
	put(&e, EVIDENCE_REPORT, firma_buf_view(&report));
	if (evidence_sums(&e, &sums) != FIRMA_OK)
		errx(1, "no sums");
	put(&e, EVIDENCE_SUMS, firma_buf_view(&sums));
	if (evidence_pack_buf(&e, &zip, NULL) != FIRMA_OK ||
	    file_write(argv[2], 0644, firma_buf_view(&zip), NULL) != FIRMA_OK)
		errx(1, "%s", argv[2]);
	return 0;
}
