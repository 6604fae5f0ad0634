/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/uri.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/uri.h>

#include "agent/base/own.h"

/* Both know the token; the second has no label. */
struct firma_uri {
	P11KitUri *uri, *blank;
};

FIRMA_CHECKED static enum firma_err
refuse(struct firma_cause *cause, const char *why)
{
	return firma_fail(
	    cause, FIRMA_ERR_VALUE, FIRMA_CAUSE_NONE, 0, "uri: %s", why);
}

/* p11-kit: a field that begins with a zero is not in the URI. */
static bool
names_token(P11KitUri *uri)
{
	const CK_TOKEN_INFO *t = p11_kit_uri_get_token_info(uri);

	return t->label[0] != 0 || t->serialNumber[0] != 0 ||
	    t->model[0] != 0 || t->manufacturerID[0] != 0;
}

static bool
names_module(P11KitUri *uri)
{
	const CK_INFO *m = p11_kit_uri_get_module_info(uri);

	return p11_kit_uri_get_module_name(uri) != NULL ||
	    p11_kit_uri_get_module_path(uri) != NULL ||
	    m->libraryDescription[0] != 0 || m->manufacturerID[0] != 0 ||
	    m->libraryVersion.major != (CK_BYTE)-1;
}

static bool
names_slot_or_object(P11KitUri *uri)
{
	const CK_SLOT_INFO *s = p11_kit_uri_get_slot_info(uri);
	CK_ULONG n = 0;

	(void)p11_kit_uri_get_attributes(uri, &n);
	return n != 0 || s->slotDescription[0] != 0 ||
	    s->manufacturerID[0] != 0 ||
	    p11_kit_uri_get_slot_id(uri) != (CK_SLOT_ID)-1;
}

FIRMA_CHECKED static enum firma_err
parse_one(const char *text, P11KitUri *uri, struct firma_cause *cause)
{
	const int rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);

	if (rc == P11_KIT_URI_NO_MEMORY)
		return FIRMA_ERR_NOMEM;
	if (rc != P11_KIT_URI_OK)
		return refuse(cause, "not a PKCS#11 URI");
	if (p11_kit_uri_get_pin_value(uri) != NULL ||
	    p11_kit_uri_get_pin_source(uri) != NULL)
		return refuse(cause, "a PIN does not belong here");
	if (names_module(uri) || names_slot_or_object(uri) ||
	    p11_kit_uri_any_unrecognized(uri))
		return refuse(cause, "it says more than which token");
	if (!names_token(uri))
		return refuse(cause, "it says nothing about the token");
	return FIRMA_OK;
}

enum firma_err
firma_uri_parse(
    const char *text, struct firma_uri **ret_uri, struct firma_cause *cause)
{
	FIRMA_OWN(firma_uri_done) struct firma_uri *u = calloc(1, sizeof(*u));
	enum firma_err r;

	if (u == NULL || (u->uri = p11_kit_uri_new()) == NULL ||
	    (u->blank = p11_kit_uri_new()) == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = parse_one(text, u->uri, cause)) != FIRMA_OK ||
	    (r = parse_one(text, u->blank, cause)) != FIRMA_OK)
		return r;
	memset(p11_kit_uri_get_token_info(u->blank)->label, 0,
	    sizeof(p11_kit_uri_get_token_info(u->blank)->label));
	*ret_uri = u;
	u = NULL;
	return FIRMA_OK;
}

void
firma_uri_free(struct firma_uri *u)
{
	if (u == NULL)
		return;
	p11_kit_uri_free(u->uri);
	p11_kit_uri_free(u->blank);
	free(u);
}

void
firma_uri_done(struct firma_uri **u)
{
	firma_uri_free(*u);
	*u = NULL;
}

/* Some tokens pad with zeros; the standard and p11-kit with blanks. */
static void
pad(unsigned char *field, size_t len)
{
	while (len != 0 && (field[len - 1] == '\0' || field[len - 1] == ' '))
		field[--len] = ' ';
}

static bool
fits(P11KitUri *uri, const CK_TOKEN_INFO *info)
{
	CK_TOKEN_INFO t = *info;

	pad(t.label, sizeof(t.label));
	pad(t.serialNumber, sizeof(t.serialNumber));
	pad(t.model, sizeof(t.model));
	pad(t.manufacturerID, sizeof(t.manufacturerID));
	return p11_kit_uri_match_token_info(uri, &t) == 1;
}

bool
firma_uri_fits(const struct firma_uri *u, const CK_TOKEN_INFO *info)
{
	return fits(u->uri, info);
}

bool
firma_uri_fits_blank(const struct firma_uri *u, const CK_TOKEN_INFO *info)
{
	return fits(u->blank, info);
}

struct firma_str
firma_uri_label(const struct firma_uri *u)
{
	const CK_TOKEN_INFO *t = p11_kit_uri_get_token_info(u->uri);
	size_t len = t->label[0] == 0 ? 0 : sizeof(t->label);

	while (len != 0 && t->label[len - 1] == ' ')
		len--;
	return (struct firma_str){ (const char *)t->label, len };
}
