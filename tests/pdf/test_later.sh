#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_later.sh - what may come after a signature: fields that are filled in,
# hybrid sections, evidence; and the same with something hidden in it.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pdf/verify_lib.sh
. "$(dirname "$0")/verify_lib.sh"
keys rsa-2048
own_key

# later WORD [WHAT]   of the first signature in $work/x.pdf, which is valid
later() {
	look 0 "$work/x.pdf"
	is '.signatures[0] | [.valid, .later, .later_what]' "[true,\"$1\",\"${2-}\"]"
}
resources="/Resources << /Font << /F1 27 0 R >> >>"
drawn() { # DATA KEYS   an appearance
	printf '<< /Type /XObject /Subtype /Form %s /Length %d >>\nstream\n%s\nendstream' \
		"$2" ${#1} "$1"
}
look_of() { # TEXT [RESOURCES [BOX]]
	drawn "/Tx BMC q BT /F1 12 Tf 2 5 Td ($1) Tj ET Q EMC" \
		"/BBox [0 0 ${3-200 20}] ${2-$resources}"
}
# with FILE ID MORE   the object with more keys
with() { local v; v=$(object "$1" "$2"); echo "${v% >>} $3 >>"; }

note "filled in, as programs write it"
laid_out hole-form
# A new appearance, in the field itself and in a dictionary of its own.
update "$in" 20 "$(with "$in" 20 '/V (Ana) /AP << /N 30 0 R >>')" \
	30 "$(look_of Ana)"
later fields nombre
expect 0 firma verify "$work/x.pdf"
says 'fields of the form were filled in, which it allows: nombre'
expect 0 firma verify "$work/x.pdf" --lang es
says 'se llenaron campos del formulario, lo que permite: nombre'
update "$in" 20 "$(with "$in" 20 '/V <feff00d1> /M (D:20261128190512Z) /AP 31 0 R')" \
	30 "$(look_of N)" 31 "<< /N 30 0 R >>"
later fields nombre
# None: who shows it makes one of the value.  A button has its states already.
v=$(object "$in" 21)
v=${v/"/AS /Off"/"/AS /Si"} v=${v/"/V /Off"/"/V /Si"}
update "$in" 20 "$(with "$in" 20 '/V (Ana)')" 21 "$v" \
	22 "$(with "$in" 22 '/V (dos) /I [1]')"
later fields "nombre, acepto, opcion"
# A font that comes to the form's.
c=$(object "$in" 1)
update "$in" 1 "${c/"/F1 27 0 R"/"/F1 27 0 R /ZaDb 30 0 R"}" 30 \
	"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"
later signatures
# What was filled in can be signed, and then be looked at.
update "$in" 20 "$(with "$in" 20 '/V (Ana)')"
cp "$work/x.pdf" "$work/filled.pdf"
expect 0 firma sign rsa-2048 "$work/filled.pdf" --pades -o "$work/x.pdf"
look 0 "$work/x.pdf"
is '[.signatures[] | [.later, .later_what]]' '[["fields","nombre"],["nothing",""]]'

note "not as it may be"
update "$in" 20 "$(with "$in" 20 '/V (Ana) /AP << /N 4 0 R >>')"
changed "what is there already" "field nombre: what is seen"
update "$in" 20 "$(with "$in" 20 '/V (Ana) /AP << /N 30 0 R >>')" 30 \
	"$(look_of Ana '/Resources << /XObject << /X 31 0 R >> >>')" 31 "$(look_of Otro)"
changed "something else than text" "field nombre: what is seen"
update "$in" 20 "$(with "$in" 20 '/AP << /N 30 0 R >>')" 30 "$(look_of Ana)"
changed "seen, and no value" "field nombre: what is seen"
v=$(with "$in" 20 '/V (Ana)')
update "$in" 20 "${v/"100 600 300 620"/"0 0 600 700"}"
changed "another place" "/Rect of a field"
update "$in" 20 "$(with "$in" 20 '/V (Ana) /AA << /F << /S /JavaScript /JS (x) >> >>')"
changed "an action" "/AA of a field"
update "$in" 20 "$(with "$in" 20 '/V 3 0 R')"
changed "a value that is another object" "field nombre: its value"
v=$(object "$in" 21)
update "$in" 21 "${v/"/AS /Off"/"/AS /No"}"
changed "a state that it had not" "field acepto: what is seen"
v=${v/"/AS /Off"/"/AS /Si"} v=${v/"/V /Off"/"/V /Si"}
update "$in" 21 "${v/"/Si 24 0 R"/"/Si 30 0 R"}" 30 "$(look_of Ana)"
changed "another look of a state" "field acepto: what is seen"
update "$in" 26 "$(look_of 900)"
changed "another look of a value" "field monto: what is seen"
v=$(object "$in" 23)
update "$in" 23 "${v/"(100)"/"(900)"}"
changed "another value" "field monto: it had a value"
update "$in" 27 "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"
changed "another font" "object 27"
update "$in" 1 "${c/"/F1 27 0 R"/"/F1 30 0 R"}" 30 \
	"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"
changed "another font by its name" "/F1 of the form's fonts"
update "$in" 1 "${c/"/SigFlags 3"/"/SigFlags 3 /NeedAppearances true"}"
changed "looks that are made anew" "/NeedAppearances of the form"

note "buttons whose value is not what is seen"
button() { # VALUE STATE
	local v
	v=$(object "$in" 21)
	v=${v/"/AS /Off"/"/AS $2"}
	update "$in" 21 "${v/"/V /Off"/"/V $1"}"
}
button /Si /Si
later fields acepto
button /Si /Off
changed "not seen" "field acepto: what is seen"
button /Off /Si
changed "seen, and off" "field acepto: what is seen"
button null /Si
changed "seen, and no value" "field acepto: what is seen"
button /Si null
changed "nobody knows whether it is seen" "field acepto: what is seen"
button /No /Si
changed "another one is seen" "field acepto: what is seen"
button /No /Off
changed "a value that it has not" "field acepto: a value that it does not show"

note "looks that could be seen outside of their place"
filled=$(with "$in" 20 '/V (Ana) /AP << /N 30 0 R >>')
bad() { # WHAT DATA KEYS
	update "$in" 20 "$filled" 30 "$(drawn "$2" "$3 $resources")" 31 "[0 0 200 20]"
	changed "$1" "field nombre: what is seen"
}
good() { # DATA KEYS
	update "$in" 20 "$filled" 30 "$(drawn "$1" "$2 $resources")"
	later fields nombre
}
box="/BBox [0 0 200 20]"
text="BT /F1 12 Tf 2 5 Td (Ana) Tj ET"
bad "no box" "$text" ""
bad "no array" "$text" "/BBox (x)"
bad "no numbers" "$text" "/BBox [0 0 /A 20]"
bad "three numbers" "$text" "/BBox [0 0 200]"
bad "no area" "$text" "/BBox [0 0 0 0]"
bad "a box elsewhere" "$text" "/BBox 31 0 R"
bad "too large a box" "$text" "/BBox [-10000 -10000 10000 10000]"
bad "too wide a box" "$text" "/BBox [0 0 1e9 20]"
bad "no area, turned" "$text" "$box /Matrix [0 0 0 0 0 0]"
bad "too large, turned" "$text" "$box /Matrix [3 0 0 3 0 0]"
bad "no numbers, turned" "$text" "$box /Matrix [1 0 0 1 (a) 0]"
bad "turned on its side" "$text" "$box /Matrix [0 1 -1 0 20 0]"
good "$text" "/BBox [0 0 20 200] /Matrix [0 1 -1 0 20 0]"
good "$text" "/BBox [100 600 300.5 620.5]"
good "" "$box"

note "looks that draw something else than text"
bad "more Q than q" "Q q $text" "$box"
bad "q without Q" "q $text" "$box"
bad "an image" "q BI /W 1 /H 1 /CS /RGB /BPC 8 ID abc EI Q" "$box"
for one in "/X Do" "/S sh" "/G gs" "1 0 d0" "1 0 0 0 9 9 d1" "/P scn" "otro" \
	"{" ")" "> 1" "(abierta" "<12" "<zz>" "1Do" "q/X Do Q" "[(]) Tj/X Do" "(\\"; do
	bad "$one" "$text $one" "$box"
done
bad "what nobody can decode" "$text" "$box /Filter /DCTDecode"
update "$in" 20 "$filled" 30 "$(drawn "$text" "$box /Filter /FlateDecode")"
look 12 "$work/x.pdf"
says "the PDF is damaged: error decoding stream data for object 30"
# In a string, a comment or a name they are no operators.
good "BT /F1 12 Tf (a\\) Do (BI) gs) Tj <446F> Tj ET % Q sh" "$box"
good "/Tx /Do BMC /Span << /ActualText (Do) >> BDC .5 0 -0.5 rg 1 1 9 9 re f* EMC EMC" \
	"$box"
update "$in" 20 "$filled" 30 "$(look_of A "/Resources << /Font << /F1 31 0 R >> >>")" \
	31 "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /CharProcs << >> >>"
changed "glyphs that are drawn" "field nombre: what is seen"

note "fields with several places"
laid_out hole-form-places
v=$(object "$in" 32)
update "$in" 30 "$(object "$in" 30 | sed 's/\/V \/Off/\/V \/dos/')" \
	32 "${v/"/AS /Off"/"/AS /dos"}"
later fields uso
update "$in" 32 "${v/"/AS /Off"/"/AS /dos"}"
changed "seen, and no value" "field uso: what is seen"
# choice FIELD VALUE [PLACE STATE]...
choice() {
	local id v all=()
	v=$(object "$in" "$1")
	all=("$1" "${v/"/V /Off"/"/V $2"}")
	shift 2
	while [ $# -gt 0 ]; do
		id=$1
		v=$(object "$in" "$id")
		all+=("$id" "${v/"/AS /Off"/"/AS $2"}")
		shift 2
	done
	update "$in" "${all[@]}"
}
choice 30 /dos 31 /uno
changed "another one is seen" "field uso: what is seen"
choice 30 /dos 31 /uno 32 /dos
changed "two are seen" "field uso: what is seen"
choice 30 /dos
changed "none is seen" "field uso: what is seen"
choice 30 /tres
changed "a value of no place" "field uso: a value that it does not show"
# One writer gives the value to the places.
v=$(object "$in" 32)
v=${v/"/AS /Off"/"/AS /dos /V /dos"}
update "$in" 30 "$(object "$in" 30 | sed 's/\/V \/Off//')" 32 "$v"
later fields uso
update "$in" 30 "$(object "$in" 30 | sed 's/\/V \/Off//')" 32 "${v/"/V /dos"/"/V /uno"}"
changed "another value of its place" "field uso: what is seen"
choice 36 /si 38 /si
later fields igual
choice 36 /si
changed "none of two is seen" "field igual: what is seen"
update "$in" 33 "$(with "$in" 33 '/V (Ana)')" 34 "$(with "$in" 34 '/AP << /N 40 0 R >>')" \
	40 "$(look_of Ana "$resources" "50 20")"
later fields doble
# Poppler gives the value to the places.
update "$in" 34 "$(with "$in" 34 '/V (Ana) /AP << /N 40 0 R >>')" \
	35 "$(with "$in" 35 '/V (Ana) /AP << /N 40 0 R >>')" \
	40 "$(look_of Ana "$resources" "50 20")"
later fields doble
update "$in" 33 "$(with "$in" 33 '/V (Ana)')" 34 "$(with "$in" 34 '/V (Luz)')"
changed "two values" "field doble: a value of its place"

note "fonts that come to the form's"
laid_out hole-form-fonts
c=$(object "$in" 1)
font() { # NAME [VALUE]
	update "$in" 1 "${c/"/ZaDb 27 0 R"/"/ZaDb 27 0 R $1 40 0 R"}" 40 \
		"${2-<< /Type /Font /Subtype /TrueType /BaseFont /Courier >>}"
}
font /Otra
later signatures
font /Otra "<< /Type /Font /Subtype /Type0 /BaseFont /Courier >>"
later signatures
for one in F1 Gran Gr#61n '#46#31' Nota; do
	font "/$one"
	changed "named before: $one" "a new font of the form, which was named"
done
for one in "<< /Type /Font /Subtype /Type3 /CharProcs << >> >>" "(x)" "<< >>"; do
	font /Otra "$one"
	changed "no text: $one" "a new font of the form, which is drawn"
done

note "forbidden"
for shape in locked lock; do
	laid_out hole-form-$shape
	update "$in" 20 "$(with "$in" 20 '/V (Ana)')"
	changed $shape "field nombre: it was locked"
done
laid_out hole-form-locked
update "$in" 22 "$(with "$in" 22 '/V (dos)')"
later fields opcion
laid_out hole-form-xfa
update "$in" 20 "$(with "$in" 20 '/V (Ana)')"
changed xfa "field nombre: it is one of an XFA form"

note "certified: fields may be filled in"
laid_out hole-form-certified
v=$(object "$in" 23)
update "$in" 23 "${v/"(100)"/"(900)"}" 26 "$(look_of 900)"
later fields monto
update "$in" 26 "$(look_of 900)"
changed "another look of a value" "field monto: what is seen"
laid_out hole-form-shared
update "$in" 23 "${v/"(100)"/"(900)"}" 26 "$(look_of 900)"
changed "drawn by the page as well" "field monto: it is something else"

note "certified against any change: evidence may come, and time stamps"
laid_out hole-form-final
c=$(object "$in" 1)
update "$in" 1 "${c% >>} /DSS 30 0 R >>" 30 "<< /Certs [31 0 R] /VRI << >> >>" \
	31 "<< /Length 1 >>
stream
x
endstream"
later signatures
cp "$work/x.pdf" "$work/dss.pdf"
update "$in" 20 "$(with "$in" 20 '/V (Ana)')"
changed "filled in" "field nombre: it was certified against any change"
update "$in" 1 "${c% >>} /DSS 30 0 R /OpenAction 31 0 R >>" 30 "<< >>" 31 "<< >>"
changed "more than evidence" "/OpenAction of the catalog"
p=$(object "$in" 3)
one=${c/"6 0 R ]"/"6 0 R 90 0 R ]"} two=${p/"6 0 R ]"/"6 0 R 90 0 R ]"}
place="/Type /Annot /Subtype /Widget /FT /Sig /T (otra) /P 3 0 R /F 132"
# What is in a time stamp is looked at by test_stamped.sh.
stamp="<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 /Contents <30> >>"
update "$in" 1 "$one" 3 "$two" 90 "<< $place /V 91 0 R /Rect [0 0 0 0] >>" 91 "$stamp"
look 10 "$work/x.pdf"
is '.signatures[0] | [.valid, .later]' '[true,"signatures"]'
update "$in" 1 "$one" 3 "$two" 91 "$stamp" 92 "$(look_of Ana)" 90 \
	"<< $place /V 91 0 R /Rect [0 0 600 700] /AP << /N 92 0 R >> >>"
changed "a time stamp that is seen" "certified against any change"
update "$in" 1 "$one" 3 "$two" 90 "<< $place /Rect [0 0 0 0] >>"
changed "a field that waits" "certified against any change"

# hybrid FILE STREAM-NUMBER [ID VALUE]... -- [ID VALUE]...   append a section
# whose table has the first and whose stream the second ones
hybrid() {
	perl -e 'local $/; open(F, "<:raw", shift); $_ = <F>; my $id = shift;
		my ($prev) = /.*startxref\s+(\d+)/s;
		my ($hidden, %at, %in, $x, $e, $index) = (0);
		while (@ARGV) {
			my $n = shift;
			if ($n eq "--") { $hidden = 1; next }
			($hidden ? $in{$n} : $at{$n}) = length;
			$_ .= "$n 0 obj\n" . shift() . "\nendobj\n";
		}
		for my $n (sort { $a <=> $b } keys(%in)) {
			$index .= "$n 1 ";
			$e .= pack("CNC", 1, $in{$n}, 0);
		}
		my $stm = length;
		my ($size) = sort { $b <=> $a } $id, keys(%at), keys(%in); $size++;
		$_ .= "$id 0 obj\n<< /Type /XRef /Size $size /W [1 4 1] /Index " .
		    "[$index] /Root 1 0 R /Length " . length($e) .
		    " >>\nstream\n$e\nendstream\nendobj\n";
		for my $n (sort { $a <=> $b } keys(%{{ %at, %in }})) {
			$x .= "$n 1\n" . (exists($at{$n})
			    ? sprintf("%010d 00000 n\r\n", $at{$n})
			    : "0000000000 00000 f\r\n");
		}
		my $at = length;
		print $_, "xref\n$x", "trailer\n<< /Size $size /Root 1 0 R ",
		    "/Prev $prev /ID [(\x25 /Prev 1 \\( ) (/XRefStm)] ",
		    "/XRefStm ", $ENV{STM} // $stm, " >>\n",
		    "startxref\n$at\n%%EOF\n"' "$@" > "$work/x.pdf"
	qpdf --check "$work/x.pdf" > "$DIR/qpdf.out" 2>&1 || [ $? = 3 ] ||
		fail "no good sample: $(cat "$DIR/qpdf.out")"
}
note "hybrid sections"
laid_out hole-form
c=$(object "$in" 1)
evidence="${c% >>} /DSS 40 0 R >>"
text="<< /Length 45 >>
stream
BT /F1 18 Tf 72 700 Td (Otra cosa) Tj ET     
endstream"
hybrid "$in" 41 1 "$evidence" -- 40 "<< /Certs [] >>"
later signatures
hybrid "$in" 41 20 "$(with "$in" 20 '/V (Ana) /AP << /N 40 0 R >>')" -- \
	40 "$(look_of Ana)"
later fields nombre
hybrid "$in" 41 1 "$evidence" -- 40 "<< >>" 4 "$text"
changed "another text, hidden" "object 4"
hybrid "$in" 41 1 "$evidence" 40 "<< /A 1 >>" -- 40 "<< /A 2 >>"
changed "one number, two objects" "an object is listed twice"
hybrid "$in" 4 1 "$evidence" -- 40 "<< >>"
changed "the stream has an old number" ""
# A table further on that names the first one's stream.
hybrid "$in" 41 1 "$evidence" -- 40 "<< >>"
at=$(grep -abo '41 0 obj' "$work/x.pdf" | cut -d: -f1)
cp "$work/x.pdf" "$work/hybrid.pdf"
STM=$at hybrid "$work/hybrid.pdf" 43 1 "$evidence" -- 42 "<< >>"
changed "a stream of another section" ""

note "what Poppler appends"
make plain
expect 0 firma sign rsa-2048 "$work/plain.pdf" --pades -o "$work/one.pdf"
certutil -S -d "sql:$DIR/nss" -n prueba -s CN=Prueba -x -t C,C,C -k rsa -v 12 \
	-z "$MAKE" > /dev/null 2>&1
for f in "$work/one.pdf" "$work/hole-form.pdf"; do
	# It gives its field to the page and not to the form.
	pdfsig -nssdir "sql:$DIR/nss" -add-signature -nick prueba "$f" \
		"$work/x.pdf" > /dev/null 2>&1 || :
	look 0 "$work/x.pdf"
	is '[.signatures[] | [.valid, .later]]' \
		'[[true,"signatures"],[true,"nothing"]]'
done

if command -v mutool > /dev/null; then
	note "what MuPDF appends"
	# It writes to the file that it was given.
	cp "$work/hole-form.pdf" "$work/x.pdf"
	mutool run "$SOURCE/tests/pdf/fill.js" "$work/hole-form.pdf" \
		"$work/x.pdf" Ana 0
	later fields "nombre, acepto, opcion"
	cp "$work/hole-form-certified.pdf" "$work/x.pdf"
	mutool run "$SOURCE/tests/pdf/fill.js" "$work/hole-form-certified.pdf" \
		"$work/x.pdf" 900 3
	later fields "acepto, opcion, monto"
	cp "$work/hole-form-locked.pdf" "$work/x.pdf"
	mutool run "$SOURCE/tests/pdf/fill.js" "$work/hole-form-locked.pdf" \
		"$work/x.pdf" Ana 0
	changed "MuPDF fills in what is locked" "field nombre: it was locked"
else
	note "not tried: no mutool"
fi
echo "passed"
