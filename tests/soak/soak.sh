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
practice_agent "$DIR"
faults="--fault kill:practice --fault hang:sinner:$DIR/armed"
keys=
for t in practice sinner calm; do
	token $t
	key $t "$t-key"
	keys="$keys --key $t-key"
done
# shellcheck disable=SC2086 # words
"$BUILD/tests/soak/firma-soak" --socket "$FIRMA_SOCKET" \
	--agent "$(agent_pid)" --pin-file "$DIR/pin" $keys $faults \
	--clients 8 --signatures "$signatures" --every "$every" ||
	fail "see above"
alive
expect 0 firma ledger verify
echo "passed: $signatures signatures"
