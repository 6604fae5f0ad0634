#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_refusals.sh - the portal is strict: each wrong thing is refused with a
# reason and changes nothing, and the helper refuses its own wrong requests.
. "$(dirname "$0")/lib.sh"

"$FIRMA_REHEARSAL" init "$portal"
issue_old
new_key "$work/other.key" rsa2048
# The same name, another key: a certificate that nobody enrolled.
openssl req -x509 -new -key "$work/other.key" -subj /CN=x -days 9 \
	-out "$work/other.pem"
serve
start_helper

# --- the entrance -----------------------------------------------------------
login="{\"file\":\"login.p7m\",$names}"
expect ok challenge
cp "$box/challenge.txt" "$work/challenge.txt"
sign_attached "$work/other.pem" "$work/other.key" "$work/challenge.txt" \
	"$box/login.p7m"
refused "no está registrado" enter "$login"
sign_attached "$work/old.pem" "$work/old.key" /etc/passwd "$box/login.p7m"
refused "no es un desafío" enter "$login"
sign_detached "$work/old.pem" "$work/old.key" "$work/challenge.txt" \
	"$box/login.p7m"
refused "llevar dentro" enter "$login"
openssl cms -sign -nodetach -binary -md sha256 -outform DER -signer \
	"$work/old.pem" -inkey "$work/old.key" -in "$work/challenge.txt" \
	-out "$box/login.p7m"
refused "signingCertificateV2" enter "$login"
openssl cms -sign -nodetach -binary -noattr -md sha256 -outform DER -signer \
	"$work/old.pem" -inkey "$work/old.key" -in "$work/challenge.txt" \
	-out "$box/login.p7m"
refused "contentType" enter "$login"
openssl cms -sign -cades -nodetach -binary -md sha1 -outform DER -signer \
	"$work/old.pem" -inkey "$work/old.key" -in "$work/challenge.txt" \
	-out "$box/login.p7m"
refused "SHA-256" enter "$login"
sign_attached "$work/old.pem" "$work/old.key" "$work/challenge.txt" \
	"$box/login.p7m" -certfile "$work/other.pem"
refused "exactamente un certificado" enter "$login"
sign_attached "$work/old.pem" "$work/old.key" "$work/challenge.txt" \
	"$box/login.p7m" -signer "$work/other.pem" -inkey "$work/other.key"
refused "exactamente un certificado" enter "$login"
openssl cms -sign -cades -nodetach -binary -stream -indef -md sha256 \
	-outform DER -signer "$work/old.pem" -inkey "$work/old.key" \
	-in "$work/challenge.txt" -out "$box/login.p7m"
refused "DER" enter "$login"
sign_attached "$work/old.pem" "$work/old.key" "$work/challenge.txt" \
	"$box/login.p7m"
cp "$box/login.p7m" "$box/good.p7m"
# One octet of the signature, the last, is another.
size=$(stat -c %s "$box/login.p7m")
printf '\0' | dd of="$box/login.p7m" bs=1 seek=$((size - 1)) conv=notrunc \
	status=none
cmp -s "$box/login.p7m" "$box/good.p7m" && printf '\1' | dd \
	of="$box/login.p7m" bs=1 seek=$((size - 1)) conv=notrunc status=none
refused "no corresponde" enter "$login"
: > "$box/login.p7m"
refused "vac" enter "$login"
head -c 3000 /dev/urandom > "$box/login.p7m"
refused "no es una firma" enter "$login"
refused "sesión" data
is "reason" "$(field .fields.reason)" session
cp "$box/good.p7m" "$box/login.p7m"
expect ok enter "$login"
refused "ya se usó" enter "$login"

# --- the order of the steps -------------------------------------------------
head -c 100 /dev/zero > "$box/any"
refused "Todavía no" letter '{"letter":"terms"}'
refused "Todavía no" submit-letter "$(letter_args terms old any)"
refused "Todavía no" submit-request "$(request_args any)"
refused "Todavía no" finish
refused "Todavía no" letter '{"letter":"conditions"}'
refused "Todavía no" mail
refused "correo" confirm '{"email":"not an address"}'
refused "correo" confirm '{"email":"a@b"}'
expect ok confirm '{"email":"nuevo@patron.example"}'
expect unknown certificate "$(request_args any)"
expect unknown find-request "$(request_args any)"
expect unknown find-letter "$(letter_args terms old any)"

# --- the first letter -------------------------------------------------------
sign_detached "$work/old.pem" "$work/old.key" /etc/passwd "$box/early"
refused "descargado" submit-letter "$(letter_args terms old early)"
expect ok letter '{"letter":"terms"}'
cp "$box/terms.pdf" "$work/terms.pdf"
refused "no corresponde" submit-letter "$(letter_args terms old early)"
sign_detached "$work/other.pem" "$work/other.key" "$work/terms.pdf" "$box/bad"
refused "otro certificado" submit-letter "$(letter_args terms old bad)"
sign_attached "$work/old.pem" "$work/old.key" "$work/terms.pdf" "$box/bad"
refused "no debe llevar dentro" submit-letter "$(letter_args terms old bad)"
sign_detached "$work/old.pem" "$work/old.key" "$work/terms.pdf" "$box/terms.old"
refused "otra huella" submit-letter \
	"$(letter_args terms old terms.old | jq -c --arg s "$(sha "$box/bad")" \
		'.signature_sha256 = $s')"
refused "Todavía no" submit-letter "$(letter_args terms new terms.old)"
refused "Todavía no" submit-letter "$(letter_args conditions new terms.old)"
refused "papel" submit-letter "$(letter_args conditions old terms.old)"
expect ok submit-letter "$(letter_args terms old terms.old)"
receipt=$(field .fields.receipt)
is "mail" "$(field .fields.mail)" announced
# The same again is the same: same receipt, no second acceptance.
expect ok submit-letter "$(letter_args terms old terms.old)"
is "receipt" "$(field .fields.receipt)" "$receipt"
is "counted" "$(company '.letters.terms.old | [.accepted, .repeats]' |
	tr -d ' \n')" '[1,1]'
expect ok find-letter "$(letter_args terms old terms.old)"
is "receipt" "$(field .fields.receipt)" "$receipt"
sleep 1 # another signing time, another signature
sign_detached "$work/old.pem" "$work/old.key" "$work/terms.pdf" "$box/again"
refused "otra firma" submit-letter "$(letter_args terms old again)"
refused "otra firma" find-letter "$(letter_args terms old again)"
refused "ya no puede cambiarse" confirm '{"email":"otro@patron.example"}'
expect ok confirm '{"email":"nuevo@patron.example"}'

# --- the request ------------------------------------------------------------
new_key "$work/new.key" rsa2048
make_request "$work/new.key" "$work/old.pem" "$box/request"
make_request "$work/old.key" "$work/old.pem" "$box/bad"
refused "llave anterior" submit-request "$(request_args bad)"
openssl req -new -key "$work/new.key" -subj /CN=otra -outform DER \
	-out "$box/bad"
refused "titular" submit-request "$(request_args bad)"
new_key "$work/small.key" rsa1024
make_request "$work/small.key" "$work/old.pem" "$box/bad"
refused "1024" submit-request "$(request_args bad)"
new_key "$work/curve.key" P-521
make_request "$work/curve.key" "$work/old.pem" "$box/bad"
refused "P-256" submit-request "$(request_args bad)"
cp "$box/request" "$box/bad"
printf '\0\0' | dd of="$box/bad" bs=1 conv=notrunc status=none \
	seek=$(($(stat -c %s "$box/bad") - 2))
refused "propia llave" submit-request "$(request_args bad)"
make_request "$work/new.key" "$work/old.pem" "$work/plain.req"
openssl x509 -x509toreq -in "$work/make.pem" -key "$work/new.key" -sha1 \
	2> /dev/null | openssl req -outform DER -out "$box/bad"
refused "SHA-2" submit-request "$(request_args bad)"
refused "PKCS#10" submit-request "$(request_args any)"
expect issued submit-request "$(request_args request)"
expect issued submit-request "$(request_args request)"
is "counted" "$(company '.request | [.accepted, .repeats]' |
	tr -d ' \n')" '[1,1]'
expect issued find-request "$(request_args request)"
make_request "$work/other.key" "$work/old.pem" "$box/second"
refused "otro requerimiento" submit-request "$(request_args second)"
refused "otro requerimiento" find-request "$(request_args second)"
refused "otro requerimiento" certificate "$(request_args second)"
take_certificate
first=$(sha "$work/new.pem")
take_certificate
is "the same certificate" "$(sha "$work/new.pem")" "$first"

# --- the new key's turn -----------------------------------------------------
expect ok challenge
sign_attached "$work/new.pem" "$work/new.key" "$box/challenge.txt" \
	"$box/login.p7m"
refused "no ha concluido" enter "$login"
refused "Todavía no" finish
sign_detached "$work/old.pem" "$work/old.key" "$work/terms.pdf" "$box/bad"
refused "otro certificado" submit-letter "$(letter_args terms new bad)"
sign_detached "$work/new.pem" "$work/new.key" "$work/terms.pdf" "$box/terms.new"
expect ok submit-letter "$(letter_args terms new terms.new)"
expect ok finish
folio=$(field .fields.folio)
expect ok finish
is "folio" "$(field .fields.folio)" "$folio"
expect ok challenge
sign_attached "$work/old.pem" "$work/old.key" "$box/challenge.txt" \
	"$box/login.p7m"
refused "sustituido" enter "$login"
enter "$work/new.pem" "$work/new.key" conditions
refused "anterior" finish
refused "anterior" submit-request "$(request_args request)"
expect ok letter '{"letter":"conditions"}'
sign_detached "$work/old.pem" "$work/old.key" "$box/conditions.pdf" "$box/bad"
refused "otro certificado" submit-letter "$(letter_args conditions new bad)"
sign_detached "$work/new.pem" "$work/new.key" "$work/terms.pdf" "$box/bad"
refused "no corresponde" submit-letter "$(letter_args conditions new bad)"
sign_detached "$work/new.pem" "$work/new.key" "$box/conditions.pdf" "$box/good"
expect ok submit-letter "$(letter_args conditions new good)"
enter "$work/new.pem" "$work/new.key" home
is "stage" "$(company .stage)" home

# --- requests to the helper that are wrong ----------------------------------
usage() {
	refused "" "$@"
	is "reason" "$(field .fields.reason)" usage
}
usage nonsense
usage letter '{"letter":"other"}'
usage letter '{"letter":1}'
usage submit-letter '{"letter":"terms","role":"old","file":"../x",
	"signature_sha256":"00"}'
usage submit-request '{"file":"request","request_sha256":"xyz"}'
usage enter '{"file":"login.p7m"}'
usage confirm '{"email":"a\u001b[2Jb@c.example"}'
refused "" submit-request "$(request_args request | jq -c '.file = "none"')"
is "reason" "$(field .fields.reason)" folder
ln -sf "$work/old.key" "$box/link"
refused "" submit-request "$(request_args request | jq -c '.file = "link"')"
is "reason" "$(field .fields.reason)" folder
usage open '{"base":"ftp://127.0.0.1/","endpoints":{}}'
usage open '{"base":"http://example.com/imss/","endpoints":{}}'
usage open '{"base":"http://127.0.0.1.example.com/imss/","endpoints":{}}'
usage open '{"base":"http://user@127.0.0.1/imss/","endpoints":{}}'
usage open '{"base":"https://example.com/imss","endpoints":{}}'
stop_helper
# Before `open` nothing is done; a line that is no JSON is answered too.
for line in '{"id":7,"op":"data"}' 'garbage' '[]' '{"op":"open"}'; do
	out=$(printf '%s\n' "$line" | "$FIRMA_PORTAL_IDSE" --dir "$box")
	is "answer to $line" "$(jq -r .fields.reason <<< "$out")" usage
done
head -c 70000 /dev/zero | tr '\0' a |
	"$FIRMA_PORTAL_IDSE" --dir "$box" > "$work/out" 2> /dev/null &&
	die "took a line that is too long"
is "no answer to it" "$(cat "$work/out")" ""
"$FIRMA_PORTAL_IDSE" --dir "$work/none" < /dev/null 2> /dev/null &&
	die "took a folder that is not there"
"$FIRMA_PORTAL_IDSE" 2> /dev/null && die "took no arguments"
stop_portal
passed
