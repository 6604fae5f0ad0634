#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_misbehave.sh - each misbehaviour that the portal can be told, what the
# helper makes of it, and that nothing is accepted twice.
. "$(dirname "$0")/lib.sh"

counts() { company "$1 | [.accepted, .repeats]" | tr -d ' \n'; }

# A new portal and company, ready at a stage.
fresh() { # TIMEOUT FUNCTION
	[ -z "$helper" ] || stop_helper
	[ -z "$server" ] || stop_portal
	rm -rf "$portal" "$box"/*
	session=
	"$FIRMA_REHEARSAL" init "$portal"
	issue_old
	serve
	start_helper "$1"
	"$2"
}

# --- lost answers: accepted, and nobody was told -----------------------------
fresh 20 to_terms_old
behave drop-after-accept:1
unreachable connect submit-letter "$(letter_args terms old terms.old)"
is "accepted all the same" "$(counts .letters.terms.old)" '[1,0]'
expect ok find-letter "$(letter_args terms old terms.old)"
new_key "$work/new.key" P-256
make_request "$work/new.key" "$work/old.pem" "$box/request"
behave drop-after-accept@submit-request:1
unreachable connect submit-request "$(request_args request)"
expect issued find-request "$(request_args request)"
is "accepted once" "$(counts .request)" '[1,0]'

# --- not answering, or nonsense: nothing was accepted ------------------------
fresh 2 to_terms_old
args=$(letter_args terms old terms.old)
for case in stall:timeout error-500:server garbage:answer \
	huge-answer:too-big redirect:redirect; do
	behave "${case%:*}:1"
	begun=$(date +%s)
	unreachable "${case#*:}" submit-letter "$args"
	[ $(($(date +%s) - begun)) -le 5 ] || die "${case%:*} held us up"
	expect unknown find-letter "$args"
done
# On the fetching side too; and the next try is good.
for case in stall:timeout error-500:server huge-answer:too-big; do
	behave "${case%:*}@letter:1"
	unreachable "${case#*:}" letter '{"letter":"terms"}'
	expect ok letter '{"letter":"terms"}'
	cmp "$box/terms.pdf" "$work/terms.pdf" || die "another letter"
done
# Garbage that claims to be a PDF is for the agent to judge: it has the hash.
behave garbage@letter:1
expect ok letter '{"letter":"terms"}'
cmp -s "$box/terms.pdf" "$work/terms.pdf" && die "no garbage"
behave garbage@challenge:1
unreachable answer challenge
behave garbage@enter:1
expect ok challenge
sign_attached "$work/old.pem" "$work/old.key" "$box/challenge.txt" \
	"$box/login.p7m"
unreachable answer enter "{\"file\":\"login.p7m\",$names}"
expect ok enter "{\"file\":\"login.p7m\",$names}"
# The answer before last, once more: it names another operation.
behave repeat@submit-letter:1
unreachable answer submit-letter "$args"
expect ok find-letter "$args"
is "accepted once" "$(counts .letters.terms.old)" '[1,0]'
# The challenge before, once more: its login is refused.
behave_well
expect ok challenge
first=$(cat "$box/challenge.txt")
behave repeat@challenge:1
expect ok challenge
is "the same challenge" "$(cat "$box/challenge.txt")" "$first"
# An unlimited misbehaviour ends when the list changes.
behave error-500@data
unreachable server data
unreachable server data
behave_well
expect ok data
# While one caller is kept waiting, others are served.
behave stall@data:1
curl -s -m 5 -b x=y "$base"renovacion/Datos.idse -d x=1 > /dev/null &
waiting=$!
sleep 0.5
expect ok data
kill "$waiting"
wait "$waiting" 2> /dev/null || true

# --- the e-mail -------------------------------------------------------------
fresh 20 to_terms_old
behave mail-sent
expect ok submit-letter "$(letter_args terms old terms.old)"
is "announced" "$(field .fields.mail)" announced
expect wait mail
new_key "$work/new.key" P-256
make_request "$work/new.key" "$work/old.pem" "$box/request"
refused "enlace" submit-request "$(request_args request)"
refused "enlace" mail '{"link":"http://127.0.0.1/imss/?enlace=0123"}'
expect ok mail "$(jq -Rc '{link: .}' "$portal/mail-1.txt")"
is "mail" "$(field .fields.mail)" sent
expect ok mail
expect issued submit-request "$(request_args request)"
fresh 20 to_terms_old
behave mail-announced
expect ok submit-letter "$(letter_args terms old terms.old)"
expect ok mail
is "mail" "$(field .fields.mail)" not-sent
fresh 20 to_terms_old
behave mail-none
expect ok submit-letter "$(letter_args terms old terms.old)"
is "announced" "$(field .fields.mail)" null
expect ok mail
is "mail" "$(field .fields.mail)" none

# --- waiting, and certificates that are not the right one --------------------
fresh 20 to_request
behave wait:3
expect wait submit-request "$(request_args request)"
[ "$(field .retry_after)" -ge 1 ] || die "no retry_after"
expect wait find-request "$(request_args request)"
expect wait certificate "$(request_args request)"
# The count holds over a restart of the portal, killed without warning.
{ kill -9 "$server" && wait "$server"; } 2> /dev/null || true
stop_helper
serve
start_helper 20
expect issued find-request "$(request_args request)"
is "accepted once" "$(counts .request)" '[1,0]'
take_certificate
cp "$work/new.pem" "$work/right.pem"

# lie WORD OPENSSL-OPTION: this part, and the certificate, differ from the right
shown() { openssl x509 -in "$1" -noout "${@:2}"; }
lie() {
	behave "$1:1"
	take_certificate
	cmp -s "$work/new.pem" "$work/right.pem" && die "$1: no lie"
	[ "$(shown "$work/new.pem" "$2")" != "$(shown "$work/right.pem" "$2")" ] ||
		die "$1: the same"
	n_checks=$((n_checks + 1))
	cp "$work/new.pem" "$work/lie.pem"
	take_certificate
	cmp "$work/new.pem" "$work/right.pem" || die "$1: the right one is lost"
}
lie other-key -pubkey
lie other-name -subject
lie other-dates -dates
shown "$work/lie.pem" -checkend 0 > /dev/null && die "other-dates: still valid"
lie other-issuer -issuer
openssl verify -CAfile "$portal/ca.pem" "$work/lie.pem" > /dev/null 2>&1 &&
	die "other-issuer: verifies"
lie same-serial -serial
is "the old serial" "$(shown "$work/lie.pem" -serial)" \
	"$(shown "$work/old.pem" -serial)"

# --- another letter the second time ------------------------------------------
behave other-letter:1
expect ok letter '{"letter":"terms"}'
cmp -s "$box/terms.pdf" "$work/terms.pdf" && die "the same letter"
has "it is a PDF" "$(head -c 5 "$box/terms.pdf")" %PDF-
sign_detached "$work/new.pem" "$work/new.key" "$box/terms.pdf" "$box/bad"
refused "no corresponde" submit-letter "$(letter_args terms new bad)"
expect ok letter '{"letter":"terms"}'
cmp "$box/terms.pdf" "$work/terms.pdf" || die "another letter still"

# --- another company's letter, another step's, one with a link ----------------
fresh 20 to_terms_old
said() { pdftotext "$box/terms.pdf" - | grep -q -- "$1"; }
if command -v pdftotext > /dev/null; then
	behave letter-company:1
	expect ok letter '{"letter":"terms"}'
	said OEM990101AB5 || die "letter-company: the company's own"
	behave letter-step:1
	expect ok letter '{"letter":"terms"}'
	said "^Carta de Condiciones de Uso" || die "letter-step: the step's own"
	behave_well
	expect ok letter '{"letter":"terms"}'
	said "^Carta de T.*rminos" || die "the right one does not come back"
fi
behave letter-link:1
expect ok letter '{"letter":"terms"}'
cp "$box/terms.pdf" "$work/linked.pdf"
grep -aq example.invalid "$work/linked.pdf" || die "letter-link: no link"
expect ok letter '{"letter":"terms"}'
cmp "$box/terms.pdf" "$work/linked.pdf" || die "letter-link does not stay"

# --- nobody there, and servers that are not the portal -----------------------
stop_portal
unreachable connect data
stop_helper
if command -v openssl > /dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" \
		-subj /CN=localhost -days 2 -out "$work/tls.pem" 2> /dev/null
	openssl s_server -accept 127.0.0.1:0 -cert "$work/tls.pem" \
		-key "$work/tls.key" -www > "$work/tls.out" 2>&1 &
	server=$!
	for _ in $(seq 100); do
		grep -q '^ACCEPT' "$work/tls.out" && break
		sleep 0.05
	done
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$work/tls.out")
	session=
	start_helper 5 "https://127.0.0.1:$port/imss/"
	unreachable tls data
	stop_helper
	kill "$server"
	wait "$server" 2> /dev/null || true
	server=
fi
# Words that are not known are refused at the start.
"$FIRMA_REHEARSAL" serve "$portal" --behave no-such-word 2> /dev/null &&
	die "took an unknown word"
"$FIRMA_REHEARSAL" serve "$portal" --behave stall@nowhere 2> /dev/null &&
	die "took an unknown operation"
behave_well
serve --behave error-500@data:1,wait
session=
start_helper 5
unreachable server data
refused "sesión" data
passed
