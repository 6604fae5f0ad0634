/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_audit.h - firma key audit, and what it says of one protection.
 */
#ifndef FIRMA_CLI_KEY_AUDIT_H
#define FIRMA_CLI_KEY_AUDIT_H

#include <jansson.h>

#include "agent/pki/keyfile.h"

struct app;
struct args;

int key_audit(struct app *app, const struct args *a);

/* scheme, iterations, ...; and the same for people, without the oddities. */
json_t *key_audit_json(const struct firma_keyfile_audit *f);
void key_audit_text(const struct firma_keyfile_audit *f);

#endif
