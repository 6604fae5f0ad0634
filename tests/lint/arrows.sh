#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# arrows.sh [ROOT]   fail on an #include against the arrows in ROOT's
# tests/lint/arrows, on one that is not spelled from the root, and on a folder
# that has no line there.
# shellcheck disable=SC2016 # the $ are awk's
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
"$here/sources.sh" . c h def | xargs awk '
function folder(path) {
	sub(/\/[^\/]*$/, "", path)
	return path
}

FNR == 1 { from = folder(FILENAME) }

FILENAME == "tests/lint/arrows" {
	if ($0 ~ /^#/ || NF == 0)
		next
	if ($2 != ":" || NF < 3) {
		print FILENAME ":" FNR ": not \"folder : folders\""
		bad = 1
		next
	}
	known[$1] = 1
	for (i = 3; i <= NF; i++)
		may[$1, $i] = 1
	next
}

!(from in known) {
	print FILENAME ": " from "/ has no line in tests/lint/arrows"
	known[from] = bad = 1
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	to = part[2]
	if (to !~ /^(agent|pkcs11|cli|tests)\//) {
		print FILENAME ":" FNR ": " to " is not spelled from the root"
		bad = 1
	} else if (folder(to) != from && !((from, folder(to)) in may) &&
	    !((from, to) in may)) {
		print FILENAME ":" FNR ": " from "/ may not include " to
		bad = 1
	}
}

END { exit bad }' tests/lint/arrows >&2
