#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several files in one command, each with its time stamp.
. "$(dirname "$0")/agent.sh"
for tool in qpdf pdfsig; do
	command -v $tool > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
export FIRMA_HELPER_DIR=$BUILD/cli/helpers
mkdir "$dir/in"
for i in $(seq 12); do echo "letter $i" > "$dir/in/$i"; done

note "each signature is stamped"
run 0 sign acme "$dir"/in/* --timestamp --tsa "$URL" --tsa-ca "$dir/tsa-ca.pem"
says '12 of 12 files'
for i in $(seq 12); do
	proved "$dir/in/$i.p7s" "$dir/in/$i"
	stamp_proved "$dir/in/$i.p7s"
done
rm "$dir"/in/*.p7s

note "PDFs"
"$BUILD/tests/pdf/pdf_make" plain > "$dir/a.pdf"
cp "$dir/a.pdf" "$dir/b.pdf"
"$BUILD/cli/firma" sign acme "$dir/a.pdf" "$dir/b.pdf" --pades --timestamp \
    --tsa "$URL" --json > "$dir/json" 2> "$dir/said" || fail "not signed"
same "$(jq -c '[.files[].stamped]' "$dir/json")" '[true,true]' JSON
for f in a b; do
	same "$("$BUILD/cli/firma" verify "$dir/$f.signed.pdf" --json | jq -c '[.valid,
	    (.signatures[0].timestamps | length), .signatures[0].timestamps[0].valid]')" \
	    '[true,1,true]' "$f"
	qpdf --check "$dir/$f.signed.pdf" > "$dir/said" 2>&1 || fail "qpdf"
done

note "an authority that says no: what is signed is kept, the rest is not signed"
tsa_behave refuse
got=0
"$BUILD/cli/firma" sign acme "$dir"/in/* --timestamp --tsa "$URL" --json \
    > "$dir/json" 2> "$dir/said" || got=$?
says 'it is signed, without a time stamp'
[ "$got" != 0 ] || fail "no word of the missing stamps"
same "$(jq '.signed + .not_tried' "$dir/json")" 12 "files"
[ "$(jq .not_tried "$dir/json")" -gt 0 ] || fail "went on without stamps"
same "$(jq -c '[.files[].stamped] | unique' "$dir/json")" '[false]' "JSON"
same "$(ls "$dir"/in/*.p7s | wc -l)" "$(jq .signed "$dir/json")" "signatures"
for f in "$dir"/in/*.p7s; do proved "$f" "${f%.p7s}"; done
# One of them was asked for, not each.
same "$(grep -c 'without a time stamp' "$dir/said")" 1 "refusals"

note "its stamps can be had later"
tsa_behave good
f=$(jq -r '.files[0].signature' "$dir/json")
run 0 timestamp "$f" --tsa "$URL"
stamp_proved "$f"
passed
