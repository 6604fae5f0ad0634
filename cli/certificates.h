/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates.h - read certificates and show them to people.
 */
#ifndef FIRMA_CLI_CERTIFICATES_H
#define FIRMA_CLI_CERTIFICATES_H

#include "agent/pki/certificate.h"
#include "agent/pki/identity.h"
#include "cli/app.h"

/* A certificate in a file ("-": stdin), DER or PEM. */
FIRMA_CHECKED enum firma_err certificates_file(const char *path,
    struct firma_certificate **ret, struct firma_cause *cause);

/* The certificate beside a key. */
FIRMA_CHECKED enum firma_err certificates_of_key(struct app *app,
    const char *key, struct firma_certificate **ret, struct firma_cause *cause);

/* Its serial, names, dates; ca may be NULL. */
json_t *certificates_json(
    const struct firma_certificate *c, const struct firma_certificate *ca);
void certificates_text(
    const struct firma_certificate *c, const struct firma_certificate *ca);
/* Whom it names; nothing for what is absent. */
void certificates_identity(const struct firma_identity *id);

#endif
