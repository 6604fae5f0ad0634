# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lot.sh - section of test_agent.sh about movement lots.  All that stands in
# them is invented; check digits are right.

section "movement lot" movement_lot

# hire NSS GIVEN-NAMES   one line of a lot; \321 is the N with tilde
hire() {
	printf 'Z0000000017%s%-27s%-27s' "$1" PRUEBA FICTICIO
	printf "%b%$((27 - ${#2}))s" "${2/N~/\\0321 }" ''
	printf '045050      20003112026012  0801400%-10s ' W1
	printf 'PUFN010101HDFRCD039\r\n'
}
lot() {
	for n in 00000000018 00000000026 00000000034 00000000042; do
		hire $n NADIE
	done
	hire 00000000059 'NIN~A'
	printf '*************%43s%06d%71s01400%29s9\r\n' '' 5 '' ''
}

# proved SIGNATURE FILE   by a program that is not ours
proved() {
	openssl cms -verify -binary -cades -inform DER -in "$1" -content "$2" \
		-CAfile "$DIR/ca.pem" -purpose any -out "$DIR/content" \
		2> "$DIR/openssl.err" && cmp "$DIR/content" "$2"
}

movement_lot() {
	lot > "$DIR/lot.txt"
	same "$(wc -c < "$DIR/lot.txt")" $((6 * 170)) "octets of the lot"

	note "checked without an agent"
	expect 0 firma sign --lot --check "$DIR/lot.txt"
	says '^registro patronal: *Z0000000017$'
	says '^movements: *5$'
	says "$(sha256sum "$DIR/lot.txt" | cut -d' ' -f1)"
	expect 2 firma sign --check "$DIR/lot.txt"
	expect 2 firma sign acme --lot --digest 00
	note "a path that is no UTF-8 spoils no JSON"
	cp "$DIR/lot.txt" "$DIR/$(printf 'lot\377')"
	same "$(firma sign --lot --check --json "$DIR/$(printf 'lot\377')" |
		jq -c '[.valid, has("file")]')" "[true,false]" "JSON"

	practice_key

	note "signed as it is"
	expect 0 firma sign acme --lot "$DIR/lot.txt"
	says 'Z0000000017, 5 movements \(08: 5, 07: 0, 02: 0\), 2026-11-03 to'
	proved "$DIR/lot.txt.p7s" "$DIR/lot.txt" ||
		fail "openssl: $(cat "$DIR/openssl.err")"
	expect 0 firma verify "$DIR/lot.txt.p7s" --ca "$DIR/ca.pem"
	note "one octet less, and openssl refuses"
	head -c -1 "$DIR/lot.txt" > "$DIR/shorter"
	! proved "$DIR/lot.txt.p7s" "$DIR/shorter" || fail "it was taken"

	note "around it, from stdin, in JSON"
	firma sign acme --lot --json < "$DIR/lot.txt" > "$DIR/json" \
		2> "$DIR/said" || fail "$(cat "$DIR/said")"
	same "$(jq -r '[.sha256 == .lot.sha256, .lot.movements, .lot.valid,
		.lot.by_type["08"], .lot.line_ends] | map(tostring) | join(" ")' \
		"$DIR/json")" "true 5 true 5 crlf" "JSON"
	expect 0 firma sign acme --lot --format attached "$DIR/lot.txt"
	openssl cms -verify -binary -inform DER -in "$DIR/lot.txt.p7m" \
		-CAfile "$DIR/ca.pem" -purpose any -out "$DIR/content" \
		2> /dev/null || fail "openssl refuses the attached one"
	expect 0 cmp "$DIR/content" "$DIR/lot.txt"

	note "with an error nothing is signed"
	before=$(entries '.action == "sign"')
	same "$before" 3 "signatures"
	sed '3s/00000000034/00000000035/' "$DIR/lot.txt" > "$DIR/bad.txt"
	expect 10 firma sign acme --lot "$DIR/bad.txt"
	says 'bad.txt:3:22: NSS: the check digit .*, expected: 4$'
	says '1 error in the lot; nothing is signed'
	expect 10 firma sign acme --lot "$DIR/bad.txt" --lang es
	says 'bad.txt:3:22: NSS: el dígito verificador .*, se esperaba: 4$'
	for bad in utf-8 count binary; do
		case $bad in
		utf-8) iconv -f WINDOWS-1252 -t UTF-8 "$DIR/lot.txt" ;;
		count) sed 4d "$DIR/lot.txt" ;;
		binary) seq 150 | tr 0-9 '\000-\011' ;;
		esac > "$DIR/$bad.txt"
		expect 10 firma sign acme --lot "$DIR/$bad.txt"
		[ ! -e "$DIR/$bad.txt.p7s" ] || fail "$bad: a signature"
	done
	says 'and 50 more errors'
	expect 10 firma sign acme --lot /dev/zero -o "$DIR/none"
	says 'at most 100000 lines'
	[ ! -e "$DIR/none" ] || fail "a signature"
	expect 10 firma sign --lot --check --json "$DIR/count.txt"
	says '"rule": "count"'
	same "$(entries '.action == "sign"')" "$before" "signatures"
	expect 0 firma ledger verify
}
