#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_stack.sh SECTION [all] - what goes wrong around a card, and what firmad makes
# of it: pcscd dies, another program takes the login away, the card is mute or
# answers wrongly, OpenSC remembers the PIN.
set -euo pipefail
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"
# shellcheck source=tests/vcard/lib.sh
. "$SOURCE/tests/vcard/lib.sh"

set_up() { # LINES of the token's section
	pcsc_need
	begin
	PCSC=$DIR/pcsc # the agent has a folder run, too
	more_end=pcsc_stop
	pcsc_start
	card_start 0
	[ -z "${with_opensc:-}" ] || "$with_opensc"
	lines=$1
	practice_section() {
		card_section x "serial = UTVC0000000" "algorithm = p-256" \
		    "$lines" | sed 1d
	}
	practice_config "$DIR"
	[ -z "${more_config:-}" ] || "$more_config" >> "$DIR/firmad.conf"
	# What the agent itself gives OpenSC, in the place of the test's.
	[ -z "${agents_opensc:-}" ] ||
	    sed -i '/^environment = OPENSC_CONF=/d' "$DIR/firmad.conf"
	practice_agent "$DIR"
	PRACTICE_INIT=--erase practice_token "$DIR"
	key practice base
}
unlock() { firma token unlock practice --pin-file "$DIR/pin"; }
signs() { [ -n "$(sign base x)" ]; }
unlocks_and_signs() { unlock && signs; }
answer() { ask "$(id_new) ${2:-20000} sign key=$1 format=0 sha256=$(digest x)"; }
good_again() {
	until_true 30 unlocks_and_signs
	same "$(card_get 0 user-tries)" 3 "tries left"
	alive
}

pcscd() {
	set_up ''
	for how in pcsc_kill pcsc_end; do
		note "$how: a clear error, and the agent goes on"
		$how
		has "$(answer base)" 'name=FIRMA_ERR_(TOKEN_|PIN_NEEDED)'
		alive
		note "started again: the token is back, with its PIN"
		pcsc_run
		card_wait 0
		good_again
	done
	expect 0 firma ledger verify
}

other_program() {
	set_up ''
	note "another program selects the application: nobody is logged in"
	pkcs11-tool --module "$OPENSC" --list-slots > /dev/null 2>&1
	same "$(card_get 0 verified)" 0 "login on the card"
	has "$(answer base)" 'name=FIRMA_ERR_PIN_NEEDED'
	until_true 10 is_state practice locked
	good_again
	note "another program resets the card"
	opensc-tool --reader 0 --reset cold > /dev/null 2>&1 || :
	same "$(card_get 0 verified)" 0 "login on the card"
	has "$(answer base)" 'name=FIRMA_ERR_(PIN_NEEDED|TOKEN_)'
	good_again
	note "in the middle of a signature"
	card_say 0 fault 1 sign reset > /dev/null
	has "$(answer base)" 'name=FIRMA_ERR_(PIN_NEEDED|TOKEN_)'
	good_again
}

second_token() { card_section second "serial = UTVC0000001" "algorithm = p-256"; }
second_card() { card_start 1; }

set_up_two() {
	with_opensc=second_card
	more_config=second_token
	agents_opensc=1
	set_up 'deadline = 3'
	PRACTICE_INIT=--erase
	expect 0 firma token init second --label second --yes --erase \
	    --so-pin-file "$DIR/so-pin" --pin-file "$DIR/pin"
	expect 0 firma token unlock second --pin-file "$DIR/pin"
	key second beside
	until_true 30 unlocks_and_signs
}
beside_signs() { [ -n "$(sign beside z)" ]; }
# again PID   its token has another process, and is there
is_again() { # TOKEN PID
	[ "$(token_pid "$1")" != "$2" ] && is_state "$1" locked
}

# One card's process is replaced, unlocked, and looks for its card in other
# readers: the other card is left alone all the while, without its PIN.
two() {
	set_up_two
	note "two cards sign, each its own"
	beside_signs || fail "the second token does not sign"
	signs || fail "the first token does not sign"
	for t in practice second practice; do
		n=1 other=beside
		[ $t = practice ] || { n=0 other=base; }
		note "$t: its process is killed, and it is unlocked"
		card_mark $n
		pid=$(token_pid $t)
		kill -9 "$pid"
		until_true 20 is_again $t "$pid"
		expect 0 firma token unlock $t --pin-file "$DIR/pin"
		same "$(card_commands $n)" "" "commands to the other card"
		same "$(card_get $n verified)" 1 "login on the other card"
		[ -n "$(sign $other x)" ] || fail "$other does not sign"
	done

	note "pulled and put back while the other one is unlocked"
	card_pull 0
	until_true 10 is_state practice absent
	card_put 0
	until_true 10 is_state practice locked
	good_again
	beside_signs || fail "the second token does not sign"

	note "it moves into the reader that its process was to leave alone"
	card_pull 1
	until_true 10 is_state second absent
	card_pull 0
	until_true 10 is_state practice absent
	card_stop 0
	card_stop 1
	mv "$PCSC/card0" "$PCSC/card1.moved"
	mv "$PCSC/card1" "$PCSC/card0"
	mv "$PCSC/card1.moved" "$PCSC/card1"
	card_start 1
	until_true 20 is_state practice locked
	until_true 30 unlocks_and_signs
	note "and the other one into its reader"
	card_start 0
	until_true 20 is_state second locked
	expect 0 firma token unlock second --pin-file "$DIR/pin"
	beside_signs || fail "the second token does not sign"
	signs || fail "the first token does not sign"
	expect 0 firma ledger verify
}

mute() {
	set_up_two
	note "the deadline ends it, and its process"
	card_say 0 fault 1 sign mute > /dev/null
	pid=$(token_pid practice)
	answer base > "$DIR/mute" &
	asking=$!
	until_true 10 card_is 0 busy 1
	note "the other token signs all the while"
	for _ in 1 2 3 4 5; do
		[ -n "$(sign beside x)" ] || fail "the other token does not sign"
	done
	wait $asking
	has "$(cat "$DIR/mute")" 'name=FIRMA_ERR_TOKEN_STUCK'
	until_true 10 process_is_gone "$pid"
	[ -n "$(sign beside y)" ] || fail "the other token does not sign"
	note "pulled and put back, it is good again"
	card_pull 0
	card_put 0
	good_again
	note "all the while nobody took the login of the other card"
	[ -n "$(sign beside z)" ] || fail "the other token does not sign"
	expect 0 firma ledger verify
}
process_is_gone() { ! kill -0 "$1"; }

# No signature leaves but a good one; each is an error of the token.
words() {
	set_up ''
	faults='cut 10,long 400,raw 019000,sw 6f00'
	[ "$1" != all ] || faults="cut 0,long 5,raw 01,raw 6f,sw 6581,sw 6700,sw 6a80,sw 6d00,sw 6982,sw 9001,$faults"
	while read -r fault; do
		note "signing: $fault"
		# "+": OpenSC tries again
		# shellcheck disable=SC2086 # words
		card_say 0 fault 1+ sign $fault > /dev/null
		has "$(answer base)" 'name=FIRMA_ERR_(TOKEN_|PIN_NEEDED)'
		card_say 0 no-faults > /dev/null
		good_again
	done < <(printf '%s\n' "$faults" | tr ',' '\n')
	note "generating: what the card did not say is asked again"
	for fault in 'sw 6a84' 'late-sw 6f00' 'cut 40'; do
		line="30000 key_generate token=practice alias=k${fault##* } algorithm=4"
		# shellcheck disable=SC2086 # words
		card_say 0 fault 1 generate $fault > /dev/null
		has "$(ask "$(id_new) $line")" 'name=FIRMA_ERR_(TOKEN_|PIN_NEEDED)'
		until_true 30 unlocks_and_signs
		has "$(ask "$(id_new) $line")" " key_item alias=k${fault##* } "
		[ -n "$(sign "k${fault##* }" x)" ] || fail "no signature"
	done
	expect 0 firma ledger verify
}

# OpenSC's PIN cache presents the PIN by itself when the card has forgotten the
# login.  That is what agent/daemon/opensc.conf forbids.
caching() { opensc_conf 'use_pin_caching = true;' 'pin_cache_ignore_user_consent = true;'; }
ours() { cp "$SOURCE/agent/daemon/opensc.conf" "$OPENSC_CONF"; }
looks() { pkcs11-tool --module "$OPENSC" --list-slots > /dev/null 2>&1; }

is_gone() { # found out by using it
	answer base > /dev/null
	is_state practice absent
}

pin_cache() {
	note "with the cache the module logs in behind everybody's back"
	with_opensc=caching
	set_up ''
	looks
	same "$(card_get 0 verified)" 0 "login on the card"
	signs || fail "the cache does not do what is feared: is this still so?"
	same "$(card_get 0 verified)" 1 "login on the card"
	note "with our configuration it does not"
	practice_end "$DIR/agent.pid"
	ours
	practice_agent "$DIR"
	good_again
	looks
	has "$(answer base)" 'name=FIRMA_ERR_PIN_NEEDED'
	same "$(card_get 0 verified)" 0 "login on the card"
	until_true 10 is_state practice locked
	note "nor after the card was out"
	good_again
	card_pull 0
	until_true 30 is_gone
	card_put 0
	until_true 30 is_state practice locked
	has "$(answer base)" 'name=FIRMA_ERR_PIN_NEEDED'
	same "$(card_get 0 verified)" 0 "login on the card"
	good_again
}

"$1" "${2:-}"
