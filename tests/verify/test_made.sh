#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files made here with the institutions' peculiarities: what is said of them,
# what openssl says, and what becomes of files that are broken or forged.
set -eu
. "$(dirname "$0")/lib.sh"
d=$top/made
mkdir "$d"
"$FIRMA_BUILD/tests/verify/verify-samples" "$d"
# A file that is not as it was: exit 12, or 10 where a signature notices.
refused() { # FILE [OPTION...]
	local got=0
	"$firma" verify --json "$@" > "$top/out" 2> "$top/err" < /dev/null || got=$?
	case $got in
	10|12) ;;
	*) fail "$1: exit $got, not 10 or 12" ;;
	esac
	grep -q '^firma: ' "$top/err" || fail "$1: no message"
	[ "$(jq .valid "$top/out")" = false ] || fail "$1: called valid"
	checks=$((checks + 1))
}

# ---- certificates
for name in person company representative; do
	verify 0 "$d/$name.cer" --ca "$d/ca.cer"
	compare_certificate "$d/$name.cer" ''
	is '[.kind, .valid, .issued_by_ca]' '["certificate",true,true]'
	clean
done
is .odd '[]'
verify 8 "$d/person.cer" --ca "$d/company.cer"
is .error '"FIRMA_ERR_CERT_ISSUER"'
verify 0 "$d/person.cer"
is '[.serial, .rfc, .odd]' '["30001000000500009901","PEÑL800101AB1",["t61-string"]]'
verify 0 "$d/company.cer"
is '[.common_name, .rfc, .representative_rfc, .representative_curp, .odd]' \
    '["OBRAS & DISEÑOS SA","ODS010101AB1","REPA800101XY2","REPA800101HDFXXS01",["t61-string"]]'
verify 0 "$d/odd.cer"
is '[.serial, .odd]' \
    '["0102",["bmp-string","bad-string","sha1","serial-not-20-digits","expired"]]'
verify 0 "$d/hidden.cer"
is '[.common_name, .odd]' '["",["unreadable-name","not-yet-valid"]]'

# ---- requests
for name in person company; do
	verify 0 "$d/$name.req"
	compare_request "$d/$name.req" ''
	clean
done
is .odd '["bad-printable-string"]'
verify 0 "$d/person.req"
is '[.rfc, .odd]' '["PEÑL800101AB1",["latin1-in-printable-string","sha1"]]'
verify 0 "$d/ber.req"
is '[.self_signed, .odd]' '[true,["ber","latin1-in-printable-string","sha1"]]'
verify 10 "$d/forged.req"
compare_request "$d/forged.req" ''
is '[.self_signed, .error]' '[false,"FIRMA_ERR_SIGNATURE"]'
openssl req -inform DER -in "$d/company.req" -out "$top/company.pem"
verify 0 "$top/company.pem"
is .rfc '"ODS010101AB1"'

# ---- renewals: both signatures, the key, the identity
relation='[.valid, .content.self_signed, .content.new_key, .content.identity, .content.identity_differs]'
for pair in person=same der=same company=same representative=representative \
    bare=representative unnamed=unknown; do
	verify 0 "$d/${pair%=*}.ren"
	is "$relation" "[true,true,true,\"${pair#*=}\",[]]"
	compare_message "$d/${pair%=*}.ren"
	compare_request "$top/content" .content
	clean
done
verify 0 "$d/person.ren" --ca "$d/ca.cer" -o "$top/request"
is .odd '["ber","t61-string","sha1"]'
equal .content.spki_sha256 "$(openssl req -inform DER -in "$top/request" \
    -noout -pubkey | spki_of)"
verify 8 "$d/another.ren"
is "$relation" '[false,true,true,"other",["2.5.4.45","2.5.4.5"]]'
compare_message "$d/another.ren"
verify 8 "$d/same-key.ren"
is "$relation" '[false,true,false,"same",[]]'
compare_message "$d/same-key.ren"
# the old certificate's signature is good, the request's is not; and the reverse
verify 10 "$d/forged.ren"
is '[.error, .content.error, .content.self_signed]' '[null,"FIRMA_ERR_SIGNATURE",false]'
compare_message "$d/forged.ren"
verify 10 "$d/swapped.ren" -o "$top/nothing"
is '[.error, .content.error, .content.self_signed]' '["FIRMA_ERR_SIGNATURE",null,true]'
[ ! -e "$top/nothing" ] || fail "content that does not verify was written"
! openssl cms -verify -noverify -binary -inform DER -in "$d/swapped.ren" \
    -out /dev/null 2> /dev/null || fail "openssl verifies swapped.ren"
verify 12 "$d/deep.p7m"
is '[.error, .content.content.content.error]' '[null,"FIRMA_ERR_LIMIT"]'

# ---- seals
verify 0 "$d/company.sdg"
compare_message "$d/company.sdg"
is '[.content.files[] | [.file, .self_signed, .new_key, .identity]]' \
    '[["CSD_MATRIZ.req",true,true,"same"],["CSD_NORTE.req",true,true,"same"]]'
equal '.content.files[0].spki_sha256' "$(openssl req -inform DER \
    -in "$d/company.req" -noout -pubkey | spki_of)"
equal '.content.files[1].spki_sha256' "$(openssl x509 -inform DER \
    -in "$d/representative.cer" -noout -pubkey | spki_of)"
verify 0 "$d/seals.zip"
is '[.kind, .files[].rfc]' '["zip","ODS010101AB1","ODS010101AB1"]'
verify 8 "$d/another.sdg"
is '[.error, .content.files[].identity]' '[null,"other","other"]'
verify 0 "$d/strange.sdg"
is .content.odd '["same-key-twice","other-file"]'
is '[.content.files[2,3] | .file, .kind, .left_out]' \
    '["../léeme?.txt","data",false,"ceros","data",true]'
clean
verify 12 "$d/damaged.sdg"
is '[.error, .content.error]' '[null,"FIRMA_ERR_SHAPE"]'
verify 12 "$d/many.zip"
is .error '"FIRMA_ERR_LIMIT"'
refused "$d/cut.zip"

# ---- keys: nothing is asked; a password comes from a file or not at all
echo clave > "$top/right"
echo wrong > "$top/wrong"
verify 0 "$d/constant.key"
is '[.opened, .odd]' \
    '[false,["old-cipher","few-iterations","constant-salt","constant-iv"]]'
compare_key "$d/constant.key" clave
verify 10 "$d/constant.key" --password-file "$top/wrong"
is '[.opened, .error]' '[false,"FIRMA_ERR_KEY_PASSWORD"]'
cat > "$top/pinentry" <<X
#!/bin/sh
echo asked >> "$top/asked"
echo OK
while read -r line; do
	case \$line in
	GETPIN*) echo "D clave"; echo OK ;;
	BYE*) echo OK; exit 0 ;;
	*) echo OK ;;
	esac
done
X
chmod 755 "$top/pinentry"
export FIRMA_PINENTRY=$top/pinentry
for file in constant.key person.pfx; do
	verify 0 "$d/$file"
	is .opened false
	[ ! -e "$top/asked" ] || fail "$file: a password was asked for"
done
verify 0 "$d/constant.key" --ask-password
is .opened true
[ -s "$top/asked" ] || fail "--ask-password: nobody was asked"
verify 0 "$d/plain.key"
is '[.opened, .odd]' '[true,["not-encrypted"]]'
equal .spki_sha256 "$(openssl pkey -inform DER -in "$d/plain.key" -pubout | spki_of)"
openssl pkey -inform DER -in "$d/plain.key" -out "$top/plain.pem"
verify 0 "$top/plain.pem"
is '[.kind, .opened]' '["key",true]'
if openssl pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default \
    -in "$top/plain.pem" -passout pass:clave -outform DER -out "$top/old.key" 2> /dev/null; then
	verify 0 "$top/old.key"
	is '[.scheme, .odd]' '["PBES1 PBE-MD5-DES",["pbes1"]]'
	"$firma" key audit "$top/old.key" | grep -q 'odd: .*PBES1' || fail "key audit: PBES1"
fi
verify 0 "$d/person.pfx"
is '[.kind, .opened, .mac, .mac_iterations, .certificate]' '["pkcs12",false,"sha256",2048,null]'
is '[.protection[].encrypted]' '[true,false,true]'
verify 0 "$d/person.pfx" --password-file "$top/right"
compare_certificate "$d/person.cer" .certificate
verify 10 "$d/person.pfx" --password-file "$top/wrong"

# ---- detached, with its content given, beside it, changed, missing
openssl x509 -inform DER -in "$d/person.cer" -out "$top/person.pem"
openssl pkcs12 -in "$d/person.pfx" -passin pass:clave -nodes -nocerts -out "$top/person.key"
echo hola > "$top/text"
openssl cms -sign -binary -in "$top/text" -signer "$top/person.pem" \
    -inkey "$top/person.key" -outform DER -out "$top/text.p7s"
verify 0 "$top/text.p7s"
is '[.attached, .content]' '[false,null]'
cp "$top/text.p7s" "$top/alone.p7s"
verify 10 "$top/alone.p7s"
grep -q -e '--content FILE' "$top/err" || fail "alone.p7s: no advice"
verify 0 "$top/alone.p7s" --content "$top/text"
echo adios > "$top/text"
verify 10 "$top/text.p7s"

# ---- broken: cut off anywhere, changed anywhere, lengths without end
n=0
for file in person.cer person.req person.ren company.sdg constant.key person.pfx \
    seals.zip; do
	size=$(stat -c %s "$d/$file")
	for at in 1 2 5 20 $((size / 3)) $((size / 2)) $((size - 1)); do
		head -c "$at" "$d/$file" > "$top/cut"
		refused "$top/cut"
		n=$((n + 1))
	done
	{ cat "$d/$file"; printf '\0'; } > "$top/long"
	case $file in *.zip) ;; *) refused "$top/long" ;; esac
	for at in 4 8 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 3)); do
		cp "$d/$file" "$top/changed"
		printf '\377' | dd of="$top/changed" bs=1 seek=$at conv=notrunc 2> /dev/null
		got=0
		"$firma" verify --json "$top/changed" > "$top/out" 2> "$top/err" || got=$?
		case $got in 0|8|10|12) ;; *) fail "$file changed at $at: exit $got" ;; esac
		jq -e 'has("kind") and has("valid")' "$top/out" > /dev/null ||
		    fail "$file changed at $at: no JSON"
		n=$((n + 1))
	done
done
for huge in '\060\204\177\377\377\377' '\060\210\177\377\377\377\377\377\377\377' \
    '\060\200\060\200\060\200' '\060\204\177\377\377\377\002\001\003\060' 'PK\003\004' \
    'PK\005\006' '\060\202\004\000\060\202\003\000\002\001\000\060\000'; do
	# shellcheck disable=SC2059 # the octets are the format
	printf "$huge" > "$top/huge"
	refused "$top/huge"
done
: > "$top/empty"
refused "$top/empty"
refused "$SOURCE/README.md"
got=0
"$firma" verify "$top/none" > /dev/null 2> "$top/err" || got=$?
[ $got = 11 ] || [ $got = 1 ] || fail "a file that is not there: exit $got"
[ $n -ge 80 ] || fail "only $n broken files"

# ---- for people, in both languages; nothing is written beside the files
ls -la "$d" > "$top/before"
"$firma" verify --lang en "$d/representative.ren" > "$top/en"
"$firma" verify --lang es "$d/representative.ren" > "$top/es"
grep -q "identity: .*a company's; its representative is the signer" "$top/en" || fail "en"
grep -q 'identidad: .*la de una empresa; firma su representante' "$top/es" || fail "es"
"$firma" verify --lang es "$d/person.ren" > "$top/es"
[ "$(grep -c 'firma: .*correcta$' "$top/es")" = 2 ] || fail "es: two signatures"
grep -q 'peculiar: Está escrito en BER' "$top/es" || fail "es: BER"
ls -la "$d" | cmp -s - "$top/before" || fail "a file was written"
echo "$checks comparisons, $n broken files"
