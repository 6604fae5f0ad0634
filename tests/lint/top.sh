#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# top.sh [ROOT]   the top level has the agreed entries and nothing else that is
# under version control.  Exit status 77: skipped.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "${1:-$here/../..}"
entries=$(git ls-tree --name-only HEAD 2> /dev/null) || {
	echo "skipped: not a git work tree"
	exit 77
}
bad=0
for entry in $entries; do
	case $entry in
	.* | agent | pkcs11 | cli | tests | udev) ;;
	CMakeLists.txt | CMakePresets.json | README.md | LICENSE) ;;
	*) echo "$entry: not one of the top level's" >&2; bad=1 ;;
	esac
done
exit $bad
