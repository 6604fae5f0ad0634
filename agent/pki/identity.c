/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/identity.h"

#include <string.h>

#include <openssl/objects.h>

#include "agent/pki/name.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/text.h"

struct attribute {
	const char *name, *alias;
	int nid;
	size_t at; /* of its string in struct firma_identity */
};

#define AT(member) offsetof(struct firma_identity, member)

static const struct attribute attributes_known[] = {
	{ "CN", "2.5.4.3", NID_commonName, AT(common_name) },
	{ "2.5.4.41", "name", NID_name, AT(name) },
	{ "O", "2.5.4.10", NID_organizationName, AT(organization) },
	{ "OU", "2.5.4.11", NID_organizationalUnitName, AT(unit) },
	{ "C", "2.5.4.6", NID_countryName, AT(country) },
	{ "emailAddress", "1.2.840.113549.1.9.1", NID_pkcs9_emailAddress,
	    AT(email) },
	{ "2.5.4.45", "x500UniqueIdentifier", NID_x500UniqueIdentifier,
	    AT(unique_identifier) },
	{ "serialNumber", "2.5.4.5", NID_serialNumber, AT(serial_number) }
};
#define N_KNOWN (sizeof(attributes_known) / sizeof(attributes_known[0]))

static const struct attribute *
find(const char *name)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (strcmp(attributes_known[i].name, name) == 0 ||
		    strcmp(attributes_known[i].alias, name) == 0)
			return &attributes_known[i];
	return NULL;
}

static const struct attribute *
find_nid(int nid)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (attributes_known[i].nid == nid)
			return &attributes_known[i];
	return NULL;
}

/* 11 characters: a letter or digit, then digits.  No check digit. */
static int
looks_like_registro(struct firma_bytes v)
{
	if (v.len != 11 ||
	    !((v.at[0] >= 'A' && v.at[0] <= 'Z') ||
		(v.at[0] >= '0' && v.at[0] <= '9')))
		return 0;
	for (size_t i = 1; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9')
			return 0;
	return 1;
}

static void
copy_id(struct firma_bytes v, char to[FIRMA_IDENTITY_ID])
{
	while (v.len != 0 && v.at[0] == ' ')
		v = firma_bytes_of(v.at + 1, v.len - 1);
	while (v.len != 0 && v.at[v.len - 1] == ' ')
		v.len--;
	/* What is too long to be an identifier is none. */
	if (v.len == 0 || v.len >= FIRMA_IDENTITY_ID)
		return;
	memcpy(to, v.at, v.len);
	to[v.len] = '\0';
}

/* "own", "own / representative's" or " / representative's" */
static void
split(const char *both, char own[FIRMA_IDENTITY_ID],
    char representative[FIRMA_IDENTITY_ID])
{
	const char *slash = strchr(both, '/');
	const size_t n = slash != NULL ? (size_t)(slash - both) : strlen(both);

	copy_id(firma_bytes_of(both, n), own);
	if (slash != NULL)
		copy_id(firma_bytes_of(slash + 1, strlen(slash + 1)),
		    representative);
}

static enum firma_err
append(char *to, struct firma_bytes v)
{
	static const char between[] = "; ";
	const size_t have = strlen(to);
	const size_t gap = have != 0 ? sizeof(between) - 1 : 0;

	if (v.len >= FIRMA_IDENTITY_TEXT - have ||
	    gap + v.len >= FIRMA_IDENTITY_TEXT - have)
		return FIRMA_ERR_LIMIT;
	memcpy(to + have, between, gap);
	if (v.len != 0)
		memcpy(to + have + gap, v.at, v.len);
	to[have + gap + v.len] = '\0';
	return FIRMA_OK;
}

static enum firma_err
add(struct firma_identity *id, const X509_NAME_ENTRY *entry,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf utf8 = { 0 };
	const struct attribute *a =
	    find_nid(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)));
	struct firma_bytes v;
	enum firma_err r;

	if (a == NULL)
		return FIRMA_OK;
	r = firma_name_value(X509_NAME_ENTRY_get_data(entry), &utf8);
	v = firma_buf_view(&utf8);
	if (r == FIRMA_ERR_NOT_SUPPORTED)
		r = FIRMA_ERR_SHAPE;
	if (r == FIRMA_OK && !firma_text_is_clean(v))
		r = FIRMA_ERR_VALUE;
	if (r == FIRMA_OK)
		r = append((char *)id + a->at, v);
	if (r != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the subject's attribute %s", a->name);
	if (a->nid == NID_organizationalUnitName && looks_like_registro(v) &&
	    id->registro_patronal[0] == '\0')
		copy_id(v, id->registro_patronal);
	return FIRMA_OK;
}

enum firma_err
firma_identity_of_subject(struct firma_bytes subject_der,
    struct firma_identity *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_name_done) X509_NAME *name = NULL;
	struct firma_identity id = { 0 };
	enum firma_err r;

	if ((r = firma_name_parse(subject_der, &name, cause)) != FIRMA_OK)
		return r;
	for (int i = 0; i < X509_NAME_entry_count(name); i++)
		if ((r = add(&id, X509_NAME_get_entry(name, i), cause)) !=
		    FIRMA_OK)
			return r;
	split(id.unique_identifier, id.rfc, id.representative_rfc);
	split(id.serial_number, id.curp, id.representative_curp);
	*ret = id;
	return FIRMA_OK;
}

enum firma_err
firma_identity_of(const struct firma_certificate *c, struct firma_identity *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf subject = { 0 };
	enum firma_err r;

	if ((r = firma_certificate_subject_der(c, &subject)) != FIRMA_OK)
		return r;
	return firma_identity_of_subject(firma_buf_view(&subject), ret, cause);
}

int
firma_identity_attribute_known(const char *attribute)
{
	return find(attribute) != NULL;
}

const char *
firma_identity_attribute(const struct firma_identity *id, const char *attribute)
{
	const struct attribute *a = find(attribute);

	return a != NULL ? (const char *)id + a->at : NULL;
}

static const char *
skip_spaces(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* X.520 6.1: spaces at the ends do not count, runs count as one. */
static int
agree(const char *a, const char *b)
{
	a = skip_spaces(a);
	b = skip_spaces(b);
	for (;;) {
		if (*a == ' ' || *b == ' ') {
			const char *a_next = skip_spaces(a);
			const char *b_next = skip_spaces(b);
			const int a_gap = a_next != a && *a_next != '\0';
			const int b_gap = b_next != b && *b_next != '\0';

			if (a_gap != b_gap)
				return 0;
			a = a_next;
			b = b_next;
		}
		if (*a != *b)
			return 0;
		if (*a == '\0')
			return 1;
		a++;
		b++;
	}
}

enum firma_err
firma_identity_compare(const struct firma_identity *a,
    const struct firma_identity *b, const char *const *attributes,
    size_t n_attributes, const char **ret_which, struct firma_cause *cause)
{
	if (n_attributes == 0)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "no attribute to compare");
	/* All the names first: a wrong rule is no statement on identity. */
	for (size_t i = 0; i < n_attributes; i++)
		if (find(attributes[i]) == NULL)
			return firma_fail(cause, FIRMA_ERR_CONFIG,
			    FIRMA_CAUSE_NONE, 0, "unknown attribute %s",
			    attributes[i]);
	for (size_t i = 0; i < n_attributes; i++) {
		const char *x = firma_identity_attribute(a, attributes[i]);
		const char *y = firma_identity_attribute(b, attributes[i]);

		if (x == NULL || y == NULL)
			return FIRMA_ERR_INTERNAL;
		if (agree(x, y))
			continue;
		if (ret_which != NULL)
			*ret_which = attributes[i];
		return firma_fail(cause, FIRMA_ERR_CERT_IDENTITY,
		    FIRMA_CAUSE_NONE, 0, "%s: \"%.48s\" is not \"%.48s\"",
		    attributes[i], x, y);
	}
	return FIRMA_OK;
}

enum firma_err
firma_identity_represents(const struct firma_identity *person,
    const struct firma_identity *company, struct firma_cause *cause)
{
	const enum firma_err no = FIRMA_ERR_CERT_IDENTITY;

	if (company->representative_rfc[0] == '\0')
		return firma_fail(cause, no, FIRMA_CAUSE_NONE, 0,
		    "the certificate of %s names no representative",
		    company->rfc);
	if (person->representative_rfc[0] != '\0' ||
	    strcmp(person->rfc, company->representative_rfc) != 0)
		return firma_fail(cause, no, FIRMA_CAUSE_NONE, 0,
		    "%s names %s as its representative, not %s", company->rfc,
		    company->representative_rfc, person->rfc);
	if (person->curp[0] != '\0' &&
	    company->representative_curp[0] != '\0' &&
	    strcmp(person->curp, company->representative_curp) != 0)
		return firma_fail(cause, no, FIRMA_CAUSE_NONE, 0,
		    "%s names %s as its representative's CURP, not %s",
		    company->rfc, company->representative_curp, person->curp);
	return FIRMA_OK;
}
