/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/issue.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/check.h"
#include "tests/rehearsal/own_openssl.h"

#define OTHER_CA_BITS 2048 /* thrown away at once: quick to make */

/* The parts of a certificate to be, owned. */
struct draft {
	X509 *old;
	X509_REQ *request;
	EVP_PKEY *other_key;
	X509_NAME *other_name;
	struct rehearsal_ca other_ca;
	struct rehearsal_leaf leaf;
};

static void
draft_done(struct draft *d)
{
	X509_free(d->old);
	X509_REQ_free(d->request);
	EVP_PKEY_free(d->other_key);
	X509_NAME_free(d->other_name);
	rehearsal_ca_done(&d->other_ca);
}

static enum firma_err
draft_from(const struct rehearsal_call *call, struct draft *ret)
{
	const json_t *q = json_object_get(call->company, "request");
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct rehearsal_refusal why;
	enum firma_err r;

	if ((r = rehearsal_company_certificate(
		 call->company, REHEARSAL_OLD, &ret->old)) != FIRMA_OK ||
	    (r = rehearsal_octets(q, "der", &der)) != FIRMA_OK ||
	    (r = rehearsal_request_parse(
		 firma_buf_view(&der), &ret->request, &why)) != FIRMA_OK)
		return r;
	ret->leaf.key = X509_REQ_get0_pubkey(ret->request);
	ret->leaf.subject = X509_get_subject_name(ret->old);
	ret->leaf.not_before = (int64_t)time(NULL);
	ret->leaf.not_after = ret->leaf.not_before + REHEARSAL_VALIDITY_S;
	return FIRMA_OK;
}

/* The renewed certificate must say the same name, to the octet. */
static int
same_subject(const X509 *a, const X509 *b)
{
	const unsigned char *pa = NULL, *pb = NULL;
	size_t na = 0, nb = 0;

	return X509_NAME_get0_der(X509_get_subject_name(a), &pa, &na) &&
	    X509_NAME_get0_der(X509_get_subject_name(b), &pb, &nb) &&
	    firma_bytes_equal(firma_bytes_of(pa, na), firma_bytes_of(pb, nb));
}

enum firma_err
rehearsal_issue(struct rehearsal_call *call)
{
	FIRMA_OWN(draft_done) struct draft d = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	FIRMA_OWN(x509_done) X509 *x = NULL;
	enum firma_err r;

	if ((r = draft_from(call, &d)) != FIRMA_OK)
		return r;
	rehearsal_serial(
	    rehearsal_state_count(call->st, "serial"), d.leaf.serial);
	if ((r = rehearsal_ca_issue(call->ca, &d.leaf, &x)) != FIRMA_OK)
		return r;
	if (!same_subject(x, d.old))
		return FIRMA_ERR_INTERNAL;
	if ((r = rehearsal_certificate_der(x, &der)) != FIRMA_OK ||
	    (r = rehearsal_set_text(
		 call->company, "new_serial", d.leaf.serial)) != FIRMA_OK)
		return r;
	return rehearsal_set_octets(call->company, "new", firma_buf_view(&der));
}

static enum firma_err
lie_name(struct draft *d)
{
	static const char other[] = "OTRA EMPRESA SA DE CV";
	X509_NAME_ENTRY *cn;
	int at;

	if ((d->other_name = X509_NAME_dup(d->leaf.subject)) == NULL)
		return FIRMA_ERR_NOMEM;
	at = X509_NAME_get_index_by_NID(d->other_name, NID_commonName, -1);
	cn = X509_NAME_get_entry(d->other_name, at);
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(d->other_name, at));
	if (cn == NULL ||
	    !X509_NAME_add_entry_by_NID(d->other_name, NID_commonName,
		V_ASN1_PRINTABLESTRING, (const unsigned char *)other, -1, at,
		0))
		return FIRMA_ERR_INTERNAL;
	d->leaf.subject = d->other_name;
	return FIRMA_OK;
}

static enum firma_err
lie_key(struct draft *d)
{
	d->other_key = EVP_PKEY_is_a(d->leaf.key, "EC")
	    ? EVP_EC_gen("P-256")
	    : EVP_RSA_gen((unsigned int)EVP_PKEY_get_bits(d->leaf.key));
	d->leaf.key = d->other_key;
	return d->other_key == NULL ? FIRMA_ERR_NOMEM : FIRMA_OK;
}

static void
lie_serial(struct draft *d)
{
	char serial[REHEARSAL_SERIAL_MAX];

	rehearsal_certificate_serial(d->old, serial);
	(void)snprintf(d->leaf.serial, sizeof(d->leaf.serial), "%.20s", serial);
}

/* Apply the lies that are switched on; ret_any says whether there was one. */
static enum firma_err
lie(struct rehearsal_call *call, struct draft *d, int *ret_any)
{
	static const enum rehearsal_behave lies[] = {
		REHEARSAL_BEHAVE_OTHER_KEY, REHEARSAL_BEHAVE_OTHER_NAME,
		REHEARSAL_BEHAVE_OTHER_DATES, REHEARSAL_BEHAVE_OTHER_ISSUER,
		REHEARSAL_BEHAVE_SAME_SERIAL
	};
	enum firma_err r = FIRMA_OK;

	*ret_any = 0;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (!rehearsal_behave_take(call->st, lies[i], call->op))
			continue;
		*ret_any = 1;
		if (lies[i] == REHEARSAL_BEHAVE_OTHER_KEY)
			r = lie_key(d);
		else if (lies[i] == REHEARSAL_BEHAVE_OTHER_NAME)
			r = lie_name(d);
		else if (lies[i] == REHEARSAL_BEHAVE_OTHER_ISSUER)
			r = rehearsal_ca_make(
			    "AC AJENA AL PORTAL", OTHER_CA_BITS, &d->other_ca);
		else if (lies[i] == REHEARSAL_BEHAVE_SAME_SERIAL)
			lie_serial(d);
		else {
			d->leaf.not_before -= 3 * REHEARSAL_YEAR_S;
			d->leaf.not_after -= 3 * REHEARSAL_YEAR_S;
		}
		if (r != FIRMA_OK)
			return r;
	}
	return FIRMA_OK;
}

enum firma_err
rehearsal_issue_shown(struct rehearsal_call *call, struct firma_buf *ret_der)
{
	FIRMA_OWN(draft_done) struct draft d = { 0 };
	FIRMA_OWN(x509_done) X509 *x = NULL;
	enum firma_err r;
	int any = 0;

	if ((r = draft_from(call, &d)) != FIRMA_OK)
		return r;
	(void)snprintf(d.leaf.serial, sizeof(d.leaf.serial), "%s",
	    rehearsal_text(call->company, "new_serial"));
	if ((r = lie(call, &d, &any)) != FIRMA_OK)
		return r;
	if (!any)
		return rehearsal_octets(call->company, "new", ret_der);
	r = rehearsal_ca_issue(
	    d.other_ca.key != NULL ? &d.other_ca : call->ca, &d.leaf, &x);
	if (r != FIRMA_OK)
		return r;
	return rehearsal_certificate_der(x, ret_der);
}
