# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ticket.sh - sections of test_agent.sh about what portals want signed at their
# doors, and about seals.

section "tickets" tickets
section "seal" seal
section "requests of seals" seals

# A key with a certificate that names a test identity of the tax authority.
with_certificate() {
	practice_key "$1" --rfc "$2" --name 'ESCUELA KEMPER URGATE SA DE CV'
	openssl x509 -in "$DIR/acme.pem" -noout -pubkey > "$DIR/acme.pub"
}
form_field() { sed -n "s/^$1=//p" "$DIR/out"; }
unb64() { openssl base64 -d -A; }

tickets() {
	with_certificate rsa-2048 EKU9003173C9

	note "entry to the tax authority's portals, with SHA-1 where it is allowed"
	expect 4 firma ticket sat-portal acme
	says no-sha1
	printf '[key acme]\nsha1 = yes\n' >> "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	firma ticket sat-portal acme > "$DIR/out" || fail "no ticket"
	form_field token | unb64 > "$DIR/token"
	cut -d'#' -f1 "$DIR/token" | unb64 > "$DIR/content"
	cut -d'#' -f2 "$DIR/token" | unb64 | unb64 > "$DIR/sig"
	openssl dgst -sha1 -verify "$DIR/acme.pub" -signature "$DIR/sig" \
		"$DIR/content" > /dev/null || fail "openssl refuses the token"
	serial=$(firma certificate show acme --json | jq -r .serial)
	same "$(cat "$DIR/content")" "$(form_field guid)|EKU9003173C9|$serial" "content"
	has "$(form_field guid)" '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
	same "$(form_field fert)" "$(date -u -d "$(openssl x509 -in "$DIR/acme.pem" \
		-noout -enddate | cut -d= -f2)" +%y%m%d%H%M%SZ)" "fert"
	same "$(entries '.purpose == "ticket" and .name == "sat-portal" and
		.format == "sha1-raw"')" 1 "entries"

	note "an access ticket of another country's authority"
	firma ticket arca-wsaa acme --set 'service=wsfe&x' --json > "$DIR/json" ||
		fail "no ticket"
	jq -r .fields.in0 "$DIR/json" | unb64 > "$DIR/cms"
	openssl cms -verify -cades -inform DER -in "$DIR/cms" -CAfile "$DIR/ca.pem" \
		-purpose any -binary -out "$DIR/content" 2> "$DIR/err" ||
		fail "openssl: $(cat "$DIR/err")"
	same "$(jq -r .content "$DIR/json")" "$(cat "$DIR/content")" "content"
	has "$(cat "$DIR/content")" '<service>wsfe&amp;x</service></loginTicketRequest>$'
	has "$(cat "$DIR/content")" "<uniqueId>[0-9]{10}</uniqueId><generationTime>20[0-9-]*T[0-9:]*Z<"

	note "what is missing or wrong is named, and nothing is signed"
	before=$(entries '.action == "sign"')
	expect 11 firma ticket arca-wsaa acme
	says 'arg:service'
	expect 11 firma ticket nowhere acme
	says 'nowhere'
	printf '[ticket]\nname = x\n' > "$DIR/bad.ini"
	firma ticket "$DIR/bad.ini" acme > "$DIR/said" 2>&1 && fail "it was taken"
	grep -q "$DIR/bad.ini:1: .*content" "$DIR/said" || fail "$(cat "$DIR/said")"
	expect 11 firma ticket sat-portal nobody
	same "$(entries '.action == "sign"')" "$before" "signatures"
}

seal() {
	with_certificate rsa-2048 EKU9003173C9
	key practice curve p-256
	certificate curve
	printf '||4.0|A|1|2026-11-28T12:00:00|Ñandú & Cía|EKU9003173C9||' > "$DIR/cadena"

	note "base64 of PKCS#1 v1.5 with SHA-256"
	firma sello acme "$DIR/cadena" | unb64 > "$DIR/sig"
	openssl dgst -sha256 -verify "$DIR/acme.pub" -signature "$DIR/sig" \
		"$DIR/cadena" > /dev/null || fail "openssl refuses the seal"
	note "from stdin, with the certificate's number"
	firma sello acme --json < "$DIR/cadena" > "$DIR/json"
	same "$(jq -r .sello "$DIR/json")" "$(openssl base64 -A -in "$DIR/sig")" "seal"
	same "$(jq -r .certificado "$DIR/json" | unb64 | sha256sum)" \
		"$(openssl x509 -in "$DIR/acme.pem" -outform DER | sha256sum)" "certificate"
	note "a line end behind it is left out, and said"
	{ cat "$DIR/cadena"; printf '\r\n'; } > "$DIR/with-end"
	same "$(firma sello acme "$DIR/with-end" 2> "$DIR/said")" \
		"$(openssl base64 -A -in "$DIR/sig")" "seal"
	grep -q 'line end' "$DIR/said" || fail "nothing is said"

	note "what is no cadena original is not sealed"
	before=$(entries '.action == "sign"')
	for bad in '' 'x' '|1|' '||' '||a|' '||a\nb||' '||\361||' '||a||\n\n'; do
		# shellcheck disable=SC2059 # escapes are wanted
		printf "$bad" > "$DIR/bad"
		expect 10 firma sello acme "$DIR/bad"
		says 'nothing is signed'
	done
	expect 10 firma sello curve "$DIR/cadena"
	says 'RSA key'
	same "$(entries '.action == "sign"')" "$before" "signatures"
}

seals() {
	with_certificate rsa-2048 'EKU9003173C9 / XIQB891116QE4'
	key practice matriz rsa-2048
	key practice norte rsa-2048

	note "not with SHA-1, where the configuration does not say so"
	expect 4 firma seals acme 'matriz=Matriz Ñ' 'norte=Sucursal & Norte' -o "$DIR/x.sdg"
	says no-sha1
	[ ! -e "$DIR/x.sdg" ] || fail "something was written"
	printf '[key %s]\nsha1 = yes\n' acme matriz norte >> "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"

	note "a ZIP of requests, each by its key, signed with the e.firma"
	expect 0 firma seals acme 'matriz=Matriz Ñ' 'norte=Sucursal & Norte' -o "$DIR/x.sdg"
	openssl cms -verify -binary -inform DER -in "$DIR/x.sdg" -CAfile "$DIR/ca.pem" \
		-purpose any -out "$DIR/x.zip" 2> "$DIR/err" || fail "$(cat "$DIR/err")"
	mkdir "$DIR/zip"
	unzip -q "$DIR/x.zip" -d "$DIR/zip" || fail "no ZIP"
	same "$(ls "$DIR/zip" | sed 's/_[0-9]*_[0-9]*s/_S/')" \
		"CSD_Matriz___EKU9003173C9_S1.req
CSD_Sucursal___Norte_EKU9003173C9_S2.req" "names"
	for k in matriz norte; do
		case $k in matriz) ou='Matriz Ñ' f=$(echo "$DIR"/zip/*1.req) ;;
		*) ou='Sucursal & Norte' f=$(echo "$DIR"/zip/*2.req) ;; esac
		openssl req -inform DER -in "$f" -verify -noout 2> "$DIR/err" ||
			fail "$(cat "$DIR/err")"
		same "$(openssl req -inform DER -in "$f" -noout -subject -nameopt utf8,oid)" \
			"subject=2.5.4.45=EKU9003173C9 / XIQB891116QE4, 2.5.4.5= / PEGL800214MDFXRC08, 2.5.4.10=ESCUELA KEMPER URGATE SA DE CV, 2.5.4.11=$ou" \
			"$k's subject"
		same "$(openssl req -inform DER -in "$f" -noout -text |
			sed -n 's/ *challengePassword *://p')" \
			"ekojzwiBkFEAw7lQG8sn/BHDn7I=" "$k's challenge"
		same "$(openssl req -inform DER -in "$f" -noout -pubkey)" \
			"$(firma request $k --subject CN=x | openssl req -noout -pubkey)" "$k's key"
	done
	expect 0 firma verify "$DIR/x.sdg" --ca "$DIR/ca.pem"
	says 'EKU9003173C9'

	note "what is wrong is named before anything is signed"
	before=$(entries '.action == "sign"')
	expect 2 firma seals acme matriz -o "$DIR/y.sdg"
	expect 2 firma seals acme matriz=A matriz=B -o "$DIR/y.sdg"
	expect 11 firma seals nobody matriz=A -o "$DIR/y.sdg"
	expect 11 firma seals acme nobody=A -o "$DIR/y.sdg"
	same "$(entries '.action == "sign"')" "$before" "signatures"
}
