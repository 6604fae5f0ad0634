/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/daemon/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum firma_err
firma_fields_write(json_t *o, char *ret, size_t size, struct firma_cause *cause)
{
	char *text =
	    o == NULL ? NULL : json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	const size_t len = text == NULL ? 0 : strlen(text);

	json_decref(o);
	if (text == NULL)
		return FIRMA_ERR_NOMEM;
	if (len >= size) {
		free(text);
		return firma_fail(cause, FIRMA_ERR_LIMIT, FIRMA_CAUSE_NONE, 0,
		    "fields: %zu octets", len);
	}
	memcpy(ret, text, len + 1);
	free(text);
	return FIRMA_OK;
}

static void
add(json_t *all, const struct firma_profile_step *step, const char *name,
    const json_t *value)
{
	const char *text = json_string_value(value);
	const char *before;
	char key[128];

	if (text == NULL)
		return;
	if (step->op != FIRMA_OP_DATA) {
		(void)snprintf(key, sizeof(key), "%s.%.40s", step->id, name);
		(void)json_object_set_new(all, key, json_string(text));
		return;
	}
	before = json_string_value(json_object_get(all, name));
	/* Letters are judged by the employer's number: not the portal's word. */
	if ((before == NULL || before[0] == '\0') &&
	    strcmp(name, "registro_patronal") != 0)
		(void)json_object_set_new(all, name, json_string(text));
	(void)snprintf(key, sizeof(key), "portal_%.40s", name);
	(void)json_object_set_new(all, key, json_string(text));
}

void
firma_fields_merge(char *fields, size_t size,
    const struct firma_profile_step *step, const char *answer, size_t len)
{
	json_t *all = json_loads(
	    fields[0] != '\0' ? fields : "{}", JSON_REJECT_DUPLICATES, NULL);
	json_t *got =
	    json_loadb(len != 0 ? answer : "{}", len != 0 ? len : 2, 0, NULL);
	const char *name;
	json_t *value;

	if (json_is_object(all) && json_is_object(got)) {
		json_object_foreach(got, name, value)
		    add(all, step, name, value);
		if (firma_fields_write(json_incref(all), fields, size, NULL) !=
		    FIRMA_OK)
			(void)0; /* too much: what was there stays */
	}
	json_decref(all);
	json_decref(got);
}
