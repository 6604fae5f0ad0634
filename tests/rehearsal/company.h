/* SPDX-License-Identifier: Apache-2.0 */
/*
 * company.h - an employer in the portal's state, and where its renewal is.
 *
 * A company is a JSON object of the state; README.md lists its members.
 */
#ifndef FIRMA_REHEARSAL_COMPANY_H
#define FIRMA_REHEARSAL_COMPANY_H

#include <openssl/x509.h>

#include "tests/rehearsal/ca.h"
#include "tests/rehearsal/letter.h"
#include "tests/rehearsal/refusal.h"
#include "tests/rehearsal/state.h"

#define REHEARSAL_COMPANIES_MAX 64

/* Which of a company's two certificates. */
enum rehearsal_role { REHEARSAL_OLD, REHEARSAL_NEW, REHEARSAL_N_ROLES };

/*
 * Where a renewal is: what the portal waits for next.
 *
 *          name         number of the step in the users' document, what is asked
 */
#define REHEARSAL_STAGE_LIST(X)                                               \
	X(CONFIRM, "confirm", "Confirmar los datos de la empresa")            \
	X(TERMS_OLD, "terms-old",                                             \
	    "Firmar la Carta de Términos con el certificado anterior")        \
	X(LINK, "link", "Abrir el enlace que se envió por correo")            \
	X(REQUEST, "request", "Presentar el requerimiento de la llave nueva") \
	X(TERMS_NEW, "terms-new",                                             \
	    "Firmar la Carta de Términos con el certificado nuevo")           \
	X(FINISH, "finish", "Concluir la renovación")                         \
	X(CONDITIONS, "conditions",                                           \
	    "Firmar la Carta de Condiciones de Uso con el certificado nuevo") \
	X(HOME, "home", "Renovación completa")

enum rehearsal_stage {
#define X(id, name, text) REHEARSAL_STAGE_##id,
	REHEARSAL_STAGE_LIST(X)
#undef X
	    REHEARSAL_N_STAGES
};

enum rehearsal_stage rehearsal_company_stage(const json_t *company);
const char *rehearsal_stage_name(enum rehearsal_stage s);
const char *rehearsal_stage_text(enum rehearsal_stage s);

/*
 * Add a company with this old certificate.  email and registro may be NULL:
 * then the certificate's, then a practice value.
 *
 * Refused when the certificate or its key is enrolled already, or says no name
 * or RFC.
 */
FIRMA_CHECKED enum firma_err rehearsal_company_enrol(struct rehearsal_state *st,
    X509 *old, const char *email, const char *registro,
    struct rehearsal_refusal *why);

/* The company whose old or new certificate this is; NULL when none. */
json_t *rehearsal_company_by_certificate(const struct rehearsal_state *st,
    X509 *certificate, enum rehearsal_role *ret_role);
json_t *rehearsal_company_by_id(const struct rehearsal_state *st, long long id);

/* FIRMA_ERR_NOT_FOUND: there is no new certificate yet. */
FIRMA_CHECKED enum firma_err rehearsal_company_certificate(
    const json_t *company, enum rehearsal_role role, X509 **ret);
void rehearsal_company_identity(
    const json_t *company, struct rehearsal_identity *ret);

/* Does any company have a certificate with this public key? */
int rehearsal_key_known(const struct rehearsal_state *st, EVP_PKEY *key);

json_t *rehearsal_company_letter(
    const json_t *company, enum rehearsal_letter which);

#endif
