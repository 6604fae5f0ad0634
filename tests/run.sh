#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh - all tests, under AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   tests/run.sh [-L LABEL] [-R REGEX]   some of them; what ctest takes
#   FIRMA_PRESET=debug tests/run.sh      without sanitizers
#
# The last line is "N passed, N failed, N skipped".  Long ones carry the label
# "long" and run only when asked for:  tests/run.sh -L long
set -eu
cd "$(dirname "$0")/.."
preset=${FIRMA_PRESET:-asan}
./cli/setup.sh tests

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "building ($preset)"
{ cmake --preset "$preset" && cmake --build "build/$preset"; } > "$log" 2>&1 || {
	tail -n 60 "$log"
	echo "0 passed, 1 failed"
	exit 1
}

case " $* " in
*" -L "*|*" -R "*) ;;
*) set -- "$@" -LE long ;;
esac
# SoftHSM2 leaks a few octets in C_Finalize; everything else is ours.
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/tests/lsan.supp:print_suppressions=0}
export ASAN_OPTIONS LSAN_OPTIONS
status=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j 2 "$@" \
    < /dev/null 2>&1 | tee "$log" || :
failed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*(Failed|Timeout|Exception|Not Run)|^ *[0-9]+/[0-9]+ Test .*(SEGFAULT|Subprocess)' "$log" || :)
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log" || :)
passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log" || :)
grep -q 'tests passed' "$log" || failed=$((failed + 1))
[ "$failed" = 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
