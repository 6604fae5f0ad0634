#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What holds the evidence together: a signature, a stamp, or nothing but itself.
# Whoever forges it here has the program that makes the report (forge.c).
. "$(dirname "$0")/begin.sh"
FORGE=$BUILD/tests/evidence/forge

note "of a renewal that has a letter, and no signature of it yet"
renew --no-run
for _ in $(seq 30); do
	[ "$(firma renew status --json | jq -r '.[-1].step')" != terms.sign.old ] || break
	firma renew next --yes --dir "$dir/letters" --pin-file "practice=$dir/pin" \
	    > "$dir/said" 2>&1 || fail "renew next"
done
run 0 renew evidence --zip "$dir/unsigned.zip"
unpacked "$dir/unsigned.zip"
same "$(jq -r 'select(.purpose == "renewal 1 terms.fetch") | .digest' \
    "$dir/x/ledger.jsonl")" "$(sha256sum < "$dir/x/letters/terms.pdf" | cut -d' ' -f1)" \
    "the letter's digest in the ledger"
note "a letter that was consented to and not signed is no step that is done"
firma token lock practice > "$dir/said" 2>&1 || fail lock
! firma renew next --yes --dir "$dir/letters" < /dev/null > "$dir/said" 2>&1 ||
    fail "signed without a PIN"
firma ledger show --json | grep -q '"action":"letter-consent"' || fail "no consent"
run 0 renew evidence --zip "$dir/consented.zip"
unpacked "$dir/consented.zip"
same "$(jq -r '.steps[] | select(.step == "terms.sign.old") | .state' \
    "$dir/x/renewal.json")" open "the step"
run 0 verify "$dir/consented.zip"
unpacked "$dir/unsigned.zip"
rm "$dir/x/letters/terms.pdf"
jq --indent 1 '.documents |= map(select(.file != "letters/terms.pdf"))' \
    "$dir/x/renewal.json" > "$dir/r"
mv "$dir/r" "$dir/x/renewal.json"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 13 verify "$dir/bad.zip"
says 'letters/terms.pdf: it was put in and is NOT here'
says 'it is incomplete'

firma renew --yes --dir "$dir/letters" --pin-file "practice=$dir/pin" \
    > "$dir/said" 2>&1 || fail "the renewal does not end"

# cut   the last entry with what came of it: DIR/x is then an open renewal's
cut_off() {
	sed -i '$d' "$dir/x/ledger.jsonl"
	jq --indent 1 --arg h "$(tail -n 1 "$dir/x/ledger.jsonl" | tr -d '\n' |
	    sha256sum | cut -d' ' -f1)" --argjson n "$(tail -n 1 "$dir/x/ledger.jsonl" |
	    jq .seq)" '.status = "open" | .ledger.last = $n | .ledger.last_sha256 = $h |
	    .steps |= map(if .step == "login.enter" then
	    {step, title, user_step, user_step_last, state: "open"} else . end)' \
	    "$dir/x/renewal.json" > "$dir/r"
	mv "$dir/r" "$dir/x/renewal.json"
}

note "with nothing, it is said what that does not prove"
run 0 renew evidence --zip "$dir/plain.zip" --ca "$dir/ca.pem"
says 'no signature and no time stamp'
run 0 verify "$dir/plain.zip"
says 'held together by: *nothing but itself'
says 'cut off the last entries'
run 0 verify "$dir/plain.zip" --json
jq -e '.held_by == {signature: null, timestamp: false}' "$dir/said" > /dev/null ||
    fail "held_by"
note "cut off, it is noticed until all is made anew"
unpacked "$dir/plain.zip"
sed -i '$d' "$dir/x/ledger.jsonl"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 10 verify "$dir/bad.zip"
says 'ledger.jsonl: it does NOT begin and end with the entries'
unpacked "$dir/plain.zip"
cut_off
sed -i 's/"status": "open"/"status": "complete"/' "$dir/x/renewal.json"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 10 verify "$dir/bad.zip"
says 'its state is NOT that of its steps'
# A step that is open, and not so in the ledger.
unpacked "$dir/plain.zip"
jq --indent 1 '.status = "open" | .steps |= map(if .step == "mail" then
    {step, title, user_step, user_step_last, state: "open"} else . end)' \
    "$dir/x/renewal.json" > "$dir/r"
mv "$dir/r" "$dir/x/renewal.json"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 10 verify "$dir/bad.zip"
says 'its steps are NOT those of the ledger'
note "steps that are left out, all or some; retired without a new certificate"
for s in '.steps = []' '.steps |= .[1:]' '.steps |= map(select(.step != "mail"))' \
    '.status = "open" | .steps = []'; do
	unpacked "$dir/plain.zip"
	jq --indent 1 "$s" "$dir/x/renewal.json" > "$dir/r"
	mv "$dir/r" "$dir/x/renewal.json"
	"$FORGE" "$dir/x" "$dir/bad.zip"
	run 10 verify "$dir/bad.zip"
	says 'its steps are NOT those of the ledger'
done
unpacked "$dir/plain.zip"
head -n 1 "$dir/x/ledger.jsonl" > "$dir/r"
mv "$dir/r" "$dir/x/ledger.jsonl"
jq --indent 1 '.steps = [] | .status = "retired" | .new_serial = "" |
    .new_not_after = null' "$dir/x/renewal.json" > "$dir/r"
mv "$dir/r" "$dir/x/renewal.json"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 10 verify "$dir/bad.zip"
says 'its state is NOT that of its steps'
says 'its serials and dates are NOT'
# All of it anew: that is what a signature is for.
unpacked "$dir/plain.zip"
cut_off
"$FORGE" "$dir/x" "$dir/bad.zip"
run 0 verify "$dir/bad.zip"
says 'nothing but itself'

note "signed with the new key"
run 0 renew evidence --zip "$dir/signed.zip" --ca "$dir/ca.pem" --sign-with new \
    --pin-file "practice=$dir/pin"
run 0 verify "$dir/signed.zip"
says "a signature over all of it, with the new certificate's key: MUEBLES PE"
says 'genuine: *not looked at'
run 0 verify "$dir/signed.zip" --ca "$dir/ca.pem"
says 'genuine: *its certificate was issued by the authority in --ca'
run 0 verify "$dir/signed.zip" --ca "$dir/ca.pem" --json
jq -e '.held_by.signature | .certificate == "new" and .issued == true' "$dir/said" \
    > /dev/null || fail "held_by"
unpacked "$dir/signed.zip"
note "openssl verifies it, with the command that the report names"
sed -n '/openssl cms.*SHA256SUMS.p7s/,/openssl x509/p' "$dir/x/report.html" |
    sed 's/.*<pre>//' > "$dir/command"
same "$(wc -l < "$dir/command")" 2 "lines of the command"
(cd "$dir/x" && bash -e "$dir/command") > "$dir/did" 2>&1 || fail "$(cat "$dir/did")"
openssl x509 -in "$dir/x/signed-by.pem" -outform DER | cmp - \
    <(openssl x509 -in "$dir/x/new.pem" -outform DER) || fail "another signer"
rm "$dir/x/signed-by.pem"
same "$(firma ledger show --json | jq -rs '[flatten[] | select(.purpose ==
    "evidence of renewal 1")] | length > 0')" true "the ledger's entry"
# Nothing of the renewal: the evidence that follows is the same.
run 0 renew evidence --zip "$dir/after.zip" --ca "$dir/ca.pem"
cmp "$dir/plain.zip" "$dir/after.zip" || fail "other octets after the signature"

note "its end cut off, all made anew: the signature does not hold"
cut_off
"$FORGE" "$dir/x" "$dir/bad.zip"
run 10 verify "$dir/bad.zip"
says 'SHA256SUMS.p7s: the signature over SHA256SUMS does NOT hold'
says 'nothing but itself'
note "and without it"
rm "$dir/x/SHA256SUMS.p7s"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 13 verify "$dir/bad.zip"
says 'SHA256SUMS.p7s: it was put in and is NOT here'
sed -i 's/"signed_with": "new"/"signed_with": ""/' "$dir/x/renewal.json"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 0 verify "$dir/bad.zip"
says 'nothing but itself'
note "and with another's signature, of the same authority or of none"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/forger.key" -subj /CN=forger \
    -out "$dir/forger.pem" 2> /dev/null
# sealed CERTIFICATE KEY   DIR/x made anew and packed, with that seal
sealed() {
	rm -f "$dir/x/SHA256SUMS.p7s"
	"$FORGE" "$dir/x" "$dir/bad.zip"
	unzip -qo "$dir/bad.zip" -d "$dir/x"
	openssl cms -sign -cades -binary -in "$dir/x/SHA256SUMS" -signer "$1" \
	    -inkey "$2" -outform DER -out "$dir/x/SHA256SUMS.p7s"
	"$FORGE" "$dir/x" "$dir/bad.zip"
}
# said_with NAME   renewal.json names that key
said_with() {
	sed -i "s/\"signed_with\": \".*\"/\"signed_with\": \"$1\"/" "$dir/x/renewal.json"
}
said_with forger
sealed "$dir/forger.pem" "$dir/forger.key"
run 8 verify "$dir/bad.zip"
says "a key that is none of this renewal's: forger"
says 'NOT signed with a certificate of this renewal'
run 8 verify "$dir/bad.zip" --ca "$dir/forger.pem"
note "a seal is of the key that renewal.json names, and is named"
for name in new old ''; do
	said_with "$name"
	sealed "$dir/forger.pem" "$dir/forger.key"
	run 10 verify "$dir/bad.zip"
	says 'SHA256SUMS.p7s: it is NOT signed with the key that renewal.json names'
done
note "the old key, which is replaced, seals nothing any more"
unpacked "$dir/signed.zip"
seal_old() {
	rm -f "$dir/x/SHA256SUMS.p7s"
	"$FORGE" "$dir/x" "$dir/bad.zip"
	unzip -qo "$dir/bad.zip" -d "$dir/x"
	firma sign old "$dir/x/SHA256SUMS" -o "$dir/x/SHA256SUMS.p7s" \
	    --pin-file "practice=$dir/pin" > "$dir/said" 2>&1 || fail "sign"
	"$FORGE" "$dir/x" "$dir/bad.zip"
}
seal_old
run 10 verify "$dir/bad.zip" --ca "$dir/ca.pem"
says 'SHA256SUMS.p7s: it is NOT signed with the key that renewal.json names'
said_with old
seal_old
run 8 verify "$dir/bad.zip" --ca "$dir/ca.pem"
says 'NOT signed with a certificate of this renewal that is in use'
note "and before that it does"
cut_off
seal_old
run 0 verify "$dir/bad.zip" --ca "$dir/ca.pem"
says "with the old certificate's key"

note "a stamp that was taken away"
run 0 renew evidence --zip "$dir/stamped.zip" --timestamp --tsa "$URL"
run 0 verify "$dir/stamped.zip"
says 'held together by: *a time stamp over all of it'
unpacked "$dir/stamped.zip"
rm "$dir/x/SHA256SUMS.tsr"
"$FORGE" "$dir/x" "$dir/bad.zip"
run 13 verify "$dir/bad.zip"
says 'SHA256SUMS.tsr: it was put in and is NOT here'

note "without the signature that was asked for nothing is written"
run 8 renew evidence --zip "$dir/none.zip" --sign-with old
says 'does not vouch'
[ ! -e "$dir/none.zip" ] || fail "a seal that nobody takes was made"
run 11 renew evidence --zip "$dir/none.zip" --sign-with nobody
says 'nothing is written'
[ ! -e "$dir/none.zip" ] || fail "it is written"

note "in Spanish"
run 0 verify "$dir/signed.zip" --lang es
says 'lo sostiene: *una firma'
run 0 verify "$dir/plain.zip" --lang es
says 'nada más que ella misma'
passed
