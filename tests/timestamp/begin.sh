# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# begin.sh - what each test of time stamps begins with: a folder with an
# authority that answers, firma without an agent, and the words of the test.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034
SOURCE=$(cd "$here/../.." && pwd)
BUILD=${FIRMA_BUILD:?the build folder}
# shellcheck source=tests/timestamp/lib.sh
. "$here/lib.sh"
export LC_ALL=C.UTF-8 LANGUAGE=en FIRMA_LOCALEDIR=$BUILD/locale
export FIRMA_PORTAL_DIR=$BUILD/cli/portal FIRMA_SOCKET=/nonexistent/agent
unset XDG_CONFIG_HOME FIRMA_CONFIG

fail() {
	echo "$(basename "$0"): $*" >&2
	[ ! -s "$dir/said" ] || sed 's/^/  firma: /' "$dir/said" >&2
	[ ! -s "$tsa/ts.err" ] || sed 's/^/  ts: /' "$tsa/ts.err" >&2
	exit 1
}
note() { echo "- $*"; }
same() { [ "$1" = "$2" ] || fail "$3: \"$1\" instead of \"$2\""; }
# run STATUS ARGUMENT...   firma; what it said is in DIR/said
run() {
	local want=$1 got=0
	shift
	"$BUILD/cli/firma" "$@" > "$dir/said" 2>&1 < /dev/null || got=$?
	[ "$got" = "$want" ] || fail "exit $got instead of $want: firma $*"
}
says() { grep -qE -- "$1" "$dir/said" || fail "does not say \"$1\""; }
passed() { echo "passed: $(basename "$0" .sh)"; }

for tool in jq openssl; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/fts.XXXXXX")
more_end=:
ended() {
	status=$?
	trap - EXIT
	tsa_stop "$dir"
	$more_end
	rm -rf "$dir"
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM
export HOME=$dir/nobody
mkdir "$HOME"
tsa_make "$dir"
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj "/CN=Another" \
    -days 60 -out "$dir/stranger.pem" 2> /dev/null
tsa_start "$dir"
# shellcheck disable=SC2034
URL=$(cat "$dir/tsa.url")
