# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# import.sh - sections of test_agent.sh about keys that come from files.

section "import real pairs" import_real
section "import pfx" import_pfx
section "token that cannot import" no_import
section "software token" software

# imported ALIAS CER   it is there, marked, and signs for its certificate
imported() {
	flags=$(ask "5 5000 key_list key=$1" | sed -n 's/.* flags=\([0-9]*\).*/\1/p')
	[ $((flags & 0x40)) != 0 ] || fail "$1 is not marked as imported: $flags"
	[ $((flags & 0x01)) = 0 ] || fail "$1 is said to be made on the token"
	[ $((flags & 0x80)) != 0 ] || fail "$1 has no certificate"
	echo "letter for $1" > "$DIR/letter"
	expect 0 firma sign "$1" "$DIR/letter" --format raw -o "$DIR/sig"
	openssl x509 -inform "$3" -in "$2" -noout -pubkey > "$DIR/pub"
	expect 0 openssl dgst -sha256 -verify "$DIR/pub" -signature "$DIR/sig" \
		"$DIR/letter"
}
take() {
	expect 0 firma key import --cer "$1" --key "$2" --password-file "$3" \
		--token practice --alias "$4"
}

import_real() {
	[ -d "$FIXTURES/fiel" ] || skip "no $FIXTURES/fiel"
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	echo 12345678a > "$DIR/password"
	n=0
	for cer in "$FIXTURES"/fiel/*.cer "$FIXTURES"/valid-2027/*.cer; do
		n=$((n + 1))
		alias=pair$n
		note "$(basename "$cer")"
		take "$cer" "${cer%.cer}.key" "$DIR/password" $alias
		imported $alias "$cer" DER
	done
	[ $n -ge 12 ] || fail "only $n pairs"

	one=$FIXTURES/fiel/eku9003173c9 two=$FIXTURES/fiel/cacx7605101p8
	note "a wrong password"
	echo wrong > "$DIR/wrong"
	expect 10 firma key import --cer "$one.cer" --key "$one.key" \
		--password-file "$DIR/wrong" --token practice --alias bad
	says 'password'
	note "a pair that is none"
	expect 10 firma key import --cer "$one.cer" --key "$two.key" \
		--password-file "$DIR/password" --token practice --alias bad
	says 'do not belong together'
	note "a key made by the authority's program, for another certificate"
	printf 'Test_ia\361l750210963!\n' > "$DIR/cp1252"
	expect 10 firma key import --cer "$FIXTURES/fiel/ian_l750210963.cer" \
		--key "$FIXTURES/certifica/renewal.key" \
		--password-file "$DIR/cp1252" --token practice --alias bad
	says 'do not belong together'
	note "files that are neither"
	expect 10 firma key import --cer "$one.key" --key "$one.cer" \
		--password-file "$DIR/password" --token practice --alias bad
	expect 11 firma key show bad

	note "with a certificate of its own it is imported: windows-1252 password"
	openssl pkcs8 -inform DER -in "$FIXTURES/certifica/renewal.key" \
		-passin "file:$DIR/cp1252" -out "$DIR/renewal.pem" 2> /dev/null
	openssl req -new -x509 -key "$DIR/renewal.pem" -subj /CN=renewal \
		-outform DER -out "$DIR/renewal.cer" 2> /dev/null
	printf 'Test_iañl750210963!\n' > "$DIR/utf8"
	take "$DIR/renewal.cer" "$FIXTURES/certifica/renewal.key" "$DIR/utf8" renewal
	imported renewal "$DIR/renewal.cer" DER
	expect 0 firma ledger verify
	same "$(entries '.action == "key-import" and .result == "ok"')" \
		$((n + 1)) "entries"
}

# A pair of our own: DIR/NAME.key and .pem; as the authority gives it: .cer, .der
own_pair() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$DIR/$1.key" \
		-subj "/CN=$1" -out "$DIR/$1.pem" 2> /dev/null
	openssl x509 -in "$DIR/$1.pem" -outform DER -out "$DIR/$1.cer"
	echo secreto > "$DIR/password"
	openssl pkcs8 -topk8 -in "$DIR/$1.key" -outform DER -v2 des3 \
		-passout "file:$DIR/password" -out "$DIR/$1.der"
}

import_pfx() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	for kind in new old; do
		note "$kind ciphers"
		own_pair $kind
		legacy=
		[ $kind = new ] || legacy=-legacy
		# shellcheck disable=SC2086 # may be empty
		openssl pkcs12 -export $legacy -inkey "$DIR/$kind.key" \
			-in "$DIR/$kind.pem" -passout "file:$DIR/password" \
			-out "$DIR/$kind.pfx" || fail "openssl made no $kind file"
		expect 0 firma key import --pfx "$DIR/$kind.pfx" --token practice \
			--alias $kind --password-file "$DIR/password"
		imported $kind "$DIR/$kind.pem" PEM
	done
	note "the same key under another name is refused"
	expect 1 firma key import --pfx "$DIR/new.pfx" --token practice \
		--alias again --password-file "$DIR/password"
	says 'new is the same key'
	same "$(firma key list --json | jq length)" 2 "keys"
	note "a wrong password"
	echo wrong > "$DIR/wrong"
	expect 10 firma key import --pfx "$DIR/new.pfx" --token practice \
		--alias bad --password-file "$DIR/wrong"
	says 'password'
	note "a damaged file"
	head -c 500 "$DIR/new.pfx" > "$DIR/cut.pfx"
	expect 10 firma key import --pfx "$DIR/cut.pfx" --token practice \
		--alias bad --password-file "$DIR/password"
}

no_import() {
	practice_config "$DIR"
	sinner no-import
	practice_agent "$DIR"
	token practice
	token sinner
	own_pair own
	note "it says so, and offers the software token"
	expect 6 firma key import --cer "$DIR/own.cer" --key "$DIR/own.der" \
		--password-file "$DIR/password" --token sinner --alias own < /dev/null
	says 'software token'
	says 'makes its own keys'
	expect 11 firma key show own
	note "on the wire: FIRMA_ERR_TOKEN_NO_IMPORT is what the offer rests on"
	grep -q 'cannot import keys' "$DIR/agent.log" || fail "another reason"
	note "what it makes itself still works"
	key sinner made
	[ -n "$(sign made a)" ] || fail "no signature"
	alive
}

software() {
	practice_config "$DIR"
	softhsm=$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)
	sinner no-import
	cat >> "$DIR/firmad.conf" <<-CONF
		[token soft]
		module = $softhsm
		label = soft
		software = yes
	CONF
	practice_agent "$DIR"
	token sinner
	own_pair own
	until_true 10 is_state soft blank
	token soft
	same "$(mode_of "$DIR/state/software-soft")" 700 "its folder"
	note "--software finds it"
	expect 0 firma key import --cer "$DIR/own.cer" --key "$DIR/own.der" \
		--password-file "$DIR/password" --software --alias own
	same "$(firma key show own --json | jq -r '.[0].token')" soft "token"
	imported own "$DIR/own.cer" DER
	note "its key file is nobody else's, after a restart too"
	restart
	expect 0 firma token unlock soft --pin-file "$DIR/pin"
	imported own "$DIR/own.cer" DER
	[ -z "$(find "$DIR/state/software-soft" -perm /077)" ] ||
		fail "open to others: $(find "$DIR/state/software-soft" -perm /077)"
}
mode_of() { stat -c %a "$1"; }
