#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_refused.sh - what is not signed: the reason is told, nothing is written,
# nothing is asked of the token, and it takes no time.
. "$(dirname "$0")/lib.sh"
keys rsa-2048
out=$work/out.pdf
before=$(entries '.action == "sign"')

# refused STATUS FILE PATTERN
refused() {
	SECONDS=0
	expect "$1" firma sign rsa-2048 "$2" --pades -o "$out"
	says "$3"
	says '  -> '
	[ ! -e "$out" ] || fail "$2: something was written"
	[ $SECONDS -le 35 ] || fail "$2: $SECONDS seconds"
}

note "what its author or an earlier signature forbids"
for shape in certified locked xfa; do
	make $shape
done
refused 8 "$work/certified.pdf" 'certified, and its author allows no changes'
refused 8 "$work/locked.pdf" 'an earlier signature locks the field: Signature1'
refused 8 "$work/xfa.pdf" 'XFA form'

note "encrypted, with and without a password to read it"
make plain
for pass in '' secret; do
	qpdf --encrypt "$pass" owner 256 -- "$work/plain.pdf" "$work/e.pdf"
	refused 8 "$work/e.pdf" 'the PDF is encrypted'
done
# Unknown to qpdf.
sed 's/\/Size 5/\/Size 5 \/Encrypt << \/Filter \/Nobody \/V 9 >>/' \
	"$work/plain.pdf" > "$work/e.pdf"
refused 8 "$work/e.pdf" 'the PDF is encrypted'

note "broken"
for shape in loop field-loop prev-loop deep huge length two-roles no-box; do
	make $shape
	refused 12 "$work/$shape.pdf" 'the PDF is damaged: '
done
make many
refused 12 "$work/many.pdf" 'the PDF is over a limit: '
: > "$work/x.pdf"
refused 12 "$work/x.pdf" 'this is no PDF'
{ echo junk; cat "$work/plain.pdf"; } > "$work/x.pdf"
refused 12 "$work/x.pdf" 'this is no PDF'
head -c 100000 /dev/urandom > "$work/x.pdf"
refused 12 "$work/x.pdf" 'this is no PDF'
{ echo '%PDF-1.7'; head -c 100000 /dev/urandom; } > "$work/x.pdf"
refused 12 "$work/x.pdf" 'the PDF is damaged: '
# A table that is off by one: qpdf alone would repair it.
sed 's/^startxref$/ startxref/; s/^0000000015/0000000016/' "$work/plain.pdf" \
	> "$work/x.pdf"
refused 12 "$work/x.pdf" 'the PDF is damaged: '
qpdf "$work/x.pdf" "$work/repaired.pdf" || :
expect 0 firma sign rsa-2048 "$work/repaired.pdf" --pades -o "$work/r.pdf"
good "$work/r.pdf" "$work/repaired.pdf" 1

note "two octets that stand for a megabyte: read with bounds"
make bomb
[ "$(wc -c < "$work/bomb.pdf")" -lt 4096 ] || fail "no bomb"
SECONDS=0 status=0
firma sign rsa-2048 "$work/bomb.pdf" --pades -o "$work/b.pdf" \
	> "$work/said" 2>&1 || status=$?
# A machine without the memory, or a limit below it, is as good an answer.
case $status in
0) before=$((before + 1)) ;;
12) ;;
*) fail "bomb: $status: $(cat "$work/said")" ;;
esac
[ $SECONDS -le 40 ] || fail "bomb: $SECONDS seconds"

# of_size OCTETS   a good PDF, nearly all of it a stream of blanks
of_size() {
	perl -e 'local $/; open(F, "<:raw", $ARGV[0]); my $text = <F>;
		my ($prev) = $text =~ /.*startxref\s+(\d+)/s;
		my ($size) = $text =~ /.*\/Size (\d+)/s;
		my ($n, $xref, $head, $end) = (0, 0);
		my $tail = "\nendstream\nendobj\n";
		my $table = sprintf("xref\n$size 1\n%010d 00000 n\r\n",
		    length($text));
		# The numbers have one width: the second turn knows them.
		for (1, 2) {
			$head = sprintf("$size 0 obj\n<< /Length %09d >>\nstream\n",
			    $n);
			$end = sprintf("trailer\n<< /Size %d /Root 1 0 R /Prev " .
			    "$prev >>\nstartxref\n%09d\n", $size + 1, $xref) .
			    "%%EOF\n";
		} continue {
			$n ||= $ARGV[1] - length("$text$head$tail$table$end");
			$xref = $ARGV[1] - length("$table$end");
		}
		print $text, $head, " " x $n, $tail, $table, $end' \
		"$work/plain.pdf" "$1" > "$work/big.pdf"
}
note "as large as it may be, and larger"
limit=$((128 * 1024 * 1024))
of_size $limit
[ "$(wc -c < "$work/big.pdf")" = $limit ] || fail "no sample"
expect 0 firma sign rsa-2048 "$work/big.pdf" --pades -o "$work/b.pdf"
before=$((before + 1))
expect 0 firma verify "$work/b.pdf" --ca "$DIR/ca.pem"
rm "$work/b.pdf"
of_size $((limit + 1))
qpdf --check "$work/big.pdf" > "$DIR/qpdf.out" 2>&1 || fail "no sample"
refused 10 "$work/big.pdf" "over a limit \($((limit + 1)) octets, at most $limit\)"
# firma-pdf by itself.
"$PDF_ASK" '{"op":"sign","time":1,"octets":1024,"text":"","id":"00112233445566778899aabbccddeeff"}' \
	"$work/big.pdf" > "$work/said" 2>&1 || :
grep -q '"refused": *"limit"' "$work/said" || fail "$(head -c 300 "$work/said")"
# What never ends is not kept: no file, and no memory that is one, may be larger.
(
	ulimit -f $((limit / 1024 + 1024))
	status=0
	{ cat "$work/plain.pdf"; cat /dev/zero; } | firma sign rsa-2048 - \
		--pades > "$out" 2> "$work/said" || status=$?
	[ $status = 10 ] || fail "endless: $status: $(cat "$work/said")"
) || exit 1
grep -q "more than $limit octets" "$work/said" || fail "endless: $(cat "$work/said")"
[ ! -s "$out" ] || fail "endless: something was written"
rm "$out"
truncate -s $((limit + 16 * 1024 * 1024 + 1)) "$work/big.pdf"
expect 10 firma verify "$work/big.pdf"
says 'over a limit'
rm "$work/big.pdf"

note "cut off, anywhere"
make stream-form-direct
for shape in plain stream-form-direct; do
	size=$(wc -c < "$work/$shape.pdf")
	for ((n = 9; n < size - 8; n += size / 25)); do
		head -c $n "$work/$shape.pdf" > "$work/x.pdf"
		refused 12 "$work/x.pdf" 'the PDF is damaged: '
	done
done

note "the program that reads PDFs is not there, dies, hangs"
mkdir "$work/none"
FIRMA_HELPER_DIR=$work/none refused 1 "$work/plain.pdf" 'is not there'
for how in 'kill -SEGV $$' 'echo {}' 'echo "{\"refused\":\"nothing\"}"' \
    'printf "{\"octets\":1,\"contents\":0,\"contents_len\":4,\"range\":0,\"field\":\"\"}\n<"'; do
	printf '#!/bin/sh\n%s\n' "$how" > "$work/none/firma-pdf"
	chmod 755 "$work/none/firma-pdf"
	status=0
	FIRMA_HELPER_DIR=$work/none firma sign rsa-2048 "$work/plain.pdf" \
		--pades -o "$out" > "$work/said" 2>&1 || status=$?
	case $status in 1 | 12) ;; *) fail "$how: $status $(cat "$work/said")" ;; esac
	[ ! -e "$out" ] || fail "$how: something was written"
done

# The repaired one is the only one.
same "$(entries '.action == "sign"')" $((before + 1)) "signatures"
echo "passed"
