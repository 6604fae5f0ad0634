/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vcard/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "tests/vcard/out.h"

#define PATH_MAX_ 4096
#define HEAD      "firma-vcard 1\n"

static void
file_done(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

static void
hex_of(const char *word, struct firma_buf *ret)
{
	ret->len = 0;
	if (strcmp(word, "-") != 0 && firma_unhex(word, ret) != FIRMA_OK)
		out_die("the state's file is broken: %.20s", word);
}

static void
load_pin(char *words, struct state_pin *pin)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf value = { 0 };
	char *at = words;
	const char *word = strsep(&at, " ");

	hex_of(word, &value);
	if (at == NULL || value.len > STATE_PIN_MAX ||
	    sscanf(at, "%u %u", &pin->tries, &pin->max) != 2)
		out_die("the state's file has a broken PIN");
	pin->len = value.len;
	if (value.len != 0)
		memcpy(pin->value, value.at, value.len);
}

static void
load_ef(struct state *s, char *words)
{
	char *at = words;
	const char *id = strsep(&at, " ");
	struct state_ef *ef;

	if (at == NULL)
		out_die("the state's file has a broken EF");
	ef = state_make(s, (unsigned)strtoul(id, NULL, 16));
	if (ef == NULL)
		out_die("the state's file has too many EFs");
	hex_of(at, &ef->data);
}

static void
load_line(struct state *s, char *line)
{
	char *words = line;
	const char *kind = strsep(&words, " ");

	if (words == NULL)
		out_die("the state's file is broken: %s", kind);
	if (strcmp(kind, "serial") == 0)
		(void)snprintf(s->serial, sizeof(s->serial), "%s", words);
	else if (strcmp(kind, "device") == 0)
		hex_of(words, &s->device);
	else if (strcmp(kind, "user") == 0)
		load_pin(words, &s->user);
	else if (strcmp(kind, "so") == 0)
		load_pin(words, &s->so);
	else if (strcmp(kind, "ef") == 0)
		load_ef(s, words);
	else
		out_die("the state's file is broken: %s", kind);
}

int
state_load(struct state *s, const char *path)
{
	FIRMA_OWN(file_done) FILE *f = fopen(path, "re");
	FIRMA_OWN(firma_mem_done) char *line = NULL;
	size_t room = 0;
	ssize_t n;

	*s = (struct state){ .path = path };
	if (f == NULL && errno == ENOENT)
		return 0;
	if (f == NULL || getline(&line, &room, f) < 0 ||
	    strcmp(line, HEAD) != 0)
		out_die("%s is not the state of a card", path);
	while ((n = getline(&line, &room, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		load_line(s, line);
	}
	return 1;
}

static void
put_hex(FILE *f, struct firma_bytes v)
{
	if (v.len == 0)
		(void)fputc('-', f);
	for (size_t i = 0; i < v.len; i++)
		(void)fprintf(f, "%02x", v.at[i]);
}

static void
put_pin(FILE *f, const char *name, const struct state_pin *pin)
{
	(void)fprintf(f, "%s ", name);
	put_hex(f, firma_bytes_of(pin->value, pin->len));
	(void)fprintf(f, " %u %u\n", pin->tries, pin->max);
}

void
state_save(const struct state *s)
{
	char path[PATH_MAX_];
	FILE *f;
	int fd;

	(void)snprintf(path, sizeof(path), "%s.new", s->path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL)
		out_die("%s: %s", path, strerror(errno));
	(void)fprintf(f, HEAD "serial %s\ndevice ", s->serial);
	put_hex(f, firma_buf_view(&s->device));
	(void)fputc('\n', f);
	put_pin(f, "user", &s->user);
	put_pin(f, "so", &s->so);
	for (size_t i = 0; i < s->n_efs; i++) {
		(void)fprintf(f, "ef %04X ", s->efs[i].id);
		put_hex(f, firma_buf_view(&s->efs[i].data));
		(void)fputc('\n', f);
	}
	if (ferror(f) != 0 || fclose(f) != 0 || rename(path, s->path) != 0)
		out_die("%s: %s", s->path, strerror(errno));
}

struct state_ef *
state_find(struct state *s, unsigned id)
{
	for (size_t i = 0; i < s->n_efs; i++) {
		if (s->efs[i].id == id)
			return &s->efs[i];
	}
	return NULL;
}

struct state_ef *
state_make(struct state *s, unsigned id)
{
	struct state_ef *ef = state_find(s, id), *more;

	if (ef != NULL || s->n_efs == STATE_EFS_MAX)
		return ef;
	more = realloc(s->efs, (s->n_efs + 1) * sizeof(*more));
	if (more == NULL)
		out_die("no memory");
	s->efs = more;
	ef = &s->efs[s->n_efs++];
	*ef = (struct state_ef){ .id = (uint16_t)id };
	return ef;
}

void
state_drop(struct state *s, unsigned id)
{
	struct state_ef *ef = state_find(s, id);

	if (ef == NULL)
		return;
	firma_buf_done(&ef->data);
	s->n_efs--;
	memmove(ef, ef + 1, (size_t)(s->efs + s->n_efs - ef) * sizeof(*ef));
}

void
state_wipe(struct state *s)
{
	for (size_t i = 0; i < s->n_efs; i++)
		firma_buf_done(&s->efs[i].data);
	free(s->efs);
	s->efs = NULL;
	s->n_efs = 0;
}

void
state_done(struct state *s)
{
	state_wipe(s);
	firma_buf_done(&s->device);
}
