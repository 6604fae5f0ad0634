# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# disk.sh - sections of test_agent.sh about disks that fail.

section "no signature without its entry" disk_full
section "read-only state folder" read_only

# A mount namespace of our own: for root, or where users may have one.
in_namespace() {
	[ -z "${FIRMA_IN_NAMESPACE:-}" ] || return 0
	local options=(--mount)
	is_root || options+=(--user --map-current-user --keep-caps)
	unshare "${options[@]}" true 2> /dev/null ||
		skip "no mount namespace can be made"
	rm -rf "$DIR"
	FIRMA_IN_NAMESPACE=1 exec unshare "${options[@]}" \
		bash "$here/test_agent.sh" "$1"
}

disk_full() {
	in_namespace "no signature without its entry"
	practice_config "$DIR"
	mkdir -m 700 "$DIR/state"
	mount -t tmpfs -o size=2m,mode=700 tmpfs "$DIR/state" 2> /dev/null ||
		skip "no tmpfs can be mounted"
	owned "$DIR/state"
	more_end="umount -l $DIR/state"
	practice_agent "$DIR"
	token practice
	key practice good
	dd if=/dev/zero of="$DIR/state/fill" bs=4k 2> /dev/null || :

	note "room that is left is used, then signatures are refused"
	signed=0 refused=
	for i in $(seq 1 2000); do
		got=$(ask "$((1000 + i)) 5000 sign key=good format=0 sha256=$(digest "$i")" |
			grep "^$((1000 + i)) ")
		case $got in
		*" signed signature="*) signed=$((signed + 1)) ;;
		*) refused=$got; break ;;
		esac
	done
	has "$refused" 'error .*name=FIRMA_ERR_DISK_FULL'
	expect 1 firma key generate --token practice --alias more --algorithm p-256
	says 'no space is left'
	alive

	note "every signature that left has its entry"
	same "$(entries '.action == "sign"')" "$signed" "entries"
	expect 0 firma ledger verify

	note "with space it goes on"
	rm "$DIR/state/fill"
	[ -n "$(sign good again)" ] || fail "no signature"
	same "$(entries '.action == "sign"')" $((signed + 1)) "entries"
	expect 0 firma ledger verify
	expect 0 firma key generate --token practice --alias more --algorithm p-256

	note "an agent that starts on a full disk says so, or serves"
	practice_end "$DIR/agent.pid"
	dd if=/dev/zero of="$DIR/state/fill" bs=4k 2> /dev/null || :
	if practice_agent "$DIR" 2> /dev/null; then
		practice_end "$DIR/agent.pid"
	else
		grep -q 'no space is left on the disk' "$DIR/agent.log" ||
			fail "no reason given"
	fi
	rm "$DIR/state/fill"
	practice_agent "$DIR"
	expect 0 firma ledger verify
}

read_only() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good
	practice_end "$DIR/agent.pid"
	chmod 500 "$DIR/state"
	# Files that are there may still be written: take that too.
	chmod 400 "$DIR/state"/*
	: > "$DIR/agent.log"
	note "it does not start, and names the folder"
	expect 1 timeout 10 "$FIRMAD" --config "$DIR/firmad.conf"
	says 'the state folder cannot be written'
	says "$DIR/state"
	chmod 700 "$DIR/state"
	chmod 600 "$DIR/state"/*
	note "writable again, everything is there"
	practice_agent "$DIR"
	expect 0 firma ledger verify
	same "$(firma key list --json | jq -r '.[0].alias')" good "key"
}
