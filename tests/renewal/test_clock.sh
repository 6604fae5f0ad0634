#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A renewal waits for the portal, and the clock is set back by a day meanwhile
# (tests/agent/jump.c): it does not wait for a day more, and all is done once.
. "$(dirname "$0")/lib.sh"

jumps() { # seconds, of the wall clock
	perl -e 'open(my $f, "+<", $ARGV[0]) or die;
	    print $f pack("q2", $ARGV[1] * 1e9, 0)' "$dir/jumps" "$1"
}
jumping_agent() {
	practice_end "$dir/agent.pid"
	head -c 16 /dev/zero > "$dir/jumps"
	chmod 644 "$dir/jumps"
	FIRMA_JUMP=$dir/jumps FIRMA_JUMP_PROGRAM=firmad \
	    LD_PRELOAD=$BUILD/tests/agent/libjump.so \
	    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
	    practice_agent "$dir"
}

begin
jumping_agent
firma token unlock practice --pin-file "$dir/pin" > /dev/null
behave wait
start 7 --wait 1
says 'not ready yet'
waits() {
	[ "$(firma renew status --json | jq -r '.[-1].step_state')" = waiting ] ||
		fail "does not wait: $(firma renew status --json)"
}
waits
jumps 86400
go 7 --wait 1 # it asks, and is told to wait, a day from now
waits
rm -f "$dir/portal/behave"
jumps 0
go 0 --wait 20
once
firma ledger verify --json | jq -e '.valid and .clock_back > 0' > /dev/null ||
	fail "firma ledger verify does not tell that the clock went back"
