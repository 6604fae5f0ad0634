#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spdx.sh [ROOT]   every source names its licence in its first line, or in the
# second of a program that starts with #!.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
bad=0
for file in $("$here/sources.sh" . c h def sh awk in service socket rules); do
	head -n 2 "$file" | sed '1{/^#!/!q;d}' |
		grep -q 'SPDX-License-Identifier: Apache-2\.0' || {
		echo "$file: no SPDX-License-Identifier: Apache-2.0 at its top" >&2
		bad=1
	}
done
exit $bad
