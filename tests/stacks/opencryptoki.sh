# SPDX-License-Identifier: Apache-2.0
# opencryptoki.sh - the practice token is opencryptoki's software token, with a
# pkcsslotd of its own.  Sourced by ../crash/lib.sh.
#
# opencryptoki has its places, users and locks compiled in: its files are under
# /var/lib, /run and /dev/shm, its memory is System V's, and who uses it must be
# in the group pkcs11 by name.  So the test runs in name spaces of its own, where
# those places are folders of the test.
MODULE=$(ls /usr/lib/*/pkcs11/libopencryptoki.so 2> /dev/null || :)
# Points at which a token process is killed (../crash/test_kill.sh).  Not in the
# middle of its files: it empties NVTOK.DAT and writes it anew at each login, and
# whoever is killed in between leaves a token without a label.
stack_kinds='send:before send:after'
. "$SOURCE/tests/stacks/user.sh"
[ -n "$MODULE" ] && command -v pkcsslotd > /dev/null || skip "no opencryptoki"
[ "$(id -u)" = 0 ] || skip "opencryptoki needs root and name spaces of its own"
stack_namespaces '-m -i' "$@"
stack_user pkcs11
printf 'version opencryptoki-3.1\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n' \
    > /run/opencryptoki.conf
mount --bind /run/opencryptoki.conf /etc/opencryptoki/opencryptoki.conf

practice_section() {
	echo "module = $MODULE"
	echo "label = practice"
	echo "writable = /var/lib/opencryptoki"
	echo "writable = /run/lock/opencryptoki"
}

# Its C_InitToken wants the factory's SO-PIN, and then everybody a new PIN:
# that is what its own pkcsconf is for.
practice_token() {
	local so user n

	practice_env "$1"
	so=$(cut -c1-8 "$DIR/so-pin") user=$(cat "$DIR/pin")
	echo practice | as_agent pkcsconf -I -c 3 -S 87654321 \
	    > /dev/null
	as_agent pkcsconf -P -c 3 -S 87654321 -n "$so"
	as_agent pkcsconf -u -c 3 -S "$so" -n 12345678
	as_agent pkcsconf -p -c 3 -U 12345678 -n "$user"
	n=0 # the agent looks once a second
	until firma token list | grep -q '^practice  *locked'; do
		n=$((n + 1))
		[ $n -lt 600 ] || die "the agent does not see the new token"
		sleep 0.05
	done
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
}

# The token's folder is DIR/tokens, of which copies are made and put back.
stack_start() {
	local n=0

	[ -z "${stack_pid:-}" ] || return 0
	mkdir -p "$d/tokens/swtok/TOK_OBJ" /run/lock/opencryptoki/swtok
	chgrp -R pkcs11 "$d/tokens" /run/lock/opencryptoki
	chmod -R g+rwX,o= "$d/tokens" /run/lock/opencryptoki
	mount --bind "$d/tokens" /var/lib/opencryptoki
	pkcsslotd -f -l /run/pkcsslotd.log < /dev/null > /dev/null 2>&1 3>&- &
	stack_pid=$!
	until [ -S /run/pkcsslotd.socket ]; do
		n=$((n + 1))
		[ $n -lt 300 ] && kill -0 $stack_pid 2> /dev/null ||
			die "pkcsslotd does not start: $(cat /run/pkcsslotd.log)"
		sleep 0.05
	done
}

stack_stop() {
	[ -n "${stack_pid:-}" ] || return 0
	# It ignores SIGTERM; its memory stays, and is all that is in this space.
	kill -9 "$stack_pid" 2> /dev/null || :
	wait "$stack_pid" 2> /dev/null || :
	stack_pid=
	ipcrm -a
	rm -rf /run/pkcsslotd.* /run/lock/opencryptoki/* \
	    /dev/shm/var.lib.opencryptoki.*
	umount /var/lib/opencryptoki
}
