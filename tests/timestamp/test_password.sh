#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The authority's password is in no process's memory when that ends: neither as it
# is, nor as HTTP Basic has it.
. "$(dirname "$0")/begin.sh"
[ "$(id -u)" = 0 ] || { echo "skipped: the memory of firma is seen by root alone"; exit 77; }
MEMGREP=$BUILD/tests/agent/memgrep
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

# The shell's own copies are in no argument of what is looked at.
word=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
# free() writes over the first octets of what it takes: a name before it.
login=timbrado-de-muebles-penia:Geheim$word
basic=$(printf %s "$login" | base64 -w 0)
printf '%s\n' "$login" > "$dir/tsa.password"
printf '[timestamp]\nurl = %s\npassword-file = tsa.password\n' "$URL" > "$dir/with.conf"
export FIRMA_CONFIG=$dir/with.conf
echo document > "$dir/file"

# sought WORDS TEXT COMMAND...   memgrep's answer: 1 is "not found"
sought() {
	local what=$1 text=$2 got=0
	shift 2
	"$MEMGREP" --run "$text" "$@" > "$dir/said" 2>&1 < "${input:-/dev/null}" || got=$?
	[ "$got" != 0 ] || fail "$what: it is found when the process ends"
	[ "$got" = 1 ] || fail "$what: memgrep says $got"
}
note "what is in memory is found"
"$MEMGREP" --run "$dir/with.conf" "$BUILD/cli/firma" timestamp "$dir/file" \
    -o "$dir/file.0.tsr" > "$dir/said" 2>&1 || fail "its configuration's name is not found"
note "firma"
for text in "Geheim$word" "$login" "$basic"; do
	rm -f "$tsa/login" "$dir/file.tsr"
	sought firma "$text" "$BUILD/cli/firma" timestamp "$dir/file"
	[ -s "$dir/file.tsr" ] || fail "no stamp"
	same "$(cat "$tsa/login")" "$login" "what the authority got"
done

note "its helper"
mkdir "$dir/folder"
chmod 700 "$dir/folder"
openssl ts -query -data "$dir/file" -sha256 -cert -out "$dir/folder/request.tsq" 2> /dev/null
jq -nc --arg url "$URL" --arg login "$login" '{id: 1, op: "open", base: $url,
    endpoints: {timeout: "20", login: $login}, session: "", lang: "en"},
    {id: 2, op: "stamp", file: "request.tsq"}' > "$dir/lines"
input=$dir/lines
for text in "Geheim$word" "$login" "$basic"; do
	rm -f "$tsa/login" "$dir/folder/response.tsr"
	sought helper "$text" "$FIRMA_PORTAL_DIR/firma-portal-tsa" --dir "$dir/folder"
	grep -q '"outcome": *"ok".*response.tsr\|response.tsr.*"outcome": *"ok"' "$dir/said" ||
	    fail "no stamp"
	same "$(cat "$tsa/login")" "$login" "what the authority got"
done
passed
