/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/pki/text.h"

/* It pads by itself and asks the TPM for TPM2_RSA_Decrypt (1.9). */
#define TPM2_PKCS11 "TPM2.0 Cryptoki"

FIRMA_CHECKED static enum firma_err
unusable(struct firma_cause *cause, const char *call, CK_RV rv)
{
	return firma_fail(cause, FIRMA_ERR_TOKEN_MODULE, FIRMA_CAUSE_CKR, rv,
	    "%s: %s", call, firma_ckr_name(rv));
}

FIRMA_CHECKED static enum firma_err
open_module(
    const char *path, CK_FUNCTION_LIST_PTR *ret_f, struct firma_cause *cause)
{
	union {
		void *sym;
		CK_RV (*call)(CK_FUNCTION_LIST_PTR_PTR);
	} get;
	CK_FUNCTION_LIST_PTR f = NULL;
	void *handle;
	CK_RV rv;

	if ((handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return firma_fail(cause, FIRMA_ERR_TOKEN_MODULE,
		    FIRMA_CAUSE_NONE, 0, "%s", dlerror());
	if ((get.sym = dlsym(handle, "C_GetFunctionList")) == NULL)
		return firma_fail(cause, FIRMA_ERR_TOKEN_MODULE,
		    FIRMA_CAUSE_NONE, 0, "%s: not a PKCS#11 module", path);
	if ((rv = get.call(&f)) != CKR_OK)
		return unusable(cause, "C_GetFunctionList", rv);
	if (f == NULL || f->version.major != 2)
		return firma_fail(cause, FIRMA_ERR_TOKEN_MODULE,
		    FIRMA_CAUSE_NONE, 0, "%s: not PKCS#11 version 2", path);
	*ret_f = f;
	return FIRMA_OK;
}

enum firma_err
firma_module_load(const char *path, struct firma_module *ret_module,
    struct firma_cause *cause)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	struct firma_module m = { .path = path, .is_threaded = true };
	CK_INFO info = { 0 };
	char name[33];
	enum firma_err r;
	CK_RV rv;

	if ((r = open_module(path, &m.f, cause)) != FIRMA_OK)
		return r;
	rv = m.f->C_Initialize(&args);
	if (rv == CKR_CANT_LOCK) {
		m.is_threaded = false;
		rv = m.f->C_Initialize(NULL);
	}
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return unusable(cause, "C_Initialize", rv);
	if ((rv = m.f->C_GetInfo(&info)) != CKR_OK)
		return unusable(cause, "C_GetInfo", rv);
	firma_module_text(info.libraryDescription,
	    sizeof(info.libraryDescription), name, sizeof(name));
	m.rsa_decrypts = strcmp(name, TPM2_PKCS11) == 0;
	(void)snprintf(m.library, sizeof(m.library), "%s %u.%u", name,
	    info.libraryVersion.major, info.libraryVersion.minor);
	*ret_module = m;
	return FIRMA_OK;
}

void
firma_module_text(const unsigned char *at, size_t len, char *ret, size_t size)
{
	struct firma_bytes in = { at, len };
	size_t n = 0;

	/* Padded with blanks, by some tokens with zeros. */
	while (in.len != 0 && (at[in.len - 1] == ' ' || at[in.len - 1] == '\0'))
		in.len--;

	while (in.len != 0) {
		const uint8_t *start = in.at;
		uint32_t c;
		size_t width;

		if (!firma_text_take(&in, &c)) {
			in.at++;
			in.len--;
			c = 0;
		}
		width = (size_t)(in.at - start);
		if (n + width >= size)
			break;
		if (c == 0 ||
		    !firma_text_is_clean(firma_bytes_of(start, width)))
			ret[n++] = '?';
		else {
			memcpy(ret + n, start, width);
			n += width;
		}
	}
	ret[n] = '\0';
}
