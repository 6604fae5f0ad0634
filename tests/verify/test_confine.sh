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

# What is inside comes out of such a process, wherever it shall go.
mkdir "$top/real"
: > "$top/real/content"
ln -s ../real/content "$top/out.d/link"
for to in "$top/out.d/content" "$top/out.d/link" /dev/stdout; do
	"$firma" verify "$top/text.p7m" -o "$to" > "$top/said" 2> "$top/err" ||
		fail "-o $to"
	case $to in
	/dev/stdout) tail -n 1 "$top/said" > "$top/got" ;;
	*) cp "$to" "$top/got" ;;
	esac
	cmp "$top/text" "$top/got" || fail "-o $to: another content"
	checks=$((checks + 1))
done
cmp "$top/text" "$top/real/content" || fail "the link was replaced"
done='x'
probed "write $top/text" verify "$top/text.p7m" -o "$top/out.d/content"
# The one that looked into the file, and the one that did not.
[ "$(grep -c "write $top/text: EACCES" "$top/err")" = 1 ] ||
    fail "both, or none, confined"
openssl cms -sign -binary -in "$top/text" -signer "$top/cer.pem" \
    -inkey "$top/key.pem" -outform DER -out "$top/text.p7s"
for command in "$top/text.p7s" "$top/cer.pem"; do
	status=0
	"$firma" verify "$command" -o "$top/none" > /dev/null 2> "$top/err" || status=$?
	[ $status = 1 ] || fail "$command: exit $status"
	grep -q 'no content in it' "$top/err" || fail "$command: nothing said"
done
# A key's verdict is the graver one.
status=0
"$firma" verify "$top/old.key" --password-file "$top/password" -o "$top/none" \
    > "$top/said" 2> "$top/err" || status=$?
grep -q PBE-MD5-DES "$top/said" || fail "the key was not read"
! grep -q 'does not open' "$top/err" || fail "the password was lost"
[ ! -e "$top/none" ] || fail "something was written"
[ -z "$(ls "$top" | grep '^new')" ] || fail "something was made"
echo "passed: $checks checks"
