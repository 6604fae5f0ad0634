#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_order.sh - what a client asks out of turn is refused, by the rule's name,
# and changes nothing; several operators at once do everything once.
. "$(dirname "$0")/lib.sh"

ask() { "$BUILD/tests/crash/crash-ask" "$@"; }
step() { firma renew status 1 --json | jq -r '.step + " " + .step_state'; }

# refused ERROR RULE words: and the renewal stands where it stood
refused() {
	local wanted="$1 $2" before

	shift 2
	before=$(step)
	is "$*" "$(ask "$@")" "$wanted"
	is "the step after $*" "$(step)" "$before"
}

make
start_agent

what='out of turn'
go_to terms.sign.old
refused FIRMA_ERR_WRONG_STEP step-order act 1 terms.sign.new
refused FIRMA_ERR_WRONG_STEP step-order act 1 key.generate
refused FIRMA_ERR_WRONG_STEP step-order act 1 login.sign
refused FIRMA_ERR_WRONG_STEP step-order result 1 terms.submit.old submit-letter ok
refused FIRMA_ERR_NOT_FOUND '' act 2 terms.sign.old
refused FIRMA_ERR_STATE first-login-first retire 1
cp "$d/letters/terms.pdf" "$work/other.pdf"
echo x >> "$work/other.pdf"
refused FIRMA_ERR_LETTER_CHANGED served-letter-only \
    letter 1 terms.sign.old "$work/other.pdf"
: > "$work/empty.pdf"
refused FIRMA_ERR_LETTER_EMPTY served-letter-only \
    letter 1 terms.sign.old "$work/empty.pdf"

what='an answer without its question'
renew_to next
is "the step" "$(step)" "terms.submit.old to-do"
refused FIRMA_ERR_STATE intent-first result 1 terms.submit.old submit-letter ok
refused FIRMA_ERR_STATE step-order result 1 terms.submit.old find-letter ok
refused FIRMA_ERR_STATE step-order result 1 terms.submit.old find-letter unknown
refused FIRMA_ERR_PORTAL_ANSWER '' result 1 terms.submit.old certificate issued
refused FIRMA_ERR_WRONG_STEP step-order act 1 terms.sign.old
is "the portal has no letter" \
    "$(portal_company | jq -c '.companies[0].letters.terms.old')" null
renew
check_all

what='several operators at once'
for round in 1 2 3; do
	restore
	start_agent
	renew_start --no-run
	is "exit status of the start" $status 0
	pids=
	for i in 1 2 3; do
		mkdir -p "$work/op$i"
		"$BUILD/cli/firma" renew --yes --dir "$work/op$i" \
		    --pin-file "practice=$d/pin" \
		    > "$work/op$i/out" 2>&1 < /dev/null 3>&- &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || :
	done
	# Some were refused; what is left open, one of them goes on with.
	firma renew status 1 --json | jq -e '.status == "complete"' \
	    > /dev/null || renew
	check_done
done
passed
