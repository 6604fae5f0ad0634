#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# CAdES-T: signed with a key on a token, stamped, and verified by openssl and, where
# it is there, by GnuTLS.
. "$(dirname "$0")/agent.sh"

printf 'Carta de términos\n' > "$dir/letter"
for format in detached attached; do
	note "signed and stamped: $format"
	out=$dir/$format.cms
	run 0 sign acme "$dir/letter" --format $format -o "$out" --timestamp \
	    --tsa "$URL" --tsa-ca "$dir/tsa-ca.pem"
	[ $format = attached ] && proved "$out" || proved "$out" "$dir/letter"
	cmp -s "$dir/content" "$dir/letter" || fail "other content"
	stamp_proved "$out"
	content=()
	[ $format = attached ] || content=(--load-data "$dir/letter")
	! command -v certtool > /dev/null ||
	    certtool --p7-verify --inder --infile "$out" "${content[@]}" \
	    --load-ca-certificate "$dir/ca.pem" > "$dir/openssl" 2>&1 ||
	    fail "certtool: $(cat "$dir/openssl")"
	run 0 verify "$out" -c "$dir/letter" --ca "$dir/ca.pem" \
	    --tsa-ca "$dir/tsa-ca.pem"
	says 'CAdES-T'
	says 'TSA de Práctica'
	says 'the certificate was valid'
	same "$("$BUILD/cli/firma" verify "$out" -c "$dir/letter" --json |
	    jq -c '[.valid, (.timestamps | length), .timestamps[0].valid,
	    .timestamps[0].signer_valid_then, .timestamps[0].chain]')" \
	    '[true,1,true,true,false]' JSON
	run 8 verify "$out" -c "$dir/letter" --tsa-ca "$dir/stranger.pem"
	says 'if you believe that authority'
done

note "a stamp that is added later leaves the signature as it was"
run 0 sign acme "$dir/letter"
cp "$dir/letter.p7s" "$dir/before.p7s"
run 0 timestamp "$dir/letter.p7s" --tsa "$URL"
says 'letter.p7s: stamped at'
proved "$dir/letter.p7s" "$dir/letter"
stamp_proved "$dir/letter.p7s"
openssl cms -cmsout -inform DER -in "$dir/before.p7s" -print -noout \
    > "$dir/before.txt"
openssl cms -cmsout -inform DER -in "$dir/letter.p7s" -print -noout \
    > "$dir/after.txt"
# All of what openssl prints but the unsigned attributes.
diff <(sed '/unsignedAttrs/,$d' "$dir/before.txt") \
    <(sed '/unsignedAttrs/,$d' "$dir/after.txt") > /dev/null ||
    fail "the signed part is another"
run 1 timestamp "$dir/letter.p7s" --tsa "$URL"
says 'there is a time stamp in it already'
run 0 timestamp "$dir/letter.p7s" --tsa "$URL" --force
same "$("$BUILD/cli/firma" verify "$dir/letter.p7s" --json |
    jq '.timestamps | length')" 2 "stamps"
run 0 timestamp "$dir/before.p7s" --tsa "$URL" --beside
openssl ts -verify -in "$dir/before.p7s.tsr" -data "$dir/before.p7s" \
    -CAfile "$dir/tsa-ca.pem" > /dev/null 2>&1 || fail "openssl ts: beside"

note "openssl's own signature is stamped too, and a message in BER is left alone"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/other.key" \
    -subj /CN=Other -days 9 -out "$dir/other.pem" 2> /dev/null
openssl cms -sign -binary -in "$dir/letter" -signer "$dir/other.pem" \
    -inkey "$dir/other.key" -outform DER -out "$dir/other.p7s" -nosmimecap
run 0 timestamp "$dir/other.p7s" --tsa "$URL"
stamp_proved "$dir/other.p7s"
openssl cms -sign -binary -stream -in "$dir/letter" -signer "$dir/other.pem" \
    -inkey "$dir/other.key" -outform DER -out "$dir/ber.p7m" -nosmimecap -nodetach
before=$(sha256sum "$dir/ber.p7m")
run 1 timestamp "$dir/ber.p7m" --tsa "$URL"
says 'not written in DER'
says 'beside'
same "$(sha256sum "$dir/ber.p7m")" "$before" "the message in BER"

note "a stamp of another signature is told"
"$BUILD/cli/firma" sign acme "$dir/letter" -o "$dir/a.p7s" --timestamp \
    --tsa "$URL" 2> /dev/null
token_of "$dir/a.p7s"
# Its signature is another from here on.
cp "$dir/a.p7s" "$dir/b.p7s"
at=$(sed '/timeStampToken/q' "$dir/asn1" |
    sed -n 's/^ *\([0-9]*\):.*prim: OCTET STRING.*/\1/p' | tail -n 1)
printf 'X' | dd of="$dir/b.p7s" bs=1 seek=$((at + 100)) conv=notrunc 2> /dev/null
run 10 verify "$dir/b.p7s" -c "$dir/letter"
says 'something else'

note "a bare signature has no place for it; a mistake is told before the token signs"
entries=$(firma ledger show --json | wc -l)
run 2 sign acme "$dir/letter" --format raw --timestamp --tsa "$URL"
run 2 sign acme "$dir/letter" --timestamp
says 'no time-stamping authority'
run 1 sign acme "$dir/letter" --timestamp --tsa "$URL" --tsa-ca "$dir/none.pem"
same "$(firma ledger show --json | wc -l)" "$entries" "entries of the ledger"

passed
