# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# hostile.sh - section of test_agent.sh about clients without manners.

section "hostile client" hostile

hostile() {
	practice_config "$DIR"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token spare]
		module = $(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)
		label = spare
		environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
		writable = $DIR/tokens
	CONF
	# Under a sanitizer freed memory is kept; little of it, here.
	if grep -qa __asan_init "$FIRMAD"; then
		FIRMA_SANITIZED=1
		ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1
		export FIRMA_SANITIZED
	fi
	practice_agent "$DIR"
	token practice
	key practice good
	firma request good --subject CN=good -o "$DIR/good.csr" > /dev/null
	openssl req -inform DER -in "$DIR/good.csr" -noout -pubkey > "$DIR/good.pub"
	before=$(firma ledger show --json | jq -s length)
	"$BUILD/tests/agent/hostile" "$FIRMA_SOCKET" "$(agent_pid)" good \
		"$DIR/good.pub" ${HOSTILE_CASE:+"$HOSTILE_CASE"} ||
		fail "see above"
	alive
	[ "$(firma ledger show --json | jq -s length)" -gt "$before" ] ||
		fail "no entries"
	expect 0 firma ledger verify
	note "it ends in order, with nothing left"
	pid=$(agent_pid)
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	same "$status" 0 "the agent's exit status"
}
