#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What firma gave up before it takes a file apart, tried from inside by a probe
# that is preloaded into it, when it ends.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
abi=$("$FIRMA_BUILD/tests/probe/firma-landlock")
[ "$abi" -gt 0 ] || { echo "skipped: this kernel has no Landlock"; exit 77; }
probe=$FIRMA_BUILD/tests/probe/firma-probe.so

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$top/key.pem" -subj /CN=x \
    -days 9 -out "$top/cer.pem" 2> /dev/null
openssl pkcs8 -topk8 -in "$top/key.pem" -outform DER -v1 PBE-MD5-DES \
    -provider legacy -provider default -passout pass:secreto -out "$top/old.key"
echo secreto > "$top/password"
echo content > "$top/text"
openssl cms -sign -binary -in "$top/text" -signer "$top/cer.pem" -nodetach \
    -inkey "$top/key.pem" -outform DER -out "$top/text.p7m"
mkdir "$top/out.d"

# probed LINE ARGUMENT...   what became of LINE, tried inside of firma
probed() {
	local line=$1 status=0
	shift
	env PROBE_AT=exit PROBE_LINE="$line" LD_PRELOAD="$probe" \
	    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
	    "$firma" "$@" > "$top/said" 2> "$top/err" < /dev/null || status=$?
	# 10: the old key's protection is weak
	[ $status = 0 ] || [ $status = 10 ] || fail "exit $status: $*"
	grep -q "$done" "$top/said" || fail "it did not go on: $(cat "$top/said")"
}
tried() { # WHAT WANTED
	local was
	was=$(sed -n "s,^probe [^ ]* $1: ,,p" "$top/err")
	[ "$was" = "$2" ] || fail "$1: $was, expected $2"
	checks=$((checks + 1))
}
all() {
	for what in execve fork ptrace vm-read vm-write mount bpf io_uring \
	    is-dumpable "socket inet" "socket inet6" "socket unix" \
	    "socket netlink" "socket packet"; do
		tried "$what" EPERM
	done
	[ "$abi" -lt 6 ] || tried kill EPERM
}

for command in "verify $top/old.key --password-file $top/password" \
    "verify $top/text.p7m" "verify $top/cer.pem" "key audit $top/old.key"; do
	case $command in
	*old.key*) done=PBE-MD5-DES ;;
	*) done='CN=x\|x' ;;
	esac
	for line in "read $top/password" "read /etc/passwd" "write $top/text" \
	    "make $top/new"; do
		# shellcheck disable=SC2086 # several words
		probed "$line" $command
		all
		case $line in
		make*) tried "$line[.0-9]*" EACCES ;;
		*) tried "$line" EACCES ;;
		esac
	done
done
done='x'
probed "make $top/new" verify "$top/text.p7m" -o "$top/out.d/content"
tried "make $top/new[.0-9]*" EACCES
cmp "$top/text" "$top/out.d/content" || fail "another content"
[ -z "$(ls "$top" | grep '^new')" ] || fail "something was made"
echo "passed: $checks checks"
