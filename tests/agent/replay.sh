# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# replay.sh - section of test_agent.sh about request ids.

section "retry with the same id" retry

# answer LINE   the answers to one request on a connection of its own
answer() { ask "$1" | grep -v '^1 '; }

retry() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good

	note "a signature asked again is the same one; ECDSA's differ otherwise"
	line="77 5000 sign key=good format=0 sha256=$(digest a)"
	one=$(answer "$line")
	has "$one" '^77 signed'
	same "$(answer "$line")" "$one" "second answer"
	same "$(answer "$line")" "$one" "third answer"
	same "$(entries '.action == "sign"')" 1 "entries"
	[ "$(answer "${line/77/78}")" != "${one/77/78}" ] ||
		fail "another id gave the same signature"
	same "$(entries '.action == "sign"')" 2 "entries"

	note "the same id for something else is refused"
	has "$(answer "77 5000 sign key=good format=0 sha256=$(digest b)")" \
		'^77 error .*rule=request-id .*name=FIRMA_ERR_VALUE'
	has "$(answer "77 5000 token_lock token=practice")" \
		'^77 error .*rule=request-id'
	is_state practice unlocked || fail "the token was locked"

	note "a key made once, however often it is asked for"
	line="80 60000 key_generate token=practice alias=once algorithm=4"
	has "$(answer "$line")" '^80 done'
	has "$(answer "$line")" '^80 done'
	line="81 60000 key_generate token=practice alias=twice algorithm=1"
	printf '%s\n' "$line" | timeout 5 "$ASK" "$FIRMA_SOCKET" > "$DIR/first" &
	pid=$!
	printf '%s\n' "$line" | timeout 5 "$ASK" "$FIRMA_SOCKET" > "$DIR/second" || :
	# Whoever asked last has the answer; the other one gets none.
	wait "$pid" || :
	cat "$DIR/first" "$DIR/second" > "$DIR/both"
	same "$(grep -c '^81 key_item alias=twice' "$DIR/both")" 1 "answers"
	same "$(entries '.action == "key-generate" and .result == "ok"')" 3 "entries"

	note "also after a restart: no second key under one id or name"
	restart
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
	has "$(answer "$line")" '^81 key_item alias=twice'
	has "$(answer "${line/81/82}")" '^82 error .*name=FIRMA_ERR_EXISTS'
	same "$(firma key list --json | jq length)" 3 "keys known"
	same "$(SOFTHSM2_CONF=$DIR/softhsm2.conf pkcs11-tool --module \
		"$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)" \
		--token-label practice --login --pin "$(cat "$DIR/pin")" \
		--list-objects --type privkey 2> /dev/null |
		grep -c '^Private Key')" 3 "keys on the token"
	expect 0 firma ledger verify
}
