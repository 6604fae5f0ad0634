#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_kill.sh [all] - the token's process of FIRMA_STACK is killed before it
# answers (a key is made, a letter signed), and in the middle of what the module
# writes where it bears that: see ../crash/test_kill.sh.  Without "all" at two
# points of each kind.
case ${FIRMA_STACK:?} in
tpm2-pkcs11) algorithm=p-256 kinds='commit:before send:before' ;;
*) algorithm=rsa-2048 kinds=send:before ;;
esac
most=0
[ "${1:-}" = all ] || { most=2; export FIRMA_KINDS=$kinds; }
exec bash "$(dirname "$0")/../crash/test_kill.sh" firmad-token $most $algorithm
