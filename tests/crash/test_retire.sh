#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_retire.sh - the agent or the token's process is killed while the old key
# is retired: retiring again ends it, the old key is deleted, the new one and the
# evidence stay.  And while a renewal is given up.
. "$(dirname "$0")/lib.sh"

retire_words="renew retire --yes --pin-file practice=$d/pin"
abort_words='renew abort --yes'

entries() { # of an action, in the ledger
	run_firma renew evidence 1 --dir "$d"
	jq -s "[.[] | select(.action == \"$1\" and .result == \"ok\")] | length" \
	    "$d/ledger.jsonl"
}
end_is() { # the renewal's status, whatever came in between
	is "exit status" $status 0
	is "the renewal" "$(firma renew status 1 --json | jq -r .status)" "$1"
	run_firma ledger verify
	is "firma ledger verify" $status 0
}

check_retire() {
	end_is retired
	is "objects on the token" "$(objects)" \
	    "Certificate new,Private new,Public new,"
	is "keys in the agent's index" "$(aliases)" new
	is "retired, by the ledger" "$(entries renew-retire)" 1
	has "the ledger" "$(grep '"renew-retire"' "$d/ledger.jsonl")" \
	    "deleted from its token"
	[ -s "$d/old.pem" ] && [ -s "$d/letters/terms.old.p7s" ] ||
		die "the evidence of the old key is gone"
	# shellcheck disable=SC2086 # words
	run_firma $retire_words
	[ $status != 0 ] || die "retired twice"
}

check_abort() {
	end_is aborted
	is "given up, by the ledger" "$(entries renew-abort)" 1
	has "keys in the agent's index" "$(aliases)" old
	run_firma $abort_words
	[ $status != 0 ] || die "given up twice"
}

# try COMMAND CALL WHEN N: killed at that point, and then once more.
try() {
	local words="${1}_words"

	what="$1, $program killed $3 $2 $4"
	restore
	arm "$2" "$3" "$4"
	practice_agent "$d" > "$out" 2>&1 3>&- || :
	if ! was_killed; then
		beside "${!words}"
		! was_killed || [ "$program" != firmad ] ||
			kill -9 "$firma_pid" 2> /dev/null || :
		finish
	fi
	disarm
	kill_agent # and nobody is killed while we look
	start_agent
	wait_token
	was_killed || return 0
	case $1:$(firma renew status 1 --json | jq -r .status) in
	# It was done, and nobody had been told.
	retire:retired | abort:aborted) status=0 ;;
	# shellcheck disable=SC2086 # words
	*) run_firma ${!words} ;;
	esac
}

# each COMMAND CALL:WHEN ...: all points of a program
each() {
	local command=$1 kind at

	shift
	for kind; do
		at=1
		while try "$command" "${kind%:*}" "${kind#*:}" "$at"; was_killed; do
			"check_$command"
			at=$((at + 1))
		done
		"check_$command" # nobody was killed
		[ $at -gt 1 ] || die "$kind: nothing was killed"
		echo "$command, $program $kind: $((at - 1)) points"
	done
}

quiet
make
start_agent
go_to terms.fetch
practice_end "$d/agent.pid"
keep
program=firmad
each abort commit:before commit:after send:before

what='the set-up of retire'
restore
start_agent
renew
check_all
practice_end "$d/agent.pid"
keep
each retire commit:before commit:after send:before
program=firmad-token
each retire send:before send:after
passed
