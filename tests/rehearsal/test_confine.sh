#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_confine.sh - what the running helpers gave up, seen from outside.  The
# filter from inside: by a probe that is preloaded into them, and in
# tests/unit/portal/test_confine.c.
. "$(dirname "$0")/lib.sh"

"$FIRMA_REHEARSAL" init "$portal"
issue_old
serve

status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$helper/status"; }

for program in "$FIRMA_PORTAL_IDSE" "$FIRMA_PORTAL_MANUAL" "$FIRMA_PORTAL_TSA"; do
	# A descriptor left open by the caller, and secrets in its environment.
	exec 17< /dev/null
	export FIRMA_MANUAL_ANSWERS=/dev/null
	start_helper
	is "no new privileges" "$(status_of NoNewPrivs)" 1
	is "system call filter" "$(status_of Seccomp)" 2
	is "core file" "$(sed -n 's/^Max core file size *\([0-9]*\) .*/\1/p' \
		"/proc/$helper/limits")" 0
	[ ! -e "/proc/$helper/fd/17" ] || die "descriptor 17 is still open"
	# Not dumpable: /proc/PID belongs to root, whoever runs it.
	is "owner of its /proc" "$(stat -c %u "/proc/$helper/mem")" 0
	unset FIRMA_MANUAL_ANSWERS
	exec 17<&-
	stop_helper
done

# From inside, when the portal is known: at the second line.
tried() { # WHAT WANTED
	is "$1" "$(sed -n "s,^probe [^ ]* $1: ,,p" "$work/probe.err")" "$2"
}
mkdir "$work/elsewhere"
echo secret > "$work/elsewhere/file"
other=$(perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) &&
	bind(S, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
	print((unpack_sockaddr_in(getsockname(S)))[0])')
cat > "$box/probe.conf" <<-CONF
	read $work/elsewhere/file
	write $work/elsewhere/file
	make $work/elsewhere/new
	make $box/new
	connect $(cat "$work/port")
	connect $other
CONF
for program in "$FIRMA_PORTAL_IDSE" "$FIRMA_PORTAL_MANUAL" "$FIRMA_PORTAL_TSA"; do
	export PROBE_AT=read PROBE_AFTER=1 PROBE_CONF="$box/probe.conf"
	export FIRMA_MANUAL_ANSWERS=/dev/null
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
		LD_PRELOAD=$FIRMA_PROBE start_helper 2> "$work/probe.err"
	unset PROBE_AT PROBE_AFTER PROBE_CONF FIRMA_MANUAL_ANSWERS
	stop_helper
	case $program in
	*idse|*tsa) read=EACCES inet=worked port=worked wrong=EACCES ;;
	*) read=worked inet=EPERM port=EPERM wrong=EPERM ;;
	esac
	for what in execve fork ptrace vm-read vm-write mount bpf io_uring \
	    is-dumpable "socket unix" "socket packet"; do
		tried "$what" EPERM
	done
	tried "socket inet" $inet
	abi=$("$FIRMA_LANDLOCK")
	[ "$abi" -lt 1 ] || {
		tried "read $work/elsewhere/file" $read
		tried "write $work/elsewhere/file" EACCES
		tried "make $work/elsewhere/new[.0-9]*" EACCES
		tried "make $box/new[.0-9]*" worked
	}
	[ "$abi" -lt 4 ] || {
		tried "connect $(cat "$work/port")" $port
		tried "connect $other" $wrong
	}
	[ "$abi" -lt 6 ] || tried kill EPERM
done

passed
