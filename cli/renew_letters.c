/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/renew_letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/memfd.h"
#include "agent/base/own.h"
#include "agent/pki/own_openssl.h"
#include "cli/renewals.h"

#define LETTER_MAX ((size_t)8 * 1024 * 1024) /* octets, as in the agent */

enum firma_err
letters_folder(const char *dir, uint64_t renewal, char ret[FILE_PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int n;

	if (dir != NULL)
		n = snprintf(ret, FILE_PATH_MAX, "%s", dir);
	else if (state != NULL && state[0] == '/')
		n = snprintf(ret, FILE_PATH_MAX, "%s/firma/renewal-%llu", state,
		    (unsigned long long)renewal);
	else
		n = snprintf(ret, FILE_PATH_MAX,
		    "%s/.local/state/firma/renewal-%llu",
		    home != NULL ? home : "", (unsigned long long)renewal);
	return n < 0 || n >= FILE_PATH_MAX ? FIRMA_ERR_LIMIT : FIRMA_OK;
}

enum firma_err
letters_path(const char *folder, const char *letter, char ret[FILE_PATH_MAX])
{
	const int n =
	    snprintf(ret, FILE_PATH_MAX, "%s/letters/%s.pdf", folder, letter);

	if (strchr(letter, '/') != NULL || letter[0] == '.')
		return FIRMA_ERR_VALUE;
	return n < 0 || n >= FILE_PATH_MAX ? FIRMA_ERR_LIMIT : FIRMA_OK;
}

enum firma_err
letters_keep(const char *folder, const char *letter, struct firma_bytes v,
    struct firma_cause *cause)
{
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = file_join(folder, "letters", path)) != FIRMA_OK ||
	    (r = file_mkdirs(path, cause)) != FIRMA_OK ||
	    (r = letters_path(folder, letter, path)) != FIRMA_OK)
		return r;
	return file_write(path, 0644, v, cause);
}

enum firma_err
letters_check(struct firma_bytes v, struct firma_bytes sha256)
{
	uint8_t hash[32];

	if (v.len == 0)
		return FIRMA_ERR_LETTER_EMPTY;
	if (v.len > LETTER_MAX)
		return FIRMA_ERR_LETTER_SIZE;
	if (v.len < 5 || memcmp(v.at, "%PDF-", 5) != 0)
		return FIRMA_ERR_LETTER_NOT_PDF;
	if (sha256.len != sizeof(hash))
		return FIRMA_OK;
	if (EVP_Digest(v.at, v.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return FIRMA_ERR_INTERNAL;
	return memcmp(hash, sha256.at, sizeof(hash)) == 0
	    ? FIRMA_OK
	    : FIRMA_ERR_LETTER_CHANGED;
}

enum firma_err
letters_open(struct app *app, uint64_t renewal, const char *folder,
    const char *letter, struct firma_bytes sha256, int *ret_fd,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf v = { 0 };
	char path[FILE_PATH_MAX];
	enum firma_err r;

	if ((r = letters_path(folder, letter, path)) != FIRMA_OK)
		return r;
	if (access(path, F_OK) != 0) {
		r = renewals_document(app, renewal, letter, &v, cause);
		if (r == FIRMA_OK)
			r = letters_keep(
			    folder, letter, firma_buf_view(&v), cause);
	} else {
		r = file_read(path, LETTER_MAX, &v, cause);
		if (r == FIRMA_ERR_LIMIT)
			r = FIRMA_ERR_LETTER_SIZE;
	}
	if (r == FIRMA_OK &&
	    (r = letters_check(firma_buf_view(&v), sha256)) != FIRMA_OK)
		return firma_fail(
		    cause, r, FIRMA_CAUSE_NONE, 0, "%.150s", path);
	if (r != FIRMA_OK)
		return r;
	return firma_memfd_from_bytes(firma_buf_view(&v), ret_fd, cause);
}
