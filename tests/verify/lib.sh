# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of `firma verify` share: run it, look at its JSON, and ask
# openssl the same questions.
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
firma=${FIRMA_BUILD:?the build folder}/cli/firma
export FIRMA_LOCALEDIR=$FIRMA_BUILD/locale FIRMA_SOCKET=/nonexistent/agent LC_ALL=C
top=$(mktemp -d "${TMPDIR:-/tmp}/fvf.XXXXXX")
trap 'status=$?; trap - EXIT; rm -rf "$top"; exit $status' EXIT
trap 'exit 130' INT TERM
checks=0
fail() {
	echo "$(basename "$0"): $*" >&2
	[ ! -s "$top/err" ] || sed 's/^/  stderr: /' "$top/err" >&2
	exit 1
}
for tool in jq openssl; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done

# verify STATUS FILE [OPTION...]   its JSON is then looked at by is and equal
verify() {
	local want=$1 got=0
	shift
	looked=$1
	"$firma" verify --json "$@" > "$top/out" 2> "$top/err" < /dev/null || got=$?
	[ "$got" = "$want" ] || fail "$1: exit $got, not $want"
	[ "$got" = 0 ] || grep -q '^firma: ' "$top/err" || fail "$1: no message"
	checks=$((checks + 1))
}
# is FILTER VALUE   of the JSON of the last verify
is() {
	local got
	got=$(jq -c "$1" "$top/out") || fail "$looked: no JSON"
	[ "$got" = "$2" ] || fail "$looked: $1 is $got, not $2"
	checks=$((checks + 1))
}
# equal FILTER TEXT
equal() {
	local got
	got=$(jq -r "$1" "$top/out") || fail "$looked: no JSON"
	[ "$got" = "$2" ] || fail "$looked: $1 is '$got', another program says '$2'"
	checks=$((checks + 1))
}
# At least one name each; the JSON is UTF-8 without control characters.
clean() {
	iconv -f utf-8 -t utf-8 < "$top/out" | tr -d '\n' > "$top/line" ||
	    fail "$looked: not UTF-8"
	! grep -q '[[:cntrl:]]' "$top/line" || fail "$looked: control characters"
	checks=$((checks + 1))
}

# ---- the same questions to openssl
spki_of() { openssl pkey -pubin -outform DER 2> /dev/null | sha256sum | cut -d ' ' -f 1; }
# One attribute of the subject that openssl prints of FILE by x509 or req.
attribute() { # x509|req FILE NAME
	openssl "$1" -inform DER -in "$2" -noout -subject \
	    -nameopt multiline,-esc_msb,-esc_ctrl,utf8 2> /dev/null |
	    sed -n "s/^ *$3 *= //p" | head -n 1
}
trimmed() { sed 's/^ *//;s/ *$//'; }
before_slash() { sed 's|/.*||' | trimmed; }
after_slash() { sed -n 's|.*/||p' | trimmed; }

# compare_names x509|req FILE PREFIX
compare_names() {
	local rfc curp
	rfc=$(attribute "$1" "$2" x500UniqueIdentifier)
	curp=$(attribute "$1" "$2" serialNumber)
	equal "$3.rfc" "$(echo "$rfc" | before_slash)"
	equal "$3.representative_rfc" "$(echo "$rfc" | after_slash)"
	equal "$3.curp" "$(echo "$curp" | before_slash)"
	equal "$3.representative_curp" "$(echo "$curp" | after_slash)"
	equal "$3.common_name" "$(attribute "$1" "$2" commonName)"
	equal "$3.email" "$(attribute "$1" "$2" emailAddress)"
	equal "$3.unit" "$(attribute "$1" "$2" organizationalUnitName)"
}
# compare_certificate FILE PREFIX   field by field
compare_certificate() {
	local hex
	hex=$(openssl x509 -inform DER -in "$1" -noout -serial | sed 's/serial=//')
	if echo "$hex" | grep -qE '^(3[0-9]){20}$'; then
		hex=$(echo "$hex" | sed 's/3\(.\)/\1/g')
	fi
	equal "$2.serial" "$(echo "$hex" | tr A-F a-f)"
	equal "$2.not_before" "$(openssl x509 -inform DER -in "$1" -noout \
	    -startdate -dateopt iso_8601 | sed 's/.*=//;s/ /T/')"
	equal "$2.not_after" "$(openssl x509 -inform DER -in "$1" -noout \
	    -enddate -dateopt iso_8601 | sed 's/.*=//;s/ /T/')"
	equal "$2.spki_sha256" "$(openssl x509 -inform DER -in "$1" -noout -pubkey | spki_of)"
	equal "$2.expired" "$(openssl x509 -inform DER -in "$1" -noout \
	    -checkend 0 > /dev/null && echo false || echo true)"
	compare_names x509 "$1" "$2"
}
# compare_request FILE PREFIX
compare_request() {
	local signed=false
	! openssl req -inform DER -in "$1" -noout -verify 2>&1 |
	    grep -q 'verify OK' || signed=true
	equal "$2.self_signed" $signed
	equal "$2.spki_sha256" "$(openssl req -inform DER -in "$1" -noout -pubkey | spki_of)"
	equal "$2.digest" "$(openssl req -inform DER -in "$1" -noout -text 2> /dev/null |
	    sed -n 's/^ *Signature Algorithm: \(.*\)WithRSA.*/\1/p' | head -n 1)"
	equal "$2.challenge_password" "$(openssl req -inform DER -in "$1" -noout \
	    -text 2> /dev/null | grep -q challengePassword && echo true || echo false)"
	compare_names req "$1" "$2"
}
# compare_message FILE   leaves its content in $top/content
compare_message() {
	local good=true
	openssl cms -verify -noverify -binary -inform DER -in "$1" \
	    -out "$top/content" -signer "$top/signer.pem" 2> /dev/null || good=false
	[ $good = true ] || fail "$1: openssl does not verify it"
	is 'has("error")' false
	equal .content_sha256 "$(sha256sum < "$top/content" | cut -d ' ' -f 1)"
	openssl x509 -in "$top/signer.pem" -outform DER -out "$top/signer.cer"
	compare_certificate "$top/signer.cer" .signer
	openssl cms -cmsout -print -inform DER -in "$1" > "$top/print"
	equal .digest "$(awk '/digestAlgorithms/ { on = 1 }
	    on && /algorithm:/ { print $2; exit }' "$top/print")"
	equal .signing_time "$(date -u +%Y-%m-%dT%H:%M:%SZ -d "$(sed -n \
	    '/signingTime/,/UTCTIME/s/.*UTCTIME://p' "$top/print")")"
	is '.odd | index("ber") != null' "$(openssl asn1parse -inform DER -in "$1" |
	    grep -q 'l=inf' && echo true || echo false)"
}
# compare_key FILE [PASSWORD]
compare_key() {
	openssl asn1parse -inform DER -in "$1" > "$top/print"
	equal .iterations "$((0x$(awk -F: '/INTEGER/ { print $NF; exit }' "$top/print")))"
	equal .constant_salt "$(grep -q ':0201000282010100$' "$top/print" &&
	    echo true || echo false)"
	grep -q "$(jq -r .scheme "$top/out" | sed 's/.* //')" "$top/print" ||
	    fail "$1: another cipher"
	[ $# = 2 ] || return 0
	printf '%s\n' "$2" > "$top/password"
	verify 0 "$1" --password-file "$top/password"
	is .opened true
	equal .spki_sha256 "$(openssl pkey -inform DER -in "$1" \
	    -passin "file:$top/password" -pubout | spki_of)"
}
