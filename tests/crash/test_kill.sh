#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_kill.sh PROGRAM [MOST [ALGORITHM]] - kill -9 at every journal point, then renew.
#
# PROGRAM (firmad, firmad-token, firma, firma-portal-idse) is killed before and
# after its N-th call of a kind, N = 1, 2, 3 ... until a renewal is not killed
# any more.  Each time everything is started again, `firma renew` goes on to the
# end, and nothing was lost or done twice.  MOST: at most so many of each kind,
# evenly spread; without it, all, but of SoftHSM2's thousands of file operations
# a hundred.
. "$(dirname "$0")/lib.sh"

program=$1
most=${2:-0}
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
[ "$program" != firmad-token ] || kinds=${FIRMA_KINDS:-${stack_kinds:-$kinds}}

# The agent is killed at point N.  Odd: it is started again at once, as by a
# supervisor, and the same firma goes on; even: firma is killed with it.
try_agent() {
	practice_agent "$d" > "$out" 2>&1 3>&- || :
	if was_killed; then # while it started
		disarm
		status=1
		return
	fi
	beside "$start_words"
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
	# SoftHSM2 killed between two writes of one object leaves a file that is
	# no object: without id, label and key.  Nobody can find or use it; with
	# any other point nothing nameless may be there.
	case $1 in
	fwrite|fclose) torn=yes ;;
	*) torn=no ;;
	esac
	arm "$1" "$2" "$3"
	if [ "$program" = firmad ]; then
		try_agent "$3"
	else
		start_agent
		renew_start
		disarm
	fi
	if ! was_killed; then
		count=$(points)
		# Nobody is killed while we look.
		kill_agent
		start_agent
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

quiet
make "${3:-p-256}"
for kind in $kinds; do
	call=${kind%:*} when=${kind#*:}
	try "$call" "$when" 0 # counts
	total=$count
	[ "$total" -gt 0 ] || die "no points of kind $kind"
	step=1
	some=$most
	case $kind in f*) [ "$some" != 0 ] || some=100 ;; esac
	[ "$some" = 0 ] || step=$(((total + some - 1) / some))
	at=1 tried=0 # not n: practice.sh counts with that
	while try "$call" "$when" "$at"; was_killed || [ $at -lt "$total" ]; do
		! was_killed || tried=$((tried + 1))
		at=$((at + step))
	done
	[ $tried -gt 0 ] || die "$kind: nothing was killed"
	echo "$program $kind: $total points, $tried renewals killed"
done
passed
