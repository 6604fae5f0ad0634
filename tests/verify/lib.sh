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
# equal FILTER TEXT [FILTER TEXT...]   by one jq, for a machine that is busy
equal() {
	local filters='' names=() want=() got=() i
	while [ $# != 0 ]; do
		filters="$filters${filters:+, }($1)"
		names+=("$1")
		want+=("$2")
		shift 2
	done
	mapfile -t got < <(jq -r "$filters" "$top/out")
	[ ${#got[@]} = ${#want[@]} ] || fail "$looked: no JSON"
	for i in "${!want[@]}"; do
		[ "${got[i]}" = "${want[i]}" ] || fail "$looked: ${names[i]} is" \
		    "'${got[i]}', another program says '${want[i]}'"
		checks=$((checks + 1))
	done
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
# What openssl prints of a file, once: the subject's attributes, the lines
# "name=value", and the rest.
declare -A subject line
ask() { # x509|req FILE OPTION...
	local kind=$1 file=$2 text
	shift 2
	subject=() line=()
	openssl "$kind" -inform DER -in "$file" -noout "$@" -pubkey -subject \
	    -nameopt multiline,-esc_msb,-esc_ctrl,utf8 > "$top/said" 2> "$top/told" || :
	while IFS= read -r text; do
		if [[ $text =~ ^\ +([A-Za-z0-9]+)\ *=\ (.*)$ ]]; then
			[ "${subject[${BASH_REMATCH[1]}]+set}" ] ||
			    subject[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		elif [[ $text =~ ^([A-Za-z]+)=(.*)$ ]]; then
			line[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		fi
	done < "$top/said"
}
trim() { # TEXT, into $trimmed
	trimmed=${1#"${1%%[! ]*}"}
	trimmed=${trimmed%"${trimmed##*[! ]}"}
}
# halves TEXT   what is before and after the slash, into $own and $other
halves() {
	trim "${1%%/*}"
	own=$trimmed other=''
	case $1 in */*) trim "${1#*/}"; other=$trimmed ;; esac
}
compare_names() { # PREFIX, after ask
	local rfc rfc2
	halves "${subject[x500UniqueIdentifier]-}"
	rfc=$own rfc2=$other
	halves "${subject[serialNumber]-}"
	equal "$1.rfc" "$rfc" "$1.representative_rfc" "$rfc2" \
	    "$1.curp" "$own" "$1.representative_curp" "$other" \
	    "$1.common_name" "${subject[commonName]-}" \
	    "$1.email" "${subject[emailAddress]-}" \
	    "$1.unit" "${subject[organizationalUnitName]-}"
}
# compare_certificate FILE PREFIX   field by field
compare_certificate() {
	local hex expired=true
	ask x509 "$1" -serial -startdate -enddate -dateopt iso_8601 -checkend 0
	hex=${line[serial]}
	if [[ $hex =~ ^(3[0-9]){20}$ ]]; then
		hex=$(echo "$hex" | sed 's/3\(.\)/\1/g')
	fi
	! grep -q '^Certificate will not expire' "$top/said" || expired=false
	equal "$2.serial" "$(echo "$hex" | tr A-F a-f)" \
	    "$2.not_before" "${line[notBefore]/ /T}" \
	    "$2.not_after" "${line[notAfter]/ /T}" \
	    "$2.spki_sha256" "$(spki_of < "$top/said")" "$2.expired" $expired
	compare_names "$2"
}
# compare_request FILE PREFIX
compare_request() {
	local signed=false challenge=false
	ask req "$1" -text -verify
	! grep -q 'verify OK' "$top/said" "$top/told" || signed=true
	! grep -q challengePassword "$top/said" || challenge=true
	equal "$2.self_signed" $signed "$2.challenge_password" $challenge \
	    "$2.spki_sha256" "$(spki_of < "$top/said")" \
	    "$2.digest" "$(sed -n \
	        's/^ *Signature Algorithm: \(.*\)WithRSA.*/\1/p' "$top/said")"
	compare_names "$2"
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
