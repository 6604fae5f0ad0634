#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_renewal.sh one|two - a whole renewal on a virtual card, through the real
# pcscd and OpenSC; "two": the old key on one card, the new key on another.
# shellcheck source=tests/crash/lib.sh
. "$(dirname "$0")/../crash/lib.sh"
# shellcheck source=tests/vcard/company.sh
. "$SOURCE/tests/vcard/company.sh"

# Read anew, the card says what the new key is.
check_proof() {
	what="the proof of the new key"
	start_agent
	token_wait "$1" locked
	firma token unlock "$1" --pin-file "$d/pin" > /dev/null
	is "made there, cannot leave" "$(firma key list --json | jq -c \
	    '.[] | select(.alias == "new") |
	    [.local, .always_sensitive, .never_extractable, .extractable]')" \
	    '[true,true,true,false]'
}

one() {
	what="a renewal on one card"
	company rsa-2048
	renew_start
	check_all
	is "keys on the card" "$(card_get 0 keys)" 2
	is "keys that nobody sees" "$(card_get 0 undescribed-keys)" 0
	is "tries left" "$(card_get 0 user-tries)" 3
	check_proof practice
	what="the old key is retired"
	run_firma renew retire --yes --pin-file "practice=$d/pin"
	is "exit status of firma renew retire" $status 0
	is "objects on the card" "$(objects)" \
	    "Certificate new,Private new,Public new,"
	is "keys on the card" "$(card_get 0 keys)" 1
}

# Initialised by another program, before the agent looks.
second_card() {
	card_start 1
	card_token 1 Second "$(cat "$d/pin")" "$(cat "$d/so-pin")"
}

two() {
	what="a renewal from card to card"
	before_agent() { second_card; }
	# The second one is selected by its label, to which OpenSC adds words.
	company p-256 "[token second]
$(card_lines "label = Second")"
	token_wait second locked
	run_firma renew start --old old --new-alias new --token second --yes \
	    --dir "$d" --pin-file "practice=$d/pin" --pin-file "second=$d/pin"
	is "exit status of the renewal" $status 0
	has "last line" "$(tail -n 1 "$out")" "renewed: "
	check_portal
	check_ledger
	is "objects on the first card" "$(objects)" \
	    "Certificate old,Private old,Public old,"
	is "objects on the second card" "$(card=1 objects)" \
	    "Certificate new,Private new,Public new,"
	check_proof second
}

"$1"
passed
