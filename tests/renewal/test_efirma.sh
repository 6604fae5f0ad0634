#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The profile sat-efirma from end to end: the .ren as the tax authority's own
# program makes it, handed in by a person (helper manual); the rules about who
# signs and about a certificate that is over; what is made, checked with openssl.
. "$(dirname "$0")/lib.sh"

jumps() { # seconds, of the wall clock
	perl -e 'open(my $f, "+<", $ARGV[0]) or die;
	    print $f pack("q2", $ARGV[1] * 1e9, 0)' "$dir/jumps" "$1"
}

# An agent with the profile, whose clock can be set.
efirma_agent() {
	practice_config "$dir" "algorithm = rsa-2048"
	cat >> "$dir/firmad.conf" <<-CONF
		[profile sat-efirma]
		issuers = $dir/ca.pem
	CONF
	head -c 16 /dev/zero > "$dir/jumps"
	chmod 644 "$dir/jumps"
	FIRMA_JUMP=$dir/jumps FIRMA_JUMP_PROGRAM=firmad \
	    LD_PRELOAD=$BUILD/tests/agent/libjump.so \
	    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
	    practice_agent "$dir"
}

# The authority: openssl ca, four years, serials of twenty digits.
cat_config() {
	cat <<-CONF
		[ca]
		default_ca = sat
		[sat]
		database = $dir/index
		serial = $dir/serial
		new_certs_dir = $dir
		certificate = $dir/ca.pem
		private_key = $dir/portal/ca.key
		default_md = sha256
		policy = any
		unique_subject = no
		[any]
		commonName = optional
		name = optional
		organizationName = optional
		countryName = optional
		emailAddress = optional
		x500UniqueIdentifier = optional
		serialNumber = optional
		[req]
		string_mask = pkix
	CONF
}

# authority ALIAS REQUEST OUT   with the subject of that e.firma
authority() {
	[ -e "$dir/index" ] || {
		: > "$dir/index"
		printf 30001000000500000101 | od -An -v -tx1 | tr -d ' \n' > "$dir/serial"
		cat_config > "$dir/ca.conf"
	}
	openssl ca -config "$dir/ca.conf" -batch -notext -days 1461 -utf8 \
	    -subj "$(cat "$dir/$1.subject")" -in "$2" -inform DER -out "$3" \
	    2> "$dir/err" || { cat "$dir/err" >&2; fail "no certificate"; }
}

# efirma ALIAS RFC CURP NAME   a key on the token with an e.firma
efirma() {
	firma key generate --token practice --alias "$1" \
	    --pin-file "$dir/pin" > /dev/null
	firma request "$1" --subject CN=x -o "$dir/$1.csr" > /dev/null
	printf '/CN=%s/name=%s/O=%s/C=MX/emailAddress=correo@example.com/x500UniqueIdentifier=%s/serialNumber=%s' \
	    "$4" "$4" "$4" "$(echo "$2" | sed 's|/|\\/|')" "$(echo "$3" | sed 's|/|\\/|')" \
	    > "$dir/$1.subject"
	authority "$1" "$dir/$1.csr" "$dir/$1.pem"
	firma certificate import "$1" "$dir/$1.pem" > /dev/null
}

# The renewal that was started, from "handed in" to "the file is there".
answer() { printf '%s\n' "$@" > "$dir/answers"; }
export FIRMA_MANUAL_ANSWERS=''

# refused RULE WORDS OPTION...   a start that a rule refuses
refused() {
	rule=$1 words=$2
	shift 2
	run renew start --profile sat-efirma --token practice --no-run "$@"
	[ "$got" != 0 ] || fail "renew start $*: not refused"
	says "$rule"
	says "$words"
	[ "$(firma renew status --json | jq length)" = "${n_open:-0}" ] ||
	    fail "a renewal was begun"
}

# Everything in the .ren that the authority's program puts there, and nothing else.
check_ren() { # FILE, the signer's certificate, NAME of the key's request
	openssl cms -verify -inform DER -in "$1" -binary -certfile "$2" -nointern \
	    -noverify -out "$dir/request" 2> "$dir/err" ||
	    { cat "$dir/err" >&2; fail "$1 does not verify"; }
	openssl req -inform DER -in "$dir/request" -verify -noout 2> "$dir/err" ||
	    fail "its request does not verify"
	openssl cms -cmsout -print -noout -inform DER -in "$1" > "$dir/cms"
	[ "$(sed -n '/signedAttrs:/,/signatureAlgorithm:/s/^ *object: \([^ ]*\).*/\1/p' \
	    "$dir/cms" | tr '\n' ' ')" = "contentType signingTime messageDigest " ] ||
	    fail "other attributes: $(cat "$dir/cms")"
	[ "$(sed -n '/^ *signerInfos:/,$s/^ *algorithm: \([A-Za-z0-9]*\) .*/\1/p' \
	    "$dir/cms" | tr '\n' ' ')" = "sha1 rsaEncryption " ] ||
	    fail "other algorithms: $(cat "$dir/cms")"
	[ "$(grep -c 'd.certificate:' "$dir/cms")" = 1 ] || fail "not one certificate"
	grep -q '^ *version: 1 *$' "$dir/cms" || fail "another version"
	openssl asn1parse -inform DER -in "$1" > "$dir/asn1"
	! grep -q 'l=inf' "$dir/asn1" || fail "not DER"
	openssl req -inform DER -in "$dir/request" -noout -text > "$dir/text"
	grep -q 'sha1WithRSAEncryption' "$dir/text" || fail "request: not SHA-1"
	grep -qE 'challengePassword *:[A-Za-z0-9+/]{27}=$' "$dir/text" ||
	    fail "request: challenge"
	! grep -q 'X509v3' "$dir/text" || fail "request: extensions"
}

begin
practice_end "$dir/agent.pid"
efirma_agent
firma token unlock practice --pin-file "$dir/pin" > /dev/null
efirma person 'IAÑL750210963' 'IANL750210HSRNZS09' 'LUIS IAN ÑUZCO'
efirma company 'EKU9003173C9 / XIQB891116QE4' ' / XIQB891116MGRMZR05' 'ESCUELA KEMPER URGATE SA DE CV'
efirma other 'CACX7605101P8' 'CACX760510MGTSHC04' 'XOCHILT CASAS CHAVEZ'
efirma boss 'XIQB891116QE4' 'XIQB891116MGRMZR05' 'BERENICE XIMO QUEZADA'

# ---- who may sign, and until when
refused representative-only XIQB891116QE4 --old company
refused representative-only 'not CACX7605101P8' --old company --signer other
refused representative-only 'EKU9003173C9' --old company --signer company
refused representative-only 'signs for itself' --old person --signer boss
# Anybody can write an RFC into a certificate.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/fake.key" -days 9 -utf8 -subj \
    '/CN=x/x500UniqueIdentifier=XIQB891116QE4/serialNumber=XIQB891116MGRMZR05' \
    -out "$dir/fake.pem" 2> /dev/null
openssl pkey -in "$dir/fake.key" -outform DER -out "$dir/fake.der"
firma key import --cer "$dir/fake.pem" --key "$dir/fake.der" --token practice \
    --alias fake --pin-file "$dir/pin" > "$dir/out" 2>&1 < /dev/null || fail "no import"
refused representative-only 'none of the issuers' --old company --signer fake
refused '' 'needs RSA keys' --old person --algorithm p-256
jumps $((1462 * 86400))
refused old-certificate-valid 'must not be expired' --old person
jumps 0

# ---- a person's
FIRMA_MANUAL_ANSWERS=$dir/answers
answer l # handed in later
run renew start --profile sat-efirma --old person --new-alias next --token practice \
    --yes --dir "$dir/person" --pin-file "practice=$dir/pin" --email correo@example.com
[ "$got" = 9 ] || fail "renew start: exit $got"
ren=$(ls "$dir"/person/files/Renovacion_FIEL_IA_L750210963_????????_??????.ren) ||
    fail "no .ren in $dir/person/files"
check_ren "$ren" "$dir/person.pem"
openssl asn1parse -inform DER -in "$dir/request" > "$dir/asn1"
[ "$(sed -n 's/.*OBJECT  *:\(x500UniqueIdentifier\|serialNumber\|emailAddress\|commonName\)$/\1/p' \
    "$dir/asn1" | tr '\n' ' ')" = "x500UniqueIdentifier serialNumber emailAddress " ] ||
    fail "another subject: $(cat "$dir/asn1")"
# Latin-1 in a PrintableString, as in the authority's own files.
at=$(LC_ALL=C sed -n '/x500UniqueIdentifier/{n;s/^ *\([0-9]*\):.*PRINTABLESTRING.*/\1/p;}' "$dir/asn1")
[ "$(tail -c +$((at + 3)) "$dir/request" | head -c 13 | od -An -tx1 | tr -d ' \n')" = \
    "$(printf 'IA\321L750210963' | od -An -tx1 | tr -d ' \n')" ] ||
    fail "the RFC is written in another way"
run verify "$ren"
[ "$got" = 0 ] || fail "firma verify refuses it"
says 'IAÑL750210963'

# A certificate that comes to its end meanwhile signs nothing more.
run renew start --profile sat-efirma --old other --new-alias late --token practice \
    --no-run
[ "$got" = 0 ] || fail "renew start: exit $got"
for _ in 1 2 3; do
	run renew next 2 --yes --dir "$dir/late" --pin-file "practice=$dir/pin"
	[ "$got" = 0 ] || fail "renew next: exit $got"
done
[ "$(firma renew status 2 --json | jq -r .step)" = renewal.sign ] ||
    fail "not before the signature: $(firma renew status 2 --json)"
jumps $((1462 * 86400))
run renew next 2 --yes --dir "$dir/late" --pin-file "practice=$dir/pin"
[ "$got" != 0 ] || fail "signed with a certificate that is over"
says old-certificate-valid
jumps 0
firma renew abort 2 --yes > /dev/null

# A certificate of the old key, then the right one.
[ "$(firma key list --json | jq length)" = 8 ] || fail "not one new key"
authority person "$dir/person.csr" "$dir/wrong.pem"
authority person "$dir/request" "$dir/right.pem"
answer y y "$dir/wrong.pem"
run renew resume --yes --dir "$dir/person" --pin-file "practice=$dir/pin"
[ "$got" = 8 ] || fail "a certificate of the old key: exit $got"
says 'another key'
answer y "$dir/right.pem"
run renew resume --yes --dir "$dir/person" --pin-file "practice=$dir/pin"
[ "$got" = 0 ] || fail "renew resume: exit $got"
says 'renewed: 30001000000500000'
run renew evidence 1 --dir "$dir/evidence"
[ "$got" = 0 ] || fail "no evidence"
run renew evidence 1 --zip "$dir/evidence.zip"
run verify "$dir/evidence.zip"
[ "$got" = 0 ] || fail "its evidence does not hold"
says 'renewal.ren: *it is the request, signed by who may sign it'
[ "$(firma ledger show --json | jq -rs 'flatten | map(select(.format ==
    "sha1-attached")) | length')" = 1 ] || fail "the ledger's entry"
n_open=2

# ---- a company's, signed by its representative
answer l
run renew start --profile sat-efirma --old company --signer boss --new-alias nueva \
    --token practice --yes --dir "$dir/company" --pin-file "practice=$dir/pin"
[ "$got" = 9 ] || fail "renew start: exit $got"
ren=$(ls "$dir"/company/files/Renovacion_FIEL_EKU9003173C9_*.ren)
check_ren "$ren" "$dir/boss.pem"
openssl req -inform DER -in "$dir/request" -noout -subject -nameopt utf8,oid > "$dir/subject"
grep -qF '2.5.4.45=EKU9003173C9 / XIQB891116QE4, 2.5.4.5= / XIQB891116MGRMZR05' \
    "$dir/subject" || fail "another subject: $(cat "$dir/subject")"
run verify "$ren"
[ "$got" = 0 ] || fail "firma verify refuses it"
# Meanwhile the representative renews: that key stays until it has signed here.
answer l
run renew start --profile sat-efirma --old boss --new-alias boss-2 --token practice \
    --yes --dir "$dir/boss" --pin-file "practice=$dir/pin"
[ "$got" = 9 ] || fail "renew start: exit $got"
openssl cms -verify -inform DER -in "$(ls "$dir"/boss/files/Renovacion*)" -binary \
    -noverify -out "$dir/boss.request" 2> /dev/null
authority boss "$dir/boss.request" "$dir/boss-2.pem"
answer y y "$dir/boss-2.pem"
run renew resume 4 --yes --dir "$dir/boss" --pin-file "practice=$dir/pin"
[ "$got" = 0 ] || fail "renew resume: exit $got"
run renew retire 4 --yes
[ "$got" != 0 ] || fail "retired while it signs for another"
says 'signs for renewal 3'
authority company "$dir/request" "$dir/right.pem"
answer y y "$dir/right.pem"
run renew resume 3 --yes --dir "$dir/company" --pin-file "practice=$dir/pin"
[ "$got" = 0 ] || fail "renew resume: exit $got"
run renew retire 4 --yes
[ "$got" = 0 ] || fail "renew retire: exit $got"
run renew evidence 4 --zip "$dir/boss.zip"
[ "$got" = 0 ] || fail "no evidence of a retired key"
run verify "$dir/boss.zip"
[ "$got" = 0 ] || fail "the evidence of a retired key does not hold"
run renew evidence 3 --zip "$dir/company.zip" --ca "$dir/ca.pem"
[ "$got" = 0 ] || fail "no evidence"
run verify "$dir/company.zip"
[ "$got" = 0 ] || fail "its evidence does not hold"
says "signer.pem: *it may sign for the old certificate's holder"
says 'renewal.ren: *it is the request, signed by who may sign it'
says "renewal.ren: *the ledger has this signature"
says "request.csr: *it is signed by the new certificate's key"

# The same with another signer: somebody else, the company itself, nobody.
# forged WORDS NAME=FILE...   with report.html as it was, SHA256SUMS made anew
forged() {
	words=$1
	shift
	rm -rf "$dir/x"
	mkdir "$dir/x"
	bsdtar -C "$dir/x" -xf "$dir/company.zip"
	for change in "$@"; do
		rm -f "$dir/x/${change%%=*}"
		[ -z "${change#*=}" ] || cp "${change#*=}" "$dir/x/${change%%=*}"
	done
	(cd "$dir/x" && rm SHA256SUMS && find . -type f | sed 's|^\./||' |
	    LC_ALL=C sort | xargs sha256sum > ../sums && mv ../sums SHA256SUMS &&
	    rm -f ../bad.zip && bsdtar --format zip -cf ../bad.zip -- *)
	run verify "$dir/bad.zip"
	[ "$got" = "${want:-10}" ] || fail "forged, and exit $got"
	says "$words"
}
if command -v bsdtar > /dev/null; then
	rm -rf "$dir/x"
	mkdir "$dir/x"
	bsdtar -C "$dir/x" -xf "$dir/company.zip"
	cp "$dir/x/request.csr" "$dir/forged.csr"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/forger.key" \
	    -subj /CN=forger -out "$dir/forger.pem" 2> "$dir/err"
	openssl cms -sign -binary -nodetach -md sha1 -in "$dir/forged.csr" \
	    -signer "$dir/forger.pem" -inkey "$dir/forger.key" -outform DER \
	    -out "$dir/forged.ren" || fail "no forgery"
	forged 'renewal.ren: it is NOT the request, signed by who may' \
	    renewal.ren="$dir/forged.ren"
	forged 'signer.pem: it may NOT sign' renewal.ren="$dir/forged.ren" \
	    signer.pem="$dir/forger.pem"
	forged 'renewal.ren: the ledger does NOT have this signature' \
	    renewal.ren="$dir/forged.ren" signer.pem="$dir/forger.pem"
	forged 'signer.pem: it may NOT sign' signer.pem="$dir/other.pem"
	forged 'renewal.ren: it is NOT the request, signed by who may' signer.pem=
	want=13 forged 'ledger.jsonl: the ledger has a signature that is NOT here' \
	    renewal.ren= signer.pem=
else
	echo "without bsdtar: no evidence was forged"
fi
firma ledger verify > /dev/null || fail "the ledger's chain is broken"
echo "passed: sat-efirma"
