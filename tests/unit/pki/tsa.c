/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/tsa.h"

#include <openssl/ts.h>
#include <openssl/x509v3.h>

#define STAMP "critical,timeStamping"

static X509 *
tsa_certificate(const struct tsa *t, int which)
{
	const char *usage = t->usage != NULL ? t->usage : STAMP;
	FIRMA_OWN(firma_certificate_done)
	struct firma_certificate *c = certificate_of(
	    &(struct recipe){ .key = key_of(FIRMA_KEY_EC_P256, which),
		.not_before = t->not_before != 0 ? t->not_before : NOW - DAY,
		.not_after = t->not_after });
	X509 *x = X509_dup(firma_certificate_x509(c));
	X509_EXTENSION *e = usage[0] == '\0'
	    ? NULL
	    : X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, usage);

	if (e != NULL)
		assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	assert_true(
	    X509_sign(x, key_of(FIRMA_KEY_EC_P256, 1), EVP_sha256()) > 0);
	return x;
}

static void
set_imprint(TS_TST_INFO *info, const struct tsa *t)
{
	const EVP_MD *md = t->imprint != NULL ? t->imprint : EVP_sha256();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algor = X509_ALGOR_new();
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	assert_int_equal(
	    EVP_Digest(t->data.at, t->data.len, hash, &n, md, NULL), 1);
	X509_ALGOR_set_md(algor, md);
	assert_int_equal(TS_MSG_IMPRINT_set_algo(imprint, algor), 1);
	assert_int_equal(TS_MSG_IMPRINT_set_msg(imprint, hash, (int)n), 1);
	assert_int_equal(TS_TST_INFO_set_msg_imprint(info, imprint), 1);
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(algor);
}

static void
set_numbers(TS_TST_INFO *info, const struct tsa *t)
{
	ASN1_INTEGER *i = ASN1_INTEGER_new();
	TS_ACCURACY *accuracy = TS_ACCURACY_new();
	BIGNUM *bn;

	assert_int_equal(ASN1_INTEGER_set(i, 0x1234), 1);
	assert_int_equal(TS_TST_INFO_set_serial(info, i), 1);
	assert_int_equal(ASN1_INTEGER_set(i, 2), 1);
	assert_int_equal(TS_ACCURACY_set_seconds(accuracy, i), 1);
	assert_int_equal(TS_TST_INFO_set_accuracy(info, accuracy), 1);
	TS_ACCURACY_free(accuracy);
	if (t->nonce != NULL) {
		bn = BN_bin2bn(t->nonce, FIRMA_TIMESTAMP_NONCE, NULL);
		assert_non_null(BN_to_ASN1_INTEGER(bn, i));
		assert_int_equal(TS_TST_INFO_set_nonce(info, i), 1);
		BN_free(bn);
	}
	ASN1_INTEGER_free(i);
}

static void
info_of(const struct tsa *t, struct firma_buf *ret_der)
{
	TS_TST_INFO *info = TS_TST_INFO_new();
	ASN1_OBJECT *policy = OBJ_txt2obj(POLICY, 1);
	ASN1_GENERALIZEDTIME *at =
	    ASN1_GENERALIZEDTIME_set(NULL, (time_t)(t->at != 0 ? t->at : NOW));
	unsigned char *out = NULL;
	int len;

	assert_int_equal(TS_TST_INFO_set_version(info, 1), 1);
	assert_int_equal(TS_TST_INFO_set_policy_id(info, policy), 1);
	assert_int_equal(TS_TST_INFO_set_time(info, at), 1);
	set_imprint(info, t);
	set_numbers(info, t);
	len = i2d_TS_TST_INFO(info, &out);
	assert_int_equal(firma_openssl_put(ret_der, out, len), FIRMA_OK);
	ASN1_OBJECT_free(policy);
	ASN1_GENERALIZEDTIME_free(at);
	TS_TST_INFO_free(info);
}

void
token_of(const struct tsa *t, struct firma_buf *ret_der)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf info = { 0 };
	FIRMA_OWN(firma_x509_done) X509 *c = tsa_certificate(t, 0);
	FIRMA_OWN(firma_cms_done)
	CMS_ContentInfo *cms =
	    CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	FIRMA_OWN(firma_bio_done) BIO *in = NULL;
	unsigned int flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL;
	unsigned char *out = NULL;
	int len;

	info_of(t, &info);
	if (!t->is_without_ess && !t->is_another_named)
		flags |= CMS_CADES;
	if (t->is_without_certificate)
		flags |= CMS_NOCERTS;
	assert_int_equal(
	    CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)),
	    1);
	CMS_SignerInfo *si =
	    CMS_add1_signer(cms, c, key_of(FIRMA_KEY_EC_P256, 0),
		t->md != NULL ? t->md : EVP_sha256(), flags);
	assert_non_null(si);
	if (t->is_another_named) {
		/* SEQUENCE { SEQUENCE { SEQUENCE { OCTET STRING (20) } } } */
		uint8_t ess[28] = { 0x30, 26, 0x30, 24, 0x30, 22, 0x04, 20 };

		assert_int_equal(CMS_signed_add1_attr_by_NID(si,
				     NID_id_smime_aa_signingCertificate,
				     V_ASN1_SEQUENCE, ess, sizeof(ess)),
		    1);
	}
	in = BIO_new_mem_buf(info.at, (int)info.len);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &out);
	assert_int_equal(firma_openssl_put(ret_der, out, len), FIRMA_OK);
	if (t->is_damaged)
		ret_der->at[ret_der->len - 1] ^= 1;
}
