# SPDX-License-Identifier: Apache-2.0
# user.sh - the agent's user gets a name, in a mount name space of the test's
# own.  Sourced by the stacks whose parts look users and groups up.
#
#   stack_namespaces FLAGS "$@"    as root: run the script again in new ones
#   stack_user [GROUP]             as root: the name, and a member of GROUP
#   skip REASON
skip() { echo "skipped: $*"; exit 77; }

stack_namespaces() {
	local flags=$1

	shift
	[ -z "${FIRMA_NAMESPACES:-}" ] || return 0
	# shellcheck disable=SC2086 # words
	unshare $flags true 2> /dev/null || skip "no name spaces here (unshare $flags)"
	# shellcheck disable=SC2086
	FIRMA_NAMESPACES=1 exec unshare $flags bash "$0" "$@"
}

# PRACTICE_UID becomes a name.  /run and /dev/shm are empty from here on.
stack_user() {
	local at=/run/firmad-practice

	mount --make-rprivate /
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p $at /run/lock
	cp /etc/passwd /etc/group $at/
	echo "firmad-practice:x:$PRACTICE_UID:$PRACTICE_UID::/:/usr/sbin/nologin" \
	    >> $at/passwd
	echo "firmad-practice:x:$PRACTICE_UID:" >> $at/group
	PRACTICE_UID=firmad-practice
	[ -z "${1:-}" ] ||
	    sed -i "s/^\($1:.*:\).*/\1root,$PRACTICE_UID/" $at/group
	mount --bind $at/passwd /etc/passwd
	mount --bind $at/group /etc/group
}
