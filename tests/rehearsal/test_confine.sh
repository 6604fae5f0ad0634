#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_confine.sh - what the running helpers gave up, seen from outside.  The
# filter from inside: tests/unit/portal/test_confine.c.
. "$(dirname "$0")/lib.sh"

"$FIRMA_REHEARSAL" init "$portal"
issue_old
serve

status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$helper/status"; }

for program in "$FIRMA_PORTAL_IDSE" "$FIRMA_PORTAL_MANUAL"; do
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

passed
