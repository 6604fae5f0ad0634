# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# pin.sh - sections of test_agent.sh about PINs.

section "wrong PIN" wrong_pin
section "unattended unlock" unattended
section "the agent never has the PIN" never_has_the_pin
section "lock after idleness" lock_after

# unlock STATUS FILE
unlock() { expect "$1" firma token unlock sinner --pin-file "$DIR/$2"; }

wrong_pin() {
	practice_config "$DIR"
	sinner none
	practice_agent "$DIR"
	token sinner
	key sinner good
	firma token lock sinner > /dev/null
	echo 87654321 > "$DIR/wrong"
	echo 87654322 > "$DIR/wrong2"
	before=$(calls C_Login)

	note "a wrong PIN is presented once, and said clearly"
	unlock 5 wrong
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 1)) "presentations"
	same "$(firma token list sinner --json | jq -r '.[0].pin')" count-low "PIN state"
	is_state sinner locked || fail "state $(token_state sinner)"

	note "the same again is refused without a presentation"
	unlock 5 wrong
	says 'refused this same PIN before'
	unlock 5 wrong
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "also by a new agent"
	restart
	until_true 10 is_state sinner locked
	unlock 5 wrong
	says 'refused this same PIN before'
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "another wrong one is one more presentation"
	unlock 5 wrong2
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 2)) "presentations"

	note "nothing signs meanwhile"
	has "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" \
		"9 error .*name=FIRMA_ERR_PIN_NEEDED"

	note "one that the token cannot take is not presented at all"
	echo 1 > "$DIR/short"
	unlock 5 short
	says 'length'
	same "$(calls C_Login)" $((before + 2)) "presentations"

	note "the right PIN works"
	unlock 0 pin
	same "$(calls C_Login)" $((before + 3)) "presentations"
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(entries '.action == "unlock" and .result == "FIRMA_ERR_PIN"')" 2 \
		"entries of refused PINs"
	expect 0 firma ledger verify
}

# The credential's folder as systemd makes it: the agent's alone.
credential() {
	mkdir -p "$DIR/credentials"
	rm -f "$DIR/credentials/sinner.pin"
	printf '%s\n' "$1" > "$DIR/credentials/sinner.pin"
	owned "$DIR/credentials" "$DIR/credentials/sinner.pin"
	chmod 700 "$DIR/credentials"
	chmod 400 "$DIR/credentials/sinner.pin"
}

unattended() {
	practice_config "$DIR"
	sinner none '' 'pin-credential = sinner.pin'
	CREDENTIALS_DIRECTORY=$DIR/credentials
	export CREDENTIALS_DIRECTORY

	note "without the file the agent starts, and says what is missing"
	practice_agent "$DIR"
	token sinner
	key sinner good
	grep -q 'credentials/sinner.pin' "$DIR/agent.log" || fail "nothing said"

	note "with it the token is unlocked at the start, by one presentation"
	credential "$(cat "$DIR/pin")"
	before=$(calls C_Login)
	restart
	until_true 10 is_state sinner unlocked
	same "$(calls C_Login)" $((before + 1)) "presentations"
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(entries '.action == "unlock" and .rule == "credential"')" 1 "entries"

	note "locked by a person it stays locked"
	expect 0 firma token lock sinner
	sleep 1
	is_state sinner locked || fail "state $(token_state sinner)"
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "a wrong one is presented once, however often the agent starts"
	credential 87654321
	for _ in 1 2 3; do
		restart
		until_true 10 grep -q 'sinner: not unlocked' "$DIR/agent.log"
		: > "$DIR/agent.log"
	done
	same "$(calls C_Login)" $((before + 2)) "presentations"
	is_state sinner locked || fail "state $(token_state sinner)"
	unlock 0 pin
}

never_has_the_pin() {
	is_root || skip "the agent's memory is seen by root alone"
	practice_config "$DIR"
	sed -i 's/^\[agent\]/&\nlog-level = debug/' "$DIR/firmad.conf"
	printf 'Geheim%s\n' "$(cut -c1-6 "$DIR/pin")" > "$DIR/pin.new"
	mv "$DIR/pin.new" "$DIR/pin"
	practice_agent "$DIR"
	token practice
	key practice good
	firma token lock practice > /dev/null
	echo "Falsch$(cut -c7- "$DIR/pin")" > "$DIR/wrong"
	expect 5 firma token unlock practice --pin-file "$DIR/wrong"
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	[ -n "$(sign good a)" ] || fail "no signature"

	note "what is in its memory is found"
	expect 0 "$BUILD/tests/agent/memgrep" "$(agent_pid)" "$DIR/state"
	for file in pin wrong so-pin; do
		note "$file is not in its memory, its log or its store"
		expect 1 "$BUILD/tests/agent/memgrep" "$(agent_pid)" "$(cat "$DIR/$file")"
		expect 1 grep -rqF "$(cat "$DIR/$file")" "$DIR/state" "$DIR/agent.log"
	done
	note "nor are they in an argument or the environment of any process"
	for p in $(agent_pid) $(token_pid practice); do
		for file in pin so-pin; do
			expect 1 grep -qaF "$(cat "$DIR/$file")" \
				"/proc/$p/cmdline" "/proc/$p/environ"
		done
	done
}

lock_after() {
	practice_config "$DIR" "lock-after = 5"
	practice_agent "$DIR"
	token practice
	key practice good
	note "use keeps it open"
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do
		sleep 0.6
		[ -n "$(sign good a)" ] || fail "locked in use"
	done
	note "idleness locks it"
	until_true 15 is_state practice locked
	has "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" \
		"9 error .*name=FIRMA_ERR_PIN_NEEDED"
}
