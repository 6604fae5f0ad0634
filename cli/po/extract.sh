#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Write the template of all messages to the file named: those of cli/*.c,
# cli/*.h, cli/portal/*.c and what firmad says on its command line, the texts of errors (agent/base/err.h), of
# oddities (agent/pki/oddity.h) and of values shown to people (agent/wire/values.h).
#
#   cli/po/extract.sh FILE.pot
#   msgmerge --update --no-wrap cli/po/es.po FILE.pot     after new messages
set -eu
out=$1
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/../.."
x() {
	xgettext --from-code=UTF-8 --language=C --no-wrap --no-location \
	    --package-name=firmad --keyword "$@" -o "$out"
}
rm -f "$out"
x --keyword=_ --keyword=N_ --keyword=P_:1,2 cli/*.c cli/*.h \
    cli/portal/*.c agent/daemon/options.c agent/daemon/conf.c agent/daemon/main.c
x --join-existing --keyword=X:4 agent/base/err.h
x --join-existing --keyword=X:3 agent/wire/values.h agent/pki/oddity.h
