#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs.sh [ROOT]   what is written down agrees with the code:
#
#   agent/PROTOCOL.md   limits, flags, causes, algorithms, rules, and which
#                       requests are answered again (test_protocol compares
#                       messages, fields, values, errors and vectors)
#   firmad.8            the options of firmad
#   firmad.conf.5, the example, agent/policy/README.md
#                       the options of the configuration
#   tests/fuzz/README.md   the targets
#   every .md and every comment in the code
#                       tests that are named exist, with the functions and
#                       sections that are named
# firma.1 has its own: tests/unit/cli/manual.sh.  docs_self.sh checks this one.
# shellcheck disable=SC2016 # the $ are perl's and awk's
set -eu
export LC_ALL=C
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
protocol=agent/PROTOCOL.md

fail() {
	echo "$*" >&2
	bad=1
}

# agree WHAT   the lines of $tmp/code and $tmp/page, in any order
agree() {
	sort -u "$tmp/code" > "$tmp/code.sorted"
	sort -u "$tmp/page" > "$tmp/page.sorted"
	[ -s "$tmp/code" ] || fail "$1: nothing found in the code"
	diff "$tmp/code.sorted" "$tmp/page.sorted" > "$tmp/diff" || {
		fail "$1: < in the code, > in the document"
		grep '^[<>]' "$tmp/diff" >&2
	}
}

# table HEADING   the rows below a line of $protocol, back quotes off
table() {
	awk -v heading="$1" '
	index($0, heading) == 1 { on = 1; next }
	on && /^#/ { exit }
	on && /^\|---/ { rows = 1; next }
	on && rows && !/^\|/ { exit }
	on && rows { gsub(/`/, ""); print }' $protocol
}

# cell N   of each row
cell() {
	awk -F'|' -v n="$1" '{ gsub(/^ +| +$/, "", $(n + 1)); print $(n + 1) }'
}

# ---- limits: the number behind each name, and no name of these headers missing
define() { # NAME...: "NAME number"
	for name; do
		text=$(sed -n "s|^#define $name[ 	]\{1,\}||p" \
		    agent/*/*.h pkcs11/worker/*.h | sed 's|/\*.*||;s|(size_t)||g')
		[ -n "$text" ] && echo "$name $(($text))"
	done
}
table '### Limits' > "$tmp/rows"
cell 1 < "$tmp/rows" > "$tmp/names"
cell 2 < "$tmp/rows" | paste -d' ' "$tmp/names" - | sed 's/ *$//' > "$tmp/page"
# shellcheck disable=SC2046 # names have no blanks
define $({ cat "$tmp/names"; sed -n 's/^#define \(FIRMA_[A-Z_]*\) .*/\1/p' \
    agent/wire/frame.h agent/daemon/conn.h agent/daemon/replay.h \
    agent/daemon/task.h; } | sort -u | grep -v '_H$') > "$tmp/code"
agree 'limits'

# ---- flags, causes, algorithms
sed -n 's/^#define \(FIRMA_[A-Z_]*\) *\(0x[0-9a-f]*\)u.*/\1 \2/p' \
    agent/wire/values.h > "$tmp/code"
table '#### Flags' > "$tmp/rows"
cell 1 < "$tmp/rows" > "$tmp/names"
cell 2 < "$tmp/rows" | paste -d' ' "$tmp/names" - > "$tmp/page"
agree 'flags'

sed -n 's/^	\(FIRMA_CAUSE_[A-Z0-9]*\) = \([0-9]*\).*/\2 \1/p' \
    agent/base/err.h > "$tmp/code"
table '#### Causes' > "$tmp/rows"
cell 1 < "$tmp/rows" > "$tmp/names"
cell 2 < "$tmp/rows" | paste -d' ' "$tmp/names" - > "$tmp/page"
agree 'causes'

sed -n 's/^	X([A-Z0-9_]*, *\([0-9]*\), *"\([a-z0-9-]*\)".*/\1 \2/p' \
    agent/pki/algorithm.h > "$tmp/code"
table '#### Algorithms' > "$tmp/rows"
cell 1 < "$tmp/rows" > "$tmp/names"
cell 2 < "$tmp/rows" | paste -d' ' "$tmp/names" - > "$tmp/page"
agree 'algorithms'

# ---- rules: those of the table, and those that the agent's code names
sed -n 's/^	{ "\([a-z0-9-]*\)", [a-z0-9_]* },$/\1/p' agent/policy/rule.c > "$tmp/code"
for file in agent/daemon/*.c; do
	tr -s '\n\t ' ' ' < "$file" | grep -oE \
	    'firma_(task_refuse|task_fail|change_fail)\([a-z], [A-Za-z_]+, "[a-z-]+"|\*ret_rule = "[a-z-]+"' |
	    sed 's/.*"\([a-z-]*\)".*/\1/' || :
done >> "$tmp/code"
table '### Rules' | cell 1 > "$tmp/page"
agree 'rules'

# ---- what a request asks for, and what the same id gives
sed -n '/^#define FIRMA_ASK_ACTIONS/,/[^\\]$/s/.*X([A-Z_]*, *"\([a-z-]*\)").*/\1/p' \
    agent/policy/rule.h > "$tmp/code"
awk '/^\| request \| answers/ { on = 1 } on && !/^\|/ { exit } on' $protocol |
    tail -n +3 > "$tmp/requests"
cell 3 < "$tmp/requests" | grep -oE '`[a-z-]+`' | tr -d '`' > "$tmp/page"
agree 'what requests ask for'

sed -n 's/^	{ FIRMA_MSG_\([a-z_]*\), \([a-z]*\), .*/\1 \2/p' \
    agent/daemon/handler.c | sed 's/ true$/ same answer/;s/ false$/ anew/' > "$tmp/code"
echo 'hello anew' >> "$tmp/code"
tr -d '`' < "$tmp/requests" > "$tmp/rows"
cell 1 < "$tmp/rows" > "$tmp/names"
cell 4 < "$tmp/rows" | paste -d' ' "$tmp/names" - > "$tmp/page"
agree 'requests and their ids'

# ---- firmad's options
sed -n 's/^		{ "\([a-z-]*\)", [a-z]*_argument.*/\1/p' \
    agent/daemon/options.c | grep -v -x -e help -e version > "$tmp/code"
sed -n 's/^\.It Fl Fl \([a-z-]*\).*/\1/p' cli/man/firmad.8 > "$tmp/page"
agree 'firmad.8'

# ---- the configuration's options, by section
awk '/^static const struct firma_option / { on = 1; next } /^};/ { on = 0 }
	on && match($0, /"[a-z0-9-]+"/) { print substr($0, RSTART + 1, RLENGTH - 2) }' \
    agent/policy/config.c > "$tmp/code"
sed -n '/^\.Ss \[/,/^\.Sh/s/^\.It Cm \(.*\)/\1/p' cli/man/firmad.conf.5 |
    tr -d ',' | tr -s ' ' '\n' > "$tmp/page"
agree 'firmad.conf.5'
sed -n 's/^#\{0,1\}\([a-z0-9-]\{1,\}\) = .*/\1/p' \
    agent/daemon/firmad.conf.example > "$tmp/page"
# Of label, serial, slot and uri, and of id and spki, an example has one.
for word in serial slot uri spki; do
	grep -q "\b$word\b" agent/daemon/firmad.conf.example &&
	    echo $word >> "$tmp/page"
done
grep -q 'SHA-256 of the SubjectPublicKeyInfo' \
    agent/daemon/firmad.conf.example && echo spki >> "$tmp/page"
agree 'firmad.conf.example'
sort -u "$tmp/code" | while read -r word; do
	grep -q "\`$word\`" agent/policy/README.md ||
	    echo "agent/policy/README.md does not name $word"
done > "$tmp/missing"
[ ! -s "$tmp/missing" ] || fail "$(cat "$tmp/missing")"

# ---- fuzz targets
sed -n 's/^firma_fuzz(\([a-z]*\) .*/\1/p' tests/fuzz/CMakeLists.txt > "$tmp/code"
sed -n 's/^| `\([a-z]*\)` |.*/\1/p' tests/fuzz/README.md > "$tmp/page"
agree 'tests/fuzz/README.md'

# ---- tests that are named
# Files: tests/.../name.sh or .c, wherever it stands; a section behind it, as in
# tests/x/test_y.sh, "wrong PIN", is in a file of that folder.
"$here/sources.sh" . c h def sh md > "$tmp/files"
[ ! -e README.md ] || echo README.md >> "$tmp/files"
grep -v -e '^tests/lint/' -e '^tests/fuzz/seeds' "$tmp/files" | xargs perl -0777 -ne '
	s/\n[ \t]*(?:\*|\#|\/\/)?[ \t]*/ /g;
	while (m{(?<![\w./>*])(tests/[A-Za-z0-9_/.-]*[A-Za-z0-9_]\.(?:sh|c|md))(?:[`]?, "([^"]+)")?}g) {
		my ($file, $section) = ($1, $2);
		if (!-e $file) { print "$ARGV: no $file\n"; next; }
		next unless defined $section;
		(my $folder = $file) =~ s{/[^/]*$}{};
		my $found = 0;
		for my $f (glob "$folder/*") {
			next unless -f $f;
			open(my $h, "<", $f) or next;
			local $/; my $t = <$h>;
			$found = 1 if index($t, $section) >= 0;
		}
		print "$ARGV: no \"$section\" in $folder\n" unless $found;
	}' | sort -u > "$tmp/missing"
[ ! -s "$tmp/missing" ] || fail "$(cat "$tmp/missing")"

# Tables of claims: what stands in the last column, by file and by function.
find tests -name '*.c' -o -name '*.sh' | sed 's|.*/||;s|\.[a-z]*$||' |
    sort -u > "$tmp/stems"
find tests ! -path 'tests/lint/docs*' \( -name '*.c' -o -name '*.sh' \) -print0 |
    xargs -0 grep -ohE '\b[a-z0-9]+(_[a-z0-9]+)+\b' | sort -u > "$tmp/words"
for page in $(grep -lE '^\| (claim|what may happen|what happens)[a-z ]*\|' \
    $(grep '\.md$' "$tmp/files")); do
	awk '/^\|.*\| *(test|tests|proof|proved by|test that shows it) *\|$/ { on = 1; next }
	    !/^\|/ { on = 0 } on && !/^\|-/' "$page" |
	    sed 's/ *|$//;s/.*|//' | tr -s ' ,;`()' '\n' |
	    grep -E '_|/' | sed 's/\.$//' | while read -r word; do
		case $word in
		tests/*) [ -e "$word" ] || echo "$page: no $word"; continue ;;
		unit/*) word=test_${word##*/} ;;
		*/*) continue ;;
		esac
		word=${word%.c}
		word=${word%.sh}
		grep -qx -e "$word" "$tmp/stems" "$tmp/words" ||
		    echo "$page: no test $word"
	done
done > "$tmp/missing"
[ ! -s "$tmp/missing" ] || fail "$(cat "$tmp/missing")"
exit $bad
