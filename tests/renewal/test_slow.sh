#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A chip takes its time to make a key (here: 6 s): the person sees that it works,
# a program does not; interrupted, the key is made all the same, is the one that
# the next run goes on with, and there is no other.
. "$(dirname "$0")/lib.sh"
command -v script > /dev/null || { echo "skipped: no script"; exit 77; }

practice_section() {
	: > "$DIR/calls"
	chmod 666 "$DIR/calls"
	echo "module = $BUILD/tests/badmodule/firma-badmodule.so"
	echo "label = practice"
	echo "environment = SOFTHSM2_CONF=$DIR/softhsm2.conf"
	echo "writable = $DIR/tokens"
	echo "writable = $DIR/calls"
	echo "environment = FIRMA_BAD_SIN=slow-generate"
	echo "environment = FIRMA_BAD_ARM=$DIR/armed"
	echo "environment = FIRMA_BAD_LOG=$DIR/calls"
}
made() { grep -c '^C_GenerateKeyPair$' "$dir/calls"; }

begin
until_step key.generate
was=$(made)
: > "$dir/armed"

got=0
timeout -s INT 2 "$BUILD/cli/firma" renew next --yes --dir "$dir" \
    --pin-file "practice=$dir/pin" > "$dir/out" 2>&1 || got=$?
[ $got = 124 ] || fail "not interrupted: $got"
[ "$(made)" = $((was + 1)) ] || fail "nothing was being made"
echo "interrupted while the token makes the key"

# A terminal, and the same step at once: the token is still at it.
TERM=xterm script -qec "$BUILD/cli/firma renew --yes --dir $dir \
    --pin-file practice=$dir/pin --lang en" "$dir/screen" > /dev/null ||
	fail "renew: $(cat "$dir/screen")"
grep -q '/15\] Making the new private key.* [|/-] [1-9] s' "$dir/screen" ||
	fail "no progress on the terminal: $(cat "$dir/screen")"
[ "$(made)" = $((was + 1)) ] || fail "made twice"
echo "the next run waits for that key, shows it, and makes no other"

once

firma key generate --token practice --alias spare --json \
    > "$dir/spare.json" 2> "$dir/err" || fail "key generate"
[ ! -s "$dir/err" ] || fail "with --json it says: $(cat "$dir/err")"
jq -e . "$dir/spare.json" > /dev/null || fail "no JSON"
echo "with --json nothing is said meanwhile"
