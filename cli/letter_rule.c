/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_rule.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/own.h"
#include "agent/pki/identifier.h"

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

static const struct {
	const char *word;
	enum letter_level level;
} kinds[] = {
#define X(name, word, level) [LETTER_FOUND_##name] = { word, LETTER_##level },
	LETTER_FINDINGS(X)
#undef X
};

const char *
letter_finding_word(enum letter_finding_kind kind)
{
	return kinds[kind].word;
}

/* Where the next one goes: when there is no room, in place of the last lesser. */
static struct letter_finding *
room(struct letter_verdict *v, enum letter_level level)
{
	if (v->n < LETTER_FINDINGS_MAX)
		return &v->found[v->n++];
	for (size_t i = v->n; i > 0; i--)
		if (v->found[i - 1].level < level)
			return &v->found[i - 1];
	return &v->spare;
}

static struct letter_finding *
add(struct letter_verdict *v, enum letter_finding_kind kind, const char *found,
    const char *wanted)
{
	struct letter_finding *f = room(v, kinds[kind].level);

	*f =
	    (struct letter_finding){ .kind = kind, .level = kinds[kind].level };
	COPY(f->found, found);
	COPY(f->wanted, wanted);
	return f;
}

/* ---- what is strange, whatever is expected ---- */

static void
look_at_text(const struct letter *l, struct letter_verdict *v)
{
	const struct letter_facts *f = &l->facts;

	if (l->unread == FIRMA_OK && (f->n_empty > 0 || f->n_pages == 0))
		add(v, LETTER_FOUND_NO_TEXT, "", "")->page = f->first_empty;
	if (l->is_cut)
		(void)add(v, LETTER_FOUND_CUT, "", "");
	if (f->has_more)
		(void)add(v, LETTER_FOUND_MANY_IDS, "", "");
	if ((f->strange & LETTER_TEXT_INVISIBLE) != 0)
		(void)add(v, LETTER_FOUND_INVISIBLE, "", "");
	if ((f->strange & LETTER_TEXT_ALPHABETS) != 0)
		(void)add(v, LETTER_FOUND_ALPHABETS, "", "");
	if ((f->strange & LETTER_TEXT_UNREADABLE) != 0)
		(void)add(v, LETTER_FOUND_UNREADABLE, "", "");
}

static void
look_at_document(const struct letter *l, struct letter_verdict *v)
{
	if (l->unread != FIRMA_OK)
		(void)add(
		    v, LETTER_FOUND_UNREAD, letter_unread_text(l->unread), "");
	for (unsigned int i = 0; i < LETTER_N_ODDITIES; i++)
		if ((l->odd & 1u << i) != 0)
			add(v, LETTER_FOUND_DOCUMENT, letter_oddity_word(i), "")
			    ->odd = i;
	look_at_text(l, v);
}

/* ---- whose letter ---- */

/* Is text one of the words of list? */
static bool
is_listed(const char *list, const char *text)
{
	const size_t n = strlen(text);

	while (*(list += strspn(list, " \t")) != '\0') {
		const size_t word = strcspn(list, " \t");

		if (word == n && memcmp(list, text, n) == 0)
			return true;
		list += word;
	}
	return false;
}

int
letter_rules_allow(const struct letter_rules *r, const char *rfc)
{
	return is_listed(r->all[r->which].allow_rfc, rfc);
}

/* Those that mean nobody: the public, and foreigners. */
static bool
is_generic(const char *rfc)
{
	return strcmp(rfc, "XAXX010101000") == 0 ||
	    strcmp(rfc, "XEXX010101000") == 0;
}

static bool
is_ours(const struct letter_rules *r, const struct letter_id *id)
{
	if (id->kind == LETTER_REGISTRO)
		return strcmp(r->registro, id->text) == 0;
	return r->rfc[0] == '\0' || strcmp(r->rfc, id->text) == 0 ||
	    strcmp(r->representative_rfc, id->text) == 0 ||
	    is_generic(id->text) || letter_rules_allow(r, id->text);
}

static size_t
count(const struct letter_verdict *v, enum letter_finding_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->found[i].kind == kind;
	return n;
}

/* So many of a kind that they would hide the others: that they are many. */
static void
look_for_others(const struct letter *l, const struct letter_rules *r,
    struct letter_verdict *v)
{
	for (size_t i = 0; i < l->facts.n_ids; i++) {
		const struct letter_id *id = &l->facts.ids[i];
		const bool registro = id->kind == LETTER_REGISTRO;
		enum letter_finding_kind kind = registro
		    ? LETTER_FOUND_OTHER_REGISTRO
		    : LETTER_FOUND_OTHER_RFC;

		if ((!registro && id->kind != LETTER_RFC) || is_ours(r, id))
			continue;
		/* A number that only looks like one: a person decides. */
		if (registro && r->registro[0] == '\0')
			kind = LETTER_FOUND_UNKNOWN_REGISTRO;
		else if (!id->is_valid)
			kind = LETTER_FOUND_CHECK_DIGIT;
		else if (registro && !id->is_named)
			kind = LETTER_FOUND_MAYBE_REGISTRO;
		if (count(v, kind) == LETTER_SAME_MAX)
			kind = LETTER_FOUND_MANY_IDS;
		if (kind == LETTER_FOUND_MANY_IDS && count(v, kind) > 0)
			continue;
		add(v, kind, id->text, registro ? r->registro : r->rfc)->page =
		    id->page;
	}
}

/* ---- what has to be there ---- */

/* What nobody could read everywhere may be where nobody could read. */
static void
lacks(const struct letter *l, struct letter_verdict *v,
    enum letter_finding_kind kind, const char *wanted)
{
	struct letter_finding *f = add(v, kind, "", wanted);

	if (l->facts.n_empty > 0 || l->is_cut ||
	    (l->facts.strange & LETTER_TEXT_UNREADABLE) != 0)
		f->level = LETTER_ODD;
}

/* The level as the findings have it now. */
static void
weigh(struct letter_verdict *v)
{
	v->level = LETTER_GOOD;
	v->err = FIRMA_OK;
	for (size_t i = 0; i < v->n; i++) {
		const struct letter_finding *f = &v->found[i];

		if (v->level < f->level)
			v->level = f->level;
		if (f->level != LETTER_REFUSED || v->err != FIRMA_OK)
			continue;
		v->err = f->kind == LETTER_FOUND_OTHER_RFC ||
			f->kind == LETTER_FOUND_OTHER_REGISTRO
		    ? FIRMA_ERR_LETTER_OTHER
		    : f->kind == LETTER_FOUND_OTHER_LETTER
		    ? FIRMA_ERR_LETTER_STEP
		    : FIRMA_ERR_LETTER_LACKS;
	}
}

/* The first of the procedure's titles is this letter's. */
static void
look_at_title(const struct letter *l, const struct letter_rules *r,
    struct letter_verdict *v)
{
	size_t first = SIZE_MAX, which = r->which;

	for (size_t i = 0; i < r->n; i++) {
		const size_t at =
		    letter_facts_heading(&l->facts, r->all[i].heading);

		if (at < first) {
			first = at;
			which = i;
		}
	}
	if (first == SIZE_MAX)
		lacks(l, v, LETTER_FOUND_NO_TITLE, r->all[which].heading);
	else if (which != r->which)
		add(v, LETTER_FOUND_OTHER_LETTER, r->all[which].heading,
		    r->all[r->which].heading)
		    ->page = letter_facts_page_of(&l->facts, first);
}

static void
look_for_id(const struct letter *l, struct letter_verdict *v,
    enum letter_kind kind, const char *text, const char *what,
    enum letter_finding_kind missing)
{
	if (text[0] == '\0')
		(void)add(v, LETTER_FOUND_NOT_COMPARED, "", what);
	/* Test identities have numbers of another form. */
	else if (letter_facts_find(&l->facts, kind, text) == NULL &&
	    !letter_facts_names(&l->facts, text, NULL))
		lacks(l, v, missing, text);
}

static void
look_for_ours(const struct letter *l, const struct letter_rules *r,
    struct letter_verdict *v)
{
	const unsigned int must = r->all[r->which].must;

	if ((must & FIRMA_MUST_TITLE) != 0)
		look_at_title(l, r, v);
	if ((must & FIRMA_MUST_RFC) != 0)
		look_for_id(
		    l, v, LETTER_RFC, r->rfc, "rfc", LETTER_FOUND_NO_RFC);
	if ((must & FIRMA_MUST_REGISTRO) != 0)
		look_for_id(l, v, LETTER_REGISTRO, r->registro,
		    "registro-patronal", LETTER_FOUND_NO_REGISTRO);
	if ((must & FIRMA_MUST_NAME) == 0)
		return;
	if (r->name[0] == '\0')
		(void)add(v, LETTER_FOUND_NOT_COMPARED, "", "name");
	else if (!letter_facts_names(&l->facts, r->name, NULL))
		lacks(l, v, LETTER_FOUND_NO_NAME, r->name);
	else if (!letter_facts_names_just(&l->facts, r->name))
		(void)add(v, LETTER_FOUND_LONGER_NAME, "", r->name);
}

void
letter_rules_company(struct letter_rules *r, const struct firma_identity *id)
{
	COPY(r->name,
	    id->name[0] != '\0'               ? id->name
		: id->organization[0] != '\0' ? id->organization
					      : id->common_name);
	COPY(r->rfc, id->rfc);
	COPY(r->representative_rfc, id->representative_rfc);
	COPY(r->registro, id->registro_patronal);
}

static void
json_done(json_t **j)
{
	json_decref(*j);
}

void
letter_rules_operator(struct letter_rules *r, const char *fields)
{
	FIRMA_OWN(json_done)
	json_t *j = json_loads(fields, JSON_REJECT_DUPLICATES, NULL);
	const char *own =
	    json_string_value(json_object_get(j, "registro_patronal"));
	char plain[FIRMA_IDENTITY_ID];
	size_t n = 0;

	/* The certificate's or the operator's; the agent puts no portal's there. */
	if (own == NULL)
		return;
	for (; *own != '\0' && n + 1 < sizeof(plain); own++)
		if (*own != '-' && *own != ' ')
			plain[n++] = *own;
	plain[n] = '\0';
	if (firma_registro_check(plain, NULL) == FIRMA_OK)
		COPY(r->registro, plain);
}

void
letter_judge(const struct letter *l, const struct letter_rules *rules,
    struct letter_verdict *ret)
{
	*ret = (struct letter_verdict){ .level = LETTER_GOOD };
	/* First: nothing that stands in the text crowds it out. */
	look_at_document(l, ret);
	/* Where nothing was read, that alone is said. */
	if (rules != NULL && l->facts.n_empty < l->facts.n_pages) {
		look_for_others(l, rules, ret);
		look_for_ours(l, rules, ret);
	}
	weigh(ret);
}
