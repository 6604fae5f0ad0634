/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/mechanism.h"

#include <stdio.h>
#include <string.h>

/* Those that tokens for signing are seen to have. */
/* clang-format off */
#define NAMES(X) \
	X(RSA_PKCS_KEY_PAIR_GEN) X(RSA_X9_31_KEY_PAIR_GEN) X(RSA_PKCS) \
	X(RSA_9796) X(RSA_X_509) X(RSA_PKCS_OAEP) X(RSA_PKCS_PSS) \
	X(MD5_RSA_PKCS) X(RIPEMD160_RSA_PKCS) X(SHA1_RSA_PKCS) \
	X(SHA224_RSA_PKCS) X(SHA256_RSA_PKCS) X(SHA384_RSA_PKCS) \
	X(SHA512_RSA_PKCS) X(SHA1_RSA_PKCS_PSS) X(SHA224_RSA_PKCS_PSS) \
	X(SHA256_RSA_PKCS_PSS) X(SHA384_RSA_PKCS_PSS) \
	X(SHA512_RSA_PKCS_PSS) X(DSA_KEY_PAIR_GEN) X(DSA_PARAMETER_GEN) \
	X(DSA) X(DSA_SHA1) X(DSA_SHA224) X(DSA_SHA256) X(DSA_SHA384) \
	X(DSA_SHA512) X(DH_PKCS_KEY_PAIR_GEN) X(DH_PKCS_PARAMETER_GEN) \
	X(DH_PKCS_DERIVE) X(EC_KEY_PAIR_GEN) X(ECDSA) X(ECDSA_SHA1) \
	X(ECDSA_SHA224) X(ECDSA_SHA256) X(ECDSA_SHA384) X(ECDSA_SHA512) \
	X(ECDH1_DERIVE) X(ECDH1_COFACTOR_DERIVE) X(EC_EDWARDS_KEY_PAIR_GEN) \
	X(EDDSA) X(MD5) X(MD5_HMAC) X(SHA_1) X(SHA_1_HMAC) X(SHA224) \
	X(SHA224_HMAC) X(SHA256) X(SHA256_HMAC) X(SHA384) X(SHA384_HMAC) \
	X(SHA512) X(SHA512_HMAC) X(RIPEMD160) X(GENERIC_SECRET_KEY_GEN) \
	X(DES_KEY_GEN) X(DES_ECB) X(DES_CBC) X(DES_CBC_PAD) X(DES2_KEY_GEN) \
	X(DES3_KEY_GEN) X(DES3_ECB) X(DES3_CBC) X(DES3_CBC_PAD) \
	X(DES3_CMAC) X(AES_KEY_GEN) X(AES_ECB) X(AES_CBC) X(AES_CBC_PAD) \
	X(AES_CTR) X(AES_GCM) X(AES_CMAC) X(AES_KEY_WRAP) \
	X(AES_KEY_WRAP_PAD)
/* clang-format on */

const char *
firma_mechanism_name(CK_MECHANISM_TYPE type)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *name;
	} names[] = {
#define X(name) { CKM_##name, "CKM_" #name },
		NAMES(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return "";
}

enum firma_err
firma_mechanisms_get(const struct firma_module *m, CK_SLOT_ID slot,
    struct firma_mechanisms *ret, struct firma_cause *cause)
{
	CK_MECHANISM_TYPE list[FIRMA_MECHANISMS_MAX] = { 0 };
	CK_ULONG n = FIRMA_MECHANISMS_MAX;
	CK_RV rv;

	ret->n = 0;
	rv = m->f->C_GetMechanismList(slot, list, &n);
	if (rv != CKR_OK)
		return firma_ckr_fail(cause, "C_GetMechanismList", rv);
	if (n > FIRMA_MECHANISMS_MAX)
		n = FIRMA_MECHANISMS_MAX;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_MECHANISM_INFO info = { 0 };

		/* In the list and without a word: it is not there. */
		if (m->f->C_GetMechanismInfo(slot, list[i], &info) != CKR_OK)
			continue;
		ret->at[ret->n].type = list[i];
		ret->at[ret->n].info = info;
		ret->n++;
	}
	return FIRMA_OK;
}

/*
 * Sizes are in bits, and some modules count octets: no RSA key that they make
 * is over 1000 octets, no curve under 100 bits, so the number shows the unit.
 * A module that says 0 says nothing.
 */
static int
has_size(const CK_MECHANISM_INFO *info, unsigned int bits, CK_ULONG octets_max)
{
	const CK_ULONG unit =
	    info->ulMaxKeySize != 0 && info->ulMaxKeySize <= octets_max ? 8 : 1;

	return info->ulMaxKeySize == 0 ||
	    (info->ulMinKeySize * unit <= bits &&
		info->ulMaxKeySize * unit >= bits);
}

static void
need(const struct firma_mechanisms *m, CK_MECHANISM_TYPE type,
    enum firma_key_algorithm a, char ret[FIRMA_LACKS])
{
	const unsigned int bits = firma_key_algorithm_bits(a);
	const CK_ULONG octets = firma_key_algorithm_is_rsa(a) ? 1000 : 99;
	const size_t used = strlen(ret);

	for (size_t i = 0; i < m->n; i++) {
		if (m->at[i].type != type)
			continue;
		if (!has_size(&m->at[i].info, bits, octets))
			(void)snprintf(ret + used, FIRMA_LACKS - used,
			    "%s%s (%u bits)", used > 0 ? ", " : "",
			    firma_mechanism_name(type), bits);
		return;
	}
	(void)snprintf(ret + used, FIRMA_LACKS - used, "%s%s",
	    used > 0 ? ", " : "", firma_mechanism_name(type));
}

void
firma_mechanisms_lack(const struct firma_mechanisms *m,
    enum firma_key_algorithm a, char ret[FIRMA_LACKS])
{
	ret[0] = '\0';
	if (a == FIRMA_KEY_UNKNOWN)
		return;
	/* What signer.c and write_key.c use. */
	if (firma_key_algorithm_is_rsa(a)) {
		need(m, CKM_RSA_PKCS_KEY_PAIR_GEN, a, ret);
		need(m, CKM_RSA_PKCS, a, ret);
	} else {
		need(m, CKM_EC_KEY_PAIR_GEN, a, ret);
		need(m, CKM_ECDSA, a, ret);
	}
}
