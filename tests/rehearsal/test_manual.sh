#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_manual.sh - the helper for a person with a browser.  The person is this
# script: curl is the browser, answers come from a FIFO.
. "$(dirname "$0")/lib.sh"

: "${FIRMA_PORTAL_MANUAL:?}"
program=$FIRMA_PORTAL_MANUAL
base=https://idse.example/imss/

# Nobody there (setsid: no terminal): a person is needed, and nothing else.
alone() {
	printf '%s\n' '{"id":1,"op":"open","base":"https://h/","endpoints":{}}' \
		"$1" | setsid -w env -u FIRMA_MANUAL_ANSWERS "$program" \
		--dir "$box" 2> /dev/null | tail -n 1 | jq -r .outcome
}
is "nobody at challenge" "$(alone '{"id":2,"op":"challenge"}')" person
is "nobody at data" "$(alone '{"id":2,"op":"data"}')" person
is "nobody at finish" "$(alone '{"id":2,"op":"finish"}')" person
is "nobody at mail" "$(alone '{"id":2,"op":"mail"}')" person

# With answers: each line is what the person types.
mkfifo "$work/answers"
export FIRMA_MANUAL_ANSWERS=$work/answers
exec 9<> "$work/answers"
say() { printf '%s\n' "$@" >&9; }
start_helper 20 2> "$work/said"

printf '||texto||' > "$work/texto.txt"
say "$work/texto.txt"
expect ok challenge
is "challenge" "$(cat "$box/$(field .file)")" '||texto||'
say ""
expect person challenge
say "$work/not-there"
expect person challenge
say "$work"
expect person challenge
head -c 5000 /dev/zero > "$work/big"
say "$work/big"
expect person challenge

cp "$work/texto.txt" "$box/login.p7m"
login="{\"file\":\"login.p7m\",$names}"
for pair in e:expired c:conditions y:home; do
	say "${pair%:*}"
	expect ok enter "$login"
	is "page" "$(field .fields.page)" "${pair#*:}"
done
say z q e # two that are no answers, then one that is
expect ok enter "$login"
say r "El certificado no existe"
refused "El certificado no existe" enter "$login"
say l
expect person enter "$login"

say "PEÑA SA" "MPE150312AB6" "" "Y5472318103" "a@b.example"
expect ok data
is "name" "$(field .fields.name)" "PEÑA SA"
is "curp" "$(field .fields.curp)" ""
is "registro" "$(field .fields.registro_patronal)" "Y5472318103"
say y
expect ok confirm '{"email":"a@b.example"}'

printf '%%PDF-1.4 x' > "$work/carta.pdf"
HOME=$work
say "$work/carta.pdf"
expect ok letter '{"letter":"terms"}'
cmp "$box/$(field .file)" "$work/carta.pdf" || die "another letter"
args=$(letter_args terms old terms.pdf)
say m "FOLIO 7"
expect ok submit-letter "$args"
is "receipt" "$(field .fields.receipt)" "FOLIO 7"
is "mail" "$(field .fields.mail)" announced
say n
expect unknown find-letter "$args"
say y
expect ok find-letter "$args"
say r ""
expect rejected find-letter "$args"
for pair in n:not-sent x:none y:sent; do
	say "${pair%:*}"
	expect ok mail '{"link":"https://h/x"}'
	is "mail" "$(field .fields.mail)" "${pair#*:}"
done
say w
expect wait mail
[ "$(field .retry_after)" -gt 0 ] || die "no retry_after"

args=$(request_args terms.pdf)
say w
expect wait submit-request "$args"
say s # as in "sí"
expect issued submit-request "$args"
say n
expect unknown find-request "$args"
say w
expect wait certificate "$args"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/x.key" -subj /CN=x \
	-out "$work/x.pem" 2> /dev/null
openssl x509 -in "$work/x.pem" -outform DER -out "$work/x.der"
for form in pem der; do
	say y "$work/x.$form"
	expect issued certificate "$args"
	cmp "$box/$(field .file)" "$work/x.der" || die "not the DER"
done
say y "F-1"
expect ok finish
is "folio" "$(field .fields.folio)" F-1
has "it said where" "$(cat "$work/said")" "$base"
has "it said which file" "$(cat "$work/said")" "$box/login.p7m"
stop_helper
passed
