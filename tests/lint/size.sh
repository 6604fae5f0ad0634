#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size.sh [ROOT]   fail on a C file over 600 lines that has no reason in ROOT's
# tests/lint/size, and on a reason that is no longer needed.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
limit=600
{
	"$here/sources.sh" . c h | xargs wc -l
	grep -v -e '^#' -e '^$' tests/lint/size | sed 's/^/reason /' || :
} | awk -v limit=$limit '
$1 == "reason" {
	if (NF < 3) {
		print "tests/lint/size: " $2 ": no reason"
		bad = 1
	}
	reason[$2] = 1
	next
}
$2 != "total" && $1 > limit { over[$2] = $1 }
END {
	for (file in over)
		if (!(file in reason)) {
			print file ": " over[file] " lines, over " limit
			bad = 1
		}
	for (file in reason)
		if (!(file in over)) {
			print "tests/lint/size: " file " is not over " limit " lines"
			bad = 1
		}
	exit bad
}' >&2
