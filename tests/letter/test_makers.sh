#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Letters by several makers, in each shape that a PDF may have, are read alike;
# what a person has to look at is told.
. "$(dirname "$0")/lib.sh"

half1='Carta de Términos y Condiciones para la Obtención y'
half2='Uso del NPIE y Certificado Digital'
by_groff groff "$half1
$half2"
by_cairo cairo "$half1" "$half2"
by_gs gs pdfwrite

for maker in groff cairo gs; do
	judged "$T/$maker.pdf" 0 good
	jq -e --arg t "$TITLE" '.title == $t and ([.identifiers[] | .text] | sort ==
	    ["2026-11-28", "MPE150312AB6", "Y5472318103"])' "$T/said" > /dev/null ||
	    die "$maker: other facts"
	sum=$(sha256sum "$T/$maker.pdf" | cut -d' ' -f1)
	[ "$(jq -r .sha256 "$T/said")" = "$sum" ] || die "$maker: another hash"

	# The same in every shape of file.
	for shape in --object-streams=generate --object-streams=disable --qdf \
	    --linearize --rotate=+90 --rotate=+180 --compress-streams=n; do
		qpdf "$shape" "$T/$maker.pdf" "$T/shape.pdf"
		judged "$T/shape.pdf" 0 good
	done
	# Encrypted without a password can be read, and is said.
	qpdf --encrypt '' owner 256 -- "$T/$maker.pdf" "$T/encrypted.pdf"
	judged "$T/encrypted.pdf" 9 odd encrypted
	qpdf --encrypt user owner 256 -- "$T/$maker.pdf" "$T/locked.pdf"
	judged "$T/locked.pdf" 12 odd unread
	qpdf "$T/$maker.pdf" --add-attachment "$T/old.pem" -- "$T/attached.pdf"
	judged "$T/attached.pdf" 9 odd attachments
done
[ "$(jq -r .pages "$T/said")" = 1 ] || die "pages of the letter by gs"
letter "$T/groff.pdf"
[ "$(jq -r .pages "$T/said")" = 2 ] || die "pages of the letter by groff"

# A picture of the letter: said plainly, and a person decides.
by_gs picture pdfimage8
judged "$T/picture.pdf" 9 odd no-text
qpdf --empty --pages "$T/groff.pdf" "$T/picture.pdf" -- "$T/both.pdf"
judged "$T/both.pdf" 9 odd no-text
[ "$(jq '.findings[] | select(.what == "no-text") | .page' "$T/said")" = 3 ] ||
    die "not which page has no text"

# A font without a table of its characters, in an encoding that is known; one
# whose table names no real characters.
qpdf --qdf --object-streams=disable "$T/cairo.pdf" "$T/qdf.pdf"
sed '/\/ToUnicode/d' "$T/qdf.pdf" | fix-qdf > "$T/dumb.pdf"
judged "$T/dumb.pdf" 0 good
sed 's/^\(<..>\) <00\(..\)>$/\1 <e0\2>/' "$T/qdf.pdf" | fix-qdf > "$T/private.pdf"
judged "$T/private.pdf" 9 odd unreadable-characters

# In the page, or in what is around it.
plant() { # NAME SED-SCRIPT WORD
	qpdf --qdf --object-streams=disable "$T/groff.pdf" "$T/qdf.pdf"
	sed "$2" "$T/qdf.pdf" | fix-qdf > "$T/$1.pdf"
	cmp -s "$T/$1.pdf" "$T/qdf.pdf" && die "$1: nothing planted"
	judged "$T/$1.pdf" 9 odd "$3"
}
plant script 's|^  /Type /Catalog|&\n  /Names << /JavaScript << /Names [ (x) << /S /JavaScript /JS (app.alert\\(1\\)) >> ] >> >>|' javascript
plant open 's|^  /Type /Catalog|&\n  /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>|' javascript
plant launch 's|^  /Type /Page$|&\n  /Annots [ << /Type /Annot /Subtype /Link /Rect [ 0 0 9 9 ] /A << /S /Launch /F (cmd.exe) >> >> ]|' actions
plant note 's|^  /Type /Page$|&\n  /Annots [ << /Type /Annot /Subtype /FreeText /Rect [ 0 0 300 300 ] /Contents (x) /DA (/F 9 Tf) >> ]|' notes
plant layers 's|^  /Type /Catalog|&\n  /OCProperties << /OCGs [ << /Type /OCG /Name (x) >> ] /D << >> >>|' layers

by_gs white pdfwrite '1 setgray 40 500 moveto (RFC de otra empresa) show'
judged "$T/white.pdf" 9 odd hidden-text
by_gs tiny pdfwrite '1 /Times-Roman F 40 500 moveto (RFC de otra empresa) show'
judged "$T/tiny.pdf" 9 odd hidden-text
by_gs pale pdfwrite '0.8 setgray 40 500 moveto (RFC de otra empresa) show'
judged "$T/pale.pdf" 9 odd hidden-text
# More changes of style than are looked at, and something behind them: as many as
# can be looked at are, and one more is told.
limit=$(sed -n 's/^#define LETTER_MARKS_MAX *\([0-9]*\).*/\1/p' \
    "$SOURCE/cli/letter/pdf.h")
styles() { # N   letters in two inks, in turns
	echo "3 /Times-Roman F
		0 1 $(($1 - 1)) { dup 2 mod 0.2 mul setgray
		dup 190 mod 2.9 mul 20 add exch 190 idiv 3 mul 20 add moveto (a) show
		} for"
}
by_gs some pdfwrite "$(styles $((limit - 100)))"
judged "$T/some.pdf" 0 good
by_gs some pdfwrite "$(styles $((limit - 100))) 1 setgray 40 565 moveto (otra) show"
judged "$T/some.pdf" 9 odd hidden-text
by_gs many pdfwrite "$(styles $((limit + 1)))"
judged "$T/many.pdf" 9 odd cut
# Not painted at all, however it is written, as under the picture of a scan.
for mode in '3 Tr' '7 Tr' '+3Tr' '3%0 
 Tr' '[]0 TJ 3 Tr'; do
	mode=$(printf %s "$mode" | sed '$!s/$/\\n/' | tr -d '\n')
	plant mode "s/^q BT/& $mode /" hidden-text
done
plant actual 's/^q BT/\/Span << \/Actual#54ext (x) >> BDC &/' hidden-text
plant named 's|/Resources <<|& /Properties << /P << /ActualText (x) >> >>|' hidden-text
for state in '/ca 0' '/CA 0.2' '/SMask << /S /Alpha >>' '/BM /Screen'; do
	plant state "s|/Resources <<|& /ExtGState << /G << $state >> >>|" hidden-text
done
qpdf --qdf --object-streams=disable "$T/groff.pdf" "$T/qdf.pdf"
sed 's|/Resources <<|& /ExtGState << /G << /ca 1 /SMask /None /BM /Normal >> >>|
    s/^q BT/& 0 Tr /' "$T/qdf.pdf" | fix-qdf > "$T/plain.pdf"
judged "$T/plain.pdf" 0 good
by_gs over pdfwrite '600 400 scale 8 8 8 [8 0 0 8 0 0] { 64 string } image'
judged "$T/over.pdf" 9 odd picture
by_gs seal pdfwrite '90 90 scale 8 8 8 [8 0 0 8 0 0] { 64 string } image'
judged "$T/seal.pdf" 0 good

# What the eye takes for one alphabet, and another company's name.
by_cairo cyrillic "$half1" "$half2" '<text x="20" y="300">La сarta</text>'
judged "$T/cyrillic.pdf" 9 odd mixed-alphabets
by_cairo cyrillic "$half1" "$half2" '<text x="20" y="300">RFC АВС-010101-ХХ4</text>'
judged "$T/cyrillic.pdf" 9 odd mixed-alphabets
was=$WHO
WHO="$was DEL NORTE"
by_cairo longer "$half1" "$half2"
WHO=$was
judged "$T/longer.pdf" 9 odd longer-name

# Another company's, and another letter.
by_gs other pdfwrite '40 500 moveto (RFC EKU9003173C9) show'
judged "$T/other.pdf" 8 wrong other-rfc
by_gs other pdfwrite '40 500 moveto (RFC EKU.900317.3C9) show'
judged "$T/other.pdf" 8 wrong other-rfc
by_gs other pdfwrite '40 500 moveto (RFC EKU-) show 40 488 moveto (900317-3C9) show'
judged "$T/other.pdf" 8 wrong other-rfc
by_gs other pdfwrite '40 500 moveto (E53-52621-10-9) show'
judged "$T/other.pdf" 8 wrong other-registro
by_gs institute pdfwrite '40 500 moveto (RFC IMS421231I45) show'
judged "$T/institute.pdf" 0 good
by_groff conditions 'Carta de Condiciones de Uso'
judged "$T/conditions.pdf" 8 wrong other-letter
by_groff nothing 'Carta de otra cosa'
judged "$T/nothing.pdf" 8 wrong no-title
echo "$n_checks letters"
