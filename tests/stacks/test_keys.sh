#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_keys.sh - a stack on which no renewal can be (p11-kit's client: libp11's
# login is not ours there) still initialises, makes keys, and says what it lacks.
. "$(dirname "$0")/../crash/lib.sh"

practice_make "$d"
echo http://127.0.0.1:1/imss/ > "$d/portal.url"
stack_start
practice_config "$d" "$(token_lines)"
practice_agent "$d"
practice_token "$d"
run_firma key generate --token practice --alias one --algorithm p-256
is "exit status of firma key generate" $status 0
is "objects on the token" "$(objects)" "Private one,Public one,"
is "keys in the agent's index" "$(aliases)" one
run_firma request one --subject CN=ONE -o "$d/one.csr"
is "exit status of firma request" $status 11
has "what firma request says" "$(cat "$out")" "PKCS11_enumerate_keys"
passed
