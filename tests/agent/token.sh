# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# token.sh - section of test_agent.sh about making a token usable, and erasing.

section "token init and erase" init_erase

init() {
	wanted=$1
	shift
	expect "$wanted" firma token init practice --label practice --yes \
		--so-pin-file "$DIR/so-pin" --pin-file "$DIR/pin" "$@"
}

init_erase() {
	practice_config "$DIR"
	practice_agent "$DIR"
	until_true 5 is_state practice blank
	note "a blank token"
	init 0
	is_state practice locked || fail "state $(token_state practice)"
	serial=$(firma token list practice --json | jq -r '.[0].serial')
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	key practice good

	note "one with keys is not erased unasked"
	init 1
	says 'name is taken|initialised'
	[ -n "$(sign good a)" ] || fail "the key is gone"

	note "nor by somebody without its SO-PIN"
	cp "$DIR/so-pin" "$DIR/so-pin.right"
	echo 00000000 > "$DIR/so-pin"
	expect 0 firma token lock practice
	init 5 --erase
	cp "$DIR/so-pin.right" "$DIR/so-pin"
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	[ -n "$(sign good a)" ] || fail "the key is gone"

	note "asked and allowed: erased; its key signs no more"
	expect 0 firma token lock practice
	init 0 --erase
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	hasnt "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" '^9 signed'
	same "$(SOFTHSM2_CONF=$DIR/softhsm2.conf pkcs11-tool --module \
		"$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)" \
		--token-label practice --login --pin "$(cat "$DIR/pin")" \
		--list-objects --type privkey 2> /dev/null |
		grep -c '^Private Key' || :)" 0 "keys on the token"
	key practice fresh
	[ -n "$(sign fresh a)" ] || fail "no signature"
	expect 0 firma ledger verify
	note "$serial is now $(firma token list practice --json | jq -r '.[0].serial')"
	same "$(entries '.action == "token-init" and .result == "ok"')" 2 "entries"
}
