#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_pulled.sh sign|generate|certificate [MOST] - the card is pulled at the
# N-th command of an operation, N = 1, 2, 3 ..., before it is done and after it,
# and put back: the request ends with a clear error or is completed, asking
# again makes nothing twice, nothing is lost, and the card signs again at once.
#
# How many commands an operation has is counted first.  MOST: so many points of
# them, evenly spread; without it, all.
set -euo pipefail
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"
# shellcheck source=tests/vcard/lib.sh
. "$SOURCE/tests/vcard/lib.sh"

operation=$1
most=${2:-0}
# From the card in the reader to a good signature, the PIN at hand.  The median
# has to keep the promise; one slow moment of a busy machine may not.
PROMISE_MS=2000
CALM_MS=400 # what locking, unlocking and signing takes on an idle machine

set_up() {
	pcsc_need
	begin
	PCSC=$DIR/pcsc # the agent has a folder run, too
	more_end=pcsc_stop
	pcsc_start
	card_start 0
	practice_section() {
		card_section x "serial = UTVC0000000" "algorithm = p-256" |
		    sed 1d
	}
	# What is waited for in vain costs its own token this long.
	practice_config "$DIR" "deadline = 20"
	practice_agent "$DIR"
	PRACTICE_INIT=--erase practice_token "$DIR"
	key practice base
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }
unlock() { firma token unlock practice --pin-file "$DIR/pin"; }

signs_again() { unlock > "$DIR/unlock" 2>&1 && [ -n "$(sign base "again")" ]; }

# A request; its answers in $answers.  A clear error is one of the token.
try() {
	answers=$(ask "$1")
}
clear_error() {
	has "$answers" \
	    "^[0-9]+ error .*name=FIRMA_ERR_(TOKEN_GONE|TOKEN_ERROR|PIN_NEEDED)"
}
ended_well() { ! grep -q ' error ' <<< "$answers"; }

# Put back; how long until it signs.
back() {
	local from

	card_say 0 no-faults > /dev/null
	from=$(now_ms)
	[ "$(card_get 0 in)" = 1 ] || card_put 0
	until signs_again; do
		[ $(($(now_ms) - from)) -lt 30000 ] ||
			fail "$point: it does not sign again: $(cat "$DIR/unlock")"
	done
	times="$times $(($(now_ms) - from))"
	same "$(card_get 0 user-tries)" 3 "$point: tries left"
}

# Each key on the card that anybody can see has a name, and one only; so have
# those that were seen once.
check_keys() {
	same "$(firma key list --json | jq length)" \
	    "$(($(card_get 0 keys) - $(card_get 0 undescribed-keys) + n_hidden))" \
	    "$point: named keys"
}

try_sign() { try "$(id_new) 15000 sign key=base format=0 sha256=$(digest x)"; }
again_sign() { [ -n "$(sign base y)" ] || fail "$point: no signature"; }

generate_line="30000 key_generate token=practice algorithm=4 alias"
try_generate() { try "$(id_new) $generate_line=k$n"; }
listed() { firma key list --json | jq -e "any(.alias == \"k$n\")" > /dev/null; }
# What the first request made is found under its name, and is not made again.
again_generate() {
	if listed; then
		try "$(id_new) $generate_line=k$n"
		has "$answers" 'name=FIRMA_ERR_EXISTS'
		n_found=$((n_found + 1))
	else
		try "$(id_new) $generate_line=k$n"
		has "$answers" "^[0-9]+ key_item alias=k$n "
	fi
	[ -n "$(sign "k$n" y)" ] || fail "$point: the new key does not sign"
	same "$(firma key list --json |
	    jq "map(select(.alias == \"k$n\")) | length")" 1 \
	    "$point: keys of this name"
}

ready_certificate() {
	key practice "c$n"
	firma request "c$n" --subject CN=PRACTICA -o "$DIR/csr" > /dev/null
	"$BUILD/tests/rehearsal/firma-rehearsal" issue "$DIR/portal" \
	    --csr "$DIR/csr" --out "$DIR/c$n.pem" > /dev/null
	rm "$DIR/csr"
	openssl x509 -in "$DIR/c$n.pem" -outform DER -out "$DIR/c$n.der"
}
try_certificate() {
	line="key=c$n certificate=$(od -An -v -tx1 "$DIR/c$n.der" | tr -d ' \n')"
	try "$(id_new) 30000 certificate_import $line"
}
# OpenSC hides half a certificate and takes no other one: the error says what
# removes it, and that is done to the letter.
repair() {
	local tool

	tool=$(printf '%s\n' "$answers" |
	    sed -n 's/.*half a certificate? \(pkcs15-init .*\); put .*/\1/p')
	[ -n "$tool" ] || fail "$point: the certificate cannot be written: $answers"
	# shellcheck disable=SC2086 # words
	$tool --reader 0 --pin "$(cat "$DIR/pin")" > "$DIR/tool" 2>&1 ||
		fail "$point: $tool: $(cat "$DIR/tool")"
	card_pull 0
	until_true 10 is_state practice absent # as a person does it, not between two looks
	card_put 0
	until_true 30 signs_again
	try "$(id_new) 30000 certificate_import $line"
	ended_well || fail "$point: not mended: $answers"
	n_mended=$((n_mended + 1))
}
# Pulled between the two halves of the key's description: OpenSC does not show
# the key any more (a known gap).  It is said, and nothing else is lost.
is_hidden() {
	has "$answers" "no private key with this CKA_ID is seen"
	has "$(firma sign "c$n" "$DIR/c$n.der" 2>&1 || :)" \
	    "key c$n is not on token practice"
	n_hidden=$((n_hidden + 1))
}
again_certificate() {
	local id

	try "$(id_new) 30000 certificate_import $line"
	if grep -q "no private key with this CKA_ID" <<< "$answers"; then
		is_hidden
		return
	fi
	ended_well || repair
	until_true 30 signs_again # the process may have begun anew
	[ -n "$(sign "c$n" y)" ] || fail "$point: the key does not sign"
	id=$(firma key list --json | jq -r ".[] | select(.alias == \"c$n\").id")
	card_tool 0 --read-object --type cert --id "$id" \
	    --output-file "$DIR/read" > /dev/null 2>&1 || :
	cmp "$DIR/read" "$DIR/c$n.der" || fail "$point: another certificate"
	rm -f "$DIR/read"
	until_true 30 signs_again # pkcs11-tool has selected the application
}

ready() {
	[ "$operation" != certificate ] || ready_certificate
}

# One point: FAULT at the N-th command; at 0: none, they are counted.
point() {
	local n=$1-${2:-none}

	point="$operation, ${2:-nothing} at command $1"
	ready
	card_mark 0
	[ "$1" = 0 ] || card_say 0 fault "$1" any "$2" > /dev/null
	"try_$operation"
	if [ "$1" = 0 ]; then
		ended_well || fail "$point: $answers"
		total=$(card_commands 0 | wc -l)
	elif ended_well; then
		n_done=$((n_done + 1))
	else
		clear_error
		n_refused=$((n_refused + 1))
	fi
	back
	"again_$operation"
	check_keys
	alive
}

# On a machine that is busy with other things the promise is longer.
yardstick() {
	local from

	from=$(now_ms)
	firma token lock practice > /dev/null
	signs_again || fail "the card does not sign"
	calm=$(($(now_ms) - from))
	limit=$PROMISE_MS
	[ $calm -le $CALM_MS ] || limit=$((PROMISE_MS * calm / CALM_MS))
}

set_up
yardstick
times='' n_done=0 n_refused=0 n_found=0 n_mended=0 n_hidden=0 total=0
point 0
[ "$total" -gt 0 ] || fail "no commands"
times=''
step=1
[ "$most" = 0 ] || step=$(((2 * total + most - 1) / most))
for ((i = 0; i < 2 * total; i += step)); do
	case $((i % 2)) in
	0) point $((i / 2 + 1)) pull ;;
	1) point $((i / 2 + 1)) pull-after ;;
	esac
done
[ $n_refused -gt 0 ] || fail "nothing was refused: nothing was pulled?"
expect 0 firma ledger verify
median=$(printf '%s\n' $times | sort -n | sed -n "$((($(echo $times | wc -w) + 1) / 2))p")
echo "$operation: $total commands, $n_refused refused, $n_done done all the same," \
    "$n_found found afterwards, $n_mended mended, $n_hidden hidden; in again to a good signature:" \
    "median $median ms (limit $limit ms), all:$times;" \
    "keys that OpenSC does not show: $(card_get 0 undescribed-keys)"
[ "$median" -le "$limit" ] || fail "too slow: median $median ms"
