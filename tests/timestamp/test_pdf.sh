#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# PAdES B-T: a PDF signed with a key on a token, its signature stamped; judged by
# pdfsig, qpdf and openssl.
. "$(dirname "$0")/agent.sh"
for tool in qpdf pdfsig; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
export FIRMA_HELPER_DIR=$BUILD/cli/helpers
"$BUILD/tests/pdf/pdf_make" plain > "$dir/letter.pdf"

# The signature of FILE, and what it is over: in DIR/cms, DIR/covered.
cut_out() {
	perl -e 'local $/; open(F, "<:raw", $ARGV[0]); $_ = <F>;
		my ($a, $b, $c) = /.*\/ByteRange \[0 0*(\d+) 0*(\d+) 0*(\d+)\]/s;
		open(O, ">:raw", "$ARGV[1]/covered");
		print O substr($_, 0, $a), substr($_, $b, $c);
		open(O, ">:raw", "$ARGV[1]/cms");
		print O pack("H*", substr($_, $a + 1, $b - $a - 2))' "$1" "$dir"
}

note "signed and stamped"
run 0 sign acme "$dir/letter.pdf" --pades --timestamp --tsa "$URL" \
    --tsa-ca "$dir/tsa-ca.pem" --visible 1,100,100,200,60
out=$dir/letter.signed.pdf
cut_out "$out"
proved "$dir/cms" "$dir/covered"
stamp_proved "$dir/cms"
qpdf --check "$out" > "$dir/said" 2>&1 || fail "qpdf"
pdfsig "$out" > "$dir/said" 2>&1 || :
says 'Signature is Valid'
run 0 verify "$out" --ca "$dir/ca.pem" --tsa-ca "$dir/tsa-ca.pem"
says 'PAdES-T'
says 'TSA de Práctica'
same "$("$BUILD/cli/firma" verify "$out" --json | jq -c '.valid,
    (.signatures[0].timestamps | length, .[0].valid)' | tr '\n' ' ')" \
    'true 1 true ' JSON
run 8 verify "$out" --tsa-ca "$dir/stranger.pem"

note "no authority: the signature is kept, and that there is no stamp is told"
got=0
"$BUILD/cli/firma" sign acme "$dir/letter.pdf" --pades --timestamp \
    --tsa http://127.0.0.1:1/ -o "$dir/unstamped.pdf" > "$dir/said" 2>&1 ||
    got=$?
[ "$got" != 0 ] || fail "no word of the missing stamp"
says 'it is signed, without a time stamp'
run 0 verify "$dir/unstamped.pdf" --ca "$dir/ca.pem"
passed
