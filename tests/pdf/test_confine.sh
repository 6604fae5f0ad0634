#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_confine.sh - what the running firma-pdf gave up, tried from inside by a
# probe that is preloaded into it: when it is about to write its answer.
. "$(dirname "$0")/lib.sh"
make plain
echo secret > "$work/secret"
export PROBE_AT=write PROBE_STDOUT=1 LD_PRELOAD

tried() { # WHAT WANTED
	same "$(sed -n "s,^probe [^ ]* $1: ,,p" "$work/said")" "$2" "$1"
}
# With the preloaded one alone in the helper's environment, as pdf_ask has it.
probed() { # LINE
	PROBE_LINE=$1 \
	    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
	    LD_PRELOAD=$BUILD/tests/probe/firma-probe.so "$PDF_ASK" \
	    '{"op":"look"}' "$work/plain.pdf" > "$work/said" ||
		fail "$(cat "$work/said")"
	# It answers all the same.
	grep -q '^{"pages":1' "$work/said" || fail "$(cat "$work/said")"
}

abi=$("$BUILD/tests/probe/firma-landlock")
probed "read $work/secret"
for what in execve fork ptrace vm-read vm-write mount bpf io_uring is-dumpable \
    "socket inet" "socket inet6" "socket unix" "socket packet" \
    "socket netlink"; do
	tried "$what" EPERM
done
[ "$abi" -lt 6 ] || tried kill EPERM
# It may have four descriptors, and has them; what is said when it has fewer is
# in tests/unit/pdf/test_confine.c.
tried "read $work/secret" EMFILE
probed "write $work/secret"
tried "write $work/secret" EMFILE
probed "make $work/new"
tried "make $work/new[.0-9]*" EMFILE
probed "connect 1"
tried "connect 1" EPERM

note "and what firma itself gave up before it looks at the signatures in one"
unset LD_PRELOAD
keys rsa-2048
expect 0 firma sign rsa-2048 "$work/plain.pdf" --pades
for line in "read $work/secret" "write $work/secret" "make $work/new"; do
	env PROBE_AT=exit PROBE_STDOUT=1 PROBE_LINE="$line" \
	    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
	    LD_PRELOAD="$BUILD/tests/probe/firma-probe.so" \
	    "$BUILD/cli/firma" verify "$work/plain.signed.pdf" --ca "$DIR/ca.pem" \
	    > "$work/said" 2> "$DIR/err" || fail "$(cat "$DIR/err" "$work/said")"
	grep -q 'rsa-2048\|PEÑA' "$work/said" || fail "$(cat "$work/said")"
	for what in execve fork ptrace "socket inet" "socket unix"; do
		tried "$what" EPERM
	done
	[ "$abi" -lt 1 ] || case $line in
	make*) tried "$line[.0-9]*" EACCES ;;
	*) tried "$line" EACCES ;;
	esac
done
echo "passed"
