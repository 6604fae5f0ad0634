/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_page.h"

#include <stdio.h>
#include <string.h>

#include "agent/pki/text.h"

const char page_style[] =
    "body{font:11pt/1.45 'Helvetica Neue',Arial,'Liberation Sans',sans-serif;"
    "color:#1b1b1b;max-width:52em;margin:2em auto;padding:0 1.5em}"
    "h1{font-size:17pt;line-height:1.25;margin:0 0 .3em}"
    "h2{font-size:12.5pt;margin:1.8em 0 .5em;border-bottom:1px solid #999;"
    "padding-bottom:.15em;break-after:avoid}"
    "p.lead{font-size:12pt;margin:.2em 0 1em}"
    "table{border-collapse:collapse;width:100%;font-size:9.5pt}"
    "th,td{text-align:left;vertical-align:top;padding:.3em .6em .3em 0;"
    "border-bottom:1px solid #ddd}"
    "th{font-weight:600;color:#444}"
    "table.pairs th{width:17em}"
    "th small{font-weight:400}"
    "table.certs td{width:42%}"
    "tr{break-inside:avoid}"
    "thead{display:table-header-group}"
    "code,.hex{font:8pt/1.4 'DejaVu Sans Mono',Menlo,Consolas,monospace}"
    ".hex{overflow-wrap:anywhere;word-break:break-all}"
    "pre{font:8pt/1.5 'DejaVu Sans Mono',Menlo,Consolas,monospace;"
    "background:#f4f4f4;padding:.6em .8em;white-space:pre-wrap;"
    "overflow-wrap:anywhere;break-inside:avoid}"
    "p.how{margin:1em 0 .3em;break-after:avoid}"
    "td.n{font-weight:600;white-space:nowrap;width:2.6em}"
    "td.t{width:12.5em}"
    "small{color:#555;font-size:8.5pt}"
    ".no{color:#a33}"
    "@page{margin:16mm 15mm}"
    "@media print{body{margin:0;padding:0;max-width:none}}";

static const char *const words[EVIDENCE_N_WORDS][2] = {
#define X(name, en, es) [WORD_##name] = { en, es },
	EVIDENCE_WORDS(X)
#undef X
};

const char *
page_words(const struct page *p, enum evidence_word w)
{
	return words[w][p->is_spanish];
}

void
page_done(struct page *p)
{
	firma_buf_done(&p->to);
	json_decref(p->renewal);
	evidence_entries_done(&p->room);
	firma_certificate_free(p->old);
	firma_certificate_free(p->new);
}

void
page_put(struct page *p, const char *html)
{
	if (p->r == FIRMA_OK)
		p->r = firma_buf_put_str(&p->to, html);
}

/* A character of somebody else's text, which may be no markup. */
static void
put_character(struct page *p, struct firma_bytes one)
{
	static const struct {
		char c;
		const char *html;
	} special[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (one.at[0] == (uint8_t)special[i].c) {
			page_put(p, special[i].html);
			return;
		}
	if (!firma_text_is_clean(one))
		one = firma_bytes_of("?", 1);
	if (p->r == FIRMA_OK)
		p->r = firma_buf_put(&p->to, one);
}

void
page_text(struct page *p, const char *s)
{
	struct firma_bytes in = firma_bytes_of(s, strlen(s));

	while (in.len != 0 && p->r == FIRMA_OK) {
		struct firma_bytes one = in;
		uint32_t c;

		if (firma_text_take(&in, &c)) {
			one.len -= in.len;
		} else {
			one = firma_bytes_of("?", 1);
			in = firma_bytes_of(in.at + 1, in.len - 1);
		}
		put_character(p, one);
	}
}

void
page_sentence(
    struct page *p, enum evidence_word w, const char *a, const char *b)
{
	const char *at = page_words(p, w), *hole;
	const char *texts[] = { a, b };

	for (size_t i = 0; (hole = strstr(at, "%s")) != NULL && i < 2; i++) {
		char before[512];

		(void)snprintf(
		    before, sizeof(before), "%.*s", (int)(hole - at), at);
		page_text(p, before);
		page_text(p, texts[i]);
		at = hole + 2;
	}
	page_text(p, at);
}

void
page_word(struct page *p, enum evidence_word w)
{
	page_sentence(p, w, "", "");
}

void
page_row(struct page *p, enum evidence_word label, const char *value)
{
	if (value[0] == '\0')
		return;
	page_put(p, "<tr><th>");
	page_word(p, label);
	page_put(p, "</th><td>");
	page_text(p, value);
	page_put(p, "</td></tr>\n");
}

void
page_heading(struct page *p, enum evidence_word w)
{
	page_put(p, "<h2>");
	page_word(p, w);
	page_put(p, "</h2>\n");
}
