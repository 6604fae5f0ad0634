#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_portal.sh - each misbehaviour of the portal, met by firma and the agent:
# the renewal goes on by itself, or stops with a reason and the right exit
# status and goes on once the portal behaves.  Whatever it did, exactly once.
. "$(dirname "$0")/lib.sh"

# Exit statuses of firma (agent/base/err.h).
readonly WAIT=7 REJECTED=8 INVALID=10

# A portal that stalls is given up after two seconds, not thirty.
make
mkdir "$work/profiles"
sed 's/^timeout = .*/timeout = 2/' "$SOURCE/cli/profiles/imss-idse.ini" \
    > "$work/profiles/imss-idse.ini"
grep -q '^timeout = 2$' "$work/profiles/imss-idse.ini" || die "no timeout"
sed -i "s|^profiles = .*|profiles = $work/profiles|" "$d/firmad.conf"
keep

begin() { # TEXT, then words for the portal
	what=$1
	shift
	restore
	behave "$@"
	start_agent
}

# Each operation of the renewal, struck once.
ops='challenge enter data confirm submit-letter mail submit-request finish'
once() { # WORD, then operations: entries
	local word=$1 op

	shift
	for op; do
		echo "$word@$op:1"
	done
}

# --- what passes by itself ----------------------------------------------------

begin "an answer lost after accepting" drop-after-accept
renew_start
check_all

# Each operation is struck by one of these, in the second round by another.
# (What the helper makes of each: tests/rehearsal/test_misbehave.sh.)
words=(error-500 redirect garbage huge-answer)
for round in 0 2; do
	i=$round list=
	for op in $ops; do
		list="$list ${words[$((i % 4))]}@$op:1"
		i=$((i + 1))
	done
	begin "struck by$list" "$list"
	renew_start
	check_all
done
begin "errors while fetching" "$(once error-500 letter)" \
    "$(once huge-answer certificate)"
renew_start
check_all

begin "no answer, once at each operation that submits" \
    "$(once stall enter submit-letter submit-request certificate)"
renew_start
check_all

# The one before, once more: the last operation's answer, or the old challenge.
begin "the answer before repeated" \
    "$(once repeat data confirm submit-letter submit-request)"
renew_start
check_all

begin "both the submission and the question fail" \
    "$(once drop-after-accept submit-letter submit-request)" \
    "$(once error-500 find-letter find-request)"
renew_start
check_all

begin "the certificate takes its time" wait:3
renew_start
check_all

for word in mail-announced mail-none; do
	begin "$word" $word
	renew_start
	check_all
done

# --- what somebody has to wait for -------------------------------------------

for word in error-500 stall; do
	begin "$word without end" $word
	renew_start --wait 2
	is "exit status" $status $WAIT
	behave_well
	renew
	check_all
done

begin "waiting without end" wait
renew_start --wait 2
is "exit status" $status $WAIT
has "the step" "$(cat "$out")" "of 15"
behave_well
renew
check_all

begin "no portal at all" mail-announced
practice_end "$d/portal.pid"
renew_start --wait 2
is "exit status" $status $WAIT
port=$(cat "$d/portal.port")
"$BUILD/tests/rehearsal/firma-rehearsal" serve "$d/portal" --port "$port" \
    --port-file "$d/portal.port" < /dev/null > /dev/null 2>&1 &
echo $! > "$d/portal.pid"
renew
check_all

# --- an e-mail that really comes -----------------------------------------------

begin "a link is sent" mail-sent
renew_start --wait 2
is "exit status" $status $WAIT
is "nothing was requested" "$(portal_company | jq -c '.companies[0].request')" \
    null
renew --link "http://127.0.0.1/imss/?enlace=0123" --wait 2
[ $status != 0 ] || die "took any link"
renew_to resume --link "$(cat "$d/portal/mail-1.txt")"
check_all

# --- lies ----------------------------------------------------------------------

for lie in other-key:key other-name:identity other-dates:dates \
    other-issuer:issuer same-serial:serial; do
	begin "${lie%:*}" "${lie%:*}"
	renew_start
	is "exit status" $status $REJECTED
	has "the reason" "$(cat "$out")" "${lie#*:}"
	is "certificates on the token" "$(firma certificate show new --json \
	    2> /dev/null | jq -r .serial)" ""
	# It does not change its mind by itself, nor while the portal lies.
	renew
	is "exit status again" $status $REJECTED
	renew_to resume
	is "exit status after resuming" $status $REJECTED
	behave_well
	renew_to resume
	check_all
done

begin "another letter the second time" mail-announced
go_to terms.again
behave other-letter
renew
is "exit status" $status $INVALID
has "the reason" "$(cat "$out")" "other bytes"
renew
is "exit status again" $status $REJECTED
behave_well
renew_to resume
check_all

begin "a letter that is no letter" garbage@letter:1
renew_start
is "exit status" $status $INVALID
has "the reason" "$(cat "$out")" "PDF"
renew_to resume
check_all

begin "a certificate that is none" garbage@certificate:1
renew_start
[ $status != 0 ] || die "took it"
renew_to resume
check_all
passed
