/* SPDX-License-Identifier: Apache-2.0 */
/* The reading half of timestamp.h. */
#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include "agent/pki/ess.h"
#include "agent/pki/identity.h"
#include "agent/pki/own_openssl.h"
#include "agent/pki/timestamp.h"

#define LAST_AND_ONLY    (-3) /* CMS_signed_get0_data_by_OBJ: once, one value */
#define CERTIFICATES_MAX 512  /* of a file of authorities */

FIRMA_OWN_OPENSSL(tst_info, TS_TST_INFO, TS_TST_INFO_free)
FIRMA_OWN_OPENSSL(x509_store, X509_STORE, X509_STORE_free)
FIRMA_OWN_OPENSSL(x509_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)

/* Pieces of the token that is looked at. */
struct token {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si; /* borrowed from cms */
	STACK_OF(X509) * certificates;
	X509 *tsa; /* borrowed from certificates */
	TS_TST_INFO *info;
};

static void
certificates_done(STACK_OF(X509) * *at)
{
	sk_X509_pop_free(*at, X509_free);
	*at = NULL;
}

static void
token_done(struct token *t)
{
	firma_tst_info_done(&t->info);
	certificates_done(&t->certificates);
	firma_cms_done(&t->cms);
}

void
firma_timestamp_done(struct firma_timestamp *t)
{
	firma_certificate_free(t->tsa);
	*t = (struct firma_timestamp){ 0 };
}

static enum firma_err
bad(struct firma_cause *cause, const char *what)
{
	return firma_openssl_fail(cause, FIRMA_ERR_STAMP, "%s", what);
}

static enum firma_err
shape(struct firma_cause *cause, const char *what)
{
	return firma_openssl_fail(cause, FIRMA_ERR_SHAPE, "%s", what);
}

static int
is_token(CMS_ContentInfo *cms)
{
	return OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed &&
	    OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_id_smime_ct_TSTInfo;
}

int
firma_timestamp_is_token(struct firma_bytes der)
{
	FIRMA_OWN(firma_cms_done) CMS_ContentInfo *cms = NULL;
	const unsigned char *p = der.at;
	int is;

	if (der.len == 0 || der.len > FIRMA_TIMESTAMP_MAX)
		return 0;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	is = cms != NULL && is_token(cms);
	ERR_clear_error();
	return is;
}

static enum firma_err
read_info(struct token *t, struct firma_cause *cause)
{
	ASN1_OCTET_STRING **at = CMS_get0_content(t->cms);
	const unsigned char *p, *end;

	if (at == NULL || *at == NULL)
		return shape(cause, "the token has no content");
	p = ASN1_STRING_get0_data(*at);
	end = p + ASN1_STRING_length(*at);
	t->info = d2i_TS_TST_INFO(NULL, &p, end - p);
	if (t->info == NULL || p != end)
		return shape(cause, "the token's TSTInfo cannot be read");
	return FIRMA_OK;
}

static enum firma_err
find_tsa(struct token *t, struct firma_cause *cause)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(t->cms);

	if (sk_CMS_SignerInfo_num(signers) != 1)
		return shape(cause, "a token has one signer");
	t->si = sk_CMS_SignerInfo_value(signers, 0);
	t->certificates = CMS_get1_certs(t->cms);
	for (int i = 0; i < sk_X509_num(t->certificates); i++) {
		X509 *c = sk_X509_value(t->certificates, i);

		if (t->tsa == NULL && CMS_SignerInfo_cert_cmp(t->si, c) == 0)
			t->tsa = c;
	}
	if (t->tsa == NULL)
		return shape(
		    cause, "the authority's certificate is not in the token");
	return FIRMA_OK;
}

static enum firma_err
parse(struct firma_bytes der, struct token *t, struct firma_cause *cause)
{
	const unsigned char *p = der.at;
	enum firma_err r;

	ERR_clear_error();
	if (der.len > FIRMA_TIMESTAMP_MAX)
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a time stamp of %zu octets", der.len);
	if (der.len == 0 ||
	    (t->cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len)) == NULL ||
	    p != der.at + der.len || !is_token(t->cms))
		return shape(cause, "not a time stamp token");
	if ((r = read_info(t, cause)) != FIRMA_OK)
		return r;
	return find_tsa(t, cause);
}

/* ---- what it says ---- */

static const EVP_MD *
digest_of(const ASN1_OBJECT *algorithm, char ret_name[16])
{
	static const struct {
		int nid;
		const char *name;
	} known[] = {
		{ NID_sha256, "sha256" },
		{ NID_sha384, "sha384" },
		{ NID_sha512, "sha512" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].nid == OBJ_obj2nid(algorithm)) {
			(void)stpcpy(ret_name, known[i].name);
			return EVP_get_digestbynid(known[i].nid);
		}
	ret_name[0] = '\0';
	return NULL;
}

/* RFC 3161 2.4.2: GeneralizedTime with or without a fraction of seconds. */
static enum firma_err
read_time(const TS_TST_INFO *info, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	const ASN1_GENERALIZEDTIME *at = TS_TST_INFO_get_time(info);
	const char *text, *dot;
	unsigned int scale = 100;

	if (firma_openssl_time(at, &ret->at) != FIRMA_OK)
		return shape(cause, "the token's time cannot be read");
	text = (const char *)ASN1_STRING_get0_data(at);
	dot = memchr(text, '.', (size_t)ASN1_STRING_length(at));
	for (const char *p = dot;
	     dot != NULL && ++p < text + ASN1_STRING_length(at) && *p >= '0' &&
	     *p <= '9' && scale != 0;
	     scale /= 10)
		ret->at_ms += scale * (unsigned int)(*p - '0');
	return FIRMA_OK;
}

static int64_t
number(const ASN1_INTEGER *i)
{
	int64_t n = 0;

	return i != NULL && ASN1_INTEGER_get_int64(&n, i) == 1 && n >= 0 &&
		n < INT64_C(1000000000)
	    ? n
	    : 0;
}

static enum firma_err
read_serial(const TS_TST_INFO *info, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	const ASN1_INTEGER *serial = TS_TST_INFO_get_serial(info);
	const size_t n = (size_t)ASN1_STRING_length(serial);

	if (2 * n >= sizeof(ret->serial))
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "a serial of %zu octets", n);
	firma_hex(
	    firma_bytes_of(ASN1_STRING_get0_data(serial), n), ret->serial);
	return FIRMA_OK;
}

static enum firma_err
read_imprint(const struct token *t, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(t->info);
	const ASN1_OCTET_STRING *hash = TS_MSG_IMPRINT_get_msg(imprint);
	const ASN1_OBJECT *algorithm = NULL;

	X509_ALGOR_get0(
	    &algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	ret->imprint_len = (size_t)ASN1_STRING_length(hash);
	if (ret->imprint_len > sizeof(ret->imprint_hash))
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "an imprint of %zu octets", ret->imprint_len);
	memcpy(
	    ret->imprint_hash, ASN1_STRING_get0_data(hash), ret->imprint_len);
	(void)digest_of(algorithm, ret->imprint);
	return FIRMA_OK;
}

static enum firma_err
read_tsa(const struct token *t, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf der = { 0 };
	struct firma_identity id = { 0 };
	unsigned char *out = NULL;
	enum firma_err r;
	int len;

	len = i2d_X509(t->tsa, &out);
	if ((r = firma_openssl_put(&der, out, len)) != FIRMA_OK ||
	    (r = firma_certificate_parse(
		 firma_buf_view(&der), &ret->tsa, cause)) != FIRMA_OK)
		return r == FIRMA_ERR_NOMEM ? r : FIRMA_ERR_SHAPE;
	/* A name that could show another stays empty. */
	r = firma_identity_of(ret->tsa, &id, NULL);
	if (r == FIRMA_ERR_NOMEM)
		return r;
	(void)snprintf(ret->name, sizeof(ret->name), "%.255s",
	    id.common_name[0] != '\0' ? id.common_name : id.organization);
	return FIRMA_OK;
}

static enum firma_err
fill(const struct token *t, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	const TS_ACCURACY *accuracy = TS_TST_INFO_get_accuracy(t->info);
	enum firma_err r;

	if ((r = read_tsa(t, ret, cause)) != FIRMA_OK ||
	    (r = read_time(t->info, ret, cause)) != FIRMA_OK ||
	    (r = read_serial(t->info, ret, cause)) != FIRMA_OK ||
	    (r = read_imprint(t, ret, cause)) != FIRMA_OK)
		return r;
	ret->accuracy_us = accuracy == NULL
	    ? -1
	    : number(TS_ACCURACY_get_seconds(accuracy)) * 1000000 +
		number(TS_ACCURACY_get_millis(accuracy)) * 1000 +
		number(TS_ACCURACY_get_micros(accuracy));
	(void)OBJ_obj2txt(ret->policy, sizeof(ret->policy),
	    TS_TST_INFO_get_policy_id(t->info), 1);
	return FIRMA_OK;
}

/* ---- does it hold? ---- */

static enum firma_err
compare_imprint(const struct firma_timestamp_expect *expect,
    struct firma_timestamp *ret, struct firma_cause *cause)
{
	const EVP_MD *md;
	uint8_t want[EVP_MAX_MD_SIZE];
	unsigned int n = FIRMA_SHA256;

	if (ret->imprint[0] == '\0')
		return bad(cause, "what was stamped is no SHA-2 digest");
	if (expect->sha256 == NULL && expect->digest.len == 0 &&
	    expect->data.at == NULL)
		return FIRMA_OK;
	if (expect->digest.len != 0) {
		if (expect->digest.len != ret->imprint_len)
			return bad(cause, "the stamp is over another digest");
		n = (unsigned int)expect->digest.len;
		memcpy(want, expect->digest.at, n);
	} else if (expect->sha256 != NULL) {
		if (strcmp(ret->imprint, "sha256") != 0)
			return bad(cause, "the stamp is not over a SHA-256");
		memcpy(want, expect->sha256, FIRMA_SHA256);
	} else {
		md = EVP_get_digestbyname(ret->imprint);
		if (md == NULL ||
		    EVP_Digest(expect->data.at, expect->data.len, want, &n, md,
			NULL) != 1)
			return firma_openssl_err(FIRMA_ERR_INTERNAL);
	}
	if (!firma_bytes_equal(firma_bytes_of(want, n),
		firma_bytes_of(ret->imprint_hash, ret->imprint_len)))
		return bad(cause, "the stamp is over something else");
	ret->is_compared = 1;
	return FIRMA_OK;
}

static enum firma_err
compare_nonce(
    const struct token *t, const uint8_t *nonce, struct firma_cause *cause)
{
	const ASN1_INTEGER *got = TS_TST_INFO_get_nonce(t->info);

	if (nonce == NULL)
		return FIRMA_OK;
	if (got == NULL || ASN1_STRING_type(got) != V_ASN1_INTEGER ||
	    !firma_bytes_equal(firma_bytes_of(nonce, FIRMA_TIMESTAMP_NONCE),
		firma_bytes_of(ASN1_STRING_get0_data(got),
		    (size_t)ASN1_STRING_length(got))))
		return bad(cause, "the stamp answers another request (nonce)");
	return FIRMA_OK;
}

/* RFC 3161 2.4.2 and RFC 5816 2.2.1: it has to be there, and to name it. */
static enum firma_err
check_ess(
    const struct token *t, struct firma_bytes tsa, struct firma_cause *cause)
{
	static const struct {
		int nid;
		int (*names)(struct firma_bytes, struct firma_bytes);
	} kinds[] = {
		{ NID_id_smime_aa_signingCertificate, firma_ess_v1_names },
		{ NID_id_smime_aa_signingCertificateV2, firma_ess_v2_names },
	};
	int found = 0;

	for (size_t i = 0; i < 2; i++) {
		const ASN1_STRING *v;

		if (CMS_signed_get_attr_by_NID(t->si, kinds[i].nid, -1) < 0)
			continue;
		v = CMS_signed_get0_data_by_OBJ(t->si,
		    OBJ_nid2obj(kinds[i].nid), LAST_AND_ONLY, V_ASN1_SEQUENCE);
		if (v == NULL ||
		    !kinds[i].names(firma_bytes_of(ASN1_STRING_get0_data(v),
					(size_t)ASN1_STRING_length(v)),
			tsa))
			return bad(cause,
			    "signingCertificate names another certificate");
		found = 1;
	}
	return found ? FIRMA_OK : bad(cause, "signingCertificate is missing");
}

/* RFC 5652 11.1 wants the type as an attribute; OpenSSL looks only for one. */
static enum firma_err
check_signature(const struct token *t, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_bio_done) BIO *out = BIO_new(BIO_s_null());
	const ASN1_OBJECT *type, *algorithm = NULL;
	X509_ALGOR *digest = NULL;

	CMS_SignerInfo_get0_algs(t->si, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&algorithm, NULL, NULL, digest);
	if (digest_of(algorithm, ret->digest) == NULL)
		return firma_fail(cause, FIRMA_ERR_STAMP, FIRMA_CAUSE_NONE, 0,
		    "the stamp is signed with %s",
		    OBJ_nid2sn(OBJ_obj2nid(algorithm)));
	type = CMS_signed_get0_data_by_OBJ(t->si,
	    OBJ_nid2obj(NID_pkcs9_contentType), LAST_AND_ONLY, V_ASN1_OBJECT);
	if (type == NULL || OBJ_obj2nid(type) != NID_id_smime_ct_TSTInfo)
		return bad(cause, "the content type does not agree");
	if (out == NULL)
		return FIRMA_ERR_NOMEM;
	/* The way to an authority is looked at apart. */
	if (CMS_verify(t->cms, NULL, NULL, NULL, out,
		CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return bad(cause, "the authority's signature does not verify");
	return FIRMA_OK;
}

static enum firma_err
check_tsa(const struct token *t, const struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	if (X509_check_purpose(t->tsa, X509_PURPOSE_TIMESTAMP_SIGN, 0) != 1)
		return bad(cause,
		    "the authority's certificate is not for time stamps");
	if (ret->at < firma_certificate_not_before(ret->tsa) ||
	    ret->at > firma_certificate_not_after(ret->tsa))
		return bad(cause,
		    "the authority's certificate was not valid at that time");
	return check_ess(t, firma_certificate_der(ret->tsa), cause);
}

/* ---- the way to an authority ---- */

static enum firma_err
add_pem(X509_STORE *store, struct firma_bytes pem, int *ret_n)
{
	FIRMA_OWN(firma_bio_done)
	BIO *in = BIO_new_mem_buf(pem.at, (int)pem.len);
	enum firma_err r;

	ERR_clear_error();
	if (in == NULL)
		return FIRMA_ERR_NOMEM;
	for (; *ret_n < CERTIFICATES_MAX; (*ret_n)++) {
		FIRMA_OWN(firma_x509_done)
		X509 *c = PEM_read_bio_X509(in, NULL, NULL, NULL);

		if (c == NULL)
			break;
		if (X509_STORE_add_cert(store, c) != 1)
			return firma_openssl_err(FIRMA_ERR_NOMEM);
	}
	r = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
	    ? firma_openssl_err(FIRMA_OK)
	    : firma_openssl_err(FIRMA_ERR_CONFIG);
	return r;
}

static enum firma_err
read_ca(X509_STORE *store, struct firma_bytes ca, struct firma_cause *cause)
{
	const unsigned char *p = ca.at;
	FIRMA_OWN(firma_x509_done) X509 *one = NULL;
	enum firma_err r;
	int n = 0;

	if (ca.len > FIRMA_TIMESTAMP_CA_MAX)
		return firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		    "certificates of %zu octets", ca.len);
	if (ca.at[0] == 0x30) {
		one = d2i_X509(NULL, &p, (long)ca.len);
		n = one != NULL && X509_STORE_add_cert(store, one) == 1;
		r = firma_openssl_err(n == 1 ? FIRMA_OK : FIRMA_ERR_CONFIG);
	} else {
		r = add_pem(store, ca, &n);
	}
	if (r == FIRMA_ERR_NOMEM)
		return r;
	return r == FIRMA_OK && n != 0
	    ? FIRMA_OK
	    : firma_fail(cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0,
		  "no certificates of time-stamping authorities in the file");
}

static enum firma_err
check_chain(const struct token *t, struct firma_bytes ca,
    struct firma_timestamp *ret, struct firma_cause *cause)
{
	FIRMA_OWN(firma_x509_store_done) X509_STORE *store = X509_STORE_new();
	FIRMA_OWN(firma_x509_store_ctx_done)
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	enum firma_err r;

	if (ca.len == 0)
		return FIRMA_OK;
	if (store == NULL || ctx == NULL)
		return FIRMA_ERR_NOMEM;
	if ((r = read_ca(store, ca, cause)) != FIRMA_OK)
		return r;
	if (X509_STORE_CTX_init(ctx, store, t->tsa, t->certificates) != 1)
		return firma_openssl_err(FIRMA_ERR_NOMEM);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)ret->at);
	/* Who gives an intermediate authority's certificate believes that one. */
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	(void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_TIMESTAMP_SIGN);
	if (X509_verify_cert(ctx) != 1)
		return firma_openssl_fail(cause, FIRMA_ERR_CERT_ISSUER,
		    "the time-stamping authority: %s",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(ctx)));
	ret->has_chain = 1;
	return FIRMA_OK;
}

static enum firma_err
judge(const struct token *t, const struct firma_timestamp_expect *expect,
    struct firma_timestamp *ret, struct firma_cause *cause)
{
	enum firma_err r;

	if (TS_TST_INFO_get_version(t->info) != 1)
		return bad(cause, "another version of TSTInfo");
	if ((r = compare_imprint(expect, ret, cause)) != FIRMA_OK ||
	    (r = compare_nonce(t, expect->nonce, cause)) != FIRMA_OK ||
	    (r = check_signature(t, ret, cause)) != FIRMA_OK ||
	    (r = check_tsa(t, ret, cause)) != FIRMA_OK)
		return r;
	return check_chain(t, expect->ca, ret, cause);
}

enum firma_err
firma_timestamp_read(struct firma_bytes token,
    const struct firma_timestamp_expect *expect, struct firma_timestamp *ret,
    enum firma_err *ret_verdict, struct firma_cause *cause)
{
	FIRMA_OWN(token_done) struct token t = { 0 };
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	enum firma_err r, verdict;

	if ((r = parse(token, &t, cause)) != FIRMA_OK ||
	    (r = fill(&t, &got, cause)) != FIRMA_OK)
		return r;
	verdict = judge(&t, expect, &got, cause);
	ERR_clear_error();
	if (verdict == FIRMA_ERR_NOMEM || verdict == FIRMA_ERR_INTERNAL ||
	    verdict == FIRMA_ERR_CONFIG)
		return verdict;
	firma_timestamp_done(ret);
	*ret = got;
	got = (struct firma_timestamp){ 0 };
	*ret_verdict = verdict;
	return FIRMA_OK;
}

enum firma_err
firma_timestamp_verify(struct firma_bytes token,
    const struct firma_timestamp_expect *expect, struct firma_timestamp *ret,
    struct firma_cause *cause)
{
	FIRMA_OWN(firma_timestamp_done) struct firma_timestamp got = { 0 };
	enum firma_err verdict = FIRMA_ERR_INTERNAL;
	enum firma_err r =
	    firma_timestamp_read(token, expect, &got, &verdict, cause);

	if (r == FIRMA_OK)
		r = verdict;
	if (r != FIRMA_OK)
		return r;
	firma_timestamp_done(ret);
	*ret = got;
	got = (struct firma_timestamp){ 0 };
	return FIRMA_OK;
}
