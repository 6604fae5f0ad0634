/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - private to agent/store: the file's versions.
 *
 * PRAGMA user_version of the file is the number of migrations that it has
 * been through.  Migrations are appended, never changed.
 */
#ifndef FIRMA_STORE_SCHEMA_H
#define FIRMA_STORE_SCHEMA_H

/* migration[i] leads from version i to i + 1; each is one transaction. */
extern const char *const firma_schema_migration[];
extern const unsigned int firma_schema_version;

#endif
