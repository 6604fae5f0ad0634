/* SPDX-License-Identifier: Apache-2.0 */
/* How .pfx files are protected: the looking half of keyfile.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/pkcs7.h>

#include "agent/pki/keyfile_inner.h"
#include "agent/pki/oddity.h"

#define BAGS_MAX 64 /* in one part */

static void
safes_done(STACK_OF(PKCS7) * *at)
{
	sk_PKCS7_pop_free(*at, PKCS7_free);
	*at = NULL;
}

static void
bags_done(STACK_OF(PKCS12_SAFEBAG) * *at)
{
	sk_PKCS12_SAFEBAG_pop_free(*at, PKCS12_SAFEBAG_free);
	*at = NULL;
}

static enum firma_err
too_much(struct firma_cause *cause)
{
	return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
	    "more parts in the file than are read");
}

/* One more part; algorithm is NULL for one in the clear. */
static enum firma_err
add(struct firma_pkcs12_audit *to, const X509_ALGOR *algorithm,
    struct firma_cause *cause)
{
	struct firma_keyfile_audit *a;
	enum firma_err r = FIRMA_OK;

	if (to->n_parts == FIRMA_PKCS12_PARTS_MAX)
		return too_much(cause);
	a = &to->parts[to->n_parts].protection;
	(void)snprintf(a->scheme, sizeof(a->scheme), "plain");
	if (algorithm != NULL &&
	    (r = firma_keyfile_audit_algorithm(algorithm, a)) != FIRMA_OK)
		return firma_fail(cause, r, FIRMA_CAUSE_NONE, 0,
		    "the encryption of part %zu cannot be read",
		    to->n_parts + 1);
	a->is_weak = firma_oddities_of_protection(a) != 0;
	to->n_parts++;
	return FIRMA_OK;
}

/* A part in the clear: what lies in it, and keys under a cipher of their own. */
static enum firma_err
look_into(struct firma_pkcs12_audit *to, PKCS7 *part, struct firma_cause *cause)
{
	FIRMA_OWN(bags_done)
	STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(part);
	const size_t here = to->n_parts;
	enum firma_err r;

	if (bags == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "a part of the file");
	if (sk_PKCS12_SAFEBAG_num(bags) > BAGS_MAX)
		return too_much(cause);
	if ((r = add(to, NULL, cause)) != FIRMA_OK)
		return r;
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
		const int nid = PKCS12_SAFEBAG_get_nid(bag);
		const X509_ALGOR *algorithm = NULL;

		to->parts[here].n_certificates += nid == NID_certBag;
		to->parts[here].n_plain_keys += nid == NID_keyBag;
		if (nid != NID_pkcs8ShroudedKeyBag)
			continue;
		X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
		if ((r = add(to, algorithm, cause)) != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

static void
look_at_mac(const PKCS12 *p12, struct firma_pkcs12_audit *ret)
{
	const ASN1_INTEGER *rounds = NULL;
	const X509_ALGOR *digest = NULL;

	PKCS12_get0_mac(NULL, &digest, NULL, &rounds, p12);
	if (digest == NULL)
		return;
	(void)snprintf(ret->mac, sizeof(ret->mac), "%s",
	    OBJ_nid2sn(OBJ_obj2nid(digest->algorithm)));
	for (char *p = ret->mac; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	/* RFC 7292 4: DEFAULT 1 */
	ret->mac_iterations = 1;
	if (rounds != NULL &&
	    ASN1_INTEGER_get_int64(&ret->mac_iterations, rounds) != 1)
		ret->mac_iterations = INT64_MAX;
}

enum firma_err
firma_pkcs12_audit(struct firma_bytes file, struct firma_pkcs12_audit *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_pkcs12_done) PKCS12 *p12 = NULL;
	FIRMA_OWN(safes_done) STACK_OF(PKCS7) *safes = NULL;
	struct firma_pkcs12_audit audit = { 0 };
	enum firma_err r;

	if ((r = firma_pkcs12_parse(file, NULL, &p12, cause)) != FIRMA_OK)
		return r;
	look_at_mac(p12, &audit);
	if ((safes = PKCS12_unpack_authsafes(p12)) == NULL)
		return firma_openssl_fail(
		    cause, FIRMA_ERR_SHAPE, "not a PKCS#12 file");
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		PKCS7 *part = sk_PKCS7_value(safes, i);
		const int nid = OBJ_obj2nid(part->type);

		if (nid == NID_pkcs7_data)
			r = look_into(&audit, part, cause);
		else if (nid == NID_pkcs7_encrypted &&
		    part->d.encrypted != NULL)
			r = add(&audit, part->d.encrypted->enc_data->algorithm,
			    cause);
		else
			r = firma_fail(cause, FIRMA_ERR_NOT_SUPPORTED,
			    FIRMA_CAUSE_NONE, 0, "a part of another kind");
		if (r != FIRMA_OK)
			return r;
	}
	ERR_clear_error();
	*ret = audit;
	return FIRMA_OK;
}
