/* SPDX-License-Identifier: Apache-2.0 */
/* What explain.h found, as data: the names are promised in firma(1). */
#include <string.h>

#include "cli/certificates.h"
#include "cli/explain.h"
#include "cli/key_audit.h"
#include "cli/stamp_say.h"

json_t *
oddities_json(firma_oddities odd)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < FIRMA_ODD_N; i++)
		if ((odd & (firma_oddities)1 << i) != 0)
			(void)json_array_append_new(
			    list, json_string(firma_oddity_name(i)));
	return list;
}

static json_t *
hash(const uint8_t v[FIRMA_SPKI_HASH])
{
	return out_json_hex(firma_bytes_of(v, FIRMA_SPKI_HASH));
}

static void
relation(json_t *j, const struct firma_relation *r)
{
	json_t *differs = json_array();

	if (r->rfc_differs)
		(void)json_array_append_new(differs, json_string("2.5.4.45"));
	if (r->curp_differs)
		(void)json_array_append_new(differs, json_string("2.5.4.5"));
	(void)json_object_set_new(j, "new_key", json_boolean(r->is_new_key));
	(void)json_object_set_new(
	    j, "identity", json_string(firma_relation_name(r->identity)));
	(void)json_object_set_new(j, "identity_differs", differs);
}

static json_t *
request(const struct explanation *e)
{
	const struct firma_identity *id = &e->identity;
	json_t *j;

	if (e->request.spki_der.len == 0)
		return json_object();
	j = json_pack("{ss so ss sb sb ss ss ss ss ss ss ss ss ss ss}",
	    "algorithm", firma_key_algorithm_name(e->request.algorithm),
	    "spki_sha256", hash(e->request.spki_sha256), "digest",
	    e->request.digest, "self_signed", e->request.is_signed,
	    "challenge_password", e->request.has_challenge, "common_name",
	    id->common_name, "rfc", id->rfc, "curp", id->curp,
	    "representative_rfc", id->representative_rfc, "representative_curp",
	    id->representative_curp, "registro_patronal", id->registro_patronal,
	    "unit", id->unit, "email", id->email, "unique_identifier",
	    id->unique_identifier, "serial_number", id->serial_number);
	if (e->has_relation)
		relation(j, &e->relation);
	return j;
}

static json_t *
stamps(const struct explanation *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->stamps.n; i++)
		(void)json_array_append_new(list,
		    stamp_json_of(&e->stamps.at[i].stamp,
			e->stamps.at[i].verdict, &e->stamps.at[i].cause,
			e->cms.signer));
	return list;
}

static json_t *
message(const struct explanation *e, const struct firma_certificate *ca)
{
	const struct firma_cms_info *i = &e->cms;

	if (i->signer == NULL)
		return json_object();
	return json_pack("{so so sb sb sb ss so so}", "signer",
	    certificates_json(i->signer, ca), "signing_time",
	    out_json_time(i->signing_time > 0 ? (uint64_t)i->signing_time : 0),
	    "attached", i->is_attached, "signed_attributes", i->has_attributes,
	    "signing_certificate", i->has_signing_certificate, "digest",
	    i->digest, "content_sha256", hash(i->message_sha256), "timestamps",
	    stamps(e));
}

static void
opened(json_t *j, const struct explanation *e)
{
	(void)json_object_set_new(j, "opened", json_boolean(e->is_opened));
	if (!e->is_opened)
		return;
	(void)json_object_set_new(j, "algorithm",
	    json_string(firma_key_algorithm_name(e->algorithm)));
	(void)json_object_set_new(j, "spki_sha256", hash(e->spki_sha256));
}

static json_t *
key(const struct explanation *e)
{
	json_t *j;

	if (e->protection.scheme[0] == '\0')
		return json_object();
	j = key_audit_json(&e->protection);
	opened(j, e);
	return j;
}

static json_t *
pkcs12(const struct explanation *e, const struct firma_certificate *ca)
{
	json_t *parts = json_array(), *j;

	for (size_t i = 0; i < e->pkcs12.n_parts; i++) {
		j = key_audit_json(&e->pkcs12.parts[i].protection);
		(void)json_object_set_new(j, "certificates",
		    json_integer(
			(json_int_t)e->pkcs12.parts[i].n_certificates));
		(void)json_object_set_new(j, "plain_keys",
		    json_integer((json_int_t)e->pkcs12.parts[i].n_plain_keys));
		(void)json_array_append_new(parts, j);
	}
	j = json_pack("{ss sI so}", "mac", e->pkcs12.mac, "mac_iterations",
	    (json_int_t)e->pkcs12.mac_iterations, "protection", parts);
	opened(j, e);
	if (e->certificate != NULL)
		(void)json_object_set_new(
		    j, "certificate", certificates_json(e->certificate, ca));
	return j;
}

static json_t *
by_kind(const struct explanation *e, const struct firma_certificate *ca)
{
	switch (e->kind) {
	case FIRMA_KIND_CERTIFICATE:
		return e->certificate != NULL
		    ? certificates_json(e->certificate, ca)
		    : json_object();
	case FIRMA_KIND_REQUEST:
		return request(e);
	case FIRMA_KIND_CMS:
		return message(e, ca);
	case FIRMA_KIND_KEY:
		return key(e);
	case FIRMA_KIND_PKCS12:
		return pkcs12(e, ca);
	case FIRMA_KIND_STAMP:
		return stamp_json(&e->stamp);
	case FIRMA_KIND_ZIP:
	case FIRMA_KIND_DATA:
		break;
	}
	return json_object();
}

json_t *
explanation_json(
    const struct explanation *e, const struct firma_certificate *ca)
{
	json_t *j = by_kind(e, ca), *files;

	(void)json_object_set_new(
	    j, "kind", json_string(firma_kind_name(e->kind)));
	(void)json_object_set_new(
	    j, "valid", json_boolean(explanation_exit(e) == FIRMA_EXIT_OK));
	(void)json_object_set_new(j, "odd", oddities_json(e->odd));
	if (e->verdict != FIRMA_OK) {
		(void)json_object_set_new(
		    j, "error", json_string(firma_err_name(e->verdict)));
		(void)json_object_set_new(j, "why", json_string(e->cause.what));
	}
	if (e->name[0] != '\0') {
		(void)json_object_set_new(j, "file", json_string(e->name));
		(void)json_object_set_new(
		    j, "left_out", json_boolean(e->is_left_out));
	}
	if (e->kind == FIRMA_KIND_CMS && e->n_parts != 0) {
		(void)json_object_set_new(
		    j, "content", explanation_json(&e->parts[0], ca));
	} else if (e->kind == FIRMA_KIND_ZIP) {
		files = json_array();
		for (size_t i = 0; i < e->n_parts; i++)
			(void)json_array_append_new(
			    files, explanation_json(&e->parts[i], ca));
		(void)json_object_set_new(j, "files", files);
	}
	return j;
}
