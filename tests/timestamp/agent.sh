# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# agent.sh - begin.sh, and an agent with a key: "acme" on a software token, its
# certificate by the CA in DIR/ca.pem.
# shellcheck source=tests/timestamp/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
command -v softhsm2-util > /dev/null || { echo "skipped: no softhsm2-util"; exit 77; }
# shellcheck source=cli/practice.sh
. "$SOURCE/cli/practice.sh"
# The agent and its children refuse to be traced, and LeakSanitizer traces.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
more_end() { practice_stop "$dir"; }
more_end=more_end
[ "$(id -u)" != 0 ] || chmod 755 "$dir"
practice_make "$dir" > /dev/null
echo http://127.0.0.1:1/imss/ > "$dir/portal.url"
practice_config "$dir" "algorithm = rsa-2048"
practice_agent "$dir"
practice_token "$dir"
firma key generate --token practice --alias acme > /dev/null
firma request acme --subject CN=PRACTICA -o "$dir/csr" > /dev/null
"$BUILD/tests/rehearsal/firma-rehearsal" issue "$dir/portal" --csr "$dir/csr" \
    --out "$dir/acme.pem" > /dev/null
firma certificate import acme "$dir/acme.pem" > /dev/null

# proved SIGNATURE [FILE]   by openssl; without FILE the content is inside
proved() {
	openssl cms -verify -cades -binary -inform DER -in "$1" \
	    ${2:+-content "$2"} -CAfile "$dir/ca.pem" -purpose any \
	    -out "$dir/content" 2> "$dir/openssl" ||
	    fail "openssl: $(cat "$dir/openssl")"
}
# token_of SIGNATURE   the time stamp in it, in DIR/token, and what it is over, in
# DIR/value: cut out by openssl's asn1parse.
token_of() {
	local at
	openssl asn1parse -inform DER -in "$1" > "$dir/asn1"
	at=$(grep -A 2 'id-smime-aa-timeStampToken' "$dir/asn1" |
	    sed -n 's/^ *\([0-9]*\):.*SEQUENCE.*/\1/p')
	openssl asn1parse -inform DER -in "$1" -strparse "$at" -noout \
	    -out "$dir/token" 2> /dev/null
	# The signature is the last OCTET STRING before the unsigned attributes.
	at=$(sed '/timeStampToken/q' "$dir/asn1" |
	    sed -n 's/^ *\([0-9]*\):.*prim: OCTET STRING.*/\1/p' | tail -n 1)
	openssl asn1parse -inform DER -in "$1" -strparse "$at" -noout \
	    -out "$dir/value" 2> /dev/null
}
stamp_proved() {
	token_of "$1"
	openssl ts -verify -in "$dir/token" -token_in -data "$dir/value" \
	    -CAfile "$dir/tsa-ca.pem" > "$dir/openssl" 2>&1 ||
	    fail "openssl ts: $(cat "$dir/openssl")"
}
