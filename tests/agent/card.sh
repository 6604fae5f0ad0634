# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# card.sh - sections of test_agent.sh about a card that is pulled out and put
# back.

section "card pulled out and put back" card_back
section "keys that are away" keys_away

card_back() {
	two_tokens pulled
	arm
	note "the signature that meets it says so"
	id=$(id_new)
	talk "+$id 5000 sign key=bad format=0 sha256=$(digest out)"
	hear "^$id error .*FIRMA_ERR_TOKEN_GONE"
	note "the agent looks, and knows that nobody is logged in"
	until_true 5 is_state sinner locked
	expect 5 firma sign bad "$SOURCE/LICENSE" --format raw -o "$DIR/s" < /dev/null
	good_signs
	note "one unlock is enough; the process is the same"
	pid=$(token_pid sinner)
	logins=$(calls C_Login)
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	same "$(calls C_Login)" $((logins + 1)) "presentations"
	id=$(id_new)
	talk "+$id 5000 sign key=bad format=0 sha256=$(digest back)"
	hear "^$id signed"
	same "$(token_pid sinner)" "$pid" "process"
	alive
	expect 0 firma ledger verify
}

# A key that the store does not know goes with its card.
keys_away() {
	practice_config "$DIR"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token office]
		$(practice_section | sed 's/^label = .*/serial = 0123456789abcdef/')
		[key far]
		token = office
		id = 4501
	CONF
	practice_agent "$DIR"
	token practice
	until_true 10 is_state office absent
	echo text > "$DIR/text"
	echo text > "$DIR/text2"
	note "one that the configuration names: its token is told"
	for command in "sign far $DIR/text" "key show far" \
		"request far --subject CN=x" "sign far $DIR/text $DIR/text2"; do
		# shellcheck disable=SC2086 # several words
		expect 6 firma $command
		says 'office'
	done
	note "one that nothing names: there is none, and a token is away"
	expect 11 firma sign near "$DIR/text"
	says 'key near; token office is not there'
	expect 11 firma key show near
	says 'key near; token office is not there'
	note "one that is remembered: not on its token, which is not \"no certificate\""
	key practice kept
	expect 0 firma key list
	says '^kept .*no certificate'
	same "$(firma key list --json | jq '.[0].on_token')" true on_token
	expect 11 firma sign kept "$DIR/text"
	says 'it has no certificate'
	practice_end "$DIR/agent.pid"
	sed -i 's/^label = practice/label = another/' "$DIR/firmad.conf"
	practice_agent "$DIR"
	expect 0 firma key list
	says '^kept .*not on its token now'
	same "$(firma key list --json | jq '.[0].on_token')" false on_token
	expect 0 firma key show kept
	says 'not known: the key is not on its token now'
	expect 6 firma sign kept "$DIR/text"
	says 'the token is not there'
	expect 0 firma ledger verify
}
