# SPDX-License-Identifier: Apache-2.0
# lib.sh - sourced by the tests here: a practice company that can be set back to
# its beginning, the renewal of its certificate, and what must hold afterwards
# whatever happened on the way.
#
# FIRMA_BUILD is the build folder.  Everything is in a private folder; what is
# started is ended by its pid on every way out.
set -euo pipefail

for tool in jq pkcs11-tool openssl; do
	command -v "$tool" > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
BUILD=${FIRMA_BUILD:?}
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$SOURCE/cli/practice.sh"

# FIRMA_STACK: another token than SoftHSM2's, by the file of that name in
# tests/stacks.
# stack_start is called before the token is first used, and after DIR/tokens was
# set back to what it was; stack_stop before that, and at the end.
stack_start() { :; }
stack_stop() { :; }
# shellcheck disable=SC1090
[ -z "${FIRMA_STACK:-}" ] || . "$SOURCE/tests/stacks/$FIRMA_STACK.sh"

# A preloaded library without AddressSanitizer goes before one with it.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
export LC_ALL=C.UTF-8 LANGUAGE=en
unset LD_PRELOAD DISPLAY WAYLAND_DISPLAY XDG_RUNTIME_DIR

exec 3>&2 # where failures are told
umask 022
# A killed process, unlike a power cut, leaves what it wrote: memory is as good
# as a disk here, and a renewal makes a hundred commits.
base=${TMPDIR:-/dev/shm}
[ -d "$base" ] && [ -w "$base" ] || base=/tmp
work=$(mktemp -d "$base/fc.XXXXXX")
chmod 755 "$work"
d=$work/d
snap=$work/snap
out=$work/out
what='the set-up' # what is being tried, for messages
n_checks=0
more_end=: # what else is to be ended

ended() {
	local status=$?

	trap - EXIT
	[ -z "${firma_pid:-}" ] || kill -9 "$firma_pid" 2> /dev/null || :
	practice_stop "$d" 2> /dev/null
	$more_end
	stack_stop
	[ $status = 0 ] || [ $status = 77 ] || show_trouble
	rm -rf "$work"
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM

show_trouble() {
	echo "FAILED in: $what"
	for f in "$out" "$d/agent.log"; do
		[ ! -s "$f" ] || { echo "--- ${f##*/}"; tail -n ${FIRMA_TAIL:-25} "$f"; }
	done
} >&3

die() {
	echo "FAILED: $what: $*" >&3
	exit 1
}

# is WHAT GOT WANTED; has WHAT TEXT PART
is() {
	n_checks=$((n_checks + 1))
	[ "$2" = "$3" ] || die "$1: got '$2', wanted '$3'"
}
has() {
	n_checks=$((n_checks + 1))
	case $2 in *"$3"*) ;; *) die "$1: '$2' does not say '$3'" ;; esac
}
passed() { echo "$n_checks checks passed"; }

# ---- the practice company ---------------------------------------------------

# For the token process, which has no environment but what stands there.
token_lines() {
	printf 'environment = ASAN_OPTIONS=%s\nenvironment = LSAN_OPTIONS=%s\n' \
	    "$ASAN_OPTIONS" "${LSAN_OPTIONS:-}"
}

# Once the token has told of a wrong PIN its flags are believed: a PIN whose
# presentation was cut off by a kill goes again without a person's word.
honest() {
	run_firma token lock practice
	echo 00000000 > "$d/wrong"
	run_firma token unlock practice --pin-file "$d/wrong"
	is "a wrong PIN" "$status" 5
	run_firma token unlock practice --pin-file "$d/pin"
	is "the right PIN" "$status" 0
}

# make [ALGORITHM]: a company whose certificate has expired; all set, nothing
# begun, the agent ended, the portal running.  Kept to go back to.
make() {
	algorithm=${1:-p-256}
	practice_make "$d"
	stack_start
	practice_portal "$d" 3>&-
	practice_config "$d" "algorithm = $algorithm
$(token_lines)"
	practice_agent "$d"
	practice_token "$d"
	practice_company "$d"
	honest
	practice_end "$d/agent.pid"
	stack_stop
	keep
	stack_start
}

keep() {
	rm -rf "$snap"
	mkdir "$snap"
	cp -a "$d/state" "$d/tokens" "$d/portal" "$d/firmad.conf" "$snap/"
}

# Back to the beginning.  The portal reads its folder at each request.
restore() {
	practice_end "$d/agent.pid"
	stack_stop
	rm -rf "$d/state" "$d/tokens" "$d/letters" "$d/run" "$d"/portal/* \
	    "$d"/*.jsonl "$d"/*.p7m "$d/request.csr" "$d/new.pem" "$d/agent.log"
	cp -a "$snap/state" "$snap/tokens" "$d/"
	cp -a "$snap/portal/." "$d/portal/"
	cp -a "$snap/firmad.conf" "$d/"
	stack_start
}

start_agent() {
	practice_end "$d/agent.pid"
	practice_agent "$d" 2>> "$out" 3>&- || die "the agent does not start"
}

# Kill -9, as a crash would, and wait for its end.
kill_agent() {
	local pid

	[ -s "$d/agent.pid" ] || return 0
	pid=$(cat "$d/agent.pid")
	kill -9 "$pid" 2> /dev/null || :
	{ wait "$pid" || :; } 2> /dev/null
	rm -f "$d/agent.pid"
}

behave() { printf '%s\n' "$@" > "$d/portal/behave"; }
behave_well() { rm -f "$d/portal/behave"; }

# Renewal commands.  Their exit status is in $status, their words in $out.
run_firma() {
	status=0
	timeout -k 5 "${FIRMA_PATIENCE:-120}" "$BUILD/cli/firma" "$@" \
	    > "$out" 2>&1 < /dev/null || status=$?
}
start_words="renew start --old old --new-alias new --token practice --yes
    --dir $d --pin-file practice=$d/pin"
# shellcheck disable=SC2086 # words
renew_start() { run_firma $start_words "$@"; }
renew() { run_firma renew --yes --dir "$d" --pin-file "practice=$d/pin" "$@"; }
renew_to() { # words of `firma renew`: next, resume ...
	run_firma renew "$@" --yes --dir "$d" --pin-file "practice=$d/pin"
}

# Up to a step, which is then to-do: `firma renew next` does one thing.
go_to() {
	renew_start --no-run
	is "exit status of the start" $status 0
	while [ "$(firma renew status 1 --json | jq -r .step)" != "$1" ]; do
		renew_to next
		is "exit status of firma renew next" $status 0
	done
}

# What an operator does after a crash: go on; if nothing is open, look whether
# it had come to its end, else begin.
go_on() {
	wait_token
	renew
	# A token whose flags tell nothing, killed while it was given the PIN:
	# the operator, who knows that it is the right one, says so.
	if [ $status = 5 ] && grep -q -- '--again' "$out"; then
		run_firma token unlock practice --again --pin-file "$d/pin"
		is "unlocking with --again" $status 0
		renew
	fi
	[ $status = 11 ] || return 0
	if firma renew status --json |
	    jq -e 'length == 1 and .[0].status == "complete"' > /dev/null; then
		status=complete
	else
		renew_start
	fi
}

# The token's process may be starting again.
wait_token() {
	local n=0

	while firma token list --json |
		jq -e '.[] | select(.state == "starting" or .state == "broken")' \
		> /dev/null; do
		n=$((n + 1))
		[ $n -lt 300 ] || die "the token does not come back"
		sleep 0.1
	done
}

# ---- what must hold ---------------------------------------------------------

portal_company() {
	"$BUILD/tests/rehearsal/firma-rehearsal" show "$d/portal" --json
}

# Accepted exactly once, and nothing was offered again that had been accepted.
check_portal() {
	local got

	got=$(portal_company | jq -c '.companies[0] | [.stage,
	    (.request | .accepted, .repeats),
	    (.letters | .terms.old, .terms.new, .conditions.new |
	        .accepted, .repeats),
	    .letters.conditions.old, .logins.home > 0, .refused]')
	is "portal: stage; request, letters: accepted, repeated; first login, refusals" \
	    "$got" '["home",1,0,1,0,1,0,1,0,null,true,0]'
}

# A command as the agent's user, with the environment of the token's process.
as_agent() {
	local user= groups=--clear-groups

	case $PRACTICE_UID in *[!0-9]*) groups=--init-groups ;; esac
	[ "$(id -u)" != 0 ] ||
	    user="setpriv --reuid=$PRACTICE_UID --regid=$PRACTICE_UID $groups"
	# shellcheck disable=SC2046,SC2086 # words
	$user env $(sed -n 's/^environment = //p' "$d/firmad.conf") "$@"
}
# pkcs11-tool on the token; a test with another token defines it anew.
token_tool() {
	as_agent pkcs11-tool \
	    --module "$(sed -n 's/^module = //p' "$d/firmad.conf")" \
	    --token-label practice "$@"
}

objects() { # on the token: kind and label of each
	token_tool --login --pin "$(cat "$d/pin")" --list-objects \
	    2> /dev/null |
	    awk -v torn="${torn:-no}" '
	        function flush() {
	            nameless = id == "" && (label == "" || label == "<empty>")
	            # what OpenSC says about itself
	            if (kind == "Profile") kind = ""
	            if (kind != "" && !(torn == "yes" && nameless))
	                print kind, label
	            kind = label = id = ""
	        }
	        /^[^ ]/ { flush(); kind = $1 }
	        # An object of no class has its heading on the other output.
	        /^ *label:/ {
	            if (label != "") { flush(); kind = "Torn" }
	            label = $2
	        }
	        /^ *ID:/ { id = $2 }
	        END { flush() }' | sort | tr '\n' ','
}
aliases() { firma key list --json | jq -r '[.[].alias] | sort | join(" ")'; }

# Two key pairs and two certificates, all of them named, and nothing else.
check_token() {
	is "objects on the token" "$(objects)" \
	    "Certificate new,Certificate old,Private new,Private old,Public new,Public old,"
	is "keys in the agent's index" "$(aliases)" "new old"
}

# The ledger is whole, and has each signature that the portal has, once.
check_ledger() {
	local got want

	run_firma ledger verify
	is "firma ledger verify" $status 0
	run_firma renew evidence --dir "$d" --ca "$d/ca.pem"
	is "firma renew evidence" $status 0
	got=$(jq -sr '[.[] | select(.action == "sign" and .result == "ok" and
	    .format == "detached") | .purpose + " " + .digest] | join("\n")' \
	    "$d/ledger.jsonl")
	want=$(portal_company | jq -r '.companies[0].letters |
	    "renewal 1 terms.sign.old \(.terms.sha256)",
	    "renewal 1 terms.sign.new \(.terms.sha256)",
	    "renewal 1 conditions.sign.new \(.conditions.sha256)"')
	is "letters signed, by the ledger" "$got" "$want"
	got=$(cd "$d/letters" &&
	    sha256sum terms.old.p7s terms.new.p7s conditions.new.p7s |
	    cut -d' ' -f1 | tr '\n' ' ')
	want=$(portal_company | jq -r '.companies[0].letters | [.terms.old,
	    .terms.new, .conditions.new | .signature_sha256 + " "] | join("")')
	is "signatures that the portal has" "$got" "$want"
	is "request that the portal has" \
	    "$(sha256sum < "$d/request.csr" | cut -d' ' -f1)" \
	    "$(portal_company | jq -r '.companies[0].request.sha256')"
	got=$(jq -s '[.[] | select(.action == "key-generate" and .key == "new")] |
	    length' "$d/ledger.jsonl")
	is "new keys, by the ledger" "$got" 1
	is "firma renew status" "$(firma renew status 1 --json | jq -r .status)" \
	    complete
}

check_all() {
	if [ "$status" != complete ]; then
		is "exit status of the renewal" "$status" 0
		has "last line" "$(tail -n 1 "$out")" "renewed: "
	fi
	check_done
}
check_done() {
	check_portal
	check_token
	check_ledger
}

# ---- killing (killat.c) -----------------------------------------------------

shim=$BUILD/tests/crash/libkillat.so
mark=$work/mark

# The shell tells of each job that was killed.
quiet() { exec 2> "$work/noise"; }

# arm CALL WHEN N: for $program, in the environment of what is started next
arm() {
	rm -f "$mark"
	head -c 16 /dev/zero > "$mark"
	chmod 666 "$mark"
	printf '%s\n' "KILLAT_PROGRAM=$program" "KILLAT_CALL=$1" \
	    "KILLAT_WHEN=$2" "KILLAT_AT=$3" "KILLAT_MARK=$mark" \
	    "LD_PRELOAD=$shim" > "$work/killat"
	if [ "$program" = firmad-token ]; then
		sed -i -e "s|^worker = .*|worker = $BUILD/tests/crash/killat-worker|" \
		    -e "/^label = practice/a environment = KILLAT_ENV=$work/killat\nwritable = $mark" \
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

# firma beside us, until it ends or somebody is killed; finish takes its status.
beside() {
	# shellcheck disable=SC2086 # words
	"$BUILD/cli/firma" $1 > "$out" 2>&1 < /dev/null 3>&- &
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
