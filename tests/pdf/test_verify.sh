#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_verify.sh - what firma verify says of signed PDFs: of good ones, and of
# those that somebody changed.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/pdf/verify_lib.sh
. "$(dirname "$0")/verify_lib.sh"
keys rsa-2048 p-256

make plain
f=$work/plain.pdf one=$work/one.pdf two=$work/two.pdf
expect 0 firma sign rsa-2048 "$f" --pades -o "$one" --reason 'por qué'
expect 0 firma sign p-256 "$one" --pades -o "$two" --visible 1,100,100,200,60

note "good ones"
look 0 "$one"
is '[.kind, .valid, .pages, (.signatures | length)]' '["pdf",true,1,1]'
is '.signatures[0] | [.valid, .later, .subfilter, .reason, .digest]' \
	'[true,"nothing","ETSI.CAdES.detached","por qué","sha256"]'
same "$(jq -r '.signatures[0].content_sha256' "$work/json")" \
	"$(openssl_takes "$one"; sha256sum < "$work/covered" | cut -d' ' -f1)" \
	"what is signed"
same "$(jq -r '.signatures[0].signer.serial' "$work/json")" \
	"$(openssl x509 -in "$DIR/rsa-2048.pem" -noout -serial |
		sed 's/^serial=//' | perl -ne 'chomp; print pack("H*", $_)')" serial
look 0 "$two"
is '[.signatures[] | [.valid, .later]]' '[[true,"signatures"],[true,"nothing"]]'
expect 0 firma verify "$two" --ca "$DIR/ca.pem"
says 'covers: +the whole file'
says 'only signatures came after them'
expect 0 firma verify "$two" --lang es
says 'abarca: +el archivo entero'
printf '\r\n \n' | cat "$one" - > "$work/x.pdf"
look 0 "$work/x.pdf"
is '.signatures[0].later' '"spaces"'

note "another CA"
own_key
expect 8 firma verify "$one" --ca "$work/own.pem"

note "none at all"
look 10 "$f"
says 'there is no signature in it'
is '.valid' false
make field
look 10 "$work/field.pdf"
is '.empty_fields' '["aquí"]'

# Changing the octet at AT of FILE by XOR.
flip() { # FILE AT
	perl -e 'local $/; open(F, "<:raw", $ARGV[0]); $_ = <F>;
		substr($_, $ARGV[1], 1) ^= chr(1); print' "$1" "$2" > "$work/x.pdf"
}
bad() { # FILE WHAT
	local status=0
	firma verify "$1" > "$work/out" 2> "$work/said" || status=$?
	case $status in
	10 | 12) ;;
	*) fail "$2: exit $status: $(cat "$work/out")" ;;
	esac
	grep -q '^  -> ' "$work/said" || fail "$2: no advice"
}

note "one octet changed, anywhere"
read -r _ a b c < <(ranges "$one")
a=$((10#$a)) b=$((10#$b)) size=$(wc -c < "$one")
for ((i = 0; i < size; i += i < a || i > b ? 9 : 487)); do
	flip "$one" $i
	bad "$work/x.pdf" "octet $i"
done
# The zeros behind the signature, and the hole's own ends.
for i in $a $((a + 1)) $((b - 2)) $((b - 1)) $b; do
	flip "$one" "$i"
	bad "$work/x.pdf" "octet $i"
done

note "octets appended after a signature"
for text in 'x' '%comment' '%%EOF'; do
	{ cat "$one"; echo "$text"; } > "$work/x.pdf"
	look 10 "$work/x.pdf"
	says 'changed after it was signed'
done
cat "$one" "$one" > "$work/x.pdf"
bad "$work/x.pdf" "the same file twice"

note "changes that a further section makes"
update "$one" 4 "<< /Length 45 >>
stream
BT /F1 18 Tf 72 700 Td (Otra cosa) Tj ET     
endstream"
changed "another text" "object 4"
replaced "$one" 3 '/MediaBox [ 0 0 612 792 ]' '/MediaBox [ 0 0 300 300 ]'
changed "another box" "/MediaBox of a page"
replaced "$one" 3 '/Contents 4 0 R' '/Contents [ 4 0 R 4 0 R ]'
changed "more text" "/Contents of a page"
replaced "$one" 1 '/Pages 2 0 R' '/Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >>'
changed "an action" "/OpenAction of the catalog"
replaced "$one" 2 '/Count 1' '/Count 1 /MediaBox [ 0 0 9 9 ]'
changed "the tree" "object 2"
v=$(object "$one" 3)
update "$one" 3 "${v/"/Annots [ "/"/Annots [ 90 0 R "}" 90 \
	"<< /Type /Annot /Subtype /FreeText /Rect [0 0 99 99] /Contents (x) >>"
changed "a note" "annotations"
update "$one" 3 "${v/" ]"/" 90 0 R ]"}" 90 \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (z) /Rect [0 0 612 792] /AP << /N 4 0 R >> >>"
changed "a field that covers the page" "annotations"
form=$(qpdf --json=2 "$one" | jq -r '.qpdf[1].trailer.value."/Root" as $r |
	.qpdf[1]["obj:" + $r].value."/AcroForm" | split(" ")[0]')
replaced "$one" "$form" '/SigFlags 3' '/SigFlags 3 /XFA (x)'
changed "XFA in a form that was there" "/XFA of the form"
replaced "$one" 3 '/Type /Page' '/Type /Page /AA << /O << /S /JavaScript /JS (x) >> >>'
changed "an action of the page" "/AA of a page"
update "$one" 3 "${v/" ]"/" 90 0 R ]"}" 90 \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (z) /Rect [0 0 0 0] /AA << /PO << /S /JavaScript /JS (x) >> >> >>"
changed "a field that acts" "annotations"
# Signed while a field waited, hidden: shown afterwards.
expect 0 firma sign rsa-2048 "$work/field.pdf" --pades -o "$work/waiting.pdf"
replaced "$work/waiting.pdf" 5 '/F 4' '/F 6'
changed "a field that waits" "/F of a signature field"
expect 0 firma sign rsa-2048 "$work/waiting.pdf" --pades --field 'aquí' \
	-o "$work/filled.pdf"
look 0 "$work/filled.pdf"
is '[.signatures[] | .later] | sort' '["nothing","signatures"]'

# The place of one that waits is shown, with a value that the form does not see.
make field-apart
expect 0 firma sign rsa-2048 "$work/field-apart.pdf" --pades -o "$work/apart.pdf"
replaced "$work/apart.pdf" 6 '/F 4' '/F 4 /V << >> /AP << /N 4 0 R >>'
changed "a place that is not signed" "of a signature field"
expect 0 firma sign rsa-2048 "$work/apart.pdf" --pades --field a \
	-o "$work/filled.pdf"
look 0 "$work/filled.pdf"

note "what only looks like a signature field"
over='/Rect [0 0 612 792] /F 4'
for what in \
	"<< /Type /Annot /Subtype /Stamp /FT /Sig /V 5 0 R $over /AP << /N 4 0 R >> >>" \
	"<< /Type /Annot /Subtype /FreeText /FT /Sig /Contents (x) $over >>" \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (e) /MK << /BG [1 1 1] >> $over >>" \
	"<< /Type /Annot /Subtype /Widget /Parent 6 0 R $over /AP << /N 4 0 R >> >>"; do
	v=$(object "$one" 3)
	update "$one" 3 "${v/" ]"/" 90 0 R ]"}" 90 "$what"
	changed "$what" "annotations"
done
# One that says that it is signed is asked for its signature, also when it is the
# page's alone.
v=$(object "$one" 3)
update "$one" 3 "${v/" ]"/" 90 0 R ]"}" 90 \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (x) /V << >> $over /AP << /N 4 0 R >> >>"
look 10 "$work/x.pdf"
is '.valid' false
says 'field x: '
# In the form as well: one more place for the name and value of another, and
# what a field has no need of.
for what in \
	"/Subtype /Widget /T (Signature1) /V 5 0 R /AP << /N 4 0 R >>" \
	"/Subtype /Widget /T (otra) /V 5 0 R /AP << /N 4 0 R >>" \
	"/Subtype /Widget /T (otra) /MK << /BG [1 1 1] >>" \
	"/Subtype /FreeText /T (otra) /Contents (x)" \
	"/Subtype /Widget /T (otra) /AP << /N 4 0 R >>" \
	"/Subtype /Widget /T (otra) /A << /S /JavaScript /JS (x) >>"; do
	v=$(object "$one" 3)
	f7=$(object "$one" "$form")
	update "$one" 3 "${v/" ]"/" 90 0 R ]"}" \
		"$form" "${f7/"6 0 R"/"6 0 R 90 0 R"}" \
		90 "<< /Type /Annot /FT /Sig $over $what >>"
	look 10 "$work/x.pdf"
	says 'changed after it was signed in field Signature1'
done
# One that waits and is not seen does no harm.
f7=$(object "$one" "$form")
update "$one" 3 "${v/" ]"/" 90 0 R ]"}" \
	"$form" "${f7/"6 0 R"/"6 0 R 90 0 R"}" \
	90 "<< /Type /Annot /Subtype /Widget /FT /Sig /T (otra) $over >>"
look 0 "$work/x.pdf"
is '.signatures[0].later' '"signatures"'
update "$one" 3 "${v/" ]"/" 90 0 R ]"}" "$form" "$(sed \
	's/6 0 R/6 0 R 90 0 R/' <<< "$f7")" 90 \
	"<< /FT /Sig /T (otra) /Kids [91 0 R 92 0 R] >>" 91 \
	"<< /Type /Annot /Subtype /Widget /Parent 90 0 R $over >>" 92 "<< /T (b) >>"
look 12 "$work/x.pdf"

note "one number, two objects"
text="<< /Length 45 >>
stream
BT /F1 18 Tf 72 700 Td (Otra cosa) Tj ET     
endstream"
update "$one" 4:1 "$text"
changed "another generation" "object 4"
update "$one" 4 "" 4 "$text"
changed "listed twice, the old one first" "an object is"
update "$one" 4 "$text" 4 ""
changed "listed twice, the old one last" ""
update "$one" 90 "$text" 90 "null"
changed "a new one listed twice" "an object is listed twice"

note "a signature taken out"
replaced "$two" "$(qpdf --json=2 "$two" | jq -r '[.qpdf[1] | to_entries[] |
	select(.value.value?."/T"? == "u:Signature1") | .key][0] |
	capture("obj:(?<n>[0-9]+)").n')" "/V " "/W "
look 10 "$work/x.pdf"

# What an attacker with a key of his own can make.  forge FROM TO [BEGIN]: sign
# all but FROM..TO of the octets, counted from those of the hole.
question='{"op":"sign","time":1790000000,"octets":4096,"text":"",
	"id":"00112233445566778899aabbccddeeff"}'
forge() {
	"$PDF_ASK" "$question" "$f" > "$work/answer"
	head -n 1 "$work/answer" > "$work/plan"
	{ cat "$f"; tail -n +2 "$work/answer"; } > "$work/x.pdf"
	local at len range size
	at=$(jq .contents "$work/plan") len=$(jq .contents_len "$work/plan")
	range=$(jq .range "$work/plan") size=$(wc -c < "$work/x.pdf")
	local from=$((at + $1)) to=$((at + len + $2)) begin=${3:-0}
	perl -e 'open(F, "+<:raw", $ARGV[0]); seek(F, $ARGV[1], 0);
		printf F "%-36s", sprintf("[%d %d %d %d]", @ARGV[2..5])' \
		"$work/x.pdf" "$range" "$begin" $((from - begin)) $to $((size - to))
	cut_out "$work/x.pdf" "$begin" $((from - begin)) > "$work/covered"
	cut_out "$work/x.pdf" $to $((size - to)) >> "$work/covered"
	openssl cms -sign -cades -binary -nosmimecap -md sha256 -outform DER \
		-in "$work/covered" -signer "$work/own.pem" \
		-inkey "$work/own.key" -out "$work/cms" 2> "$DIR/openssl.err"
	perl -e 'local $/; open(C, "<:raw", $ARGV[1]); $c = unpack("H*", <C>);
		open(F, "+<:raw", $ARGV[0]); seek(F, $ARGV[2] + 1, 0);
		print F $c' "$work/x.pdf" "$work/cms" "$at"
}
# signed_again WHAT PATTERN   $in with a second field and signature
signed_again() {
	local c p
	c=$(object "$in" 1) p=$(object "$in" 3)
	update "$in" 1 "${c/"[ 6 0 R ]"/"[ 6 0 R 90 0 R ]"}" \
		3 "${p/"[ 6 0 R ]"/"[ 6 0 R 90 0 R ]"}" 90 \
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (otra) /V 91 0 R /P 3 0 R /F 132 /Rect [0 0 0 0] >>" \
		91 "$hole"
	own_sign "$work/x.pdf"
}
note "signed once more, allowed and not"
laid_out hole
signed_again
look 0 "$work/x.pdf"
is '[.signatures[] | [.valid, .later]]' '[[true,"signatures"],[true,"nothing"]]'
laid_out hole-certified
signed_again
changed "certified" "certified against any change"
laid_out hole-locked
signed_again
changed "locked" "field otra was locked"

note "references to what is not there"
laid_out hole-dangling
update "$in" 50 "$text"
changed "far away" "/Thumb of a page"
update "$in" 8 "$text"
changed "the next new one" "/Otro of a page"

# Ours is none of these.
expect 0 firma sign rsa-2048 "$in" --pades -o "$work/ours.pdf"
look 0 "$work/ours.pdf"
is '[.signatures[] | .later]' '["signatures","nothing"]'

note "objects that are several things at once"
laid_out hole-shared
update "$in" 8 "[ 3 0 R 6 0 R 90 0 R ]" 90 \
	"<< /Type /Page /FT /Sig /T (p) /Parent 2 0 R /MediaBox [0 0 9 9] >>"
changed "pages and fields" ""
laid_out hole-roles
update "$in" 8 "<< /FT /Sig /T (luego) /V 91 0 R /AP << /N 92 0 R >> >>" \
	91 "$hole" 92 "$text"
own_sign "$work/x.pdf"
changed "a field and a table of images" "object 8 is several things at once"

note "ranges that leave out what they should not"
forge 0 0
look 0 "$work/x.pdf"
for hole in "-20 0" "0 40" "1 0" "0 -1" "0 0 5"; do
	# shellcheck disable=SC2086 # several words
	forge $hole
	look 10 "$work/x.pdf"
	is '[.signatures[] | .valid]' '[false]'
done
says 'its /ByteRange is not that of a signature'

note "two signatures exchanged"
perl -e 'local $/; open(F, "<:raw", $ARGV[0]); $_ = <F>;
	my @at; push(@at, $-[1]) while /\/Contents <([0-9a-f]{9000,})>/g;
	@at == 2 or die; my $n = 32768;
	my ($x, $y) = (substr($_, $at[0], $n), substr($_, $at[1], $n));
	substr($_, $at[0], $n) = $y; substr($_, $at[1], $n) = $x; print' \
	"$two" > "$work/x.pdf"
look 10 "$work/x.pdf"
is '[.signatures[] | .valid]' '[false,false]'

note "a signature wrapped: its second part moved, others' words between"
# The old dictionary stays where it is; a new one has its signature, and ranges
# that name a copy of the covered octets.
perl -e 'local $/; open(F, "<:raw", $ARGV[0]); $_ = <F>;
	my ($a, $b, $c) = /\/ByteRange \[0 0*(\d+) 0*(\d+) 0*(\d+)\]/;
	my $tail = substr($_, $b, $c);
	my ($hex) = /\/Contents (<[0-9a-f]+>)/;
	my ($prev) = /.*startxref\s+(\d+)/s;
	my $at5 = length;
	my $new = "5 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter " .
	    "/ETSI.CAdES.detached /Contents $hex /ByteRange [0 $a XXXXXXXX $c] " .
	    ">>\nendobj\n";
	my $at4 = $at5 + length($new);
	$new .= "4 0 obj\n<< /Length 36 >>\nstream\nBT /F1 18 Tf 72 700 Td " .
	    "(Robo) Tj ET\nendstream\nendobj\n";
	my $x = $at5 + length($new);
	$new .= sprintf("xref\n4 2\n%010d 00000 n\r\n%010d 00000 n\r\n", $at4,
	    $at5) . "trailer\n<< /Size 9 /Root 1 0 R /Prev $prev >>\n" .
	    "startxref\n$x\n%%EOF\n%";
	my $to = $at5 + length($new);
	$new =~ s/XXXXXXXX/sprintf("%08d", $to)/e;
	print $_, $new, $tail' "$one" > "$work/x.pdf"
bad "$work/x.pdf" "wrapped"

note "a signature copied into a later section"
sig=$(grep -aobE '^5 0 obj' "$one" | head -n 1 | cut -d: -f1)
v=$(tail -c +$((sig + 9)) "$one" | sed '/^endobj/,$d' | tr '\n' ' ')

update "$one" 90 "$v" 91 \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (copia) /Rect [0 0 0 0] /V 90 0 R >>" \
	7 "<< /Fields [6 0 R 91 0 R] /SigFlags 3 >>"
look 10 "$work/x.pdf"
is '[.signatures[] | .valid]' '[true,false]'
says 'it was not in the file that it covers'

note "other kinds of signatures are named, not believed"
sed "s/ETSI.CAdES.detached/adbe.x509.rsa_sha1__/" "$one" > "$work/x.pdf"
bad "$work/x.pdf" "another kind"
echo "passed"
