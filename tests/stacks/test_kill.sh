#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_kill.sh [all] - the token's process of FIRMA_STACK is killed while it
# makes a key, writes to its database or files, and before it answers: see
# ../crash/test_kill.sh.  Without "all" at two points of each kind.
most=2
[ "${1:-}" != all ] || most=0
case ${FIRMA_STACK:?} in
tpm2-pkcs11) algorithm=p-256 kinds='commit:before send:before' ;;
*) algorithm=rsa-2048 kinds='fwrite:before send:before' ;;
esac
[ $most = 0 ] || export FIRMA_KINDS=$kinds
exec bash "$(dirname "$0")/../crash/test_kill.sh" firmad-token $most $algorithm
