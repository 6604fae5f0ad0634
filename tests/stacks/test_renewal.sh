#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_renewal.sh ALGORITHM - on the token of FIRMA_STACK: initialised by firma,
# a key made and a certificate written, the whole renewal, and everything that
# is left checked with openssl alone.
. "$(dirname "$0")/../crash/lib.sh"

make "$1"
start_agent
renew_start
check_all

# The old key is deleted, with all that belongs to it, and the new one signs.
run_firma renew retire --yes --pin-file "practice=$d/pin"
is "exit status of firma renew retire" $status 0
is "objects on the token" "$(objects)" "Certificate new,Private new,Public new,"
is "keys in the agent's index" "$(aliases)" new
run_firma sign new "$d/letters/terms.pdf" -o "$d/after.p7s"
is "exit status of firma sign" $status 0
openssl cms -verify -inform DER -in "$d/after.p7s" -content "$d/letters/terms.pdf" \
    -binary -CAfile "$d/ca.pem" -purpose any -out /dev/null > "$out" 2>&1 ||
	die "openssl does not verify what the new key signed"
passed
