# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# many.sh - sections of test_agent.sh about many files in one command, and about
# one that is too long to copy.

section "many files" many_files
section "large file" large_file

# all_entries FILTER   in the whole ledger
all_entries() {
	firma ledger show --from 1 --max 100000 --json | jq -s "[.[] | select($1)] | length"
}
is_signed() {
	openssl cms -verify -cades -binary -inform DER -in "$1.p7s" -content "$1" \
		-CAfile "$DIR/ca.pem" -purpose any -out /dev/null 2> "$DIR/err" ||
		fail "$1: $(cat "$DIR/err")"
}

many_files() {
	practice_key
	mkdir "$DIR/doc"
	for i in $(seq 100); do echo "letter $i" > "$DIR/doc/$i"; done

	note "each beside its file, one login, one entry each"
	expect 0 firma token lock practice
	expect 0 firma sign acme "$DIR"/doc/* --pin-file "$DIR/pin" --purpose letters
	says 'signed with key acme: 100 of 100 files'
	for i in 1 42 100; do is_signed "$DIR/doc/$i"; done
	same "$(ls "$DIR"/doc/*.p7s | wc -l)" 100 "signatures"
	same "$(all_entries '.action == "sign" and .purpose == "letters"')" 100 "entries"
	same "$(all_entries '.action == "unlock"')" 2 "logins"

	note "attached, in JSON"
	firma sign acme "$DIR/doc/1" "$DIR/doc/2" "$DIR/doc/3" --format attached --json \
		> "$DIR/json" || fail "not signed"
	same "$(jq -c '[.signed, .failed, .not_tried, (.files | length),
		(.files | all(.format == "attached"))]' "$DIR/json")" "[3,0,0,3,true]" "JSON"
	for f in $(jq -r '.files[].signature' "$DIR/json"); do
		openssl cms -verify -binary -inform DER -in "$f" -CAfile "$DIR/ca.pem" \
			-purpose any -out "$DIR/content" 2> /dev/null || fail "$f"
		same "$(cat "$DIR/content")" "$(cat "${f%.p7m}")" "content"
	done

	note "a name that is no UTF-8 spoils no JSON"
	cp "$DIR/doc/1" "$DIR/doc/$(printf '\377')"
	firma sign acme "$DIR/doc/1" "$DIR/doc/$(printf '\377')" --json > "$DIR/json"
	same "$(jq -c '[.signed, (.files | length), (.files[1] | has("file"))]' \
		"$DIR/json")" "[2,2,false]" "JSON"
	rm -f "$DIR"/doc/"$(printf '\377')"*

	note "a file that cannot be read leaves the others alone"
	expect 1 firma sign acme "$DIR/doc/1" "$DIR/nothing" "$DIR/doc/2"
	says "$DIR/nothing"
	says '2 of 3 files'

	note "many that cannot be read do, too"
	expect 1 firma sign acme "$DIR"/no/{1..20} "$DIR/doc/1"
	says '1 of 21 files'

	note "nothing is signed whose signature could not be written"
	before=$(all_entries '.action == "sign"')
	mkdir "$DIR/doc/here.p7s"
	echo x > "$DIR/doc/here"
	expect 1 firma sign acme "$DIR/doc/1" "$DIR/doc/here" --purpose kept
	rmdir "$DIR/doc/here.p7s"
	rm "$DIR/doc/here"
	same "$(all_entries '.action == "sign"')" $((before + 1)) "signatures"

	note "a key without a certificate is told what it lacks"
	key practice bare
	for files in "$DIR/doc/1" "$DIR/doc/1 $DIR/doc/2"; do
		# shellcheck disable=SC2086 # several words
		expect 11 firma sign bare $files
		says 'with key bare: it has no certificate'
		says 'firma certificate import KEY FILE'
	done
	expect 11 firma sign nobody "$DIR/doc/1"

	note "what a rule refuses ends it: the rest is not tried"
	expect 4 firma sign acme "$DIR"/doc/? "$DIR"/doc/?? --format sha1-raw
	says 'no-sha1'
	says '0 of 99 files'
	says 'not tried: [0-9]+, from '

	note "the token's process killed in the middle: what is not signed is named"
	rm -f "$DIR"/doc/*.p7? "$DIR"/doc/*.sig
	for i in $(seq 101 300); do echo "letter $i" > "$DIR/doc/$i"; done
	firma sign acme "$DIR"/doc/* --json > "$DIR/json" 2> "$DIR/said" &
	pid=$!
	until_true 10 test -e "$DIR/doc/42.p7s"
	kill -9 "$(token_pid practice)"
	status=0
	wait $pid || status=$?
	[ $status = 6 ] || [ $status = 5 ] || fail "exit $status: $(cat "$DIR/said")"
	same "$(jq '.signed + .failed + .not_tried' "$DIR/json")" 300 "files"
	[ "$(jq .not_tried "$DIR/json")" -gt 0 ] || fail "went on"
	for f in $(jq -r '.files[] | select(.signature) | .file' "$DIR/json" | tail -n 3); do
		is_signed "$f"
	done
	alive

	note "the agent ended in the middle: what it signed is written"
	rm -f "$DIR"/doc/*.p7s
	for i in $(seq 301 1500); do echo "letter $i" > "$DIR/doc/$i"; done
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
	signed=$(($(all_entries '.action == "sign"') -
		$(all_entries '.action == "sign-failed"')))
	firma sign acme "$DIR"/doc/* --json > "$DIR/json" 2> "$DIR/said" &
	signing=$!
	until_true 10 test -e "$DIR/doc/142.p7s"
	practice_end "$DIR/agent.pid"
	status=0
	wait $signing || status=$?
	[ $status != 0 ] || fail "nothing was said"
	same "$(jq '.signed + .failed + .not_tried' "$DIR/json")" 1500 "files"
	same "$(ls "$DIR"/doc/*.p7s | wc -l)" "$(jq .signed "$DIR/json")" "signatures"
	practice_agent "$DIR"
	until_true 10 is_state practice locked
	# Each that was begun is held, or said to have failed: tests/agent/stop.sh.
	same "$(all_entries '.action == "sign"')" \
		$(($(all_entries '.action == "sign-failed"') +
			$(jq .signed "$DIR/json") + signed)) "entries"

	note "nothing is written that is signed, nothing twice"
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
	before=$(all_entries '.action == "sign"')
	touch "$DIR/doc/7.p7s"
	expect 2 firma sign acme "$DIR/doc/1" "$DIR/doc/7" "$DIR/doc/7.p7s"
	says "$DIR/doc/7.p7s: another file's signature goes there"
	expect 2 firma sign acme "$DIR/doc/1" "$DIR/doc/2" "$DIR/doc/1"
	says 'it would be written twice'
	same "$(all_entries '.action == "sign"')" "$before" "signatures"

	note "what goes with one file"
	expect 2 firma sign acme "$DIR/doc/1" "$DIR/doc/2" -o "$DIR/x"
	expect 2 firma sign acme "$DIR/doc/1" "$DIR/doc/2" --digest 00
	expect 2 firma sign acme "$DIR/doc/1" "$DIR/doc/2" --lot
	expect 2 firma sign acme "$DIR/doc/1" -
}

large_file() {
	practice_key
	head -c 80000000 /dev/zero > "$DIR/big"

	note "hashed where it lies"
	expect 0 firma sign acme "$DIR/big"
	is_signed "$DIR/big"
	same "$(entries '.action == "sign" and .name == "big"')" 1 "entries"
	same "$(firma ledger show --json | jq -rs 'flatten | map(select(.name == "big"))
		| last | .digest')" "$(sha256sum "$DIR/big" | cut -d' ' -f1)" "digest"

	note "so are long ones among several"
	echo small > "$DIR/small"
	rm "$DIR/big.p7s"
	expect 0 firma sign acme "$DIR/small" "$DIR/big"
	is_signed "$DIR/big"
	is_signed "$DIR/small"

	note "nothing is signed that could not be kept"
	before=$(entries '.action == "sign"')
	expect 1 firma sign acme "$DIR/small" -o "$DIR/nowhere/x.p7s"
	says "$DIR/nowhere"
	expect 1 firma seals acme x=Matriz -o "$DIR/nowhere/x.sdg"
	same "$(entries '.action == "sign"')" "$before" "signatures"

	note "a key that signs documents alone gets the document"
	printf '[key acme]\ndigest-only = no\n' >> "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	rm "$DIR/big.p7s"
	expect 0 firma token lock practice
	expect 0 firma sign acme "$DIR/big" --pin-file "$DIR/pin"
	is_signed "$DIR/big"
	rm "$DIR/big.p7s"
	echo small > "$DIR/small"
	expect 0 firma sign acme "$DIR/small" "$DIR/big"
	is_signed "$DIR/big"
	is_signed "$DIR/small"
	ln "$DIR/big" "$DIR/big2"
	ln "$DIR/big" "$DIR/big3"
	expect 0 firma sign acme "$DIR/big" "$DIR/big2" "$DIR/big3"
	is_signed "$DIR/big3"
	expect 0 firma sign acme -o "$DIR/stdin.p7s" < "$DIR/big"
	cp "$DIR/stdin.p7s" "$DIR/big.p7s"
	is_signed "$DIR/big"
}
