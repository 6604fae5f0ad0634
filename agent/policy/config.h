/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - firmad.conf as a struct: whole, or a list of its mistakes.
 *
 * firmad.conf.example in agent/daemon is the annotated example; the grammar is
 * in agent/base/ini.h and every section and option in agent/policy/README.md.
 *
 * Relative paths are relative to the folder of the file.  No PIN ever stands
 * in the file: pin-credential names a file in $CREDENTIALS_DIRECTORY.
 *
 * May include: agent/base.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_POLICY_CONFIG_H
#define FIRMA_POLICY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/ini.h"
#include "agent/policy/uri.h"

#define FIRMA_CONFIG_TOKENS   16
#define FIRMA_CONFIG_KEYS     1024
#define FIRMA_CONFIG_PROFILES 16
#define FIRMA_CONFIG_ENV      8   /* environment lines of a token */
#define FIRMA_CONFIG_WRITABLE 8   /* folders of a token that are written */
#define FIRMA_CONFIG_PORTS    8   /* of a token's network */
#define FIRMA_CONFIG_ENV_LEN  512 /* octets of one, with its zero */
#define FIRMA_CONFIG_PATH     512 /* octets, with the terminating zero */
#define FIRMA_CONFIG_NAME     65  /* octets, with the terminating zero */
#define FIRMA_CONFIG_KEY_ID   64  /* octets of a CKA_ID */

#define FIRMA_LANES_MAX       8

/* When a ledger entry counts: the numbers of agent/store's firma_durability. */
enum firma_config_durability {
	FIRMA_CONFIG_PROCESS = 0, /* survives the agent, not the power */
	FIRMA_CONFIG_DISK = 1     /* fsync before the signature leaves */
};

enum firma_token_select {
	FIRMA_SELECT_LABEL,
	FIRMA_SELECT_SERIAL,
	FIRMA_SELECT_SLOT,
	FIRMA_SELECT_URI
};

enum firma_watch_readers {
	FIRMA_WATCH_NO,
	FIRMA_WATCH_YES,
	FIRMA_WATCH_AUTO /* see pcsc.h */
};

/* May the token's process keep the PIN, and for what? */
enum firma_config_keep {
	FIRMA_KEEP_NO,
	FIRMA_KEEP_YES,    /* to log in again when the token was put back */
	FIRMA_KEEP_SIGNING /* and for keys that ask for it each time */
};

/* [token NAME] */
struct firma_config_token {
	char name[FIRMA_CONFIG_NAME];
	char module[FIRMA_CONFIG_PATH];
	enum firma_token_select select;
	char label[33];  /* CK_TOKEN_INFO.label: 32 octets */
	char serial[17]; /* CK_TOKEN_INFO.serialNumber: 16 octets */
	char uri[FIRMA_TOKEN_URI];
	unsigned int slot;    /* CK_SLOT_ID */
	unsigned int n_lanes; /* option sessions: 1 .. FIRMA_LANES_MAX */
	unsigned int deadline_s;
	unsigned int generate_deadline_s;
	unsigned int lock_after_s; /* idle seconds; 0 never */
	unsigned int n_env;
	char env[FIRMA_CONFIG_ENV][FIRMA_CONFIG_ENV_LEN]; /* NAME=VALUE */
	unsigned int n_writable;
	char writable[FIRMA_CONFIG_WRITABLE][FIRMA_CONFIG_PATH];
	unsigned int n_ports;                   /* 0: no network */
	unsigned int ports[FIRMA_CONFIG_PORTS]; /* TCP, 1 .. 65535 */
	char algorithm[16]; /* a name of agent/pki/algorithm.h */
	char pin_credential[FIRMA_CONFIG_NAME]; /* "" for none */
	unsigned int pin_tries; /* the token gives; 0: as many as one likes */
	unsigned int so_pin_tries;         /* the same for the SO-PIN */
	unsigned int pin_credential_again; /* 1: after a replaced process too */
	unsigned int keep_pin;             /* enum firma_config_keep */
	unsigned int software; /* 1: the agent's own software token */
	unsigned int line;
};

/*
 * [key ALIAS].  Neither id nor spki: only options for an alias that the agent
 * itself gives (generate, import, renewal).
 */
struct firma_config_key {
	char alias[FIRMA_CONFIG_NAME];
	char token[FIRMA_CONFIG_NAME]; /* "" when neither id nor spki */
	uint8_t id[FIRMA_CONFIG_KEY_ID];
	size_t id_len; /* 0: not given */
	uint8_t spki_sha256[32];
	bool has_spki;
	unsigned int durability;  /* enum firma_config_durability */
	unsigned int digest_only; /* 1: a bare digest may be signed */
	unsigned int sha1;        /* 1: SHA-1 may be signed on request */
	unsigned int line;
};

/* [profile NAME]: what the site says about a procedure. */
struct firma_config_profile {
	char name[FIRMA_CONFIG_NAME];
	char file[FIRMA_CONFIG_PATH];    /* "": <profiles>/NAME.ini */
	char portal[512];                /* "": the profile's own */
	char issuers[FIRMA_CONFIG_PATH]; /* PEM of accepted issuers, or "" */
	unsigned int line;
};

struct firma_config {
	/* [agent]; "" where the program has to choose */
	char socket[108]; /* sockaddr_un.sun_path */
	char state[FIRMA_CONFIG_PATH];
	char user[33];
	char profiles_dir[FIRMA_CONFIG_PATH];
	char worker[FIRMA_CONFIG_PATH];
	char opensc_conf[FIRMA_CONFIG_PATH]; /* for OpenSC's modules */
	char reader[FIRMA_CONFIG_PATH];
	unsigned int watch_readers; /* enum firma_watch_readers */
	unsigned int durability;    /* enum firma_config_durability */
	unsigned int max_connections;
	unsigned int log_level; /* sd-daemon.h's: 3 error, 4, 6, 7 debug */

	size_t n_tokens, n_keys, n_profiles;
	struct firma_config_token tokens[FIRMA_CONFIG_TOKENS];
	struct firma_config_profile profiles[FIRMA_CONFIG_PROFILES];
	struct firma_config_key keys[FIRMA_CONFIG_KEYS];
};

/*
 * Parse text (borrowed, hostile until here), the contents of a file in folder
 * (absolute).  On success *ret_config is owned by the caller, who gives it to
 * firma_config_free().
 *
 * FIRMA_ERR_CONFIG  problems has every mistake, sorted by line
 * FIRMA_ERR_VALUE   folder is not absolute
 * FIRMA_ERR_NOMEM
 */
FIRMA_CHECKED enum firma_err firma_config_parse(struct firma_bytes text,
    const char *folder, struct firma_config **ret_config,
    struct firma_problems *problems);
void firma_config_free(struct firma_config *c);  /* accepts NULL */
void firma_config_done(struct firma_config **c); /* for FIRMA_OWN */

/* NULL when there is none. */
const struct firma_config_token *firma_config_token(
    const struct firma_config *c, const char *name);
const struct firma_config_key *firma_config_key(
    const struct firma_config *c, const char *alias);
const struct firma_config_profile *firma_config_profile(
    const struct firma_config *c, const char *name);

/* Of a key by its alias: its own section's, else that of [agent]. */
enum firma_config_durability firma_config_durability_of(
    const struct firma_config *c, const char *alias);

#endif
