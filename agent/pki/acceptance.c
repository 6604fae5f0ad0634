/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pki/acceptance.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/pki/identity.h"

#define DAY_S     ((int64_t)86400)
#define SKEW_MAX  (7 * DAY_S)
#define DATE_TEXT 32

/* Do the rules themselves make sense? */
static enum firma_err
check_rules(const struct firma_acceptance *a, struct firma_cause *cause)
{
	const char *what = NULL;

	if (a->fresh == NULL || a->old == NULL)
		what = "two certificates are needed";
	else if (a->issuer == FIRMA_ISSUER_CA && a->issuer_ca == NULL)
		what = "the issuer's certificate is needed";
	else if (a->issuer != FIRMA_ISSUER_CA &&
	    a->issuer != FIRMA_ISSUER_SAME_NAME)
		what = "unknown way to judge the issuer";
	else if (a->n_attributes == 0)
		what = "no attribute to compare";
	else if (a->skew_s < 0 || a->skew_s > SKEW_MAX)
		what = "the clock skew is out of range";
	else if (a->min_days < 0 || a->max_days < a->min_days ||
	    a->max_days > FIRMA_ACCEPTANCE_DAYS_MAX)
		what = "the days of validity are out of range";
	if (what != NULL)
		return firma_fail(
		    cause, FIRMA_ERR_CONFIG, FIRMA_CAUSE_NONE, 0, "%s", what);
	return FIRMA_OK;
}

static enum firma_err
check_key(const struct firma_acceptance *a, struct firma_cause *cause)
{
	uint8_t fresh[FIRMA_SPKI_HASH], old[FIRMA_SPKI_HASH];
	char text[2 * FIRMA_SPKI_HASH + 1];

	firma_certificate_spki_sha256(a->fresh, fresh);
	firma_certificate_spki_sha256(a->old, old);
	firma_hex(firma_bytes_of(fresh, sizeof(fresh)), text);
	if (memcmp(fresh, a->key_spki_sha256, sizeof(fresh)) != 0)
		return firma_fail(cause, FIRMA_ERR_CERT_KEY, FIRMA_CAUSE_NONE,
		    0,
		    "the certificate's public key %.16s... is not the new "
		    "key's",
		    text);
	if (memcmp(fresh, old, sizeof(fresh)) == 0)
		return firma_fail(cause, FIRMA_ERR_CERT_KEY, FIRMA_CAUSE_NONE,
		    0, "the certificate is for the old key");
	return FIRMA_OK;
}

static enum firma_err
check_identity(const struct firma_acceptance *a, struct firma_cause *cause)
{
	struct firma_identity fresh, old;
	enum firma_err r;

	if ((r = firma_identity_of(a->old, &old, cause)) != FIRMA_OK ||
	    (r = firma_identity_of(a->fresh, &fresh, cause)) != FIRMA_OK)
		return r == FIRMA_ERR_NOMEM ? r : FIRMA_ERR_CERT_IDENTITY;
	return firma_identity_compare(
	    &fresh, &old, a->attributes, a->n_attributes, NULL, cause);
}

static enum firma_err
check_issuer(const struct firma_acceptance *a, struct firma_cause *cause)
{
	if (a->issuer == FIRMA_ISSUER_CA &&
	    !firma_certificate_issued_by(a->fresh, a->issuer_ca))
		return firma_fail(cause, FIRMA_ERR_CERT_ISSUER,
		    FIRMA_CAUSE_NONE, 0,
		    "the expected authority did not sign the certificate");
	if (a->issuer == FIRMA_ISSUER_SAME_NAME &&
	    !firma_certificate_same_issuer(a->fresh, a->old))
		return firma_fail(cause, FIRMA_ERR_CERT_ISSUER,
		    FIRMA_CAUSE_NONE, 0,
		    "the issuer's name is not that of the old certificate");
	return FIRMA_OK;
}

static const char *
date(int64_t seconds, char text[DATE_TEXT])
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, DATE_TEXT, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	return text;
}

static enum firma_err
check_dates(const struct firma_acceptance *a, struct firma_cause *cause)
{
	const int64_t from = firma_certificate_not_before(a->fresh);
	const int64_t to = firma_certificate_not_after(a->fresh);
	char text[DATE_TEXT];

	if (from > a->now + a->skew_s)
		return firma_fail(cause, FIRMA_ERR_CERT_DATES, FIRMA_CAUSE_NONE,
		    0, "it begins only at %s", date(from, text));
	if (to < a->now)
		return firma_fail(cause, FIRMA_ERR_CERT_DATES, FIRMA_CAUSE_NONE,
		    0, "it was over at %s", date(to, text));
	if (to - from < a->min_days * DAY_S - a->skew_s ||
	    to - from > a->max_days * DAY_S + a->skew_s)
		return firma_fail(cause, FIRMA_ERR_CERT_DATES, FIRMA_CAUSE_NONE,
		    0,
		    "it lasts %" PRId64 " days, and %" PRId64 " to %" PRId64
		    " are expected",
		    (to - from) / DAY_S, a->min_days, a->max_days);
	return FIRMA_OK;
}

static enum firma_err
check_serial(const struct firma_acceptance *a, struct firma_cause *cause)
{
	char fresh[FIRMA_SERIAL_TEXT], old[FIRMA_SERIAL_TEXT];

	firma_certificate_serial(a->fresh, fresh);
	firma_certificate_serial(a->old, old);
	if (strcmp(fresh, old) == 0)
		return firma_fail(cause, FIRMA_ERR_CERT_SERIAL,
		    FIRMA_CAUSE_NONE, 0, "%s is the old certificate's serial",
		    fresh);
	for (size_t i = 0; i < a->n_seen_serials; i++)
		if (strcmp(fresh, a->seen_serials[i]) == 0)
			return firma_fail(cause, FIRMA_ERR_CERT_SERIAL,
			    FIRMA_CAUSE_NONE, 0,
			    "the serial %s was seen before", fresh);
	return FIRMA_OK;
}

enum firma_err
firma_certificate_accept(
    const struct firma_acceptance *a, struct firma_cause *cause)
{
	enum firma_err r;

	if ((r = check_rules(a, cause)) != FIRMA_OK ||
	    (r = check_key(a, cause)) != FIRMA_OK ||
	    (r = check_identity(a, cause)) != FIRMA_OK ||
	    (r = check_issuer(a, cause)) != FIRMA_OK ||
	    (r = check_dates(a, cause)) != FIRMA_OK)
		return r;
	return check_serial(a, cause);
}
