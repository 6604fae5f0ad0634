/* SPDX-License-Identifier: Apache-2.0 */
/* firma token info: what a token and its module say of themselves. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/pki/algorithm.h"
#include "cli/app.h"

#define UNKNOWN    UINT64_MAX /* octets that the token does not tell of */
#define TEXT_MAX   128        /* octets of a line's value */
#define ALGORITHMS 32         /* bits */

/* CK_MECHANISM_INFO.flags, PKCS#11 v2.40 base specification, 3.5. */
static const struct {
	uint64_t bit;
	const char *name;
} uses[] = {
	{ 0x00000100, "encrypt" },
	{ 0x00000200, "decrypt" },
	{ 0x00000400, "digest" },
	{ 0x00000800, "sign" },
	{ 0x00002000, "verify" },
	{ 0x00008000, "generate" },
	{ 0x00010000, "generate-key-pair" },
	{ 0x00020000, "wrap" },
	{ 0x00040000, "unwrap" },
	{ 0x00080000, "derive" },
};
#define N_USES (sizeof(uses) / sizeof(uses[0]))

struct info {
	const char *token;
	json_t *report;     /* with --json */
	json_t *mechanisms; /* within it */
	int has_heading;
};

/* ---- as JSON ---- */

static json_t *
octets_json(uint64_t n)
{
	return n == UNKNOWN ? json_null() : json_integer((json_int_t)n);
}

static json_t *
algorithms_json(uint32_t bits)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < ALGORITHMS; i++)
		if ((bits & (UINT32_C(1) << i)) != 0)
			(void)json_array_append_new(list,
			    json_string(firma_key_algorithm_name(
				firma_key_algorithm_from_number(i))));
	return list;
}

static void
report_json(struct info *p, const struct firma_msg_token_report *m)
{
	p->mechanisms = json_array();
	p->report = json_pack("{ss so so so so sb si si so so so ss so so so}",
	    "name", p->token, "library", out_json_str(m->library), "slot",
	    out_json_str(m->slot), "hardware", out_json_str(m->hardware),
	    "firmware", out_json_str(m->firmware), "present", m->present != 0,
	    "slots", (int)m->n_slots, "tokens", (int)m->n_tokens, "others",
	    out_json_str(m->others), "public_free", octets_json(m->public_free),
	    "private_free", octets_json(m->private_free), "algorithm",
	    firma_key_algorithm_name(
		firma_key_algorithm_from_number(m->algorithm)),
	    "algorithms", algorithms_json(m->algorithms), "lacks",
	    out_json_str(m->lacks), "mechanisms", p->mechanisms);
}

static void
mechanism_json(struct info *p, const struct firma_msg_token_mechanism *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < N_USES; i++)
		if ((m->flags & uses[i].bit) != 0)
			(void)json_array_append_new(
			    list, json_string(uses[i].name));
	(void)json_array_append_new(p->mechanisms,
	    json_pack("{sI so sI sI so}", "mechanism", (json_int_t)m->mechanism,
		"name", out_json_str(m->name), "min", (json_int_t)m->min_bits,
		"max", (json_int_t)m->max_bits, "uses", list));
}

/* ---- for people ---- */

static void
octets_text(const char *label, uint64_t n)
{
	if (n != UNKNOWN)
		out_pair(label, _("%llu octets"), (unsigned long long)n);
}

static void
report_text(const struct info *p, const struct firma_msg_token_report *m)
{
	char can[TEXT_MAX] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < ALGORITHMS && used < sizeof(can); i++)
		if ((m->algorithms & (UINT32_C(1) << i)) != 0)
			used += (size_t)snprintf(can + used, sizeof(can) - used,
			    "%s%s", used > 0 ? ", " : "",
			    firma_key_algorithm_name(
				firma_key_algorithm_from_number(i)));
	out_coloured(OUT_BOLD, "%s", p->token);
	out_pair(_("  module"), "%.*s", (int)m->library.len, m->library.at);
	out_pair(_("  slot"), "%.*s", (int)m->slot.len, m->slot.at);
	out_pair(_("  hardware"), "%.*s", (int)m->hardware.len, m->hardware.at);
	out_pair(_("  firmware"), "%.*s", (int)m->firmware.len, m->firmware.at);
	out_pair(
	    _("  slots"), _("%u, %u with a token"), m->n_slots, m->n_tokens);
	out_pair(_("  other tokens"), "%.*s", (int)m->others.len, m->others.at);
	octets_text(_("  free, public"), m->public_free);
	octets_text(_("  free, private"), m->private_free);
	out_pair(_("  makes keys of"), "%s", can);
	out_pair(_("  lacks"), "%.*s", (int)m->lacks.len, m->lacks.at);
}

static void
mechanism_text(struct info *p, const struct firma_msg_token_mechanism *m)
{
	char name[TEXT_MAX], size[TEXT_MAX] = "", list[TEXT_MAX * 2] = "";
	size_t used = 0;

	if (!p->has_heading)
		out_line("%s", _("  mechanisms"));
	p->has_heading = 1;
	if (m->name.len > 0)
		firma_str_copy(m->name, name, sizeof(name));
	else
		(void)snprintf(
		    name, sizeof(name), "0x%08" PRIx64, m->mechanism);
	if (m->max_bits != 0)
		(void)snprintf(size, sizeof(size), "%" PRIu32 "-%" PRIu32,
		    m->min_bits, m->max_bits);
	for (size_t i = 0; i < N_USES && used < sizeof(list); i++)
		if ((m->flags & uses[i].bit) != 0)
			used += (size_t)snprintf(list + used,
			    sizeof(list) - used, " %s", uses[i].name);
	out_line("    %-28s %11s %s", name, size, list);
}

static enum firma_err
take(void *arg, enum firma_msg_type type, const void *msg, int *fd)
{
	struct info *p = arg;

	(void)fd;
	if (type == FIRMA_MSG_token_report && out_is_json()) {
		json_decref(p->report);
		report_json(p, msg);
	} else if (type == FIRMA_MSG_token_report)
		report_text(p, msg);
	else if (type == FIRMA_MSG_token_mechanism && p->report != NULL)
		mechanism_json(p, msg);
	else if (type == FIRMA_MSG_token_mechanism && !out_is_json())
		mechanism_text(p, msg);
	return FIRMA_OK;
}

static int
token_info(struct app *app, const struct args *a)
{
	struct info p = { .token = args_operand(a, 0) };
	const struct firma_msg_token_inspect ask = { firma_str_of(p.token), 0 };
	struct firma_cause cause = { 0 };
	const enum firma_err r = app_call(
	    app, FIRMA_MSG_token_inspect, &ask, -1, APP_SIGN, take, &p, &cause);

	if (r == FIRMA_OK && p.report != NULL)
		out_json(p.report);
	else
		json_decref(p.report);
	if (r != FIRMA_OK)
		return app_failure(app, r, &cause,
		    _("token %s does not say what it is"), p.token);
	return FIRMA_EXIT_OK;
}

const struct command token_info_commands[] = {
	{ "token info", N_("TOKEN"),
	    N_("what a token and its module say of themselves"), NULL, 1, 1,
	    token_info },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
