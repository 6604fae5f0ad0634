# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# company.sh - the practice company with its token on a virtual card.  Sourced
# after tests/crash/lib.sh, whose checks serve here too.
. "$SOURCE/tests/vcard/lib.sh"

pcsc_need
PCSC=$work/pcsc
mkdir "$PCSC"
OPENSC_CONF=$PCSC/opensc.conf PCSCLITE_CSOCK_NAME=$PCSC/run/pcscd.comm
card=0 # where objects are looked for

more_end=pcsc_stop

# card_lines SELECTION   of a token's section
card_lines() { card_section x "$1" "$(token_lines)" | sed 1d; }
practice_section() { card_lines "serial = UTVC0000000"; }
PRACTICE_INIT=--erase # OpenSC says of a new card that it is initialised
token_tool() { card_tool "$card" "$@"; }

# Ask by the deadline of a slow machine whether a token is in a state.
token_state() { firma token list "$1" --json | jq -r '.[0].state'; }
token_is() { [ "$(token_state "$1")" = "$2" ]; }
token_wait() { # NAME STATE
	pcsc_until 300 token_is "$1" "$2" ||
		die "token $1 is $(token_state "$1"), not $2"
}

before_agent() { :; } # a test may define it

# company [ALGORITHM [LINES]]   all set, nothing begun, the agent running
company() {
	pcsc_start
	card_start 0
	practice_make "$d"
	practice_portal "$d" 3>&-
	practice_config "$d" "algorithm = ${1:-p-256}"
	[ $# -lt 2 ] || printf '%s\n' "$2" >> "$d/firmad.conf"
	before_agent
	start_agent
	practice_token "$d"
	practice_company "$d"
}
