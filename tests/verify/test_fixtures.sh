#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every file of the tax authority's public test identities, and what openssl says
# of it, field by field.  A file that this test does not know is a failure.
set -eu
. "$(dirname "$0")/lib.sh"
fixtures=${FIRMA_FIXTURES:-$SOURCE/../shared/fixtures}/sat
[ -d "$fixtures/fiel" ] || {
	echo "skipped: no fixtures in $fixtures (FIRMA_FIXTURES names their folder)"
	exit 77
}

password_of() {
	case $1 in
	*/certifica/renewal.key) printf 'Test_ia\361l750210963!' ;;
	*/certifica/*) printf Test1234 ;;
	*) printf 12345678a ;;
	esac
}
certificate() {
	verify 0 "$1"
	is '[.kind, .valid, (.serial | test("^[0-9]{20}$"))]' '["certificate",true,true]'
	compare_certificate "$1" ''
	is '.odd | index("t61-string") != null' "$(openssl asn1parse -inform DER \
	    -in "$1" | grep -q T61STRING && echo true || echo false)"
	is '.odd | index("expired") != null' "$(jq .expired "$top/out")"
}
request() {
	verify 0 "$1"
	is '[.kind, .valid]' '["request",true]'
	compare_request "$1" ''
	is '.odd | index("sha1") != null' true
	# one that an N with tilde made malformed
	is '.odd | index("latin1-in-printable-string") != null' \
	    "$(openssl asn1parse -inform DER -in "$1" | grep PRINTABLESTRING |
	        LC_ALL=C grep -q '[^ -~]' && echo true || echo false)"
}
renewal() {
	verify 0 "$1"
	is '[.kind, .valid, .content.kind]' '["cms",true,"request"]'
	compare_message "$1"
	compare_request "$top/content" .content
	cmp -s "$top/content" "${1%.ren}.req" || fail "$1: another request"
	is '[.content.new_key, .content.identity]' '[true,"same"]'
	[ "$(openssl req -inform DER -in "$top/content" -noout -pubkey)" != \
	    "$(openssl x509 -in "$top/signer.pem" -noout -pubkey)" ] || fail "$1: key"
}
# The request in it is the one of the seal's certificate, where that is there.
seals() {
	local cer=${1%.sdg}.cer req=${1%.sdg}.req spki
	verify 0 "$1"
	is '[.kind, .valid, .content.kind, (.content.files | length)]' '["cms",true,"zip",1]'
	is '.content.odd' '[]'
	is '.content.files[0] | [.kind, .valid, .self_signed, .new_key, .identity]' \
	    '["request",true,true,true,"same"]'
	compare_message "$1"
	if [ -e "$cer" ]; then
		spki=$(openssl x509 -inform DER -in "$cer" -noout -pubkey | spki_of)
		equal '.content.files[0].unique_identifier' \
		    "$(attribute x509 "$cer" x500UniqueIdentifier)"
		equal '.content.files[0].serial_number' \
		    "$(attribute x509 "$cer" serialNumber)"
	else
		spki=$(openssl req -inform DER -in "$req" -noout -pubkey | spki_of)
		compare_request "$req" '.content.files[0]'
	fi
	equal '.content.files[0].spki_sha256' "$spki"
}
key() {
	verify 0 "$1"
	is '[.kind, .valid, .opened, .constant_salt, .constant_iv, .weak]' \
	    '["key",true,false,true,true,true]'
	is '.odd' '["old-cipher","few-iterations","constant-salt","constant-iv"]'
	compare_key "$1" "$(password_of "$1")"
	"$firma" key audit --json "$1" > "$top/audit" && fail "key audit: $1 is not weak"
	[ "$(jq -c '.[0] | [.iterations, .constant_salt, .constant_iv, .odd]' "$top/audit")" = \
	    '[2048,true,true,["old-cipher","few-iterations","constant-salt","constant-iv"]]' ] ||
	    fail "key audit: $1"
}
# A .pfx of the pair, new and old: as openssl made it.
pfx() { # CER KEY
	printf '%s\n' "$(password_of "$2")" > "$top/password"
	openssl x509 -inform DER -in "$1" -out "$top/cer.pem"
	openssl pkey -inform DER -in "$2" -passin "file:$top/password" -out "$top/key.pem"
	openssl pkcs12 -export -in "$top/cer.pem" -inkey "$top/key.pem" \
	    -passout "file:$top/password" -out "$top/new.pfx"
	verify 0 "$top/new.pfx"
	is '[.kind, .opened, .mac, .mac_iterations]' '["pkcs12",false,"sha256",2048]'
	verify 0 "$top/new.pfx" --password-file "$top/password"
	compare_certificate "$1" .certificate
	equal .spki_sha256 "$(openssl x509 -in "$top/cer.pem" -noout -pubkey | spki_of)"
	openssl pkcs12 -export -legacy -in "$top/cer.pem" -inkey "$top/key.pem" \
	    -passout "file:$top/password" -out "$top/old.pfx" 2> /dev/null || return 0
	verify 0 "$top/old.pfx"
	is '[.mac, (.odd | index("pbes1") != null)]' '["sha1",true]'
	verify 0 "$top/old.pfx" --password-file "$top/password"
	compare_certificate "$1" .certificate
}

n=0
while IFS= read -r file; do
	case $file in
	*.cer) certificate "$file" ;;
	*.req) request "$file" ;;
	*.ren) renewal "$file" ;;
	*.sdg) seals "$file" ;;
	*.key) key "$file" ;;
	*.zip)
		verify 0 "$file"
		is '[.kind, (.files | length), .files[0].kind]' '["zip",1,"request"]'
		compare_request "${file%.zip}.req" '.files[0]'
		;;
	*) fail "$file: not known to this test" ;;
	esac
	clean
	# Its kind shows in its content.
	cp -f "$file" "$top/any"
	kind=$(jq -r .kind "$top/out")
	verify 0 "$top/any"
	equal .kind "$kind" .valid true
	n=$((n + 1))
done < <(find "$fixtures" -type f | sort)
[ $n -ge 40 ] || fail "only $n files"
for cer in "$fixtures"/valid-2027/*.cer "$fixtures"/fiel/ian_l750210963.cer; do
	pfx "$cer" "${cer%.cer}.key"
done
echo "$n files, $checks comparisons"
