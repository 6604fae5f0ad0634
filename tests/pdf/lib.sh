# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lib.sh - PDFs, keys that sign them, and the programs of others that judge.
# Sourced by the tests of this folder.
set -euo pipefail
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"

for tool in jq softhsm2-util openssl qpdf pdfsig certutil perl; do
	command -v $tool > /dev/null || skip "no $tool"
done
begin
MAKE=$BUILD/tests/pdf/pdf_make
PDF_ASK=$BUILD/tests/pdf/pdf_ask
work=$DIR/pdf
: > "$DIR/pdf.log" # end looks for logs
mkdir "$work"

# make SHAPE   a sample; those that qpdf makes of one are "qpdf-OPTION-SHAPE"
make() {
	case $1 in
	terms | conditions) "$BUILD/tests/pdf/pdf_letter" "$1" > "$work/$1.pdf" ;;
	stream-*) "$MAKE" "${1#stream-}" > "$work/in.pdf"
		qpdf --object-streams=generate "$work/in.pdf" "$work/$1.pdf" ;;
	linear-*) "$MAKE" "${1#linear-}" > "$work/in.pdf"
		qpdf --linearize "$work/in.pdf" "$work/$1.pdf" ;;
	both-*) "$MAKE" "${1#both-}" > "$work/in.pdf"
		qpdf --linearize --object-streams=generate "$work/in.pdf" \
			"$work/$1.pdf" ;;
	*) "$MAKE" "$1" > "$work/$1.pdf" ;;
	esac
}

# An agent with a key and its certificate for each of the kinds named.
keys() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	mkdir "$DIR/nss"
	certutil -N -d "sql:$DIR/nss" --empty-password
	certutil -A -d "sql:$DIR/nss" -n practica -t C,C,C -i "$DIR/ca.pem"
	for k; do
		key practice "$k" "${k#key-}"
		firma request "$k" --subject "CN=PEÑA & CÍA,2.5.4.45=ÑAN010101AA1" \
			-o "$DIR/csr" > /dev/null
		"$BUILD/tests/rehearsal/firma-rehearsal" issue "$DIR/portal" \
			--csr "$DIR/csr" --out "$DIR/$k.pem" > /dev/null
		firma certificate import "$k" "$DIR/$k.pem" > /dev/null
	done
}

# verdicts FILE   "valid valid ..." by pdfsig, in its order
verdicts() {
	pdfsig -nssdir "sql:$DIR/nss" "$1" 2> "$DIR/pdfsig.err" |
		sed -n 's/.*Signature Validation: Signature is \(.*\)\./\1/p' |
		tr 'A-Z\n' 'a-z ' | sed 's/ $//'
}
# covers FILE   how many of its signatures cover all of it
covers() {
	pdfsig -nssdir "sql:$DIR/nss" "$1" 2> /dev/null |
		grep -c 'Total document signed' || :
}

# ranges FILE   each "0 A B C" of it
ranges() {
	grep -aoE '/ByteRange ?\[ ?0 [0-9]+ [0-9]+ [0-9]+ ?\]' "$1" |
		tr -d '[]' | sed 's/^\/ByteRange *//'
}
# cut_out FILE FROM LENGTH
cut_out() {
	perl -e 'open(F, "<:raw", $ARGV[0]) and seek(F, $ARGV[1], 0) and
		read(F, $b, $ARGV[2]) == $ARGV[2] or die; print $b' "$@"
}
# openssl_takes FILE [N]   the N-th signature: what it covers, cut out here and
# verified by openssl
openssl_takes() {
	local a b c
	read -r _ a b c < <(ranges "$1" | sed -n "${2:-1}p")
	cut_out "$1" 0 "$a" > "$work/covered"
	cut_out "$1" "$b" "$c" >> "$work/covered"
	cut_out "$1" "$((10#$a + 1))" "$((10#$b - 10#$a - 2))" |
		perl -e 'local $/; print pack("H*", <STDIN>)' > "$work/cms"
	openssl cms -verify -binary -cades -inform DER -in "$work/cms" \
		-content "$work/covered" -CAfile "$DIR/ca.pem" -purpose any \
		-out /dev/null 2> "$DIR/openssl.err" ||
		fail "$1: openssl: $(cat "$DIR/openssl.err")"
}

# good FILE BEFORE N   N signatures, each valid; BEFORE is its beginning, octet
# for octet; qpdf has nothing to say
good() {
	local want
	cmp -n "$(wc -c < "$2")" "$1" "$2" || fail "$1: the document was changed"
	qpdf --check "$1" > "$DIR/qpdf.out" 2>&1 &&
		! grep -i warning "$DIR/qpdf.out" ||
		fail "$1: $(cat "$DIR/qpdf.out")"
	want=$(printf 'valid %.0s' $(seq "$3"))
	same "$(verdicts "$1")" "${want% }" "$1: pdfsig"
	same "$(covers "$1")" 1 "$1: signatures of the whole"
	for ((i = 1; i <= $3; i++)); do
		openssl_takes "$1" "$i"
	done
}
