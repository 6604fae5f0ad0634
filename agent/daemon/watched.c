/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/watched.h"

#include <stdio.h>
#include <string.h>

#define SLOT_MIN 63 /* octets of a name that are there even when it is cut */

static struct firma_watched_reader *
find(struct firma_watched *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i].name, name) == 0)
			return &w->at[i];
	return NULL;
}

static void
forget(struct firma_watched *w, struct firma_watched_reader *d)
{
	*d = w->at[--w->n];
}

static bool
has_card(const struct firma_watched_reader *d)
{
	return (d->flags & FIRMA_READER_PRESENT) != 0;
}

unsigned int
firma_watched_take(
    struct firma_watched *w, const char *name, uint32_t flags, uint32_t events)
{
	struct firma_watched_reader *d = find(w, name), was = { 0 };
	unsigned int what = 0;

	if (d == NULL && (flags & FIRMA_READER_GONE) != 0)
		return 0;
	if (d == NULL) {
		if (w->n == FIRMA_WATCHED_MAX)
			return 0;
		d = &w->at[w->n++];
	} else {
		was = *d;
	}
	*d = (struct firma_watched_reader){
		.flags = flags, .events = events, .is_fresh = true
	};
	(void)snprintf(d->name, sizeof(d->name), "%s", name);
	if (has_card(&was) && (!has_card(d) || was.events != events))
		what |= FIRMA_WATCHED_OUT;
	if (has_card(d) && (!has_card(&was) || was.events != events))
		what |= FIRMA_WATCHED_IN;
	if (what == 0 && was.flags != flags)
		what = FIRMA_WATCHED_OTHER;
	if ((flags & FIRMA_READER_GONE) != 0)
		forget(w, d);
	return what;
}

void
firma_watched_stale(struct firma_watched *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->at[i].is_fresh = false;
}

bool
firma_watched_sweep(
    struct firma_watched *w, struct firma_watched_reader *ret_gone)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->at[i].is_fresh) {
			*ret_gone = w->at[i];
			forget(w, &w->at[i]);
			return true;
		}
	return false;
}

const struct firma_watched_reader *
firma_watched_find(const struct firma_watched *w, const char *slot)
{
	for (size_t i = 0; i < w->n; i++)
		if (firma_watched_is_slot(w->at[i].name, slot))
			return &w->at[i];
	return NULL;
}

bool
firma_watched_is_slot(const char *name, const char *slot)
{
	const size_t n = strlen(slot), n_name = strlen(name);

	if (n == 0 || n > n_name)
		return false;
	for (size_t i = 0; i < n; i++)
		if (slot[i] != name[i] &&
		    (name[i] != '?' || (unsigned char)slot[i] < 0x80))
			return false;
	/* Cut: what is missing may be the blanks of the padding. */
	if (n < n_name && n_name <= SLOT_MIN)
		return false;
	for (size_t i = n; i < n_name && i < SLOT_MIN; i++)
		if (name[i] != ' ')
			return false;
	return true;
}
