/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/renewal/order.h"

#include <string.h>

/* What the steps so far have brought. */
struct walk {
	struct firma_profile *p;
	struct firma_problems *problems;
	size_t i; /* the step that is looked at */
	bool generated, requested, fetched, accepted;
};

#define COMPLAIN(w, ...) \
	firma_problem_add((w)->problems, here(w)->line, __VA_ARGS__)

static struct firma_profile_step *
here(const struct walk *w)
{
	return &w->p->steps[w->i];
}

/* The earlier step that saves a document, or NULL and a problem. */
static const struct firma_profile_step *
source(const struct walk *w, const char *option, const char *document)
{
	const size_t at = firma_profile_saver(w->p, document);

	if (at < w->i)
		return &w->p->steps[at];
	COMPLAIN(
	    w, "%s = %s: no step before this one saves it", option, document);
	return NULL;
}

static void
check_key(struct walk *w)
{
	const struct firma_profile_step *s = here(w);

	if (s->key == FIRMA_KEY_NEW && !w->generated &&
	    s->what != FIRMA_DO_GENERATE)
		COMPLAIN(w, "the new key is used before it is generated");
	if (s->key == FIRMA_KEY_SIGNER &&
	    w->p->signer != FIRMA_SIGNER_REPRESENTATIVE)
		COMPLAIN(w, "key = signer goes with signer = representative");
	if ((s->key == FIRMA_KEY_OLD || s->key == FIRMA_KEY_SIGNER) &&
	    s->what != FIRMA_DO_SIGN)
		COMPLAIN(
		    w, "only a sign step uses the old key or the signer's");
	if (s->key == FIRMA_KEY_NEW && s->what == FIRMA_DO_SIGN && !w->accepted)
		COMPLAIN(w,
		    "the new key signs CMS before its certificate is accepted");
}

/* What a renewal does once. */
static void
check_once(struct walk *w, bool *done, const char *what)
{
	if (*done)
		COMPLAIN(w, "a second step that %s", what);
	*done = true;
}

static void
check_sign(struct walk *w)
{
	struct firma_profile_step *s = here(w);
	const struct firma_profile_step *from = source(w, "signs", s->signs);

	if (!firma_sign_is_cms(s->format) || s->format == FIRMA_SIGN_PADES)
		COMPLAIN(w, "format: a renewal signs CMS");
	if (from == NULL)
		return;
	if (s->letter[0] != '\0' && strcmp(s->letter, from->letter) != 0)
		COMPLAIN(w, "letter = %s, but %s is another document",
		    s->letter, s->signs);
	memcpy(s->letter, from->letter, sizeof(s->letter));
	if (s->letter[0] != '\0' &&
	    strlen(s->saves) + sizeof(FIRMA_PROFILE_CONSENT) > sizeof(s->saves))
		COMPLAIN(w, "saves = %s is too long for %s to be added",
		    s->saves, FIRMA_PROFILE_CONSENT);
}

static void
check_submit_letter(struct walk *w, const struct firma_profile_step *from)
{
	const struct firma_profile_step *s = here(w);
	const enum firma_step_key key =
	    strcmp(s->role, "old") == 0 ? FIRMA_KEY_OLD : FIRMA_KEY_NEW;

	if (strcmp(s->role, "old") != 0 && strcmp(s->role, "new") != 0)
		COMPLAIN(w, "role is one of: old, new");
	if (s->reconcile != FIRMA_OP_FIND_LETTER)
		COMPLAIN(w, "reconcile of submit-letter is find-letter");
	if (from == NULL)
		return;
	if (from->what != FIRMA_DO_SIGN ||
	    firma_sign_is_attached(from->format) ||
	    strcmp(from->letter, s->letter) != 0)
		COMPLAIN(w, "%s is not a detached signature of letter %s",
		    s->sends, s->letter);
	else if (from->key != key)
		COMPLAIN(w, "role = %s, but %s is signed with the other key",
		    s->role, s->sends);
}

/* The request itself, or inside a signature. */
static bool
is_request(const struct walk *w, const struct firma_profile_step *from)
{
	const size_t at =
	    from->what == FIRMA_DO_SIGN && firma_sign_is_attached(from->format)
	    ? firma_profile_saver(w->p, from->signs)
	    : FIRMA_STEP_NONE;

	return from->what == FIRMA_DO_REQUEST ||
	    (at < w->i && w->p->steps[at].what == FIRMA_DO_REQUEST);
}

static void
check_sends(struct walk *w)
{
	const struct firma_profile_step *s = here(w);
	const struct firma_profile_step *from =
	    s->sends[0] == '\0' ? NULL : source(w, "sends", s->sends);

	if (s->op == FIRMA_OP_SUBMIT_LETTER)
		check_submit_letter(w, from);
	if (s->op == FIRMA_OP_SUBMIT_REQUEST &&
	    s->reconcile != FIRMA_OP_FIND_REQUEST)
		COMPLAIN(w, "reconcile of submit-request is find-request");
	if (from == NULL)
		return;
	if (s->op == FIRMA_OP_SUBMIT_REQUEST && !is_request(w, from))
		COMPLAIN(w,
		    "%s is neither the request nor an attached signature of it",
		    s->sends);
	if (s->op == FIRMA_OP_ENTER &&
	    (from->what != FIRMA_DO_SIGN ||
		!firma_sign_is_attached(from->format)))
		COMPLAIN(w, "%s is not an attached signature", s->sends);
}

/* Documents and letters that the step names. */
static void
check_names(struct walk *w)
{
	const struct firma_profile_step *s = here(w), *from;

	if (s->saves[0] != '\0' && firma_profile_saver(w->p, s->saves) < w->i)
		COMPLAIN(w, "another step saves %s already", s->saves);
	if (firma_profile_is_consent(s->saves))
		COMPLAIN(w, "saves = %s: such a name is a consent's", s->saves);
	if (s->letter[0] != '\0' &&
	    firma_profile_letter(w->p, s->letter) == NULL)
		COMPLAIN(w, "there is no [letter %s]", s->letter);
	if (s->same[0] != '\0' && (from = source(w, "same", s->same)) != NULL &&
	    strcmp(from->letter, s->letter) != 0)
		COMPLAIN(w, "same = %s is another letter", s->same);
	if (w->i > 0 && s->user_step < s[-1].user_step)
		COMPLAIN(w, "user-step goes back from %u to %u",
		    s[-1].user_step, s->user_step);
}

/*
 * On the way back steps are done again from `again` up to here.  A submission
 * may only be where the way back ends, because there it is asked about first;
 * what makes or changes something for good may not be on the way.
 */
static void
check_again(struct walk *w)
{
	const struct firma_profile_step *s = here(w);

	if (s->again == FIRMA_STEP_NONE)
		return;
	for (size_t k = s->again; k < w->i; k++) {
		const struct firma_profile_step *b = &w->p->steps[k];
		const bool fetch = b->what == FIRMA_DO_PORTAL &&
		    firma_op_kind(b->op) == FIRMA_OP_IS_FETCH;
		const bool submit = b->what == FIRMA_DO_PORTAL &&
		    firma_op_kind(b->op) == FIRMA_OP_IS_SUBMIT;
		/* A letter is signed once; a challenge anew each time. */
		const bool sign =
		    b->what == FIRMA_DO_SIGN && b->letter[0] == '\0';

		if (!fetch && !sign && !(submit && k == s->again)) {
			COMPLAIN(w,
			    "again: step %s is on the way and must not be "
			    "done twice",
			    b->id);
			return;
		}
	}
}

static void
check_step(struct walk *w)
{
	const struct firma_profile_step *s = here(w);

	check_names(w);
	check_key(w);
	switch (s->what) {
	case FIRMA_DO_GENERATE:
		check_once(w, &w->generated, "generates a key");
		break;
	case FIRMA_DO_REQUEST:
		check_once(w, &w->requested, "makes a request");
		break;
	case FIRMA_DO_ACCEPT:
		if (!w->fetched)
			COMPLAIN(w, "no step before fetches a certificate");
		check_once(w, &w->accepted, "accepts a certificate");
		break;
	case FIRMA_DO_SIGN:
		check_sign(w);
		break;
	case FIRMA_DO_PORTAL:
		check_sends(w);
		if (s->op == FIRMA_OP_CERTIFICATE)
			check_once(w, &w->fetched, "fetches a certificate");
		break;
	case FIRMA_DO_CONFIRM:
		break;
	}
	check_again(w);
}

void
firma_profile_check_order(
    struct firma_profile *p, struct firma_problems *problems)
{
	struct walk w = { .p = p, .problems = problems };

	for (w.i = 0; w.i < p->n_steps; w.i++)
		check_step(&w);
	if (p->n_steps == 0)
		firma_problem_add(problems, 0, "the profile has no steps");
}
