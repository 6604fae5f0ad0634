/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "tests/bench/way.h"

#define SLOTS 64
#define PIN   64

struct direct {
	CK_FUNCTION_LIST_PTR f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_MECHANISM mechanism;
};

/* RFC 8017, 9.2 note 1: DigestInfo of SHA-256 up to the digest. */
static const uint8_t digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };

static void
must(CK_RV rv, const char *what)
{
	if (rv != CKR_OK)
		bench_fail("%s: CK_RV %#lx", what, rv);
}

static CK_FUNCTION_LIST_PTR
load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	union {
		void *object;
		CK_C_GetFunctionList function;
	} get;
	CK_FUNCTION_LIST_PTR f = NULL;
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };

	if (handle == NULL)
		bench_fail("%s", dlerror());
	if ((get.object = dlsym(handle, "C_GetFunctionList")) == NULL)
		bench_fail("%s", dlerror());
	must(get.function(&f), "C_GetFunctionList");
	must(f->C_Initialize(&args), "C_Initialize");
	return f;
}

static CK_SLOT_ID
find_slot(CK_FUNCTION_LIST_PTR f, const char *label)
{
	CK_SLOT_ID slots[SLOTS];
	CK_ULONG n = SLOTS;
	const size_t len = strlen(label);

	must(f->C_GetSlotList(CK_TRUE, slots, &n), "C_GetSlotList");
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    len < sizeof(info.label) &&
		    memcmp(info.label, label, len) == 0 &&
		    info.label[len] == ' ')
			return slots[i];
	}
	bench_fail("no token %s", label);
}

static void
login(CK_FUNCTION_LIST_PTR f, CK_SESSION_HANDLE s, const char *pin_file)
{
	FILE *in = fopen(pin_file, "re");
	char pin[PIN];
	CK_RV rv;

	if (in == NULL || fgets(pin, sizeof(pin), in) == NULL)
		bench_fail("%s cannot be read", pin_file);
	(void)fclose(in);
	pin[strcspn(pin, "\n")] = '\0';
	rv = f->C_Login(s, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
	explicit_bzero(pin, sizeof(pin));
	if (rv != CKR_USER_ALREADY_LOGGED_IN)
		must(rv, "C_Login");
}

static void
find_key(struct direct *d, const char *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	char label[64];
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE want[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, label, strlen(key) } };
	CK_ATTRIBUTE got = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_ULONG n = 0;

	(void)snprintf(label, sizeof(label), "%s", key);
	must(d->f->C_FindObjectsInit(d->session, want, 2), "C_FindObjectsInit");
	must(d->f->C_FindObjects(d->session, &d->key, 1, &n), "C_FindObjects");
	must(d->f->C_FindObjectsFinal(d->session), "C_FindObjectsFinal");
	if (n != 1)
		bench_fail("no key %s", key);
	must(d->f->C_GetAttributeValue(d->session, d->key, &got, 1),
	    "CKA_KEY_TYPE");
	d->mechanism.mechanism = type == CKK_RSA ? CKM_RSA_PKCS : CKM_ECDSA;
}

static void *
open_module(const char *path, const struct bench_place *p, const char *key)
{
	struct direct *d = calloc(1, sizeof(*d));

	if (d == NULL)
		bench_fail("no memory");
	d->f = load(path);
	must(d->f->C_OpenSession(find_slot(d->f, p->token), CKF_SERIAL_SESSION,
		 NULL, NULL, &d->session),
	    "C_OpenSession");
	login(d->f, d->session, p->pin_file);
	find_key(d, key);
	return d;
}

static void *
open_direct(const struct bench_place *p, const char *key)
{
	return open_module(p->module, p, key);
}

static void *
open_p11kit(const struct bench_place *p, const char *key)
{
	return open_module(p->p11kit, p, key);
}

/* What the token process does too: the same two calls, the same mechanism. */
static void
sign(void *way, const uint8_t sha256[BENCH_SHA256], struct bench_signature *ret)
{
	struct direct *d = way;
	uint8_t in[sizeof(digest_info) + BENCH_SHA256];
	uint8_t *from = in + sizeof(digest_info);
	CK_ULONG len = sizeof(ret->at);

	memcpy(in, digest_info, sizeof(digest_info));
	memcpy(in + sizeof(digest_info), sha256, BENCH_SHA256);
	if (d->mechanism.mechanism == CKM_RSA_PKCS)
		from = in;
	must(d->f->C_SignInit(d->session, &d->mechanism, d->key), "C_SignInit");
	must(d->f->C_Sign(d->session, from, (CK_ULONG)(in + sizeof(in) - from),
		 ret->at, &len),
	    "C_Sign");
	ret->len = len;
	ret->seq = 0;
}

const struct bench_way bench_direct = { "direct", open_direct, sign, NULL,
	NULL };
const struct bench_way bench_p11kit = { "p11-kit server", open_p11kit, sign,
	NULL, NULL };
