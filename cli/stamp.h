/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stamp.h - ask a time-stamping authority (TSA) for a stamp over a digest.
 *
 * The network is the helper firma-portal-tsa's, which never has the agent's
 * socket; what it brings is verified here before it is believed.
 */
#ifndef FIRMA_CLI_STAMP_H
#define FIRMA_CLI_STAMP_H

#include "agent/pki/timestamp.h"
#include "cli/app.h"
#include "cli/file.h"

/* Which authority.  Zero-initialise; filled by stamp_configure(). */
struct stamp_config {
	char url[1024];                    /* "": none is configured */
	char password_file[FILE_PATH_MAX]; /* "USER:PASSWORD"; "": none */
	struct firma_buf ca;  /* PEM; empty: any authority is believed */
	unsigned int timeout; /* seconds for one request; 0: the default, 30 */
};
void stamp_config_done(struct stamp_config *c);

/* The options that a command takes for it. */
#define STAMP_OPTIONS                                                        \
	{ "tsa", 0, OPTION_TEXT, N_("URL"),                                  \
		N_("the time-stamping authority (default: firma.conf's)") }, \
	{                                                                    \
		"tsa-ca", 0, OPTION_TEXT, N_("FILE"),                        \
		    N_("certificates that the authority's must lead to")     \
	}

/*
 * The authority of --tsa and --tsa-ca, else of the configuration file: the one
 * that FIRMA_CONFIG names, else $XDG_CONFIG_HOME/firmad/firma.conf (~/.config),
 * else firma.conf in the system's folder.  0, or an exit status after saying
 * what is wrong; no authority at all is said too.
 */
int stamp_configure(const struct args *a, struct stamp_config *ret);

/* The same for a reader: only --tsa-ca, or the file's `ca`; may be empty. */
int stamp_configure_ca(const struct args *a, struct firma_buf *ret_ca);

/*
 * A stamp over a digest.  Appends the token in DER: verified, over this digest,
 * with this request's nonce, and led to c->ca when that is given.
 *
 * FIRMA_ERR_TSA_UNREACHABLE  no answer in time, none at all, or it broke off
 * FIRMA_ERR_TSA_REFUSED      the authority said no; the cause has its words
 * FIRMA_ERR_TSA_ANSWER       what came is no answer: another type, too large,
 *                            a redirect, nonsense
 * FIRMA_ERR_STAMP            a stamp came and does not hold; the cause says why
 * FIRMA_ERR_CERT_ISSUER      a stamp of an authority that c->ca does not lead to
 * FIRMA_ERR_CONFIG           the address or the password's file
 */
FIRMA_CHECKED enum firma_err stamp_ask(const struct stamp_config *c,
    const uint8_t sha256[FIRMA_SHA256], struct firma_buf *ret_token,
    struct firma_cause *cause);

/*
 * A SignedData with a stamp over its signature: appends it to ret.  Errors as
 * stamp_ask() and firma_cms_stamp().
 */
FIRMA_CHECKED enum firma_err stamp_signature(const struct stamp_config *c,
    struct firma_bytes cms, struct firma_buf *ret, struct firma_cause *cause);

#endif
