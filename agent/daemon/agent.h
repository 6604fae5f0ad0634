/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - the agent's one object: what the handlers share.
 *
 * One thread runs everything here; the store has a thread of its own behind
 * agent/store/store.h, long hashes one behind hash.h.  Nothing in this folder
 * waits: what takes time is begun, and a callback ends it.
 *
 * May include: everything of agent/ but agent/client.
 */
#ifndef FIRMA_DAEMON_AGENT_H
#define FIRMA_DAEMON_AGENT_H

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "agent/base/buf.h"
#include "agent/policy/config.h"
#include "agent/policy/rule.h"
#include "agent/store/store.h"
#include "agent/wire/msg.h"
#include "agent/wire/values.h"

#define FIRMA_TOKENS_MAX 16 /* tokens that one agent serves */

struct firma_conn;
struct firma_token;
struct firma_key;
struct firma_renewals;
struct firma_replay;
struct firma_hasher;
struct firma_place;
struct firma_readers;

struct firma_agent {
	struct firma_config *config;
	sd_event *loop;
	struct firma_wake *wake; /* suspended, or the clock was set */
	sd_event_source *idle;   /* timer: lock tokens that nobody uses */
	struct firma_store *store;
	struct firma_token *tokens[FIRMA_TOKENS_MAX];
	size_t n_tokens;
	struct firma_key **keys; /* sorted by alias */
	size_t n_keys, cap_keys;
	struct firma_renewals *renewals;
	struct firma_replay *replay;
	struct firma_hasher *hasher;
	struct firma_place *place;
	struct firma_readers *readers;
	struct firma_conn *conns; /* list */
	size_t n_conns;
	int listen_fd;
	int worker_fd; /* firmad-token, opened O_PATH before privileges went */
	int reader_fd; /* firmad-reader, as well; -1 when there is none */
	char worker_path[512];
	char reader_path[512];
	char config_path[512];
	char socket_path[512];
	char state_dir[512];
	uid_t owner;
	uint64_t instance; /* random; a client sees a restart by it */
	uint64_t started;  /* wall clock, milliseconds */
	uint64_t n_signatures;
	size_t n_quiet; /* ledger entries that nobody waits for yet */
	bool stopping;
};

#endif
