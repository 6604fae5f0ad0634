#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_stamped.sh - document time stamps: an authority's word over a PDF, read and
# verified; before and after signatures.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pdf/verify_lib.sh
. "$(dirname "$0")/verify_lib.sh"
# shellcheck source=tests/timestamp/lib.sh
. "$SOURCE/tests/timestamp/lib.sh"
keys rsa-2048
own_key
tsa_make "$DIR"
# shellcheck disable=SC2154 # tsa_make says where
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tsa/other.key" -subj \
		/CN=nadie -days 9 -out "$DIR/stranger.pem" 2> /dev/null

# token OF TO [DIGEST]   over the octets of a file
token() {
	(cd "$tsa" && openssl ts -query -data "$1" "-${3:-sha256}" -cert \
		-out query.tsq 2> /dev/null &&
		openssl ts -reply -config tsa.cnf -section good -queryfile \
			query.tsq -token_out -out "$2" 2> /dev/null) ||
		fail "no token"
}
# stamp_hole FILE [OTHER]   a token into its hole; over OTHER instead of the file
stamp_hole() {
	hole_of "$1"
	token "${2:-$work/covered}" "$work/cms"
	into_hole "$1"
}
stamp="<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161
	/ByteRange [0 0000000000 0000000000 0000000000] /Contents <$(printf '0%.0s' {1..12000})> >>"
# stamped FILE TO   with one more section that has a time stamp
stamped() {
	local c p form
	c=$(object "$1" 1) p=$(object "$1" 3)
	form=$(sed -n 's/.*\/AcroForm \([0-9]*\) 0 R.*/\1/p' <<< "$c")
	if [ -n "$form" ]; then
		c=$(object "$1" "$form")
	else
		form=1
	fi
	c=$(sed 's/\(\/Fields \[[^]]*\)\]/\1 90 0 R ]/' <<< "$c")
	p=$(sed 's/\(\/Annots \[[^]]*\)\]/\1 90 0 R ]/' <<< "$p")
	[[ $c == *90* && $p == *90* ]] || fail "no place for a field: $c $p"
	update "$1" "$form" "$c" 3 "$p" 90 \
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (sello) /V 91 0 R /P 3 0 R /F 132 /Rect [0 0 0 0] >>" \
		91 "$stamp"
	stamp_hole "$work/x.pdf"
	cp "$work/x.pdf" "$2"
}

note "a stamp over a signed document"
make plain
expect 0 firma sign rsa-2048 "$work/plain.pdf" --pades -o "$work/one.pdf"
stamped "$work/one.pdf" "$work/stamped.pdf"
look 0 "$work/stamped.pdf"
is '[.valid, (.signatures[] | [.kind, .valid, .later])]' \
	'[true,["signature",true,"signatures"],["timestamp",true,"nothing"]]'
is '.signatures[1].timestamp | [.authority, .compared, .chain]' \
	'["TSA de Práctica",true,false]'
now=$(date -u +%Y-%m-%dT%H)
[[ $(jq -r '.signatures[1].timestamp.time' "$work/json") == "$now"* ]] ||
	fail "when: $(cat "$work/json")"
same "$(jq -r '.signatures[1].timestamp.imprint_hash' "$work/json")" \
	"$(sha256sum < "$work/covered" | cut -d' ' -f1)" "over which octets"
expect 0 firma verify "$work/stamped.pdf" --ca "$DIR/ca.pem" \
	--tsa-ca "$DIR/tsa-ca.pem"
says 'signatures: 1, document time stamps: 1'
says 'leads to the given certificates'
says 'authority: +TSA de Práctica'
says 'covers: +the whole file'
expect 0 firma verify "$work/stamped.pdf" --lang es
says 'sellos de tiempo del documento: 1'
expect 8 firma verify "$work/stamped.pdf" --tsa-ca "$DIR/stranger.pem"
# By who is not ours.
(cd "$work" && openssl ts -verify -token_in -in cms -data covered -CAfile \
	"$DIR/tsa-ca.pem" > "$DIR/ts.out" 2>&1) || fail "$(cat "$DIR/ts.out")"

note "signed once more: what was there stays valid"
expect 0 firma sign rsa-2048 "$work/stamped.pdf" --pades -o "$work/two.pdf"
look 0 "$work/two.pdf"
is '[.signatures[] | [.kind, .valid, .later]]' \
	'[["signature",true,"signatures"],["timestamp",true,"signatures"],["signature",true,"nothing"]]'

note "a stamp that is not one over these octets"
cp "$work/stamped.pdf" "$work/x.pdf"
at=$(cat "$work/at")
echo otra > "$work/other"
token "$work/other" "$work/cms"
perl -e 'open(F, "+<:raw", $ARGV[0]); seek(F, $ARGV[1] + 1, 0); print F "0" x 12000' \
	"$work/x.pdf" "$at"
into_hole "$work/x.pdf"
look 10 "$work/x.pdf"
is '[.signatures[] | .valid]' '[true,false]'
note "a signature where a stamp should be, and the other way round"
openssl cms -sign -cades -binary -nosmimecap -md sha256 -outform DER \
	-in "$work/covered" -signer "$work/own.pem" -inkey "$work/own.key" \
	-out "$work/cms"
into_hole "$work/x.pdf"
status=0
firma verify "$work/x.pdf" > /dev/null 2> "$work/said" || status=$?
case $status in 10 | 12) ;; *) fail "a signature as a stamp: $status" ;; esac
make hole
hole_of "$work/hole.pdf"
token "$work/covered" "$work/cms"
into_hole "$work/hole.pdf"
status=0
firma verify "$work/hole.pdf" > /dev/null 2> "$work/said" || status=$?
case $status in 10 | 12) ;; *) fail "a stamp as a signature: $status" ;; esac

note "changed behind a stamp"
replaced "$work/stamped.pdf" 3 '/MediaBox [ 0 0 612 792 ]' '/MediaBox [ 0 0 300 300 ]'
look 10 "$work/x.pdf"
is '[.signatures[] | [.valid, .later]]' '[[false,"other"],[false,"other"]]'
says 'changed after it was signed in field sello'

note "a stamp alone is no signature"
make hole-stamp
stamp_hole "$work/hole-stamp.pdf"
look 10 "$work/hole-stamp.pdf"
is '[.valid, (.signatures[] | [.kind, .valid, .later])]' \
	'[false,["timestamp",true,"nothing"]]'
says 'there is no signature in it'

note "certified against any change: a stamp may come"
laid_out hole-form-final
stamped "$in" "$work/final.pdf"
look 0 "$work/final.pdf"
is '[.signatures[] | [.kind, .valid, .later]] | sort' \
	'[["signature",true,"signatures"],["timestamp",true,"nothing"]]'
echo "passed"
