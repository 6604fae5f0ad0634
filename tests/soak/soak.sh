#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# soak.sh N [EVERY] - N signatures by 8 clients, a fault every EVERY of them
# (default 300): token processes killed, hung, a card pulled out and put back.
# BUILD and SOURCE come from ctest, or from the environment.
set -euo pipefail
signatures=${1:?how many signatures} every=${2:-300}
: "${BUILD:?}" "${SOURCE:?}"
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"
for tool in jq softhsm2-util; do
	command -v $tool > /dev/null || skip "no $tool"
done
# On a disk, as a firm's ledger is; a million entries are some 700 MB.
begin
# A card in a reader of its own pcscd, where there are those.
has_card() (pcsc_need > "$DIR/why" 2>&1)
# shellcheck source=tests/vcard/lib.sh
. "$SOURCE/tests/vcard/lib.sh"
practice_config "$DIR"
sinner hang-sign armed 'deadline = 1'
# A second plain token, so that one is always well.
softhsm=$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)
cat >> "$DIR/firmad.conf" <<-CONF
	[token calm]
	module = $softhsm
	label = calm
	writable = $DIR/tokens
	environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
CONF
if has_card; then
	pcsc_need
	PCSC=$DIR/pcsc
	more_end=pcsc_stop
	pcsc_start
	card_start 0
	card_section card 'serial = UTVC0000000' >> "$DIR/firmad.conf"
	# firma-soak runs it with pull or put, and the token's name.
	cat > "$DIR/card" <<-SH
		#!/bin/sh
		exec "$VCARD" say "$PCSC/card0.ctl" "\$1" > /dev/null
	SH
	chmod 755 "$DIR/card"
else
	echo "no card: $(cat "$DIR/why")"
fi
practice_agent "$DIR"
faults="--fault kill:practice --fault hang:sinner:$DIR/armed"
keys=
for t in practice sinner calm; do
	token $t
	key $t "$t-key"
	keys="$keys --key $t-key --key $t-key --key $t-key --key $t-key"
done
# A card signs slowly: less often than the others.
if [ -e "$DIR/card" ]; then
	firma token init card --label card --erase --yes \
	    --so-pin-file "$DIR/so-pin" --pin-file "$DIR/pin" > /dev/null
	firma token unlock card --pin-file "$DIR/pin" > /dev/null
	key card card-key
	keys="$keys --key card-key"
	faults="$faults --fault card:card:$DIR/card"
fi
# A card that does not come back may not be ours: pcscd lets a client wait for
# ever for another one's transaction.  Can a stranger reach it?
whose_fault() {
	[ -e "$DIR/card" ] || return 0
	echo "--- the agent's view of it:"
	timeout 10 "$BUILD/cli/firma" token list --json 2>&1 || :
	echo "--- opensc-tool, which is not ours:"
	timeout 10 opensc-tool --reader 0 --atr 2>&1 || echo "exit status $?"
	for p in "$(cat "$PCSC/pcscd.pid")" "$(cat "$PCSC/card0.pid")" \
	    "$(agent_pid)" $(pgrep -P "$(agent_pid)"); do
		echo "--- threads of $p, what they wait in:"
		tr '\0' ' ' < "/proc/$p/cmdline" || continue
		echo
		for t in /proc/"$p"/task/*; do
			echo "$(cat "$t/comm") $(cat "$t/wchan") $(cat "$t/syscall")"
		done
		! command -v gdb > /dev/null ||
			timeout 20 gdb -p "$p" -batch \
			    -ex 'thread apply all bt 20' 2> /dev/null || :
	done
}
# shellcheck disable=SC2086 # words
"$BUILD/tests/soak/firma-soak" --socket "$FIRMA_SOCKET" \
	--agent "$(agent_pid)" --pin-file "$DIR/pin" $keys $faults \
	--clients 8 --signatures "$signatures" --every "$every" ||
	{ whose_fault; fail "see above"; }
alive
expect 0 firma ledger verify
echo "passed: $signatures signatures"
