#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# foreign.sh [ROOT]   fail where a foreign header or call stands outside the
# home that ROOT's tests/lint/foreign gives it.
# shellcheck disable=SC2016 # the $ are awk's
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
"$here/sources.sh" . c h | xargs awk '
function below(path, folders,    i, n, at) {
	n = split(folders, at, " ")
	for (i = 1; i <= n; i++)
		if (index(path, at[i] "/") == 1)
			return 1
	return 0
}

# Rule r holds for this file, which uses what.
function used(r, what) {
	if (!below(FILENAME, homes[r])) {
		print FILENAME ":" FNR ": " what " has its home in " homes[r]
		bad = 1
	}
	if (FILENAME ~ /^tests\// || (r, FILENAME) in seen)
		return
	seen[r, FILENAME] = 1
	files[r] = files[r] " " FILENAME
	count[r]++
}

# Comments and the insides of strings are not code.
function code(line,    out, at) {
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	out = ""
	while (line != "") {
		if (comment) {
			if (!(at = index(line, "*/")))
				return out
			line = substr(line, at + 2)
			comment = 0
		} else if ((at = index(line, "/*"))) {
			out = out substr(line, 1, at - 1) " "
			line = substr(line, at + 2)
			comment = 1
		} else {
			sub(/\/\/.*/, "", line)
			return out line
		}
	}
	return out
}

FNR == 1 { comment = 0 }

FILENAME == "tests/lint/foreign" {
	if ($0 ~ /^#/ || NF == 0)
		next
	if (split($0, part, / : /) != 3) {
		print FILENAME ":" FNR ": not \"pattern : count : folders\""
		bad = 1
		next
	}
	is_call[++n_rules] = sub(/^call /, "", part[1])
	pattern[n_rules] = part[1]
	limit[n_rules] = part[2]
	homes[n_rules] = part[3]
	next
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	header = $0
	gsub(/^[^<]*<|>.*$/, "", header)
	for (r = 1; r <= n_rules; r++)
		if (!is_call[r] && header ~ "^(" pattern[r] ")$")
			used(r, "<" header ">")
	next
}

/\(/ || comment || /\/\*/ {
	line = code($0)
	for (r = 1; r <= n_rules; r++)
		if (is_call[r] &&
		    line ~ "(^|[^A-Za-z0-9_>.])(" pattern[r] ")[ \t]*[(]")
			used(r, "a call of " pattern[r])
}

END {
	for (r = 1; r <= n_rules; r++)
		if (limit[r] != "*" && count[r] > limit[r] + 0) {
			print pattern[r] ": more than " limit[r] " file(s):" files[r]
			bad = 1
		}
	exit bad
}' tests/lint/foreign >&2
