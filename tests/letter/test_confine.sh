#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What firma-letter gave up, tried from inside by a probe that is preloaded into
# it, just before it answers.
. "$(dirname "$0")/lib.sh"

by_groff letter 'Carta de Condiciones de Uso'
helper=$FIRMA_HELPER_DIR/firma-letter
# What it writes goes through pipes: it may write no file, not even an open one.
run() { # SAID ERR
	{ PROBE_AT=write PROBE_LINE=${line-} LD_PRELOAD=${probing-} \
	    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
	    "$BUILD/tests/letter/letter-run" "$helper" "$T/letter.pdf" 2>&3 |
	    cat > "$1"; } 3>&1 | cat > "$2"
}

# As it is: one line, and nothing else.
run "$T/said" "$T/err"
jq -e '.pages == 2 and (.text[0] | startswith("Carta de Condiciones de Uso"))' \
    "$T/said" > /dev/null || die "another answer"
[ "$(wc -l < "$T/said")" = 1 ] || die "not one line"

tried() { # WHAT WANTED
	was=$(sed -n "s,^probe [^ ]* $1: ,,p" "$T/probe")
	[ "$was" = "$2" ] || { cat "$T/probe" >&2; die "$1: $was, expected $2"; }
	n_checks=$((n_checks + 1))
}
secret=$T/secret
echo secret > "$secret"
abi=$("$BUILD/tests/probe/firma-landlock")
for line in "read $secret" "read /etc/passwd" "write $secret" "make $T/new" "connect 1"; do
	probing=$FIRMA_PROBE
	    run "$T/said" "$T/probe"
	for what in execve fork ptrace vm-read vm-write mount bpf io_uring \
	    is-dumpable "socket inet" "socket inet6" "socket unix" \
	    "socket netlink" "socket packet"; do
		tried "$what" EPERM
	done
	[ "$abi" -lt 6 ] || tried kill EPERM
	case $line in
	connect*) tried "$line" EPERM ;;
	make*) [ "$abi" -lt 1 ] || tried "$line[.0-9]*" EACCES ;;
	*) [ "$abi" -lt 1 ] || tried "$line" EACCES ;;
	esac
	tried end worked
	jq -e .pages "$T/said" > /dev/null || die "$line: no answer afterwards"
done
[ "$(cat "$secret")" = secret ] || die "it was written to"
[ -z "$(find "$T" -name 'new*')" ] || die "it made a file"

# No sealed document: refused.
: > "$T/plain"
"$helper" < /dev/null 3< "$T/plain" 2> /dev/null | cat > "$T/said" || :
jq -e '.error != null' "$T/said" > /dev/null || die "took a file that can change"
echo "$n_checks things tried"
