# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# opensc.sh - section of test_agent.sh about what OpenSC's module is told.

section "OpenSC keeps no PIN" opensc
section "OpenSC presents no PIN by itself" opensc_card

OPENSC=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so
ONEPIN=/usr/lib/x86_64-linux-gnu/onepin-opensc-pkcs11.so

opensc_token() { # NAME MODULE [LINE]
	printf '[token %s]\nmodule = %s\nlabel = %s\n%s\n' \
		"$1" "$2" "$1" "${3:-}" >> "$DIR/firmad.conf"
}
# given TOKEN   OPENSC_CONF in its process's environment
given() {
	tr '\0' '\n' < "/proc/$(token_pid "$1")/environ" |
		sed -n 's/^OPENSC_CONF=//p'
}
warned() { firma doctor --json | jq -r '.[].detail' | grep -c 'opensc.conf' || :; }

opensc() {
	[ -e $OPENSC ] || OPENSC=$(find /usr/lib -name opensc-pkcs11.so | head -n 1)
	[ -e "$OPENSC" ] || skip "no opensc-pkcs11.so (package opensc-pkcs11)"
	ONEPIN=${OPENSC%/*}/onepin-opensc-pkcs11.so
	ours=$SOURCE/agent/daemon/opensc.conf
	if is_root; then
		: > "$DIR/own.conf"
		practice_config "$DIR"
		opensc_token card "$OPENSC"
		opensc_token onepin "$ONEPIN"
		opensc_token own "$OPENSC" "environment = OPENSC_CONF=$DIR/own.conf"
		practice_agent "$DIR"
		for t in card onepin own; do
			until_true 30 is_state $t absent
		done
		note "tokens with OpenSC's module get our file, others do not"
		same "$(given card)" "$ours" "card"
		same "$(given onepin)" "$ours" "onepin"
		same "$(given practice)" "" "practice"
		note "a section that names one keeps it"
		same "$(given own)" "$DIR/own.conf" "own"
		same "$(warned)" 0 "warnings"
		note "a file that is not there is told of"
		sed -i "s|^opensc-conf = .*|opensc-conf = $DIR/opensc.conf|" \
			"$DIR/firmad.conf"
		kill -HUP "$(agent_pid)"
		until_true 10 grep -q 'was read again' "$DIR/agent.log"
		until_true 30 is_state card absent
		same "$(given card)" "$DIR/opensc.conf" "card"
		same "$(given own)" "$DIR/own.conf" "own"
		same "$(warned)" 1 "warnings"
	else
		note "not root: the environment of the process is not looked at"
	fi
	note "OpenSC understands it"
	read_back=$(OPENSC_CONF=$ours OPENSC_DEBUG=9 PCSCLITE_CSOCK_NAME=$DIR/none \
		pkcs11-tool --module "$OPENSC" --list-slots 2>&1 || :)
	has "$read_back" 'PKCS#11 options: max_virtual_slots=64 slots_per_card=4 lock_login=0 atomic=0'
	has "$read_back" 'PC/SC options: connect_exclusive=0'
}

verifications() { card_commands 0 | awk '$2 == "verify" && $4 > 0' | wc -l; }

# once_more   sign while the card says that nobody is logged in
once_more() {
	card_mark 0
	card_say 0 fault 1+ sign sw 6982 > /dev/null
	said=$(ask "$(id_new) 20000 sign key=cardkey format=0 sha256=$(digest b)")
	card_say 0 no-faults > /dev/null
	hasnt "$said" ' signed '
}
opensc_unlock() {
	until_true 30 is_state card locked
	expect 0 firma token unlock card --pin-file "$DIR/card-pin"
	[ -n "$(sign cardkey a)" ] || fail "no signature"
}

opensc_card() {
	# shellcheck source=tests/vcard/lib.sh
	. "$SOURCE/tests/vcard/lib.sh"
	pcsc_need
	PCSC=$DIR/pcsc
	more_end=pcsc_stop
	pcsc_start
	unset OPENSC_CONF
	card_start 0
	card_token 0 card
	card_tool 0 --login --pin "$CARD_PIN" --keypairgen \
		--key-type EC:prime256v1 --id 45 --label mine > "$DIR/tool.log" 2>&1
	echo "$CARD_PIN" > "$DIR/card-pin"
	practice_config "$DIR"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token card]
		module = $OPENSC
		serial = UTVC0000000
		environment = PCSCLITE_CSOCK_NAME=$PCSCLITE_CSOCK_NAME
		[key cardkey]
		token = card
		id = 45
	CONF
	practice_agent "$DIR"
	opensc_unlock
	note "the login is gone: no signature, and the PIN is not presented"
	once_more
	same "$(verifications)" 0 "PINs presented"

	note "with OpenSC's own defaults it would be, by itself"
	echo 'app default { }' > "$DIR/default.conf"
	sed -i "s|^environment = PCSC.*|&\nenvironment = OPENSC_CONF=$DIR/default.conf|" \
		"$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	opensc_unlock
	once_more
	[ "$(verifications)" != 0 ] || fail "no PIN presented: nothing is shown here"
}
