/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/algorithm.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/objects.h>

#include "agent/pki/own_openssl.h"

struct row {
	enum firma_key_algorithm algorithm;
	const char *name;
	unsigned int bits;
	int rsa;
	size_t signature;
};

static const struct row rows[] = {
#define X(name, number, text, bits, rsa, signature) \
	{ FIRMA_KEY_##name, text, bits, rsa, signature },
	FIRMA_KEY_LIST(X)
#undef X
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
find(unsigned int number)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if ((unsigned int)rows[i].algorithm == number)
			return &rows[i];
	return NULL;
}

const char *
firma_key_algorithm_name(enum firma_key_algorithm a)
{
	const struct row *row = find(a);

	return row != NULL ? row->name : "unknown";
}

enum firma_key_algorithm
firma_key_algorithm_from_name(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].algorithm;
	return FIRMA_KEY_UNKNOWN;
}

enum firma_key_algorithm
firma_key_algorithm_from_number(unsigned int n)
{
	const struct row *row = find(n);

	return row != NULL ? row->algorithm : FIRMA_KEY_UNKNOWN;
}

static enum firma_key_algorithm
find_bits(int rsa, int bits)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].rsa == rsa && (int)rows[i].bits == bits)
			return rows[i].algorithm;
	return FIRMA_KEY_UNKNOWN;
}

/* Named curves only: explicit parameters have no group name. */
static enum firma_key_algorithm
of_curve(const EVP_PKEY *key)
{
	char group[64];
	size_t len = 0;
	int nid;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
		return FIRMA_KEY_UNKNOWN;
	nid = EC_curve_nist2nid(group);
	if (nid == NID_undef)
		nid = OBJ_sn2nid(group);
	if (nid == NID_X9_62_prime256v1)
		return FIRMA_KEY_EC_P256;
	return nid == NID_secp384r1 ? FIRMA_KEY_EC_P384 : FIRMA_KEY_UNKNOWN;
}

enum firma_err
firma_key_algorithm_find(
    const EVP_PKEY *key, enum firma_key_algorithm *ret_algorithm)
{
	enum firma_key_algorithm a = FIRMA_KEY_UNKNOWN;

	ERR_clear_error();
	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		a = find_bits(1, EVP_PKEY_get_bits(key));
	else if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		a = of_curve(key);
	if (firma_openssl_err(FIRMA_OK) != FIRMA_OK)
		return FIRMA_ERR_NOMEM;
	*ret_algorithm = a;
	return FIRMA_OK;
}

enum firma_key_algorithm
firma_key_algorithm_of(const EVP_PKEY *key)
{
	enum firma_key_algorithm a;

	return firma_key_algorithm_find(key, &a) == FIRMA_OK
	    ? a
	    : FIRMA_KEY_UNKNOWN;
}

enum firma_key_algorithm
firma_key_algorithm_of_spki(struct firma_bytes spki)
{
	FIRMA_OWN(firma_evp_pkey_done) EVP_PKEY *key = NULL;
	const unsigned char *p = spki.at;

	if (spki.len == 0 || spki.len > FIRMA_SPKI_MAX)
		return FIRMA_KEY_UNKNOWN;
	key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	ERR_clear_error();
	if (key == NULL || p != spki.at + spki.len)
		return FIRMA_KEY_UNKNOWN;
	return firma_key_algorithm_of(key);
}

int
firma_key_algorithm_is_rsa(enum firma_key_algorithm a)
{
	const struct row *row = find(a);

	return row != NULL && row->rsa;
}

unsigned int
firma_key_algorithm_bits(enum firma_key_algorithm a)
{
	const struct row *row = find(a);

	return row != NULL ? row->bits : 0;
}

size_t
firma_key_algorithm_signature_max(enum firma_key_algorithm a)
{
	const struct row *row = find(a);

	return row != NULL ? row->signature : 0;
}

size_t
firma_key_algorithm_field(enum firma_key_algorithm a)
{
	const struct row *row = find(a);

	return row != NULL && !row->rsa ? row->bits / 8 : 0;
}
