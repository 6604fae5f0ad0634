#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# messages.sh SOURCE SEEDS - each message of both tables is a seed of its target,
# with nothing in its fields and with something.  Read from the tables' text, not
# by the code that makes the seeds.
set -eu
source=$1 seeds=$2 n=0 bad=0
for table in client worker; do
	for name in $(sed -n 's/^MSG(\([a-z0-9_]*\),.*/\1/p' \
	    "$source/agent/wire/$table.def"); do
		n=$((n + 1))
		for how in empty full; do
			[ -s "$seeds/$table/$name-$how" ] || {
				echo "no seed: $table/$name-$how" >&2
				bad=1
			}
		done
	done
done
echo "$n messages"
[ "$n" -gt 40 ] || { echo "the tables were not read" >&2; exit 1; }
exit $bad
