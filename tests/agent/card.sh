# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# card.sh - sections of test_agent.sh about a card that is pulled out and put
# back.

section "card pulled out and put back" card_back

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
