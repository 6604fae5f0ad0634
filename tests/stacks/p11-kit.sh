# SPDX-License-Identifier: Apache-2.0
# p11-kit.sh - the practice token is SoftHSM2's, in another process: p11-kit's
# server holds the module, and p11-kit-client.so, which speaks to it over a Unix
# socket, is the token process's.  Sourced by ../crash/lib.sh.
MODULE=$(ls /usr/lib/*/pkcs11/p11-kit-client.so 2> /dev/null || :)
. "$SOURCE/tests/stacks/user.sh"
[ -n "$MODULE" ] && command -v p11-kit > /dev/null || skip "no p11-kit"
SOFTHSM=$(DIR= && practice_section | sed -n "s|^module = ||p")

practice_section() {
	echo "module = $MODULE"
	echo "label = practice"
	echo "environment = P11_KIT_SERVER_ADDRESS=unix:path=$d/tokens/p11"
}

# The server lets nobody in but its own user: it is the agent's.
stack_start() {
	local n=0 user=

	[ -z "${stack_pid:-}" ] || return 0
	[ "$(id -u)" != 0 ] || user="setpriv --reuid=$PRACTICE_UID
	    --regid=$PRACTICE_UID --clear-groups"
	rm -f "$d/tokens/p11"
	# shellcheck disable=SC2086 # words
	SOFTHSM2_CONF=$d/softhsm2.conf $user p11-kit server -f \
	    --provider "$SOFTHSM" --name "$d/tokens/p11" pkcs11: \
	    < /dev/null > "$work/stack.log" 2>&1 3>&- &
	stack_pid=$!
	until [ -S "$d/tokens/p11" ]; do
		n=$((n + 1))
		[ $n -lt 600 ] && kill -0 $stack_pid 2> /dev/null ||
			die "p11-kit server does not start: $(cat "$work/stack.log")"
		sleep 0.05
	done
}

stack_stop() {
	[ -n "${stack_pid:-}" ] || return 0
	kill "$stack_pid" 2> /dev/null || :
	wait "$stack_pid" 2> /dev/null || :
	stack_pid=
	rm -f "$d/tokens/p11"
}
