#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_shapes.sh - every shape of a PDF is signed, once and once more, and
# pdfsig, qpdf and openssl have nothing against it.
. "$(dirname "$0")/lib.sh"
keys rsa-2048 p-256

for shape in terms conditions plain no-id crlf no-newline tree turned-90 generations annots \
    annots-shared form-direct form-indirect field-below extensions hybrid freed \
    letter-200 stream-plain stream-form-indirect stream-letter-200 \
    linear-plain linear-letter-200 both-tree certified-forms; do
	make "$shape"
	in=$work/$shape.pdf one=$work/$shape.signed.pdf
	two=$work/$shape.signed.signed.pdf
	[ "$shape" != hybrid ] || grep -qa XRefStm "$in" || fail "no hybrid"
	expect 0 firma sign rsa-2048 "$in" --pades
	[ "$shape" != certified-forms ] || { note "$shape"; continue; }
	good "$one" "$in" 1
	expect 0 firma sign p-256 "$one" --pades --visible 1,100,100,200,60
	good "$two" "$one" 2
	expect 0 firma verify "$two" --ca "$DIR/ca.pem"
	says 'only signatures came after them'
	note "$shape"
done
