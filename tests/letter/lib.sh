# SPDX-License-Identifier: Apache-2.0
# lib.sh - letters of a practice company, made by programs of others.  Sourced;
# needs FIRMA_BUILD.  Exit status 77: skipped, with the reason.
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${FIRMA_BUILD:?the build folder}
FIRMA_HELPER_DIR=$BUILD/cli/helpers
export FIRMA_HELPER_DIR
export LC_ALL=C.UTF-8
NAME=$(basename "$0" .sh)
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
n_checks=0

for tool in groff gs rsvg-convert qpdf fix-qdf openssl jq; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done

die() {
	echo "$NAME: $*" >&2
	cat "$T/said" "$T/err" >&2 2> /dev/null || :
	exit 1
}

TITLE='Carta de Términos y Condiciones para la Obtención y Uso del NPIE y Certificado Digital'
WHO='MUEBLES PEÑA SA DE CV'

# The old certificate, which says whose letters are right.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -days 2 -utf8 \
    -subj "/CN=$WHO/2.5.4.41=$WHO/O=$WHO/OU=Y5472318103/2.5.4.45=MPE150312AB6" \
    -out "$T/old.pem" 2> /dev/null

# letter FILE [option...]: what firma says; its exit status in $got.
letter() {
	got=0
	timeout 60 "$BUILD/cli/firma" letter "$@" --json --lang en \
	    > "$T/said" 2> "$T/err" || got=$?
	[ "$got" != 124 ] || die "$1: no end"
	! grep -q 'Sanitizer\|runtime error' "$T/err" || die "$1: a sanitizer's word"
}

# judged FILE STATUS VERDICT [WORD]: by the rules of the terms letter.
judged() {
	letter "$1" --letter terms --certificate "$T/old.pem" \
	    --profile "$SOURCE/cli/profiles/imss-idse.ini"
	[ "$got" = "$2" ] || die "$1: exit $got, expected $2"
	[ "$(jq -r .verdict "$T/said")" = "$3" ] || die "$1: not $3"
	[ -z "${4-}" ] || jq -e --arg w "$4" '.findings[] | select(.what == $w)' \
	    "$T/said" > /dev/null || die "$1: does not say $4"
	n_checks=$((n_checks + 1))
}

# ---- makers; each writes $T/NAME.pdf

# by_groff NAME TITLE: the built-in fonts, two pages
by_groff() {
	groff -Kutf8 -Tpdf -P-e > "$T/$1.pdf" 2> "$T/err" <<-ROFF || die "groff: $1"
		.ps 14
		.ce 2
		$2
		.ps 10
		.sp
		Nombre o razón social: $WHO
		.br
		RFC: MPE150312AB6
		.br
		Registro patronal: Y54-72318-10-3
		.br
		México, a 28 de noviembre de 2026
		.bp
		Leída la presente, el patrón la firma: ¿oficio y afinación? Sí.
	ROFF
}

# by_cairo NAME TITLE1 TITLE2 [XML]: subset fonts, ligatures
by_cairo() {
	cat > "$T/$1.svg" <<-SVG
		<svg xmlns="http://www.w3.org/2000/svg" width="700" height="400"
		 font-family="DejaVu Sans" font-size="14">
		<text x="20" y="40">$2</text><text x="20" y="60">$3</text>
		<text x="20" y="100">Nombre: $WHO</text>
		<text x="20" y="120">RFC</text><text x="160" y="120">MPE150312AB6</text>
		<text x="20" y="140">Registro patronal</text>
		<text x="160" y="140">Y5472318103</text>
		<text x="20" y="160">oficina, afinación, flotar, 2026-11-28</text>
		${4-}
		</svg>
	SVG
	rsvg-convert -f pdf -o "$T/$1.pdf" "$T/$1.svg" 2> "$T/err" || die "rsvg: $1"
}

# by_gs NAME DEVICE [POSTSCRIPT]: Latin-1 in a font of PostScript
by_gs() {
	{
		cat <<-'PS'
			%!PS
			/F { findfont dup length dict begin
			{ 1 index /FID ne { def } { pop pop } ifelse } forall
			/Encoding ISOLatin1Encoding def currentdict end
			/L exch definefont pop /L findfont exch scalefont setfont } def
			14 /Helvetica F
			40 700 moveto (Carta de Términos y Condiciones para la Obtención y Uso del) show
			40 680 moveto (NPIE y Certificado Digital) show
			11 /Times-Roman F
			40 640 moveto (Razón social: MUEBLES PEÑA, S.A. de C.V.) show
			40 620 moveto (R.F.C. MPE-150312-AB6) show
			40 600 moveto (Registro patronal Y54 72318 10 3) show
			40 580 moveto (28/11/2026) show
		PS
		printf '%s\nshowpage\n' "${3-}"
	} | iconv -f UTF-8 -t ISO-8859-1 |
	    gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE="$2" -r100 -o "$T/$1.pdf" - \
	    > "$T/err" 2>&1 || die "gs: $1"
}

# by_hand NAME OBJECTS: a PDF of these objects (1 is the catalog), its table
# made by qpdf, or as it is when qpdf gives up.
by_hand() {
	{ printf '%%PDF-1.7\n%s\ntrailer\n<< /Root 1 0 R /Size 20 >>\n%%%%EOF\n' "$2"; } \
	    > "$T/$1.pdf"
}
