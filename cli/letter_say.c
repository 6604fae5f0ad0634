/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/letter_say.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/lang.h"
#include "cli/out.h"
#include "cli/say.h"

#define LINE (LETTER_HEADING_MAX * 2 + 256) /* octets of a sentence */
#define MORE "more" /* in place of words for which there is no room */

static const char *const kind_names[] = { [LETTER_RFC] = "rfc",
	[LETTER_REGISTRO] = "registro_patronal",
	[LETTER_CURP] = "curp",
	[LETTER_NSS] = "nss",
	[LETTER_DATE] = "date" };

/* ---- words ---- */

static const char *
document_text(enum letter_oddity odd)
{
	switch (odd) {
	case LETTER_ODD_DAMAGED:
		return _("the document is damaged: another program may show "
			 "something else");
	case LETTER_ODD_ENCRYPTED:
		return _("the document is encrypted");
	case LETTER_ODD_JAVASCRIPT:
		return _("the document has a program (JavaScript) in it");
	case LETTER_ODD_ATTACHMENTS:
		return _("files are attached to the document");
	case LETTER_ODD_SIGNATURES:
		return _("the document has been signed before");
	case LETTER_ODD_LAYERS:
		return _("the document has layers that can be switched off");
	case LETTER_ODD_FORMS:
		return _("the document has fields that can be filled in");
	case LETTER_ODD_ACTIONS:
		return _("the document opens or starts something outside it");
	case LETTER_ODD_NOTES:
		return _("the document has notes or stamps over its text");
	case LETTER_ODD_HIDDEN_TEXT:
		return _("text is there that an eye may not see: pale, very "
			 "small, transparent, or in place of other text");
	case LETTER_ODD_PICTURE:
		return _("a picture covers much of a page: text may lie under "
			 "it");
	case LETTER_N_ODDITIES:
	default:
		return "";
	}
}

static const char *
plain_text(const struct letter_finding *f)
{
	switch (f->kind) {
	case LETTER_FOUND_NO_TEXT:
		return _("it cannot be read by a machine: no text is in it, "
			 "perhaps a picture of text");
	case LETTER_FOUND_CUT:
		return _("it is too long: only its beginning was read");
	case LETTER_FOUND_MANY_IDS:
		return _("it has more identifiers than were compared");
	case LETTER_FOUND_INVISIBLE:
		return _("characters are in it that cannot be seen");
	case LETTER_FOUND_ALPHABETS:
		return _("letters of other alphabets are in it, which may look "
			 "like ours");
	case LETTER_FOUND_UNREADABLE:
		return _("characters are in it that mean nothing to a machine");
	case LETTER_FOUND_DOCUMENT:
		return document_text(f->odd);
	default:
		return "";
	}
}

/* What the certificate lacks, by the profile's word for it. */
static const char *
lacking(const char *word)
{
	if (strcmp(word, "rfc") == 0)
		return _("the RFC");
	if (strcmp(word, "name") == 0)
		return _("the name");
	return _("the employer's number");
}

/* A sentence that names what was found and what is expected. */
static void
finding_text(const struct letter_finding *f, char ret[LINE])
{
	switch (f->kind) {
	case LETTER_FOUND_OTHER_RFC:
		(void)snprintf(ret, LINE,
		    _("the RFC %s is another company's; this one's is %s"),
		    f->found, f->wanted);
		break;
	case LETTER_FOUND_OTHER_REGISTRO:
		(void)snprintf(ret, LINE,
		    _("the employer's number %s is another company's; this "
		      "one's is %s"),
		    f->found, f->wanted);
		break;
	case LETTER_FOUND_MAYBE_REGISTRO:
		(void)snprintf(ret, LINE,
		    _("%s may be another company's employer's number; this "
		      "one's is %s"),
		    f->found, f->wanted);
		break;
	case LETTER_FOUND_OTHER_LETTER:
		(void)snprintf(ret, LINE,
		    _("it is the letter \"%s\"; this step signs \"%s\""),
		    f->found, f->wanted);
		break;
	case LETTER_FOUND_NO_TITLE:
	case LETTER_FOUND_NO_NAME:
	case LETTER_FOUND_NO_RFC:
	case LETTER_FOUND_NO_REGISTRO:
		(void)snprintf(ret, LINE, _("\"%s\" is not in it"), f->wanted);
		break;
	case LETTER_FOUND_UNKNOWN_REGISTRO:
		(void)snprintf(ret, LINE,
		    _("%s was not compared: this company's employer's number "
		      "is not known"),
		    f->found);
		break;
	case LETTER_FOUND_LONGER_NAME:
		(void)snprintf(ret, LINE,
		    _("words follow \"%s\": it may be another company's name"),
		    f->wanted);
		break;
	case LETTER_FOUND_NOT_COMPARED:
		(void)snprintf(ret, LINE,
		    _("%s was not compared: the certificate does not say it"),
		    lacking(f->wanted));
		break;
	case LETTER_FOUND_UNREAD:
		(void)snprintf(ret, LINE,
		    _("it cannot be read by a machine: %s"), _(f->found));
		break;
	case LETTER_FOUND_CHECK_DIGIT:
		(void)snprintf(ret, LINE,
		    _("%s looks like an identifier, but its check digit is "
		      "wrong"),
		    f->found);
		break;
	default:
		(void)snprintf(ret, LINE, "%s", plain_text(f));
		break;
	}
}

static void
with_page(const struct letter_finding *f, char ret[LINE + 64])
{
	char text[LINE];

	finding_text(f, text);
	if (f->page != 0)
		(void)snprintf(ret, LINE + 64, _("page %u: %s"), f->page, text);
	else
		(void)snprintf(ret, LINE + 64, "%s", text);
}

/* ---- the title ---- */

/* The first line that has something in it, as the text has it. */
static void
first_line(const struct letter_facts *f, char ret[LETTER_HEADING_MAX])
{
	const struct firma_bytes v = firma_buf_view(&f->plain);
	size_t at = 0, n = 0;

	while (at < v.len && (v.at[at] == '\n' || v.at[at] == ' '))
		at++;
	for (; at < v.len && v.at[at] != '\n' && n + 1 < LETTER_HEADING_MAX;
	     at++) {
		uint8_t c = v.at[at];

		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		ret[n++] = (char)(c < 0x20 || c >= 0x7f ? '?' : c);
	}
	ret[n] = '\0';
}

void
letter_title(const struct letter *l, const struct letter_rules *rules,
    char ret[LETTER_HEADING_MAX])
{
	size_t first = SIZE_MAX;

	ret[0] = '\0';
	for (size_t i = 0; rules != NULL && i < rules->n; i++) {
		const char *heading = rules->all[i].heading;
		const size_t at = letter_facts_heading(&l->facts, heading);

		if (at < first) {
			first = at;
			(void)snprintf(ret, LETTER_HEADING_MAX, "%s", heading);
		}
	}
	if (ret[0] == '\0' && l->title[0] != '\0' &&
	    letter_facts_heading(&l->facts, l->title) != SIZE_MAX)
		(void)snprintf(ret, LETTER_HEADING_MAX, "%s", l->title);
	if (ret[0] == '\0')
		first_line(&l->facts, ret);
}

/* ---- for people ---- */

static const char *
label(enum letter_kind kind)
{
	switch (kind) {
	case LETTER_RFC:
		return "  RFC"; /* untranslated: a proper name */
	case LETTER_REGISTRO:
		return _("  employer's number");
	case LETTER_CURP:
		return "  CURP"; /* untranslated: a proper name */
	case LETTER_NSS:
		return "  NSS"; /* untranslated: a proper name */
	case LETTER_DATE:
	default:
		return _("  date");
	}
}

static const char *
whose(const struct letter_rules *r, const struct letter_id *id)
{
	if (r == NULL || id->kind == LETTER_DATE)
		return "";
	if (strcmp(id->text, r->rfc) == 0 || strcmp(id->text, r->registro) == 0)
		return _(" (the certificate's)");
	if (strcmp(id->text, r->representative_rfc) == 0)
		return _(" (the representative's)");
	if (id->kind == LETTER_RFC && letter_rules_allow(r, id->text))
		return _(" (the institution's)");
	return "";
}

static void
say_ids(const struct letter *l, const struct letter_rules *r)
{
	for (enum letter_kind k = LETTER_RFC; k <= LETTER_DATE; k++)
		for (size_t i = 0; i < l->facts.n_ids; i++) {
			const struct letter_id *id = &l->facts.ids[i];

			if (id->kind == k)
				out_pair(
				    label(k), "%s%s", id->text, whose(r, id));
		}
}

void
letter_say(const struct letter *l, const struct letter_rules *rules,
    const struct letter_verdict *v, const char *path)
{
	char title[LETTER_HEADING_MAX], hex[65], text[LINE + 64];
	char day[OUT_DATE];

	letter_title(l, rules, title);
	firma_hex(firma_bytes_of(l->sha256, sizeof(l->sha256)), hex);
	out_line("%s", _("The letter:"));
	out_pair(_("  title"), "%s", title);
	if (rules != NULL && rules->name[0] != '\0' &&
	    letter_facts_names(&l->facts, rules->name, NULL))
		out_pair(_("  name"), _("%s (the certificate's)"), rules->name);
	say_ids(l, rules);
	if (l->unread == FIRMA_OK)
		out_pair(_("  pages"), "%u", l->n_pages);
	out_pair(_("  made by"), "%s", l->producer);
	if (l->created != 0)
		out_pair(_("  made on"), "%s", out_date(l->created, day));
	if (path != NULL)
		out_pair(_("  file"), "%s", path);
	out_pair("  SHA-256", "%s", hex); /* untranslated: a proper name */
	for (size_t i = 0; i < v->n; i++) {
		with_page(&v->found[i], text);
		out_coloured(
		    v->found[i].level == LETTER_REFUSED ? OUT_BAD : OUT_WARN,
		    "  %s %s",
		    v->found[i].level == LETTER_REFUSED ? _("wrong:")
							: _("odd:"),
		    text);
	}
}

void
letter_reason(const struct letter_verdict *v, char *ret, size_t size)
{
	char text[LINE + 64] = "";

	for (size_t i = 0; i < v->n && text[0] == '\0'; i++)
		if (v->found[i].level == LETTER_REFUSED)
			with_page(&v->found[i], text);
	(void)snprintf(ret, size, "%s: %s", _(firma_err_text(v->err)), text);
}

static const char *
finding_word(const struct letter_finding *f)
{
	return f->kind == LETTER_FOUND_DOCUMENT ? letter_oddity_word(f->odd)
						: letter_finding_word(f->kind);
}

/* Is its word one before it? */
static bool
is_said(const struct letter_verdict *v, size_t at)
{
	const char *word = finding_word(&v->found[at]);

	for (size_t i = 0; i < at; i++)
		if (strcmp(finding_word(&v->found[i]), word) == 0)
			return true;
	return false;
}

void
letter_odd_words(const struct letter_verdict *v, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < v->n; i++) {
		const char *word = finding_word(&v->found[i]);

		if (is_said(v, i))
			continue;
		if (n + strlen(word) + sizeof(" " MORE) + 1 > size) {
			(void)snprintf(
			    ret + n, size - n, "%s" MORE, n > 0 ? " " : "");
			return;
		}
		n += (size_t)snprintf(
		    ret + n, size - n, "%s%s", n > 0 ? " " : "", word);
	}
}

static const char *
way_on(enum firma_err r)
{
	if (r == FIRMA_ERR_LETTER_OTHER)
		return _("the renewal stays where it is: tell the institution "
			 "that it served another company's letter, then: "
			 "firma renew resume");
	if (r == FIRMA_ERR_LETTER_STEP)
		return _("the renewal stays where it is: ask the institution "
			 "for this step's letter, then: firma renew resume");
	return _("read the letter; where the institution words it otherwise, "
		 "say so in the profile's [letter] section "
		 "(firma-profile(5)), then: firma renew resume");
}

int
letter_say_refused(
    const struct letter_verdict *v, const char *path, int in_renewal)
{
	char text[LINE + 64];

	for (size_t i = 0; i < v->n; i++) {
		if (v->found[i].level != LETTER_REFUSED || !out_is_json())
			continue;
		with_page(&v->found[i], text);
		out_note("  %s", text);
	}
	return say_refusal(firma_err_exit(v->err),
	    in_renewal ? way_on(v->err) : say_advice(v->err), "%s: %s", path,
	    _(firma_err_text(v->err)));
}

/* ---- for programs ---- */

static json_t *
ids_json(const struct letter_facts *f)
{
	json_t *j = json_array();

	for (size_t i = 0; i < f->n_ids; i++)
		(void)json_array_append_new(j,
		    json_pack("{ss ss si sb}", "kind",
			kind_names[f->ids[i].kind], "text", f->ids[i].text,
			"page", (int)f->ids[i].page, "check_digit",
			f->ids[i].is_valid));
	return j;
}

static json_t *
findings_json(const struct letter_verdict *v)
{
	json_t *j = json_array();

	for (size_t i = 0; i < v->n; i++) {
		const struct letter_finding *f = &v->found[i];

		(void)json_array_append_new(j,
		    json_pack("{ss ss ss* ss* si}", "what", finding_word(f),
			"level", f->level == LETTER_REFUSED ? "wrong" : "odd",
			"found", f->found[0] != '\0' ? f->found : NULL,
			"wanted", f->wanted[0] != '\0' ? f->wanted : NULL,
			"page", (int)f->page));
	}
	return j;
}

json_t *
letter_json(const struct letter *l, const struct letter_rules *rules,
    const struct letter_verdict *v)
{
	static const char *const levels[] = { [LETTER_GOOD] = "good",
		[LETTER_ODD] = "odd",
		[LETTER_REFUSED] = "wrong" };
	char title[LETTER_HEADING_MAX], hex[65];
	json_t *j;

	letter_title(l, rules, title);
	firma_hex(firma_bytes_of(l->sha256, sizeof(l->sha256)), hex);
	j = json_pack("{ss ss ss si so so}", "sha256", hex, "title", title,
	    "verdict", levels[v->level], "pages", (int)l->n_pages,
	    "identifiers", ids_json(&l->facts), "findings", findings_json(v));
	if (v->err != FIRMA_OK)
		(void)json_object_set_new(
		    j, "error", json_string(firma_err_name(v->err)));
	if (l->unread != FIRMA_OK)
		(void)json_object_set_new(
		    j, "unread", json_string(firma_err_name(l->unread)));
	(void)json_object_set_new(j, "producer", json_string(l->producer));
	if (l->created != 0)
		(void)json_object_set_new(
		    j, "created", out_json_time(l->created));
	return j;
}
