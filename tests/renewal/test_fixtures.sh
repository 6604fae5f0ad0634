#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tax authority's public test identities: each pair is imported from its
# files and renewed end to end by cli/try.sh, and what is left is checked with
# openssl alone.
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
fixtures=${FIRMA_FIXTURES:-$SOURCE/../shared/fixtures}/sat
[ -d "$fixtures/fiel" ] || {
	echo "skipped: no fixtures in $fixtures (FIRMA_FIXTURES names their folder)"
	exit 77
}
export FIRMA_BUILD="${FIRMA_BUILD:?the build folder}"
top=$(mktemp -d "${TMPDIR:-/tmp}/frf.XXXXXX")
[ "$(id -u)" != 0 ] || chmod 755 "$top"
dir=$top/none
trap 'status=$?; trap - EXIT; [ $status = 0 ] || tail -n 30 "$dir.log" "$dir/agent.log" >&2; [ ! -d "$dir" ] || "$SOURCE/cli/try.sh" --stop "$dir"; rm -rf "$top"; exit $status' EXIT
trap 'exit 130' INT TERM
fail() { echo "test_fixtures: $*" >&2; exit 1; }
echo 12345678a > "$top/password"

# A signature by exactly this certificate, with the attribute that binds it.
signed_by() {
	openssl cms -verify -inform DER -in "$1" ${2:+-content "$2"} -binary \
	    -certfile "$3" -nointern -noverify -out "$top/content" 2> "$top/err" ||
	    { cat "$top/err" >&2; fail "$1 is not by $3"; }
	openssl cms -cmsout -print -inform DER -in "$1" |
	    grep -q 'id-smime-aa-signingCertificateV2' || fail "$1: no signingCertificateV2"
}
# The same, with the chain, as CAdES.
cades() {
	openssl cms -verify -cades -inform DER -in "$1" ${2:+-content "$2"} -binary \
	    -CAfile ca.pem -purpose any -out /dev/null 2> "$top/err" ||
	    { cat "$top/err" >&2; fail "$1 is not CAdES"; }
}

check() {
	cd "$dir"
	signed_by letters/terms.old.p7s letters/terms.pdf old.pem
	signed_by letters/terms.new.p7s letters/terms.pdf new.pem
	signed_by letters/conditions.new.p7s letters/conditions.pdf new.pem
	cades letters/terms.new.p7s letters/terms.pdf
	cades letters/conditions.new.p7s letters/conditions.pdf
	cades login.p7m ''
	signed_by login.p7m '' new.pem
	cmp -s "$top/content" challenge.txt || fail "login.p7m has another content"
	openssl verify -CAfile ca.pem new.pem > /dev/null || fail "new.pem"
	openssl req -inform DER -in request.csr -verify -noout 2> /dev/null || fail "request.csr"
	[ "$(openssl req -inform DER -in request.csr -pubkey -noout)" = \
	    "$(openssl x509 -in new.pem -pubkey -noout)" ] || fail "new.pem has another key"
	[ "$(openssl x509 -in new.pem -subject -noout -nameopt RFC2253,-esc_msb)" = \
	    "$(openssl x509 -in old.pem -subject -noout -nameopt RFC2253,-esc_msb)" ] ||
	    fail "new.pem has another subject"
	# From the renewal's first entry on.
	prev=$(head -n 1 ledger.jsonl | sed 's/.*"prev":"\([0-9a-f]\{64\}\)".*/\1/')
	while IFS= read -r line; do
		case $line in *"\"prev\":\"$prev\""*) ;; *) fail "ledger.jsonl: chain broken" ;; esac
		prev=$(printf '%s' "$line" | sha256sum | cut -d ' ' -f 1)
	done < ledger.jsonl
	cd "$top"
}

n=0
for cer in "$fixtures"/fiel/*.cer "$fixtures"/valid-2027/fiel.cer; do
	case $cer in *_csd.cer) continue ;; esac
	name=$(basename "$cer" .cer)
	dir=$top/$name
	"$SOURCE/cli/try.sh" --from "$cer" "${cer%.cer}.key" \
	    --password-file "$top/password" "$dir" > "$dir.log" 2>&1 ||
	    fail "$name: cli/try.sh --from"
	tail -n 1 "$dir.log" | grep -q '^renewed: [0-9]\{20\} -> [0-9]\{20\}, valid until ' ||
	    fail "$name: no last line"
	[ "$(openssl x509 -in "$dir/old.pem" -outform DER | sha256sum)" = \
	    "$(sha256sum < "$cer")" ] || fail "$name: old.pem is not that certificate"
	check
	echo "renewed and checked: $name"
	n=$((n + 1))
done
[ $n -ge 6 ] || fail "only $n pairs"
