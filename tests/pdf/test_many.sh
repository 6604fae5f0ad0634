#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_many.sh - several PDFs in one command.
. "$(dirname "$0")/lib.sh"
keys rsa-2048
make plain
make tree
make stream-annots
mkdir "$work/in"
for i in $(seq 20); do
	cp "$work/$(echo plain tree stream-annots | cut -d' ' -f$((i % 3 + 1))).pdf" \
		"$work/in/letter $i.pdf"
done
sums=$(cat "$work"/in/*.pdf | sha256sum)

note "each beside its document, one login"
expect 0 firma token lock practice
expect 0 firma sign rsa-2048 "$work"/in/*.pdf --pades --visible last,20,20,200,60 \
	--reason Aceptación --purpose letters --pin-file "$DIR/pin"
says '20 of 20 files'
for i in $(seq 20); do
	good "$work/in/letter $i.signed.pdf" "$work/in/letter $i.pdf" 1
done
rm "$work"/in/*.signed.pdf
same "$(cat "$work"/in/*.pdf | sha256sum)" "$sums" "the documents"
same "$(firma ledger show --from 1 --max 1000 --json |
	jq -s '[.[] | select(.action == "sign" and .purpose == "letters")] | length')" \
	20 "entries"

note "a second signature into each"
expect 0 firma sign rsa-2048 "$work/in/letter 1.pdf" "$work/in/letter 2.pdf" --pades
mv "$work/in/letter 1.signed.pdf" "$work/a.pdf"
mv "$work/in/letter 2.signed.pdf" "$work/b.pdf"
expect 0 firma sign rsa-2048 "$work/a.pdf" "$work/b.pdf" --pades
good "$work/a.signed.pdf" "$work/a.pdf" 2
good "$work/b.signed.pdf" "$work/b.pdf" 2

note "one that cannot be signed leaves the others alone, and is signed by nobody"
head -c 700 "$work/in/letter 4.pdf" > "$work/in/cut.pdf"
echo 'no PDF' > "$work/in/text.pdf"
before=$(firma ledger show --json | wc -l)
firma sign rsa-2048 "$work/in/letter 3.pdf" "$work/in/cut.pdf" "$work/in/text.pdf" \
	"$work/in/letter 5.pdf" --pades --json > "$work/json" 2> "$DIR/err" &&
	fail "two of them are no PDFs"
said=$(cat "$DIR/err")
says 'in/cut.pdf'
says 'in/text.pdf'
same "$(jq -c '[.signed, .failed, .not_tried]' "$work/json")" '[2,2,0]' "JSON"
same "$(jq -c '[.files[] | select(.signature) | .format, .stamped, (.field | type)]' \
	"$work/json")" '["pades",false,"string","pades",false,"string"]' "JSON"
good "$work/in/letter 3.signed.pdf" "$work/in/letter 3.pdf" 1
good "$work/in/letter 5.signed.pdf" "$work/in/letter 5.pdf" 1
same "$(firma ledger show --json | wc -l)" $((before + 2)) "entries"

note "no two results of one name, nothing over a document"
cp "$work/plain.pdf" "$work/x"
cp "$work/plain.pdf" "$work/x.pdf"
expect 2 firma sign rsa-2048 "$work/x" "$work/x.pdf" --pades
says 'it would be written twice'
ln -s plain.pdf "$work/plain.signed.pdf"
sum=$(sha256sum < "$work/plain.pdf")
expect 10 firma sign rsa-2048 "$work/plain.pdf" "$work/tree.pdf" --pades
says 'the document itself'
same "$(sha256sum < "$work/plain.pdf")" "$sum" "the document"
good "$work/tree.signed.pdf" "$work/tree.pdf" 1

note "without the program that reads PDFs nothing is signed"
before=$(firma ledger show --json | wc -l)
FIRMA_HELPER_DIR=$work expect 1 firma sign rsa-2048 "$work/tree.pdf" "$work/x" --pades
says 'install it beside'
same "$(firma ledger show --json | wc -l)" "$before" "entries"
echo "passed"
