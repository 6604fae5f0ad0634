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
