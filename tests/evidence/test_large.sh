#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A renewal that began before a year of other work: more entries than memory is
# meant for.  FIRMA_ENTRIES=1000000 for the year.
. "$(dirname "$0")/begin.sh"
N=${FIRMA_ENTRIES:-60000}
TOOLS=$BUILD/tests/evidence

# peak WHAT ARGUMENT...   firma; how many KiB it had at most is in DIR/WHAT
peak() {
	local what=$1
	shift
	# AddressSanitizer keeps what is freed.
	ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=0:thread_local_quarantine_size_kb=0 \
	    "$TOOLS/peak" "$dir/$what" "$BUILD/cli/firma" "$@" > "$dir/said" 2>&1 ||
	    fail "firma $*"
}
renew --no-run
firma renew next --yes --dir "$dir/letters" > "$dir/said" 2>&1 || fail "renew next"
peak small.made renew evidence --zip "$dir/small.zip"
peak small.verified verify "$dir/small.zip"
practice_end "$dir/agent.pid"
note "$N entries of others"
"$TOOLS/fill" "$dir/state" "$N"
[ "$(id -u)" != 0 ] || chown -R --reference="$dir/state" "$dir/state"
practice_agent "$dir"
firma token unlock practice --pin-file "$dir/pin" > "$dir/said" 2>&1 || fail unlock
firma renew --yes --dir "$dir/letters" --pin-file "practice=$dir/pin" \
    > "$dir/said" 2>&1 || fail "the renewal does not end"

note "the evidence is written, and told of"
begun=$SECONDS
peak large.made renew evidence --zip "$dir/large.zip" --ca "$dir/ca.pem"
echo "  written: $((SECONDS - begun)) s, $(stat -c %s "$dir/large.zip") octets"
says "^$((N + 1)) entries of other work are in ledger.jsonl|^$N entries of other work"
[ -z "$(find "$dir" -maxdepth 1 -name 'firma.*')" ] || fail "a file was left behind"
begun=$SECONDS
peak large.verified verify "$dir/large.zip"
echo "  verified: $((SECONDS - begun)) s"
says 'ledger.jsonl: *each entry holds the SHA-256'
says 'report.html: *it says what the other files say'

note "in the memory that a small one takes"
for what in made verified; do
	small=$(cat "$dir/small.$what") large=$(cat "$dir/large.$what")
	echo "  $what: $small and $large KiB"
	[ $((large - small)) -lt 12000 ] || fail "$what: $large KiB, a small one $small"
done

note "other programs read it; packed by another it is read, too"
[ "$(unzip -p "$dir/large.zip" ledger.jsonl | wc -l)" -gt "$N" ] || fail "entries"
unpacked "$dir/large.zip"
(cd "$dir/x" && sha256sum -c --quiet SHA256SUMS) || fail "sums"
(cd "$dir/x" && bsdtar --format zip -cf ../packed.zip -- *)
peak packed.verified verify "$dir/packed.zip"
[ $(($(cat "$dir/packed.verified") - small)) -lt 12000 ] || fail "memory, packed"
note "one octet in the middle of the entries"
sed -i "$((N / 2))s/nominas/nominat/" "$dir/x/ledger.jsonl"
(cd "$dir/x" && rm ../packed.zip && bsdtar --format zip -cf ../packed.zip -- *)
run 10 verify "$dir/packed.zip"
says 'ledger.jsonl: the chain of entries is broken'
note "through a pipe"
got=0
"$BUILD/cli/firma" verify - < <(cat "$dir/small.zip") > "$dir/said" 2>&1 || got=$?
same $got 0 "through a pipe"
passed
