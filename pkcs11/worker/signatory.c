/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/worker/signatory.h"

static void
forget(struct firma_signatory *s)
{
	firma_pkey_free(s->key);
	firma_certificate_free(s->certificate);
	*s = (struct firma_signatory){ 0 };
}

FIRMA_CHECKED static enum firma_err
read_anew(struct firma_signatory *s, struct firma_signer *signer,
    struct firma_bytes id, struct firma_bytes certificate,
    struct firma_signer_pin *pin, uint64_t learned, struct firma_cause *cause)
{
	enum firma_err r;

	forget(s);
	if ((r = firma_certificate_parse(
		 certificate, &s->certificate, cause)) != FIRMA_OK ||
	    (r = firma_pkey_new(signer, id, pin, &s->key, cause)) != FIRMA_OK) {
		forget(s);
		return r;
	}
	s->learned = learned;
	return FIRMA_OK;
}

enum firma_err
firma_signatory_find(struct firma_signatories *all, struct firma_signer *signer,
    struct firma_bytes id, struct firma_bytes certificate,
    struct firma_signer_pin *pin, const struct firma_signatory **ret,
    struct firma_cause *cause)
{
	struct firma_signatory *s;
	uint64_t learned = 0;
	bool asks = false;
	enum firma_err r;

	if ((r = firma_signer_find(signer, id, &asks, &learned, cause)) !=
	    FIRMA_OK)
		return r;
	if (asks && pin == NULL)
		return firma_signer_needs_pin(cause);
	s = &all->kept[learned % FIRMA_SIGNATORIES];
	if (s->learned != learned ||
	    !firma_bytes_equal(
		firma_certificate_der(s->certificate), certificate))
		r = read_anew(s, signer, id, certificate, pin, learned, cause);
	else
		firma_pkey_again(s->key, pin);
	*ret = s;
	return r;
}
