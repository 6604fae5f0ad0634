#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A renewal outlives the portal's sessions: it enters again and goes on where
# it was refused, and nothing is submitted twice.
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${FIRMA_BUILD:?the build folder}
. "$SOURCE/cli/practice.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/fre.XXXXXX")
trap 'status=$?; trap - EXIT; practice_stop "$dir"; [ $status = 0 ] || cat "$dir/agent.log"; rm -rf "$dir"; exit $status' EXIT
trap 'exit 130' INT TERM
fail() { echo "test_reentry: $*" >&2; exit 1; }

practice_make "$dir"
practice_portal "$dir"
practice_config "$dir" "algorithm = p-256"
practice_agent "$dir"
practice_token "$dir"
practice_company "$dir"

# Once at a fetch, at a submit (letter and request) and after the certificate.
echo "end-session@letter:1 end-session@submit-letter:1
end-session@submit-request:1 end-session@finish:1" > "$dir/portal/behave"
firma renew start --old old --new-alias new --token practice --yes \
    --dir "$dir" --pin-file "practice=$dir/pin" > "$dir/out" 2>&1 ||
    { cat "$dir/out"; fail "not renewed"; }
tail -n 1 "$dir/out" | grep -q '^renewed: ' || fail "no last line"
firma ledger show --json > "$dir/ledger.json"
n=$(grep -c 'La sesión no existe o terminó' "$dir/ledger.json" || :)
[ "$n" = 4 ] || fail "sessions ended: $n, expected 4"
"$BUILD/tests/rehearsal/firma-rehearsal" show "$dir/portal" --json > "$dir/portal.json"
jq -e '.companies[0] | .request.accepted == 1 and
    ([.letters.terms.old, .letters.terms.new, .letters.conditions.new] |
    all(.accepted == 1))' "$dir/portal.json" > /dev/null ||
    { cat "$dir/portal.json"; fail "something was accepted twice, or not"; }

# A portal that ends every session is not entered for ever.
practice_stop "$dir"
dir2=$(mktemp -d "${TMPDIR:-/tmp}/fre.XXXXXX")
rm -rf "$dir"
dir=$dir2
practice_make "$dir"
practice_portal "$dir" "end-session@data"
practice_config "$dir" "algorithm = p-256"
practice_agent "$dir"
practice_token "$dir"
practice_company "$dir"
status=0
firma renew start --old old --new-alias new --token practice --yes \
    --dir "$dir" --pin-file "practice=$dir/pin" > "$dir/out" 2>&1 || status=$?
[ $status = 8 ] || { cat "$dir/out"; fail "exit $status, expected 8"; }
firma renew status --json | grep -q 'terminó' || fail "the reason is not told"
rm -f "$dir/portal/behave"
