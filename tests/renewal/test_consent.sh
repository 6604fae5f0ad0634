#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A letter is shown before it is signed; another company's or another step's is
# refused before the PIN is touched, and the renewal goes on with the right one;
# nothing is signed without the operator's consent, which is written down.
. "$(dirname "$0")/lib.sh"

presented() { firma ledger show --json | grep -c '"action":"unlock"' || :; }
signed() { firma ledger show --json | grep -c '"action":"sign"' || :; }
step() { firma renew status --json | jq -r '.[-1].step'; }
sha() { sha256sum "$1" | cut -d' ' -f1; }
consents() { firma renew status 1 --json | jq -c "[.consents[] | $1]"; }
is() { [ "$2" = "$3" ] || fail "$1: \"$2\", expected \"$3\""; }

# A person at a terminal: run LINE..., typing the answers of the file ANSWERS.
typing() {
	got=0
	printf '%b' "$answers" | script -qec "$1" /dev/null > "$dir/out" 2>&1 || got=$?
}

# wrong BEHAVIOUR TEXT: what the portal serves so is refused, before any PIN.
wrong() {
	begin
	until_step terms.fetch
	firma token lock practice > /dev/null
	before=$(presented)/$(signed)
	behave "$1:1"
	go 8
	says "$2"
	says "firma renew resume"
	says "page 1"
	is "$1: presented/signed" "$(presented)/$(signed)" "$before"
	is "$1: where it stands" "$(step)" terms.fetch
	[ ! -e "$dir/letters/terms.pdf" ] || fail "$1: the letter was kept"
	# Said again, and nothing done, until a person says so.
	go 8
	says "$2"
	go 0 resume
	once
	echo "refused, fetched again, signed: $1"
}
wrong letter-company "names another company"
wrong letter-step "another one than this step signs"

begin
until_step terms.sign.old
before=$(presented)/$(signed)
is "no consent yet" "$(consents .how)" '[]'

# Without a consent nobody signs, whatever program asks.
"$BUILD/tests/crash/crash-ask" act 1 terms.sign.old > "$dir/out" 2>&1 || :
says "FIRMA_ERR_LETTER_CONSENT letter-consent"
is "without consent" "$(presented)/$(signed)" "$before"

# Nobody at a terminal, no --yes: the letter's name and hash are told.
hash=$(sha "$dir/letters/terms.pdf")
run renew next --dir "$dir" --pin-file "practice=$dir/pin" < /dev/null
is "nobody to ask" "$got" 9
says "firma renew --consent $hash"
says "$hash"
says "MPE150312AB6"
is "nobody to ask" "$(presented)/$(signed)" "$before"
# Another letter's hash is not this one's.
run renew next --dir "$dir" --pin-file "practice=$dir/pin" \
    --consent "$(echo | sha256sum | cut -d' ' -f1)" < /dev/null
is "another hash" "$got" 9
run renew next --dir "$dir" --pin-file "practice=$dir/pin" --consent "$hash" < /dev/null
is "the letter's hash" "$got" 0
is "by its hash" "$(consents .how)" '["hash"]'
is "which letter" "$(consents .sha256)" "[\"$hash\"]"
go 0
once
is "each signature has its own" "$(consents '.step + " " + .how')" \
    '["terms.sign.old hash","terms.sign.new yes","conditions.sign.new yes"]'
is "who" "$(consents .uid | jq -c unique)" "[$(id -u)]"
# In the ledger before the signature, with the letter's digest.
firma ledger show --json | jq -es '[.[] | if type == "array" then .[] else . end |
    select(.purpose == "renewal 1 terms.sign.old") | .action + " " + .digest] |
    index("letter-consent '"$hash"'") < index("sign '"$hash"'")' > /dev/null ||
    fail "the consent is not before the signature in the ledger"
firma renew status 1 > "$dir/out"
says "terms.sign.old, .*(hash)"
run renew evidence --dir "$dir/given"
jq -e ".sha256 == \"$hash\" and .how == \"hash\"" \
    "$dir/given/letters/terms.old.consent.json" > /dev/null ||
    fail "no consent in the evidence"
echo "consent: by hash, recorded"

# Odd: --yes alone is not enough.
begin
until_step terms.fetch
behave letter-link:1
go 9
says "opens or starts something outside it"
says "firma renew --yes --consent"
is "odd" "$(step)" terms.sign.old
hash=$(sha "$dir/letters/terms.pdf")
go 0 --consent "$hash"
once
is "odd, and how" "$(consents '.how + " " + .odd')" \
    '["hash actions","hash actions","yes "]'
echo "odd letter: by its hash alone"

# A person: shown, asked; "no" leaves it as it is.
if command -v script > /dev/null; then
	begin
	until_step terms.sign.old
	before=$(signed)
	answers='no\n'
	typing "'$BUILD/cli/firma' renew next --dir '$dir' --pin-file 'practice=$dir/pin'"
	is "a person says no" "$got" 9
	says "Sign this letter"
	says "not consented to"
	is "a person says no" "$(signed)" "$before"
	# What was not shown cannot be consented to.
	answers='yes\n'
	typing "'$BUILD/cli/firma' renew next --json --dir '$dir' --pin-file 'practice=$dir/pin'"
	is "with --json" "$got" 9
	is "with --json" "$(signed)" "$before"
	typing "'$BUILD/cli/firma' renew next --dir '$dir' --pin-file 'practice=$dir/pin'"
	is "a person says yes" "$got" 0
	is "on the terminal" "$(consents .how)" '["terminal"]'
	go 0
	once
	echo "a person at a terminal: no, then yes"
else
	echo "not tried: no script(1)"
fi

# The file is changed after it was consented to: not that one is signed.
begin
until_step terms.sign.old
before=$(signed)
cp "$dir/letters/terms.pdf" "$dir/terms.good"
(
	# While the person thinks; what was shown is sealed in memory.
	sleep 2
	echo "%PDF-1.4 another letter" > "$dir/letters/terms.pdf"
) &
thief=$!
if command -v script > /dev/null; then
	got=0
	{ sleep 4; echo yes; } | script -qec "'$BUILD/cli/firma' renew next \
	    --dir '$dir' --pin-file 'practice=$dir/pin'" /dev/null > "$dir/out" 2>&1 || got=$?
	wait $thief
	is "changed while it was shown" "$got" 0
	cmp -s "$dir/letters/terms.pdf" "$dir/terms.good" && fail "it was not changed"
	rm "$dir/letters/terms.pdf"
	go 0
	once
	run renew evidence --dir "$dir/given"
	cmp "$dir/given/letters/terms.pdf" "$dir/terms.good" || fail "another letter"
	openssl cms -verify -cades -inform DER -in "$dir/given/letters/terms.old.p7s" \
	    -content "$dir/terms.good" -binary -CAfile "$dir/ca.pem" -purpose any \
	    -no_check_time -out /dev/null 2> "$dir/out" || fail "not what was shown"
	echo "changed between show and sign: what was shown is signed"
else
	wait $thief
	echo "not tried: no script(1)"
fi
