#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Messages for people: each is marked for gettext and translated.
#
#   - every string that a printing function of cli/*.c gets is inside _(), N_()
#     or P_(), or its statement says "untranslated: reason" in a comment;
#   - the template extracted from the sources has exactly the msgids of es.po;
#   - es.po is whole: nothing fuzzy, nothing untranslated, formats agree.
#
# With --self: shows that a violation of each kind is found.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/../.."
for tool in xgettext msgfmt msgattrib perl; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

# Unmarked literals in the given files, as file:line: text.
unmarked() {
	perl -e '
	my $printers = "out_line|out_coloured|out_pair|out_note|out_progress|" .
	    "say_failure|say_refusal|app_failure|ask_yes|ask_line|" .
	    "ask_secret|finding_(?:add|note|error)|usage|prompt|pin_get|pin_new|pin_password|" .
	    "dprintf|printf|fprintf|fputs|puts";
	my $string = qr/"(?:\\.|[^"\\])*"/s;
	my $bad = 0;
	for my $file (@ARGV) {
		open(my $f, "<", $file) or die "$file: $!";
		local $/; my $text = <$f>; close $f;
		# The contract in a comment is no call.
		$text =~ s{^(/\*.*?\*/)}{my $c = $1; $c =~ s/[^\n]/ /g; $c}gems;
		while ($text =~ /\b(?:$printers)\s*\(/g) {
			my $start = $-[0]; my $at = pos($text); my $depth = 1;
			while ($depth > 0 && substr($text, $at) =~
			    /\G(?:$string|\x27(?:\\.|[^\x27])+\x27|\/\*.*?\*\/|[^"\x27()\/]+|[()\/])/gs) {
				my $t = $&; $at += length $t;
				$depth++ if $t eq "("; $depth-- if $t eq ")";
			}
			my $call = substr($text, $start, $at - $start);
			my ($line_end) = substr($text, $at) =~ /^([^\n]*\n?[^\n]*)/;
			my ($before) = substr($text, 0, $start) =~ /([^\n]*\n[^\n]*)$/;
			next if "$before$call$line_end" =~ /untranslated: \S/;
			1 while $call =~ s/\b(?:strcmp|strncmp|text_of|field|args_\w+|json_\w+|getenv|sizeof)\s*\((?:[^()]|\([^()]*\))*\)//s;
			$call =~ s/\b(?:_|N_|P_)\(\s*(?:$string\s*,?\s*)+//gs;
			while ($call =~ /($string)/g) {
				my $s = $1; my $lit = $1;
				$s =~ s/%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]//g;
				$s =~ s/\\(?:[a-z]|[0-7]{1,3}\[?K?|.)//g;
				next unless $s =~ /[A-Za-z]{2}/;
				next if $s eq "\"firma: \"";
				my $line = 1 + (substr($text, 0, $start) =~ tr/\n//);
				print "$file:$line: not marked: $lit\n";
				$bad = 1;
			}
		}
	}
	exit $bad;' "$@"
}

same_ids() { # template translation
	msgattrib --no-obsolete --no-wrap --clear-fuzzy --empty "$1" |
	    grep '^msgid' | sort >"$dir/a"
	msgattrib --no-obsolete --no-wrap --clear-fuzzy --empty "$2" |
	    grep '^msgid' | sort >"$dir/b"
	diff -u "$dir/a" "$dir/b"
}

whole() { # translation
	msgfmt --check --statistics -o /dev/null "$1" 2>"$dir/said" || {
		cat "$dir/said"; return 1; }
	if grep -E 'fuzzy|untranslated' "$dir/said"; then return 1; fi
}

if [ "${1:-}" = --self ]; then
	printf 'void f(void)\n{\n\tout_line("Hello there");\n}\n' >"$dir/x.c"
	unmarked "$dir/x.c" >/dev/null && { echo "unmarked not found"; exit 1; }
	printf 'void f(void)\n{\n\tout_line(_("Hello there %%s"), "-");\n}\n' >"$dir/x.c"
	unmarked "$dir/x.c" || { echo "marked refused"; exit 1; }
	cli/po/extract.sh "$dir/t.pot"
	printf '\nmsgid "no such message"\nmsgstr "x"\n' |
	    cat cli/po/es.po - >"$dir/more.po"
	same_ids "$dir/t.pot" "$dir/more.po" >/dev/null &&
	    { echo "extra msgid not found"; exit 1; }
	printf '\nmsgid "no such message"\nmsgstr ""\n' |
	    cat cli/po/es.po - >"$dir/empty.po"
	whole "$dir/empty.po" >/dev/null &&
	    { echo "untranslated not found"; exit 1; }
	exit 0
fi

bad=0
unmarked cli/*.c || bad=1
cli/po/extract.sh "$dir/t.pot"
same_ids "$dir/t.pot" cli/po/es.po || {
	echo "es.po has other messages than the sources: see cli/po/extract.sh"
	bad=1
}
whole cli/po/es.po || bad=1
exit $bad
