#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_places.sh - what is seen of a signature, where, and in which field.
. "$(dirname "$0")/lib.sh"
keys rsa-2048
for tool in pdftotext pdftoppm; do
	command -v $tool > /dev/null || skip "no $tool"
done

# seen FILE PAGE   its words with the places of the first and the last one, as a
# reader shows the page: "Signed ... UTC 63.0 680.2 180.3 712.0"
words() {
	pdftotext -bbox -cropbox -f "$2" -l "$2" "$1" - |
		sed -n 's/.*xMin="\([^"]*\)" yMin="\([^"]*\)" xMax="\([^"]*\)" yMax="\([^"]*\)">\(.*\)<.*/\1 \2 \3 \4 \5/p'
}
# dark FILE PAGE X Y W H   dark dots in a part of the page, 72 to the inch, from
# its upper left
dark() {
	pdftoppm -cropbox -r 72 -gray -f "$2" -l "$2" -x "$3" -y "$4" -W "$5" \
		-H "$6" "$1" | tail -n +4 | perl -0777 -ne '$n = () =
		/[\x00-\x7f]/g; print $n'
}

# edge FILE X Y W H   is a part of it, of the frame's line, all along there?
edge() {
	local n long=$(($4 > $5 ? $4 : $5))
	n=$(pdftoppm -cropbox -r 72 -gray -f 1 -l 1 -x "$2" -y "$3" -W "$4" \
		-H "$5" "$1" | tail -n +4 | perl -0777 -ne '$n = () =
		/[\x00-\xf4]/g; print $n')
	[ "$n" -ge "$((long - 2))" ] || fail "$1: a frame's line is missing: $*: $n"
}

for shape in plain turned-90 turned-180 turned-270 tree; do
	make "$shape"
	f=$work/$shape.pdf
	case $shape in
	plain) h=792 ;; turned-180) h=712 ;; tree) h=400 ;; *) h=512 ;;
	esac
	expect 0 firma sign rsa-2048 "$f" --pades --visible 1,60,80,220,60
	good "$work/$shape.signed.pdf" "$f" 1
	# The frame's lower left corner, wherever the page is turned to.
	[ "$(dark "$work/$shape.signed.pdf" 1 58 $((h - 142)) 224 64)" -gt 300 ] ||
		fail "$shape: nothing is seen where it should be"
	same "$(dark "$work/$shape.signed.pdf" 1 62 $((h - 100)) 216 18)" 0 \
		"$shape: below the text"
	[ "$(dark "$work/$shape.signed.pdf" 1 62 $((h - 138)) 216 16)" -gt 60 ] ||
		fail "$shape: the first line is not on top"
	for at in "60 $((h - 141)) 220 3" "60 $((h - 83)) 220 3" \
	    "59 $((h - 139)) 3 58" "278 $((h - 139)) 3 58"; do
		# shellcheck disable=SC2086 # several words
		edge "$work/$shape.signed.pdf" $at
	done
	note "$shape"
done

note "a page whose unit is two points"
# Poppler takes no notice of units: the place is looked at as it is written.
make unit
f=$work/unit.signed.pdf
expect 0 firma sign rsa-2048 "$work/unit.pdf" --pades --visible 1,60,80,220,60
good "$f" "$work/unit.pdf" 1
same "$(grep -aoE '/(Rect|BBox) \[[^]]*\]' "$f" | sort | tr '\n' ' ')" \
	'/BBox [0 0 220.00 60.00] /Rect [30.00 40.00 140.00 70.00] ' "its place"
expect 2 firma sign rsa-2048 "$work/unit.pdf" --pades --visible 1,0,0,1300,10 \
	-o "$work/none.pdf"
says 'points of: 1224 x 1584'

note "the last page, with words of all kinds"
make tree
expect 0 firma sign rsa-2048 "$work/tree.pdf" --pades --visible last,10,10,300,80 \
	--text $'PEÑA & CÍA — «ü» ¿€? \\()\nsegunda línea' --reason 'Señal 漢' \
	--location México --contact 'avisos@example.com' -o "$work/last.pdf"
good "$work/last.pdf" "$work/tree.pdf" 1
said=$(pdftotext -f 3 -l 3 "$work/last.pdf" -)
says 'PEÑA & CÍA — «ü» ¿€\? \\\(\)'
says 'segunda línea'
firma verify "$work/last.pdf" --json > "$work/json"
same "$(jq -r '.signatures[0] | .reason + .location + .contact' "$work/json")" \
	"Señal 漢Méxicoavisos@example.com" "words"

note "what is shown follows the language"
expect 0 firma sign rsa-2048 "$work/plain.pdf" --pades --visible 1,60,80,220,60 \
	--lang es -o "$work/es.pdf"
said=$(pdftotext "$work/es.pdf" -)
says 'Firmado por MUEBLES PEÑA SA DE CV'
says 'RFC MPE150312AB6'

note "an empty field, in its own place"
make field
expect 0 firma sign rsa-2048 "$work/field.pdf" --pades --field 'aquí'
good "$work/field.signed.pdf" "$work/field.pdf" 1
said=$(pdftotext "$work/field.signed.pdf" -)
says 'Signed by MUEBLES PEÑA SA DE CV'
expect 8 firma sign rsa-2048 "$work/field.signed.pdf" --pades --field 'aquí'
says 'the field is signed already: aqu'
expect 11 firma sign rsa-2048 "$work/field.pdf" --pades --field otra
says 'those there are: aqu'

note "a field in a hierarchy, with a lock"
make field-below
expect 0 firma sign rsa-2048 "$work/field-below.pdf" --pades \
	--field contrato.patron
good "$work/field-below.signed.pdf" "$work/field-below.pdf" 1
qpdf --json=2 "$work/field-below.signed.pdf" > "$work/json"
same "$(jq -c '[.. | objects | select(."/TransformMethod"? == "/FieldMDP") |
	."/TransformParams" | ."/Action", ."/Fields"[0]]' "$work/json")" \
	'["/Include","u:nombre"]' "the lock is named in the signature"
note "a field whose place is a dictionary of its own"
make field-apart
expect 0 firma sign rsa-2048 "$work/field-apart.pdf" --pades --field a
# Poppler looks for the signature in the place alone: openssl and qpdf judge.
f=$work/field-apart.signed.pdf
openssl_takes "$f"
qpdf --check "$f" > "$DIR/qpdf.out" 2>&1 || fail "$(cat "$DIR/qpdf.out")"
expect 0 firma verify "$f" --ca "$DIR/ca.pem"
said=$(pdftotext "$f" -)
says 'Signed by MUEBLES PEÑA SA DE CV'

make field-demands
expect 8 firma sign rsa-2048 "$work/field-demands.pdf" --pades --field a
says 'seed value'

note "places that are none"
for at in 1,0,0,613,10 1,600,0,13,10 1,0,0,0,10 1,0,-1,10,10 0,0,0,10,10 \
    1,0,0,10 1,0,0,10,10,10 x,0,0,10,10 1,nan,0,10,10 2,0,0,10,10 \
    99999999999,0,0,10,10; do
	expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades --visible "$at" \
		-o "$work/none.pdf"
done
expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades --visible 1,0,0,700,10
says 'points of: 612 x 792'
expect 2 firma sign rsa-2048 "$work/tree.pdf" --pades --visible 4,0,0,70,10
says 'the last one is: 3'
expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades --visible 1,0,0,300,60 \
	--text 'Жук' -o "$work/none.pdf"
says 'U\+0416'
expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades --visible 1,0,0,20,10 \
	-o "$work/none.pdf"
says 'does not fit'
for wrong in "--text x" "--visible 1,0,0,9,9 --field a" "--format raw" "--lot" \
    "--digest 00"; do
	# shellcheck disable=SC2086 # several words
	expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades $wrong \
		-o "$work/none.pdf"
done
expect 2 firma sign rsa-2048 "$work/plain.pdf" --reason x
expect 2 firma sign rsa-2048 "$work/plain.pdf" --pades -o "$work/plain.pdf"
says 'not written over'
[ ! -e "$work/none.pdf" ] || fail "something was written"
echo "passed"
