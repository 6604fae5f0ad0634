#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_renewal.sh - the whole procedure through the helper, for an RSA and an EC
# company and, where they are at hand, for real expired e.firma certificates.
. "$(dirname "$0")/lib.sh"

# The certificate that came: serial, dates, name, key, issuer.
check_certificate() {
	local days serial

	# Hex of ASCII digits: 3x for each.
	serial=$(openssl x509 -in "$work/new.pem" -noout -serial |
		sed 's/serial=//; s/3\([0-9]\)/\1/g')
	is "serial's length" "${#serial}" 20
	is "serial shown" "$serial" "$(company .new_serial)"
	is "subject, octet by octet" \
		"$(openssl x509 -in "$work/new.pem" -noout -subject_hash)" \
		"$(openssl x509 -in "$work/old.pem" -noout -subject_hash)"
	is "subject" "$(openssl x509 -in "$work/new.pem" -noout -subject \
		-nameopt RFC2253,show_type,dump_all)" \
		"$(openssl x509 -in "$work/old.pem" -noout -subject \
		-nameopt RFC2253,show_type,dump_all)"
	is "key" "$(openssl x509 -in "$work/new.pem" -noout -pubkey)" \
		"$(openssl pkey -in "$work/new.key" -pubout)"
	openssl verify -CAfile "$portal/ca.pem" "$work/new.pem" > /dev/null ||
		die "the chain does not verify"
	days=$((($(date -d "$(openssl x509 -in "$work/new.pem" -noout \
		-enddate | cut -d= -f2)" +%s) - $(date +%s)) / 86400))
	[ "$days" -ge 728 ] && [ "$days" -le 731 ] || die "valid $days days"
	openssl x509 -in "$work/new.pem" -noout -text |
		grep -q 'CRL Distribution' || die "no CRL distribution point"
}

renew() { # KEY-TYPE
	serve
	start_helper
	to_conditions "$1"
	check_certificate
	is "stage" "$(company .stage)" conditions
	expect ok submit-letter "$(letter_args conditions new conditions.new)"
	enter "$work/new.pem" "$work/new.key" home
	is "stage" "$(company .stage)" home
	is "one request" "$(company '.request | [.accepted, .repeats]' |
		tr -d ' \n')" '[1,0]'
	is "letters, each once" "$(company '.letters |
		[.terms.old, .terms.new, .conditions.new] | map(.accepted, .repeats)' |
		tr -d ' \n')" '[1,0,1,0,1,0]'
	is "no old signature on the conditions" \
		"$(company .letters.conditions.old)" null
	is "e-mail" "$(company .email)" nuevo@patron.example
	is "mail" "$(company .mail)" not-sent
	is "logins" "$(company '.logins | [.expired, .conditions, .home]' |
		tr -d ' \n')" '[1,1,1]'
	is "refused" "$(company .refused)" 0
	stop_helper
	stop_portal
	session=
}

letters() {
	command -v pdftotext > /dev/null || { echo "no pdftotext"; return; }
	pdftotext "$work/terms.pdf" "$work/terms.txt"
	has "terms" "$(tr '\n' ' ' < "$work/terms.txt")" \
		"Obtención y Uso del NPIE y Certificado Digital"
	has "terms" "$(cat "$work/terms.txt")" "MUEBLES PEÑA SA DE CV"
	has "terms" "$(cat "$work/terms.txt")" "Y5472318103"
	pdftotext "$work/conditions.pdf" "$work/conditions.txt"
	has "conditions" "$(cat "$work/conditions.txt")" \
		"Carta de Condiciones de Uso"
	has "conditions" "$(cat "$work/conditions.txt")" "MPE150312AB6"
}

"$FIRMA_REHEARSAL" init "$portal"
issue_old rsa2048
is "expired" "$(openssl x509 -in "$work/old.pem" -noout -checkend 0 \
	> /dev/null && echo no || echo yes)" yes
renew rsa2048
letters
"$FIRMA_REHEARSAL" init "$portal" 2> /dev/null && die "init twice"

for curve in P-256 P-384; do
	rm -rf "$portal" "$box"/*
	"$FIRMA_REHEARSAL" init "$portal"
	issue_old "$curve"
	renew "$curve"
done

# Real certificates: T61String, Ñ, &, no OU, another issuer.
fixtures=${FIRMA_FIXTURES:-}
if [ -d "$fixtures/sat/fiel" ]; then
	for cer in "$fixtures"/sat/fiel/*.cer; do
		case $cer in *_csd.cer) continue ;; esac
		rm -rf "$portal" "$box"/*
		"$FIRMA_REHEARSAL" init "$portal"
		"$FIRMA_REHEARSAL" enrol "$portal" --cert "$cer"
		openssl x509 -inform DER -in "$cer" -out "$work/old.pem"
		openssl pkey -inform DER -in "${cer%.cer}.key" \
			-passin pass:12345678a -out "$work/old.key"
		renew rsa2048
		"$FIRMA_REHEARSAL" enrol "$portal" --cert "$cer" \
			2> /dev/null && die "enrolled twice"
	done
else
	echo "real certificates: skipped, none at hand"
fi
passed
