#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A stamp over a file: made by firma, verified by openssl and by firma.
. "$(dirname "$0")/begin.sh"

printf 'Carta de términos y condiciones\n' > "$dir/letter.txt"

note "a stamp over a file is what openssl verifies"
run 0 timestamp "$dir/letter.txt" --tsa "$URL" --tsa-ca "$dir/tsa-ca.pem"
says 'letter.txt.tsr: stamped at 20.* UTC by TSA de Práctica'
openssl ts -verify -in "$dir/letter.txt.tsr" -data "$dir/letter.txt" \
    -CAfile "$dir/tsa-ca.pem" > "$dir/openssl" 2>&1 || fail "openssl: $(cat "$dir/openssl")"
openssl ts -reply -in "$dir/letter.txt.tsr" -text > "$dir/text" 2> /dev/null
grep -q 'Policy OID: 1.3.6.1.4.1.99999.1' "$dir/text" || fail "openssl shows another policy"
same "$(stat -c %a "$dir/letter.txt.tsr")" 644 "mode"

note "an earlier stamp is not replaced by a later one"
before=$(sha256sum "$dir/letter.txt.tsr")
run 1 timestamp "$dir/letter.txt" --tsa "$URL"
says 'is there already'
same "$(sha256sum "$dir/letter.txt.tsr")" "$before" "the stamp"
run 0 timestamp "$dir/letter.txt" --tsa "$URL" --force
run 0 timestamp "$dir/letter.txt" --tsa "$URL" -o "$dir/other.tsr"

note "standard input, and JSON"
"$BUILD/cli/firma" timestamp - --tsa "$URL" < "$dir/letter.txt" > "$dir/stdin.tsr"
openssl ts -verify -in "$dir/stdin.tsr" -data "$dir/letter.txt" \
    -CAfile "$dir/tsa-ca.pem" > /dev/null 2>&1 || fail "openssl: of stdin"
json=$("$BUILD/cli/firma" timestamp "$dir/letter.txt" --tsa "$URL" --json -o "$dir/j.tsr")
same "$(jq -r '[.authority, .imprint, .policy, .in_signature, .imprint_hash] | join(" ")' <<< "$json")" \
    "TSA de Práctica sha256 1.3.6.1.4.1.99999.1 false $(sha256sum "$dir/letter.txt" | cut -d' ' -f1)" JSON

note "firma.conf says which authority"
cat > "$dir/firma.conf" <<CONF
# the office's
[timestamp]
url = $URL
ca = tsa-ca.pem
timeout = 20
CONF
FIRMA_CONFIG=$dir/firma.conf run 0 timestamp "$dir/letter.txt" -o "$dir/conf.tsr"
FIRMA_CONFIG=$dir/firma.conf run 0 verify "$dir/conf.tsr" -c "$dir/letter.txt"
says 'leads to the given certificates'
mkdir -p "$dir/home/.config/firmad"
cp "$dir/firma.conf" "$dir/tsa-ca.pem" "$dir/home/.config/firmad/"
HOME=$dir/home run 0 timestamp "$dir/letter.txt" -o "$dir/home.tsr"
for line in 'url = ftp://127.0.0.1/' 'timeout = 0' 'uri = x' '[stamp]' 'url'; do
	printf '[timestamp]\n%s\n' "$line" > "$dir/bad.conf"
	FIRMA_CONFIG=$dir/bad.conf run 1 timestamp "$dir/letter.txt" -o "$dir/bad.tsr"
	says 'bad.conf, line 2'
done
run 2 timestamp "$dir/letter.txt" -o "$dir/no.tsr"
says 'no time-stamping authority is configured'
[ ! -e "$dir/bad.tsr" ] && [ ! -e "$dir/no.tsr" ] || fail "something is written"

note "verify explains it, with and without the file"
run 0 verify "$dir/letter.txt.tsr"
says 'a time stamp'
says 'TSA de Práctica'
says 'not compared: no --tsa-ca'
run 0 verify "$dir/letter.txt.tsr" --tsa-ca "$dir/tsa-ca.pem"
says 'leads to the given certificates'
openssl ts -reply -in "$dir/letter.txt.tsr" -token_out -out "$dir/letter.tst" 2> /dev/null
run 0 verify "$dir/letter.tst" -c "$dir/letter.txt" --tsa-ca "$dir/tsa-ca.pem"
echo another > "$dir/another.txt"
run 10 verify "$dir/letter.tst" -c "$dir/another.txt"
says 'something else'
run 10 verify "$dir/letter.txt.tsr" -c "$dir/another.txt"
run 8 verify "$dir/letter.txt.tsr" --tsa-ca "$dir/stranger.pem"
says 'time-stamping authority'
for n in 1 20 100 1000; do
	head -c "$n" "$dir/letter.txt.tsr" > "$dir/cut.tsr"
	run 12 verify "$dir/cut.tsr"
done

note "a file larger than memory should hold is stamped and verified by its digest"
truncate -s 64M "$dir/large"
run 0 timestamp "$dir/large" --tsa "$URL"
run 0 verify "$dir/large.tsr"
says 'over the file'

note "and when it is another digest"
(
	cd "$tsa"
	openssl ts -query -data "$dir/large" -sha384 -cert -out q 2> /dev/null
	openssl ts -reply -config tsa.cnf -section good -queryfile q \
	    -out "$dir/large.tsr" 2> /dev/null
)
run 0 verify "$dir/large.tsr" --tsa-ca "$dir/tsa-ca.pem"
says 'over the file'
printf x >> "$dir/large"
run 10 verify "$dir/large.tsr"
says 'something else'

note "stamps of other programs: SHA-512 over the octets, SHA-1 in ESS"
(
	cd "$tsa"
	sed -i 's/ess_cert_id_alg = sha256/ess_cert_id_alg = sha1/' tsa.cnf
	openssl ts -query -data "$dir/letter.txt" -sha512 -cert -out q 2> /dev/null
	openssl ts -reply -config tsa.cnf -section good -queryfile q \
	    -out "$dir/foreign.tsr" 2> /dev/null
)
run 0 verify "$dir/foreign.tsr" -c "$dir/letter.txt" --tsa-ca "$dir/tsa-ca.pem"
says 'sha512'
passed
