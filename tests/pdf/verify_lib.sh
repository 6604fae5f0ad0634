# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# verify_lib.sh - PDFs that were signed and then added to, and what firma verify
# says of them.  Sourced behind lib.sh.

# look STATUS FILE   its JSON in $work/json, what is said besides in $said
look() {
	local status=0
	firma verify --json "$2" > "$work/json" 2> "$work/said" || status=$?
	said=$(cat "$work/said")
	[ "$status" = "$1" ] || fail "$2: exit $status, not $1: $said"
}
is() { same "$(jq -c "$1" "$work/json")" "$2" "$1"; }

# update FILE OBJECT VALUE...   append a section with these objects; OBJECT is
# a number, or "number:generation"; an empty VALUE lists it where it was
update() {
	perl -e 'local $/; open(F, "<:raw", shift); $_ = <F>;
		my ($prev) = /.*startxref\s+(\d+)/s;
		my ($size) = /.*\/Size (\d+)/s;
		my $x = "";
		while (@ARGV) {
			my ($id, $v) = splice(@ARGV, 0, 2);
			my ($n, $g) = (split(/:/, $id), 0);
			$size = $n + 1 if $n >= $size;
			my $at = $v eq "" ? index($_, "\n$n 0 obj") + 1 : length;
			$x .= sprintf("%d 1\n%010d %05d n\r\n", $n, $at, $g);
			$_ .= "$n $g obj\n$v\nendobj\n" if $v ne "";
		}
		my $at = length;
		print $_, "xref\n", $x, "trailer\n<< /Size $size /Root 1 0 R ",
		    "/Prev $prev >>\nstartxref\n$at\n%%EOF\n"' "$@" > "$work/x.pdf"
	qpdf --check "$work/x.pdf" > "$DIR/qpdf.out" 2>&1 || [ $? = 3 ] ||
		fail "no good sample: $(cat "$DIR/qpdf.out")"
}
# object FILE ID   as qpdf writes it
object() { qpdf --show-object="$2" "$1"; }
# replaced FILE ID FROM TO
replaced() {
	local v
	v=$(object "$1" "$2")
	[[ $v == *"$3"* ]] || fail "no $3 in $v"
	update "$1" "$2" "${v/"$3"/$4}"
}
changed() { # WHAT PATTERN
	look 10 "$work/x.pdf"
	is '.valid' false
	says "changed after it was signed in field Signature1: .*$2"
	# The signature itself is still good: that is what makes it dangerous.
	same "$(verdicts "$work/x.pdf" | cut -d' ' -f1)" valid "$1: pdfsig"
}

# hole_of FILE   the range of its last hole is written; what it covers is in
# $work/covered, where the hole is in $work/at
hole_of() {
	perl -e 'local $/; open(F, "+<:raw", $ARGV[0]); $_ = <F>;
		my $at = rindex($_, "<" . "0" x 8000); my $to = index($_, ">", $at) + 1;
		my $r = sprintf("[0 %010d %010d %010d]", $at, $to, length() - $to);
		s/\[0 0{10} 0{10} 0{10}\]/$r/ or die; seek(F, 0, 0); print F $_;
		open(C, ">:raw", $ARGV[1]);
		print C substr($_, 0, $at), substr($_, $to); print $at' \
		"$1" "$work/covered" > "$work/at"
}
into_hole() { # FILE   $work/cms
	perl -e 'local $/; open(C, "<:raw", $ARGV[1]); $c = unpack("H*", <C>);
		open(F, "+<:raw", $ARGV[0]); seek(F, $ARGV[2] + 1, 0);
		print F $c' "$1" "$work/cms" "$(cat "$work/at")"
}
# What a signer lays out so that it can be changed later: SHAPE, signed.
own_sign() { # FILE   into the last hole that it has
	hole_of "$1"
	openssl cms -sign -cades -binary -nosmimecap -md sha256 -outform DER \
		-in "$work/covered" -signer "$work/own.pem" \
		-inkey "$work/own.key" -out "$work/cms" 2> "$DIR/openssl.err"
	into_hole "$1"
}
laid_out() {
	make "$1"
	own_sign "$work/$1.pdf"
	look 0 "$work/$1.pdf"
	in=$work/$1.pdf
}
hole="<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached
	/ByteRange [0 0000000000 0000000000 0000000000]
	/Contents <$(printf '0%.0s' {1..8000})> /M (D:20261128190512Z) >>"

own_key() { # of an attacker, or of any other signer
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=otra \
		-keyout "$work/own.key" -out "$work/own.pem" -days 2 2> /dev/null
}
