# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# begin.sh - the authority of tests/timestamp, an agent, a practice portal, and a
# whole renewal of the practice company's certificate.
# shellcheck source=tests/timestamp/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/../timestamp/begin.sh"
for tool in unzip bsdtar sha256sum softhsm2-util; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
# shellcheck source=cli/practice.sh
. "$SOURCE/cli/practice.sh"
# The agent and its children refuse to be traced, and LeakSanitizer traces.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
more_end() { practice_stop "$dir"; }
more_end=more_end
[ "$(id -u)" != 0 ] || chmod 755 "$dir"
practice_make "$dir" > /dev/null
practice_portal "$dir"
practice_config "$dir" "algorithm = rsa-2048"
practice_agent "$dir"
practice_token "$dir"
practice_company "$dir"

# renew ARGUMENT...   begin the renewal
renew() {
	firma renew start --old old --new-alias new --token practice --yes \
	    --dir "$dir/letters" --pin-file "practice=$dir/pin" "$@" \
	    > "$dir/said" 2>&1 || fail "the renewal does not end"
}
# unpacked ZIP   into DIR/x, empty before
unpacked() {
	rm -rf "$dir/x"
	mkdir "$dir/x"
	unzip -q "$1" -d "$dir/x" || fail "unzip: $1"
}
