/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lot_layout.h"

#include <string.h>

#include "agent/base/lang.h"

/* clang-format off: a table reads by its columns */
/* name, label, column, width, kind, optional, set, expected */
#define FILLER(column, width)                                               \
	{                                                                   \
		"filler", N_("filler"), column, width, LOT_FILLER, 0, NULL, \
		    N_("blanks (or zeros)")                                 \
	}
#define END                                                 \
	{                                                   \
		NULL, NULL, 0, 0, LOT_FILLER, 0, NULL, NULL \
	}

#define PERSON                                                                 \
	{ "registro_patronal", N_("registro patronal"), 1, 11, LOT_REGISTRO,   \
		0, NULL,                                                       \
		N_("a letter or digit, 9 digits and the check digit") },       \
	    { "nss", "NSS", 12, 11, LOT_NSS, 0, NULL,                          \
		    N_("10 digits and the check digit") },                     \
	    { "first_surname", N_("first surname"), 23, 27, LOT_NAME, 0, NULL, \
		    N_("capital letters") },                                   \
	    { "second_surname", N_("second surname"), 50, 27, LOT_NAME, 1,     \
		    NULL, N_("capital letters") },                             \
	{                                                                      \
		"given_names", N_("given names"), 77, 27, LOT_NAME, 0, NULL,   \
		    N_("capital letters")                                      \
	}

#define SALARY                                                           \
	{ "base_salary", N_("base salary"), 104, 6, LOT_AMOUNT, 0, NULL, \
		N_("6 digits, the last two of them cents, over zero") }, \
	    FILLER(110, 6)

#define DATE                                                                   \
	{                                                                      \
		"date", N_("date of the movement"), 119, 8, LOT_DATE, 0, NULL, \
		    N_("a date as DDMMAAAA")                                   \
	}

#define TYPE(code)                                                          \
	{ "movement_type", N_("movement type"), 132, 2, LOT_FIXED, 0, code, \
		N_("08, 07 or 02") },                                       \
	    GUIDE

#define GUIDE                                                      \
	{                                                          \
		"guide", N_("guide"), 134, 5, LOT_DIGITS, 0, NULL, \
		    N_("5 digits")                                 \
	}

#define WORKER_KEY                                                            \
	{                                                                     \
		"worker_key", N_("worker's key"), 139, 10, LOT_TEXT, 1, NULL, \
		    ""                                                        \
	}

#define CURP(optional)                                                                  \
	{                                                                               \
		"curp", "CURP", 150, 18, LOT_CURP, optional, NULL,                      \
		    N_("4 letters, a date, sex, state, 3 consonants, one more and the " \
		       "check digit")                                                   \
	}

#define NINE                                                           \
	{                                                              \
		"format", N_("format"), 168, 1, LOT_FIXED, 0, "9", "9" \
	}

static const struct lot_field hire[] = {
	PERSON,
	SALARY,
	{ "worker_type", N_("worker type"), 116, 1, LOT_ONE_OF, 0, "1234",
	    N_("1 to 4") },
	{ "salary_type", N_("salary type"), 117, 1, LOT_ONE_OF, 0, "012",
	    N_("0 to 2") },
	{ "short_week", N_("short week or day"), 118, 1, LOT_ONE_OF, 0,
	    "0123456", N_("0 to 6") },
	DATE,
	{ "umf", "UMF", 127, 3, LOT_DIGITS, 1, NULL, N_("3 digits") },
	FILLER(130, 2),
	TYPE("08"),
	WORKER_KEY,
	FILLER(149, 1),
	CURP(0),
	NINE,
	END,
};

static const struct lot_field salary[] = {
	PERSON,
	SALARY,
	FILLER(116, 1),
	{ "salary_type", N_("salary type"), 117, 1, LOT_ONE_OF, 1, "012",
	    N_("0 to 2") },
	{ "short_week", N_("short week or day"), 118, 1, LOT_ONE_OF, 1,
	    "0123456", N_("0 to 6") },
	DATE,
	FILLER(127, 5),
	TYPE("07"),
	WORKER_KEY,
	FILLER(149, 1),
	CURP(1),
	NINE,
	END,
};

static const struct lot_field discharge[] = {
	PERSON,
	FILLER(104, 15),
	DATE,
	FILLER(127, 5),
	TYPE("02"),
	WORKER_KEY,
	{ "cause", N_("cause of discharge"), 149, 1, LOT_ONE_OF, 0,
	    "123456789A", N_("1 to 9, or A") },
	CURP(1),
	NINE,
	END,
};

static const struct lot_field control[] = {
	{ "asterisks", N_("asterisks"), 1, 13, LOT_FIXED, 0, "*************",
	    N_("13 asterisks") },
	FILLER(14, 43),
	{ "total", N_("number of movements"), 57, 6, LOT_DIGITS, 0, NULL,
	    N_("6 digits") },
	FILLER(63, 71),
	GUIDE,
	FILLER(139, 29),
	NINE,
	END,
};

static const struct lot_field unknown[] = { PERSON, DATE, TYPE(""), NINE, END };
/* clang-format on */

static const struct {
	const char *code;
	const struct lot_field *fields;
} types[LOT_TYPES] = {
	[LOT_HIRE] = { "08", hire },
	[LOT_SALARY] = { "07", salary },
	[LOT_DISCHARGE] = { "02", discharge },
	[LOT_CONTROL] = { NULL, control },
	[LOT_UNKNOWN] = { NULL, unknown },
};

const struct lot_field *
lot_layout(enum lot_type type)
{
	return types[type].fields;
}

const char *
lot_type_code(enum lot_type type)
{
	return types[type].code;
}

const struct lot_field *
lot_layout_find(enum lot_type type, const char *name)
{
	for (const struct lot_field *f = types[type].fields; f->name != NULL;
	     f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}
