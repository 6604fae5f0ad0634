#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The evidence of a whole renewal, checked by programs that are not ours.
. "$(dirname "$0")/begin.sh"

note "a renewal that is not finished has evidence of what there is"
renew --no-run
run 0 renew evidence --zip "$dir/early.zip"
says 'not there yet: new.pem'
run 0 verify "$dir/early.zip"
says 'new.pem: *not there'
firma renew --yes --dir "$dir/letters" --pin-file "practice=$dir/pin" \
    > "$dir/said" 2>&1 || fail "the renewal does not end"
# Somebody signs something else afterwards: none of this renewal's business.
echo other > "$dir/other"
run 0 sign new "$dir/other" --purpose 'nothing of the renewal'

note "the same renewal gives the same octets, wherever the clock hangs"
run 0 renew evidence --zip "$dir/ev.zip" --ca "$dir/ca.pem"
run 0 renew evidence --zip "$dir/again.zip" --ca "$dir/ca.pem"
cmp "$dir/ev.zip" "$dir/again.zip" || fail "other octets"
same "$(stat -c %a "$dir/ev.zip")" 644 mode
run 1 renew evidence --zip "$dir/ev.zip"
says 'is there already'
cmp "$dir/ev.zip" "$dir/again.zip" || fail "it was replaced"
TZ=America/Mexico_City run 0 renew evidence --zip "$dir/mexico.zip"
unpacked "$dir/mexico.zip"
same "$(jq -r .started.local "$dir/x/renewal.json" | tail -c 7)" -06:00 offset
run 0 verify "$dir/mexico.zip"

note "unzip and bsdtar read it, sha256sum agrees"
unzip -tq "$dir/ev.zip" > /dev/null || fail unzip
bsdtar tf "$dir/ev.zip" | sort > "$dir/names"
unpacked "$dir/ev.zip"
(cd "$dir/x" && find . -type f | sed 's|^\./||' | sort) > "$dir/found"
cmp "$dir/names" "$dir/found" || fail "bsdtar and unzip see other names"
for f in report.html renewal.json SHA256SUMS ledger.jsonl old.pem new.pem ca.pem \
    request.csr letters/terms.pdf letters/terms.old.p7s letters/terms.new.p7s \
    letters/conditions.pdf letters/conditions.new.p7s login.p7m challenge.txt \
    letters/terms.old.consent.json letters/terms.new.consent.json \
    letters/conditions.new.consent.json; do
	grep -qx "$f" "$dir/names" || fail "no $f"
done
same "$(cd "$dir/x" && sha256sum -c --quiet SHA256SUMS 2>&1)" '' sha256sum
same "$(wc -l < "$dir/x/SHA256SUMS")" $(($(wc -l < "$dir/names") - 1)) "sums"

note "receipts, folio, fifteen steps"
same "$(jq '[.receipts[].name] | sort | join(" ")' "$dir/x/renewal.json")" \
    '"folio receipt receipt receipt"' receipts
same "$(jq '[.steps[].user_step, .steps[].user_step_last] | unique | length' \
    "$dir/x/renewal.json")" 15 "steps of users"
same "$(jq '[.steps[] | select(.state != "done")] | length' "$dir/x/renewal.json")" 0 open
same "$(jq -r .status "$dir/x/renewal.json")" complete status

note "the ledger's entries are those from its start to its end, and no more"
same "$(head -n 1 "$dir/x/ledger.jsonl" | jq -r .action)" renew-start first
same "$(tail -n 1 "$dir/x/ledger.jsonl" | jq -r .purpose)" 'renewal 1 login.enter' last
firma ledger show --json --max 1000 > "$dir/all.jsonl"
while read -r line; do
	grep -qxF -- "$line" "$dir/all.jsonl" || fail "an entry that the agent does not have"
done < "$dir/x/ledger.jsonl"

note "with a time stamp"
run 0 renew evidence --zip "$dir/stamped.zip" --ca "$dir/ca.pem" --timestamp \
    --tsa "$URL" --tsa-ca "$dir/tsa-ca.pem"
unpacked "$dir/stamped.zip"
openssl ts -verify -in "$dir/x/SHA256SUMS.tsr" -data "$dir/x/SHA256SUMS" \
    -CAfile "$dir/tsa-ca.pem" > /dev/null 2>&1 || fail "openssl ts"
tsa_behave 500
run 7 renew evidence --zip "$dir/none.zip" --timestamp --tsa "$URL"
says 'nothing is written'
says 'without --timestamp'
[ ! -e "$dir/none.zip" ] || fail "it is written"
tsa_behave good
run 2 renew evidence
run 2 renew evidence --dir "$dir/folder" --zip "$dir/none.zip"

note "a folder has the files of the ZIP"
run 0 renew evidence --dir "$dir/folder" --ca "$dir/ca.pem" --timestamp --tsa "$URL"
says "folder/letters/terms.old.p7s"
(cd "$dir/folder" && sha256sum -c --quiet SHA256SUMS) || fail "the folder's sums"
openssl ts -verify -in "$dir/folder/SHA256SUMS.tsr" -data "$dir/folder/SHA256SUMS" \
    -CAfile "$dir/tsa-ca.pem" > /dev/null 2>&1 || fail "the folder's stamp"
run 0 renew evidence --dir "$dir/folder" --ca "$dir/ca.pem"
[ ! -e "$dir/folder/SHA256SUMS.tsr" ] || fail "the stamp of an earlier time stays"
unpacked "$dir/ev.zip"
diff -r "$dir/x" "$dir/folder" || fail "the folder is not the ZIP"

# The commands of the report, as a person copies them; each must be good.
commands() {
	sed -n '/<pre>/,/<\/pre>/p' "$dir/x/report.html" | sed 's/.*<pre>//; s/<\/pre>//
		s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g' |
	    grep -v '^firma '
}
for lang in en es; do
	note "the commands that the report names are good, and find what is wrong: $lang"
	rm -f "$dir/lang.zip"
	run 0 renew evidence --zip "$dir/lang.zip" --ca "$dir/ca.pem" --timestamp \
	    --tsa "$URL" --lang $lang
	unpacked "$dir/lang.zip"
	cp "$dir/tsa-ca.pem" "$dir/x/"
	grep -q "<html lang=\"$lang\">" "$dir/x/report.html" || fail "no $lang"
	commands > "$dir/commands"
	same "$(grep -c '^openssl cms' "$dir/commands")" 4 "signatures"
	(cd "$dir/x" && bash -e "$dir/commands") > "$dir/did" 2>&1 ||
	    fail "a command fails: $(cat "$dir/did")"
	! grep -q broken "$dir/did" || fail "the chain: $(cat "$dir/did")"
	same "$(grep -c '^[a-z].*: OK$' "$dir/did")" 17 "files that sha256sum finds good"
	same "$(grep -A 9 'BEGIN PUBLIC' "$dir/did" | sort | uniq -c |
	    awk '$1 % 2 { n++ } END { print n + 0 }')" 0 "lines of one key alone"
	# In the other language too: what was made in this one is compared.
	run 0 verify "$dir/lang.zip" --lang es
	run 0 verify "$dir/lang.zip" --lang en
	says 'report.html: *it says what the other files say'
	sed -i '3s/"user":"[a-z0-9]*"/"user":"other"/' "$dir/x/ledger.jsonl"
	(cd "$dir/x" && sed -n '/^prev=/,/^done/p' "$dir/commands" | bash) |
	    grep -q '^broken: ' || fail "a changed entry is not found"
done

note "firma verifies it without agent, network or anything beside it"
offline=
! unshare -rn true 2> /dev/null || offline="unshare -rn"
for ca in '' "--ca $dir/ca.pem --tsa-ca $dir/tsa-ca.pem"; do
	# shellcheck disable=SC2086
	$offline "$BUILD/cli/firma" verify "$dir/stamped.zip" $ca --json \
	    --socket /nonexistent > "$dir/json" || fail "verify --json $ca"
	same "$(jq -c '[.kind, .valid, (.checks | map(select(.verdict != "good")) | length),
	    .timestamp.authority]' "$dir/json")" \
	    '["evidence",true,0,"TSA de Práctica"]' JSON
done
run 8 verify "$dir/stamped.zip" --ca "$dir/stranger.pem"
run 8 verify "$dir/stamped.zip" --tsa-ca "$dir/stranger.pem"
run 12 verify "$dir/stamped.zip" --tsa-ca "$dir/other"

note "after the old key is retired it is the evidence of that too"
run 0 renew retire --keep --yes
run 0 renew evidence --zip "$dir/retired.zip"
unpacked "$dir/retired.zip"
same "$(jq -r .status "$dir/x/renewal.json")" retired status
run 0 verify "$dir/retired.zip"
passed
