#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A wrong file in the letter's place is refused before the PIN is touched; steps
# cannot be taken out of order; the old key goes only at the end.
. "$(dirname "$0")/lib.sh"

# How often a PIN was presented: the ledger has each presentation.
presented() { firma ledger show --json | grep -c '"action":"unlock"' || :; }

# refused STATUS TEXT: the step is refused with the token locked, no PIN asked.
refused() {
	before=$(presented)
	go "$1" next
	says "$2"
	[ "$(presented)" = "$before" ] || fail "$2: a PIN was presented"
	firma token list --json | grep -q '"locked"' || fail "$2: the token was unlocked"
}

begin
until_step terms.sign.old
letter=$dir/letters/terms.pdf
[ -s "$letter" ] || fail "the letter is not in its place"
cp "$letter" "$dir/terms.good"
firma token lock practice > /dev/null
printf x >> "$letter"
refused 10 "other bytes"
echo "not a letter" > "$letter"
refused 10 "not a PDF"
: > "$letter"
refused 10 "empty"
truncate -s 2G "$letter"
refused 10 "too large"
cp "$dir/terms.good" "$letter"
go 0
once
echo "refused and signed: the terms letter"

# The old key stays until the first login, whoever asks.
begin
until_step terms.again
run renew retire 1 --yes
[ "$got" = 1 ] || fail "retire before the first login: exit $got"
says first-login-first
firma key list | grep -q '^old ' || fail "the old key is gone"
go 0
once
run renew retire --yes
[ "$got" = 0 ] || fail "retire: exit $got"
firma key list | grep -q '^old ' && fail "the old key is still there"
firma ledger show --json | grep -q '"action":"renew-retire"' || fail "not in the ledger"
run renew retire --yes
[ "$got" != 0 ] || fail "retired twice"
run renew start --old old --new-alias again --token practice --yes
[ "$got" = 11 ] || fail "renewal of a retired key: exit $got"
echo "retired: only at the end, once"

# One renewal a key; an aborted one makes room and leaves its key named.
begin
until_step terms.fetch
run renew start --old old --new-alias other --token practice --yes
[ "$got" = 1 ] || fail "a second renewal: exit $got"
run renew abort --yes
[ "$got" = 0 ] || fail "abort: exit $got"
firma key list | grep -q '^new ' || fail "the new key lost its name"
run renew resume --yes
[ "$got" != 0 ] || fail "an aborted renewal was resumed"
echo "aborted"

# Two operators at once: one of them waits or is refused; all is done once.
begin
start 0 --no-run
firma renew --yes --dir "$dir" --pin-file "practice=$dir/pin" > "$dir/one" 2>&1 &
one=$!
mkdir "$dir/two.d"
firma renew --yes --dir "$dir/two.d" --pin-file "practice=$dir/pin" > "$dir/two" 2>&1 || :
wait $one || :
# One of them came to the end; or what is left open is gone on with.
firma renew status --json | jq -e '.[-1].status == "complete"' > /dev/null || go 0
once
echo "two operators: once"

# What is written for the firm: in folders of its own, changed by nobody else.
was=$(umask)
umask 000
run renew evidence --dir "$dir/given"
umask "$was"
[ "$got" = 0 ] || fail "evidence: exit $got"
[ -s "$dir/given/ledger.jsonl" ] && [ -s "$dir/given/letters/terms.old.p7s" ] ||
    fail "no evidence"
loose=$(find "$dir/given" \( -type d ! -perm 700 \) -o \( -type f -perm /7133 \))
[ -z "$loose" ] || fail "modes: $loose"
echo "modes of the evidence"

# What is signed to enter is shown to nobody: it may be text, and no letter.
begin
start 0 --no-run
[ "$(firma renew status --json | jq -r '.[-1].step')" = notice.challenge ] ||
    fail "not at the challenge"
printf 'a challenge\001' > "$dir/odd"
printf '%%PDF-1.4\n%%%%EOF\n' > "$dir/odd.pdf"
printf 'challenge 1\r\nline 2\n' > "$dir/text"
id=70
for f in odd odd.pdf text; do
	id=$((id + 2))
	printf '%s\n' "$id 5000 renew_act renewal=1 step=notice.challenge" \
	    "$((id + 1)) 5000 renew_result renewal=1 step=notice.challenge op=challenge outcome=0 fd=$dir/$f" |
	    "$BUILD/tests/agent/firma-ask" "$dir/run/socket" > "$dir/out"
	case $f in
	text) says "^$((id + 1)) renewal_item" ;;
	*) says 'is no text'; [ "$(firma renew status --json | jq -r '.[-1].step')" = \
	    notice.challenge ] || fail "$f was taken" ;;
	esac
done
[ "$(firma renew status --json | jq -r '.[-1].step')" = notice.sign ] || fail "text was not taken"
echo "the text to enter: text alone"
