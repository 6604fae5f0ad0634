#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_agent.sh SECTION - one section of the agent's tests, named as prose
# elsewhere names it.  Without a name: lists them.
#
# Each section is a function in one of the files below, and a test of ctest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
declare -A sections
section() { sections[$1]=$2; } # "name" function

# shellcheck source=/dev/null
for file in pin clock replay disk module matrix card opensc doctor start systemd privileges network token import lot formats ticket many stop words hostile; do
	[ ! -e "$here/$file.sh" ] || . "$here/$file.sh"
done

# One file's function in place of another's would change its tests unseen.
twice=$(sed -n 's/^\([a-z_0-9]*\)() *[({].*/\1/p' "$here"/*.sh | sort | uniq -d)
[ -z "$twice" ] || { echo "defined twice:" $twice >&2; exit 2; }

if [ $# -eq 0 ]; then
	printf '%s\n' "${!sections[@]}" | sort
	exit 0
fi
[ -n "${sections[$1]:-}" ] || { echo "no section \"$1\"" >&2; exit 2; }
# shellcheck source=tests/agent/lib.sh
. "$here/lib.sh"
for tool in jq softhsm2-util openssl; do
	command -v $tool > /dev/null || skip "no $tool"
done
begin
echo "== $1"
${sections[$1]}
echo "passed: $1"
