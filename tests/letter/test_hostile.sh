#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bombs, loops, cut-off and endless PDFs: each ends in time, none is called good,
# and it is told that a machine cannot vouch for it.
. "$(dirname "$0")/lib.sh"

MOST=40 # seconds for one file, on a machine that has other work too

# bad NAME: not good, in time.  Whose letter it is is not asked: the file itself
# has to be what is odd.
bad() {
	begun=$(date +%s)
	letter "$T/$1.pdf"
	took=$(($(date +%s) - begun))
	case $got in
	9 | 12) ;;
	*) die "$1: exit $got" ;;
	esac
	[ "$(jq -r .verdict "$T/said")" != good ] || die "$1: good"
	[ $took -le $MOST ] || die "$1: $took s"
	n_checks=$((n_checks + 1))
}

page='3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800]
 /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1
 /BaseFont /Helvetica >> >> >> >> endobj'
text='4 0 obj << /Length 44 >> stream
BT /F 12 Tf 40 700 Td (RFC MPE150312AB6) Tj ET
endstream endobj'
catalog='1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj'
pages='2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj'

# ---- what it is not
printf 'x' > "$T/tiny.pdf"
printf '%%PDF-1.7\n' > "$T/head.pdf"
: > "$T/empty.pdf"
{ printf '%%PDF-1.7\n'; head -c 100000 /dev/urandom; } > "$T/noise.pdf"
for name in tiny head empty noise; do
	bad $name
	[ "$got" = 12 ] || die "$name: exit $got"
done
head -c 9000000 /dev/zero > "$T/large.pdf"
letter "$T/large.pdf"
[ "$got" = 10 ] || die "9 MB: exit $got"

# Without its reader: what to do about it.
by_hand some "$catalog $pages $page $text"
FIRMA_HELPER_DIR=$T/none letter "$T/some.pdf"
[ "$got" = 1 ] || die "no reader: exit $got"
cat "$T/said" "$T/err" | grep -q 'the program that reads PDFs is not there' ||
    die "no reader: not said"

# ---- cut off anywhere, and with an octet of its table changed
by_groff whole "Carta de Términos y Condiciones para la Obtención y Uso
del NPIE y Certificado Digital"
judged "$T/whole.pdf" 0 good
qpdf --linearize --object-streams=generate "$T/whole.pdf" "$T/linear.pdf"
for file in whole linear; do
	size=$(stat -c %s "$T/$file.pdf")
	for part in 1 3 5 8 11 13 15 17 19; do
		head -c $((size * part / 20)) "$T/$file.pdf" > "$T/cut.pdf"
		bad cut
	done
done
sed 's/^startxref$/startxreF/' "$T/whole.pdf" > "$T/table.pdf"
bad table

# ---- loops
by_hand loop "$catalog
2 0 obj << /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >> endobj"
by_hand parent "$catalog
2 0 obj << /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >> endobj
$page $text"
by_hand indirect "1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj"
by_hand length "$catalog $pages $page
4 0 obj << /Length 4 0 R >> stream
x
endstream endobj"
by_hand form "$catalog $pages
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R
 /Resources << /XObject << /X 5 0 R >> >> >> endobj
4 0 obj << /Length 5 >> stream
/X Do
endstream endobj
5 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 5
 /Resources << /XObject << /X 5 0 R >> >> >> stream
/X Do
endstream endobj"
printf '%%PDF-1.7\n%s\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Size 3 /Prev %s >>\nstartxref\n%s\n%%%%EOF\n' \
    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj" 53 53 > "$T/prev.pdf"
for name in loop parent indirect length form prev; do
	bad $name
done

# ---- numbers that are too large, and too many of everything
by_hand count "$catalog
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 2147483647 >> endobj
$page $text"
by_hand negative "$catalog
2 0 obj << /Type /Pages /Kids [3 0 R] /Count -1 >> endobj $page $text"
by_hand many "$catalog
2 0 obj << /Type /Pages /Count 100000 /Kids [
$(yes '3 0 R' | head -n 100000)
] >> endobj $page $text"
by_hand wide "$catalog $pages
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 1e38 1e38]
 /Rotate 77 /Contents 4 0 R >> endobj $text"
by_hand deep "$catalog $pages $page $text
5 0 obj $(yes '[' | head -n 200000 | tr -d '\n')"
by_hand nested "$catalog /X 5 0 R $pages $page
4 0 obj << /Length 400000 >> stream
$(yes '[ <<' | head -n 100000)
endstream endobj"
for name in count negative many wide deep nested; do
	bad $name
done

# ---- bombs: a stream that grows a thousandfold, and twice of that
if perl -MCompress::Zlib -e 1 2> /dev/null; then
	bomb() { # NAME PERL-EXPRESSION FILTERS ROUNDS
		perl -MCompress::Zlib -e '
		my ($what, $filters, $rounds, $page) = @ARGV;
		my $d = eval $what;
		$d = compress($d, 9) for 1 .. $rounds;
		print "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
		    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n$page\n",
		    "4 0 obj<</Length ", length $d, "/Filter[$filters]>>stream\n",
		    $d, "\nendstream endobj\ntrailer<</Root 1 0 R/Size 9>>\n%%EOF\n";
		' "$2" "$3" "$4" "$page" > "$T/$1.pdf"
	}
	bomb zeros '"\0" x 200_000_000' '/FlateDecode/FlateDecode' 2
	bad zeros
	bomb words '"BT /F 9 Tf " . "(AAAAAAAAAAAAAAAA) Tj " x 3_000_000 . "ET"' \
	    '/FlateDecode' 1
	bad words
	bomb lines '"0 0 m 9 9 l S " x 8_000_000' '/FlateDecode' 1
	bad lines
	bomb saves '"q " x 20_000_000' '/FlateDecode' 1
	bad saves
else
	echo "not tried: no Compress::Zlib"
fi

# Forms that draw the next one twice: a thousand million of them.
forms=
i=5
while [ $i -lt 36 ]; do
	forms="$forms
$i 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 12
 /Resources << /XObject << /X $((i + 1)) 0 R >> >> >> stream
/X Do /X Do 
endstream endobj"
	i=$((i + 1))
done
by_hand doubling "$catalog $pages
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R
 /Resources << /XObject << /X 5 0 R >> >> >> endobj
4 0 obj << /Length 6 >> stream
/X Do 
endstream endobj $forms"
bad doubling
echo "$n_checks hostile files"
