#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_kill.sh PROGRAM [MOST] - kill -9 at every journal point, then renew.
#
# PROGRAM (firmad, firmad-token, firma, firma-portal-idse) is killed before and
# after its N-th call of a kind, N = 1, 2, 3 ... until a renewal is not killed
# any more.  Each time everything is started again, `firma renew` goes on to the
# end, and nothing was lost or done twice.  MOST: at most so many of each kind,
# evenly spread; without it, all.
. "$(dirname "$0")/lib.sh"

program=$1
most=${2:-0}
shim=$BUILD/tests/crash/libkillat.so
mark=$work/mark
# Which points a program has.  A send is a request or an answer; a write is a
# line of the portal's helper, or for it; fwrite and fclose are SoftHSM2 at its
# files.
case $program in
firmad) kinds='commit:before commit:after send:before send:after' ;;
firmad-token) kinds='send:before send:after fwrite:before fclose:before
    fclose:after' ;;
firma) kinds='send:before send:after write:before write:after' ;;
firma-portal-idse) kinds='write:before write:after send:before send:after' ;;
esac

# arm CALL WHEN N: the environment of the next programs
arm() {
	rm -f "$mark"
	head -c 16 /dev/zero > "$mark"
	chmod 666 "$mark"
	printf '%s\n' "KILLAT_PROGRAM=$program" "KILLAT_CALL=$1" \
	    "KILLAT_WHEN=$2" "KILLAT_AT=$3" "KILLAT_MARK=$mark" \
	    "LD_PRELOAD=$shim" > "$work/killat"
	if [ "$program" = firmad-token ]; then
		sed -n 's/^worker = /KILLAT_WORKER=/p' "$d/firmad.conf" \
		    >> "$work/killat"
		sed -i -e "s|^worker = .*|worker = $BUILD/tests/crash/killat-worker|" \
		    -e "/^label = practice/a environment = KILLAT_ENV=$work/killat" \
		    "$d/firmad.conf"
		return
	fi
	while read -r line; do
		export "${line?}"
	done < "$work/killat"
}
disarm() {
	unset KILLAT_PROGRAM KILLAT_CALL KILLAT_WHEN KILLAT_AT KILLAT_MARK \
	    LD_PRELOAD
}
was_killed() { [ "$(head -c 1 "$mark" | tr -d '\0')" = K ]; }
points() { od -An -t u8 -j 8 -N 8 "$mark" | tr -d ' '; }

# The renewal beside us, while the agent may be killed.
begin() {
	# shellcheck disable=SC2086 # words
	"$BUILD/cli/firma" $start_words > "$out" 2>&1 < /dev/null &
	firma_pid=$!
	while kill -0 "$firma_pid" 2> /dev/null && ! was_killed; do
		sleep 0.02
	done
}
finish() {
	status=0
	wait "$firma_pid" || status=$?
	firma_pid=
}

# The agent is killed at point N.  Odd: it is started again at once, as by a
# supervisor, and the same firma goes on; even: firma is killed with it.
try_agent() {
	practice_agent "$d" > "$out" 2>&1 || :
	if was_killed; then # while it started
		disarm
		status=1
		return
	fi
	begin
	disarm
	if was_killed; then
		if [ $(($1 % 2)) = 0 ]; then
			kill -9 "$firma_pid" 2> /dev/null || :
		fi
		kill_agent
		start_agent
	fi
	finish
}

# One renewal, killed at point N of CALL; N = 0: not killed, only counted.
try() {
	what="$program killed $2 $1 $3"
	restore
	arm "$1" "$2" "$3"
	if [ "$program" = firmad ]; then
		try_agent "$3"
	else
		start_agent
		renew_start
		disarm
	fi
	if ! was_killed; then
		check_all
		return
	fi
	kill -0 "$(cat "$d/agent.pid" || echo none)" || {
		kill_agent
		start_agent
	}
	[ "$status" = 0 ] || go_on
	check_all
}

# The shell tells of each job that was killed.
exec 2> "$work/noise"

make
for kind in $kinds; do
	call=${kind%:*} when=${kind#*:}
	try "$call" "$when" 0 # counts
	total=$(points)
	[ "$total" -gt 0 ] || die "no points of kind $kind"
	step=1
	[ "$most" = 0 ] || step=$(((total + most - 1) / most))
	at=1 tried=0 # not n: practice.sh counts with that
	while try "$call" "$when" "$at"; was_killed || [ $at -lt "$total" ]; do
		! was_killed || tried=$((tried + 1))
		at=$((at + step))
	done
	[ $tried -gt 0 ] || die "$kind: nothing was killed"
	echo "$program $kind: $total points, $tried renewals killed"
done
passed
