#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs_self.sh   docs.sh finds what it is there to find: one lie at a time, in a
# copy.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
bad=0
cd "$here/../.."
cp -R agent pkcs11 cli tests udev "$tree"
[ ! -e README.md ] || cp README.md "$tree"

# lie FILE SED   after SED on FILE of the copy, docs.sh must fail and say why
lie() {
	cp "$tree/$1" "$tree/kept"
	sed "$2" "$tree/kept" > "$tree/$1"
	if cmp -s "$tree/kept" "$tree/$1"; then
		echo "nothing changes: $1: $2" >&2
		bad=1
	elif said=$("$here/docs.sh" "$tree" 2>&1) || [ -z "$said" ]; then
		echo "not found: $1: $2" >&2
		bad=1
	fi
	cp "$tree/kept" "$tree/$1"
}

"$here/docs.sh" "$tree" || bad=1
p=agent/PROTOCOL.md
lie $p 's/^| `FIRMA_CONN_OUT_MAX` | 4194304/| `FIRMA_CONN_OUT_MAX` | 4194305/'
lie $p '/^| `FIRMA_REPLAY_OCTETS` /d'
lie agent/daemon/conn.h 's/FIRMA_CONN_REQUESTS_MAX 64/FIRMA_CONN_REQUESTS_MAX 65/'
lie $p 's/^| `FIRMA_KEYFLAG_RETIRED` | 0x100/| `FIRMA_KEYFLAG_RETIRED` | 0x200/'
lie agent/base/err.h 's/FIRMA_CAUSE_LINE = 6/FIRMA_CAUSE_LINE = 7/'
lie agent/pki/algorithm.h 's/"p-384"/"p-385"/'
lie $p '/^| `intent-first` /d'
lie agent/daemon/renew_act.c 's/"served-letter-only"/"any-letter"/'
lie agent/policy/rule.h 's/"renew-retire"/"renew-end"/'
lie agent/daemon/handler.c 's/FIRMA_MSG_sign, true/FIRMA_MSG_sign, false/'
lie cli/man/firmad.8 's/^.It Fl Fl state.*/.It Fl Fl folder Ar DIR/'
lie cli/man/firmad.conf.5 's/^.It Cm lock-after/.It Cm lock-later/'
lie agent/daemon/firmad.conf.example 's/^#pin-credential/#pin/'
lie agent/policy/README.md 's/`generate-deadline`/generate-deadline/'
lie agent/daemon/present.h 's/"wrong PIN"/"wrong  PIN"/'
lie agent/daemon/present.h 's|tests/agent/test_agent.sh|tests/agent/test_pin.sh|'
lie pkcs11/worker/README.md 's/`deleting_takes_everything`/`deleting_takes_all_of_it`/'
lie agent/renewal/README.md 's/`test_profile` dangerous/`test_profiles` dangerous/'
lie tests/fuzz/README.md '/^| `reply` /d'
exit $bad
