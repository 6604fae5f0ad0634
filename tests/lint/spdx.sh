#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spdx.sh [ROOT]   every source names its licence in its first line, or in the
# second of a program that starts with #!.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
"$here/sources.sh" . c h def sh awk in service socket rules | xargs awk '
FNR == 1 { last = /^#!/ ? 2 : 1 }
FNR <= last && /SPDX-License-Identifier: Apache-2\.0/ { has[FILENAME] = 1 }
FNR >= last { nextfile }
END {
	for (i = 1; i < ARGC; i++)
		if (!(ARGV[i] in has)) {
			print ARGV[i] ": no SPDX-License-Identifier: Apache-2.0 at its top"
			bad = 1
		}
	exit bad
}' >&2
