#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_docs.sh - the documents name every operation, outcome, reason, path,
# misbehaviour and stage of the tables in the code.
set -euo pipefail
cd "$(dirname "$0")/../.."

# names FILE MACRO COLUMN: the strings of an X-macro table
names() {
	sed -n "/^#define $2(X)/,/[^\\\\]\$/p" "$1" |
		grep -oE 'X\([A-Z_0-9]+, +(\\)?|"[^"]*"' | grep '^"' | tr -d '"'
}

missing=0
n=0
documented() { # DOCUMENT NAMES
	[ -n "$2" ] || { echo "no names found for $1"; exit 1; }
	while read -r name; do
		n=$((n + 1))
		grep -qF "\`$name\`" "$1" ||
			{ echo "$1 does not say \`$name\`"; missing=1; }
	done <<< "$2"
}

protocol=cli/portal/PROTOCOL.md
readme=tests/rehearsal/README.md
documented $protocol "$(names cli/portal/op.h PORTAL_OP_LIST)"
documented $protocol "$(names cli/portal/op.h PORTAL_OUTCOME_LIST)"
documented $protocol "$(names cli/portal/answer.h PORTAL_REASON_LIST)"
documented $readme "$(names tests/rehearsal/op.h REHEARSAL_OP_LIST |
	grep '\.idse')"
documented $readme "$(names tests/rehearsal/behave.h REHEARSAL_BEHAVE_LIST)"
documented $readme "$(names tests/rehearsal/company.h REHEARSAL_STAGE_LIST |
	grep -v '[A-Z]')"
# The profile's endpoints are the portal's paths.
while read -r path; do
	n=$((n + 1))
	grep -q "= $path\$" cli/profiles/imss-idse.ini ||
		{ echo "the profile has not $path"; missing=1; }
done <<< "$(names tests/rehearsal/op.h REHEARSAL_OP_LIST | grep '\.idse')"
[ "$missing" = 0 ] && [ "$n" -gt 70 ] || { echo "$n names"; exit 1; }
echo "$n names are documented"
