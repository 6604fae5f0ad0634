# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# clock.sh - sections of test_agent.sh about clocks that jump (jump.c).

section "suspended machine" suspended
section "wall clock set back" set_back

# jumps REALTIME BOOTTIME   seconds, from now on
jumps() {
	perl -e 'open(my $f, "+<", $ARGV[0]) or die;
	    print $f pack("q2", $ARGV[1] * 1e9, $ARGV[2] * 1e9)' \
	    "$DIR/jumps" "$1" "$2"
}
jumping_agent() {
	head -c 16 /dev/zero > "$DIR/jumps"
	chmod 644 "$DIR/jumps"
	FIRMA_JUMP=$DIR/jumps FIRMA_JUMP_PROGRAM=firmad \
	    LD_PRELOAD=$BUILD/tests/agent/libjump.so \
	    ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
	    practice_agent "$DIR"
}
in_sign() { [ "$(calls C_Sign)" != 0 ]; }
logged() { grep -qE -- "$1" "$DIR/agent.log"; }
refused() {
	has "$(ask "$(id_new) 9000 sign key=good format=0 sha256=$(digest a)")" \
		"error .*name=$1"
}

suspended() {
	practice_config "$DIR" "lock-after = 3600"
	sinner hang-sign armed "deadline = 4"
	jumping_agent
	token practice
	key practice good
	token sinner
	key sinner hangs
	[ -n "$(sign good a)" ] || fail "does not sign"
	note "eight hours later the PIN is needed, at once"
	jumps 28800 28800
	refused FIRMA_ERR_PIN_NEEDED
	until_true 10 is_state practice locked
	until_true 10 logged "suspended for 28800 s"
	hasnt "$(cat "$DIR/agent.log")" "the clock was set"
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
	[ -n "$(sign good a)" ] || fail "does not sign"
	note "less than lock-after changes nothing"
	jumps 29800 29800
	until_true 10 logged "suspended for 1000 s"
	[ -n "$(sign good a)" ] || fail "does not sign after a short time"
	note "a module that is busy is not killed because of it"
	pid=$(token_pid sinner)
	arm
	ask "$(id_new) 20000 sign key=hangs format=0 sha256=$(digest a)" \
	    > "$DIR/hung" &
	asking=$!
	until_true 10 in_sign
	jumps 90000 90000
	until_true 10 logged "suspended for 60200 s"
	same "$(token_pid sinner)" "$pid" "the busy process"
	note "and is, when it took its own time for too long"
	wait $asking
	has "$(cat "$DIR/hung")" "name=FIRMA_ERR_TOKEN_STUCK"
}

set_back() {
	practice_config "$DIR" "lock-after = 3600"
	jumping_agent
	token practice
	key practice good
	note "set back by a day: everything goes on, in order"
	jumps -86400 0
	until_true 10 logged "the clock was set back by 86400.0"
	hasnt "$(cat "$DIR/agent.log")" "suspended"
	[ -n "$(sign good a)" ] || fail "does not sign"
	[ -n "$(sign good b)" ] || fail "does not sign"
	expect 0 firma ledger verify
	says "the chain is whole"
	says "set back 1 times, first before entry"
	same "$(firma ledger verify --json | jq -c '[.valid, .clock_back]')" \
		'[true,1]' "firma ledger verify --json"
	same "$(firma ledger show --json | jq -s 'map(.seq) | . == sort')" \
		true "entries in order"
	note "forward again: nothing is locked, nothing is lost"
	jumps 0 0
	until_true 10 logged "the clock was set forward by 86400.0"
	[ -n "$(sign good c)" ] || fail "does not sign"
	same "$(firma ledger verify --json | jq .clock_back)" 1 "clock_back"
}
