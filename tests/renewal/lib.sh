# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the tests of whole renewals share.  Sourced; needs FIRMA_BUILD.
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${FIRMA_BUILD:?the build folder}
. "$SOURCE/cli/practice.sh"
NAME=$(basename "$0" .sh)
dir=''

fail() {
	echo "$NAME: $*" >&2
	[ -z "$dir" ] || tail -n 20 "$dir/out" "$dir/agent.log" >&2 2> /dev/null || :
	exit 1
}

ended() {
	status=$?
	trap - EXIT
	[ -z "$dir" ] || { practice_stop "$dir"; rm -rf "$dir"; }
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM

# A new practice company; words for the portal's behaviour may be given.
begin() {
	[ -z "$dir" ] || { practice_stop "$dir"; rm -rf "$dir"; }
	dir=$(mktemp -d "${TMPDIR:-/tmp}/frn.XXXXXX")
	[ "$(id -u)" != 0 ] || chmod 755 "$dir"
	practice_make "$dir"
	practice_portal "$dir" "${1:-}"
	practice_config "$dir" "algorithm = p-256"
	practice_agent "$dir"
	practice_token "$dir"
	practice_company "$dir"
	: > "$dir/out"
}

behave() { printf '%s\n' "$1" > "$dir/portal/behave"; }

# Run firma; its exit status in $got, what it said in DIR/out.
run() {
	got=0
	firma "$@" > "$dir/out" 2>&1 || got=$?
}

# start|go [options]: begin the renewal, go on with it; wanted exit status first.
start() {
	want=$1
	shift
	run renew start --old old --new-alias new --token practice --yes \
	    --dir "$dir" --pin-file "practice=$dir/pin" "$@"
	[ "$got" = "$want" ] || fail "renew start: exit $got, expected $want"
}
go() {
	want=$1
	shift
	run renew "$@" --yes --dir "$dir" --pin-file "practice=$dir/pin"
	[ "$got" = "$want" ] || fail "renew $*: exit $got, expected $want"
}

# Until the step of that id is the next one.
until_step() {
	start 0 --no-run
	n=0
	until [ "$(firma renew status --json | jq -r '.[-1].step')" = "$1" ]; do
		n=$((n + 1))
		[ $n -lt 60 ] || fail "step $1 does not come"
		go 0 next
	done
}

says() { grep -qi -- "$1" "$dir/out" || fail "does not say \"$1\""; }

# Done, and each thing done once: by the portal, the token and the ledger.
once() {
	"$BUILD/tests/rehearsal/firma-rehearsal" show "$dir/portal" --json > "$dir/portal.json"
	jq -e '.companies[-1] | .stage == "home" and .request.accepted == 1 and
	    ([.letters.terms.old, .letters.terms.new, .letters.conditions.new] |
	    all(.accepted == 1))' "$dir/portal.json" > /dev/null || {
		cat "$dir/portal.json" >&2
		fail "something was not accepted exactly once"
	}
	[ "$(firma key list --json | jq length)" = 2 ] ||
	    fail "not two keys: $(firma key list)"
	firma ledger verify > /dev/null || fail "the ledger's chain is broken"
	firma ledger show --json > "$dir/ledger.json"
	for doc in 'terms.sign.old' 'terms.sign.new' 'conditions.sign.new'; do
		n=$(jq --arg doc "$doc" -s '[.. | objects | select(.action == "sign") |
		    .purpose // "" | select(test("^renewal [0-9]+ " + $doc + "$"))] |
		    length' "$dir/ledger.json")
		[ "$n" = 1 ] || fail "$doc: $n signatures in the ledger"
	done
}
