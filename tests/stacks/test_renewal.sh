#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_renewal.sh ALGORITHM - on the token of FIRMA_STACK: initialised by firma,
# a key made and a certificate written, the whole renewal, and everything that
# is left checked with openssl alone.
. "$(dirname "$0")/../crash/lib.sh"

make "$1"
restore
start_agent
renew_start
check_all
passed
