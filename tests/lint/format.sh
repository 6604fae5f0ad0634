#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh [ROOT]        every C file is as clang-format would write it
# format.sh --fix [FILE]  make it (or all) so
# Exit status 77: skipped.  Versions differ in details: 14 is Debian 12's.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
fix=
if [ "${1-}" = --fix ]; then
	fix=1
	shift
else
	cd "${1:-$here/../..}"
fi
for tool in clang-format-14 clang-format none; do
	case $(command -v "$tool" > /dev/null && "$tool" --version) in
	*'version 14.'*) break ;;
	esac
done
[ "$tool" != none ] || {
	echo "skipped: clang-format 14 is not there"
	exit 77
}
if [ -z "$fix" ]; then
	"$here/sources.sh" . c h | xargs "$tool" --dry-run -Werror --ferror-limit=1
elif [ $# -gt 0 ]; then
	"$tool" -i "$@"
else
	cd "$here/../.."
	"$here/sources.sh" . c h | xargs "$tool" -i
fi
