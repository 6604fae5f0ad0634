# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# pin.sh - sections of test_agent.sh about PINs.

section "wrong PIN" wrong_pin
section "refused PINs" refused_pins
section "killed while presenting" killed_presenting
section "hangs before the PIN" hangs_before_pin
section "killed while the intent is written" killed_announcing
section "two unlock at once" two_at_once
section "another PIN" another_pin
section "SO-PIN" so_pin
section "unattended unlock" unattended
section "PIN on the keypad" keypad
section "kept PIN" keep_pin
section "key that asks each time" key_asks
section "the agent never has the PIN" never_has_the_pin
section "nobody keeps a PIN" nobody_keeps_a_pin
section "lock after idleness" lock_after

# unlock STATUS FILE
unlock() { expect "$1" firma token unlock sinner --pin-file "$DIR/$2"; }

wrong_pin() {
	practice_config "$DIR"
	sinner none
	practice_agent "$DIR"
	token sinner
	key sinner good
	firma token lock sinner > /dev/null
	echo 87654321 > "$DIR/wrong"
	echo 87654322 > "$DIR/wrong2"
	before=$(calls C_Login)

	note "a wrong PIN is presented once, and said clearly"
	unlock 5 wrong
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 1)) "presentations"
	same "$(firma token list sinner --json | jq -r '.[0].pin')" count-low "PIN state"
	is_state sinner locked || fail "state $(token_state sinner)"

	note "the same again is refused without a presentation"
	unlock 5 wrong
	says 'refused this same PIN before'
	unlock 5 wrong
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "also by a new agent"
	restart
	until_true 10 is_state sinner locked
	unlock 5 wrong
	says 'refused this same PIN before'
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "another wrong one is one more presentation"
	unlock 5 wrong2
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 2)) "presentations"

	note "nothing signs meanwhile"
	has "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" \
		"9 error .*name=FIRMA_ERR_PIN_NEEDED"

	note "one that the token cannot take is not presented at all"
	echo 1 > "$DIR/short"
	expect 5 firma token unlock sinner --pin-file "$DIR/short" --last-try
	says 'length'
	same "$(calls C_Login)" $((before + 2)) "presentations"

	note "the third of three tries needs a word, by our own count"
	unlock 5 pin
	says 'one try is left'
	same "$(calls C_Login)" $((before + 2)) "presentations"
	same "$(firma token list sinner --json | jq -r '.[0].pin')" final-try "PIN state"
	note "the right PIN works"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin" --last-try
	same "$(calls C_Login)" $((before + 3)) "presentations"
	same "$(firma token list sinner --json | jq -r '.[0].pin')" fine "PIN state"
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(entries '.action == "unlock" and .result == "FIRMA_ERR_PIN"')" 2 \
		"entries of refused PINs"
	expect 0 firma ledger verify
}

# wrong N   a file with the N-th wrong PIN
wrong() {
	echo "8765$1" > "$DIR/wrong$1"
	echo "wrong$1"
}
pin_state() { firma token list sinner --json | jq -r '.[0].pin'; }
is_pin() { [ "$(pin_state)" = "$1" ]; }

refused_pins() {
	practice_config "$DIR"
	sinner flag-silent '' 'pin-tries = 5'
	practice_agent "$DIR"
	token sinner
	firma token lock sinner > /dev/null
	before=$(calls C_Login)
	a=$(wrong 1001) b=$(wrong 1002) c=$(wrong 1003)

	note "A, B, A, B: two tries, though the token never says so"
	unlock 5 "$a"
	says 'the token refused the PIN'
	unlock 5 "$b"
	says 'the token refused the PIN'
	for pin in "$a" "$b" "$a"; do
		unlock 5 "$pin"
		says 'refused this same PIN before'
	done
	restart
	until_true 10 is_state sinner locked
	for pin in "$b" "$a"; do
		unlock 5 "$pin"
		says 'refused this same PIN before'
	done
	expect 5 firma token unlock sinner --pin-file "$DIR/$a" --last-try --again
	same "$(calls C_Login)" $((before + 2)) "presentations"
	is_pin count-low || fail "$(pin_state)"

	note "at four of five: not without --last-try, and not by a new agent"
	unlock 5 "$c"
	unlock 5 "$(wrong 1004)"
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 4)) "presentations"
	unlock 5 pin
	says 'one try is left'
	restart
	until_true 10 is_state sinner locked
	is_pin final-try || fail "$(pin_state)"
	unlock 5 pin
	says 'one try is left'
	has "$(ask "9 5000 token_unlock token=sinner flags=0 pin=$DIR/pin")" \
		'9 error .*name=FIRMA_ERR_PIN_LAST_TRY'
	same "$(calls C_Login)" $((before + 4)) "presentations"

	note "on the operator's word; a PIN that is taken ends the count"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin" --last-try
	firma token lock sinner > /dev/null
	unlock 5 "$a"
	says 'the token refused the PIN'
	same "$(calls C_Login)" $((before + 6)) "presentations"

	note "a flag that says it of a fresh token is a veto all the same"
	sed -i 's/FIRMA_BAD_SIN=.*/FIRMA_BAD_SIN=flag-final-try/' "$DIR/firmad.conf"
	restart
	until_true 10 is_state sinner locked
	unlock 5 pin
	says 'one try is left'
	expect 0 firma token unlock sinner --pin-file "$DIR/pin" --last-try
	same "$(calls C_Login)" $((before + 7)) "presentations"
	expect 0 firma ledger verify
}

# in_doubt FILE WHAT   present it to a module that hangs, and kill WHAT meanwhile
in_doubt() {
	arm
	before=$(calls C_Login)
	"$BUILD/cli/firma" token unlock sinner --pin-file "$DIR/$1" \
		> "$DIR/unlock.log" 2>&1 &
	unlocking=$!
	until_true 15 called "$before"
	kill -9 "$("$2" sinner)"
	status=0
	wait "$unlocking" || status=$?
	[ $status != 0 ] || fail "unlocked"
	disarm
}

# The process announces the PIN and ends before the agent has written that down:
# nothing was presented, and nothing is in doubt.
killed_announcing() {
	practice_config "$DIR"
	sinner none
	export FIRMA_SLOW=$DIR/state/slow FIRMA_SLOW_PROGRAM=firmad
	more_end="rm -f $DIR/state/slow" # nor does the agent end before
	export LD_PRELOAD=$BUILD/tests/agent/libslow.so
	export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
	practice_agent "$DIR"
	unset LD_PRELOAD
	token sinner
	firma token lock sinner > /dev/null
	before=$(calls C_Login)
	: > "$FIRMA_SLOW"
	firma token unlock sinner --pin-file "$DIR/pin" > "$DIR/unlock" 2>&1 &
	unlocking=$!
	until_true 20 test -e "$FIRMA_SLOW.waits"
	kill -9 "$(token_pid sinner)"
	sleep 1
	rm "$FIRMA_SLOW"
	status=0
	wait "$unlocking" || status=$?
	same "$status" 6 "exit status: $(cat "$DIR/unlock")"
	same "$(calls C_Login)" "$before" presentations
	until_true 15 is_state sinner locked
	unlock 0 pin
	alive
}

# Until a person is asked the token's own deadline counts, not the person's.
hangs_before_pin() {
	local from

	practice_config "$DIR"
	sinner hang:C_GenerateRandom armed 'deadline = 2'
	practice_agent "$DIR"
	token sinner
	firma token lock sinner > /dev/null
	before=$(calls C_Login)
	arm
	from=$SECONDS
	unlock 6 pin
	says 'no answer to w_login in 2 s'
	[ $((SECONDS - from)) -lt 30 ] || fail "$((SECONDS - from)) seconds"
	disarm
	same "$(calls C_Login)" "$before" presentations
	until_true 15 is_state sinner locked
	unlock 0 pin
}

killed_presenting() {
	practice_config "$DIR"
	sinner hang-login armed 'pin-tries = 5'
	practice_agent "$DIR"
	token sinner
	firma token lock sinner > /dev/null
	a=$(wrong 1001)

	note "the token process is killed between \"presenting\" and the outcome"
	in_doubt "$a" token_pid
	until_true 15 is_state sinner locked
	is_pin doubtful || fail "$(pin_state)"
	unlock 5 "$a"
	says 'outcome is not known'
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "the agent is: the next one knows, and tells"
	b=$(wrong 1002)
	in_doubt "$b" agent_pid
	wait "$(agent_pid)" 2> /dev/null || :
	rm -f "$DIR/agent.pid"
	: > "$DIR/agent.log"
	practice_agent "$DIR"
	until_true 15 is_state sinner locked
	is_pin doubtful || fail "$(pin_state)"
	grep -q 'how that ended is not known' "$DIR/agent.log" || fail "not told"
	for pin in "$b" "$a"; do
		unlock 5 "$pin"
		says 'outcome is not known'
	done
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "on the operator's word it goes, once"
	expect 5 firma token unlock sinner --pin-file "$DIR/$a" --again
	says 'the token refused the PIN'
	expect 5 firma token unlock sinner --pin-file "$DIR/$a" --again
	says 'refused this same PIN before'
	same "$(calls C_Login)" $((before + 2)) "presentations"
	note "two lost and one refused are three of five"
	is_pin count-low || fail "$(pin_state)"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	is_pin fine || fail "$(pin_state)"
	firma token lock sinner > /dev/null

	note "this token tells of refusals: when it denies one, it is believed"
	in_doubt pin token_pid
	until_true 15 is_state sinner locked
	unlock 0 pin
	same "$(calls C_Login)" $((before + 2)) "presentations"
	expect 0 firma ledger verify
}

# hold_open   a client whose PIN comes when it is let go
hold_open() {
	rm -f "$DIR/fifo"
	mkfifo "$DIR/fifo"
	echo "$(id_new) 60000 token_unlock token=sinner flags=0 pin=$DIR/fifo" \
		> "$DIR/first.ask"
	"$ASK" "$FIRMA_SOCKET" < "$DIR/first.ask" > "$DIR/first.log" &
	first=$!
	until_true 15 grep -q pin_channel "$DIR/first.log"
}
# beside FILE   another operator, meanwhile, and shown to wait
beside() {
	"$BUILD/cli/firma" token unlock sinner --pin-file "$DIR/$1" \
		> "$DIR/second.log" 2>&1 &
	second=$!
	sleep 1
	kill -0 "$second" || fail "did not wait: $(cat "$DIR/second.log")"
}
# let_go FILE STATUS   the first gives its PIN; the second ends so
let_go() {
	cat "$DIR/$1" > "$DIR/fifo"
	wait "$first" || fail "the first: $(cat "$DIR/first.log")"
	status=0
	wait "$second" || status=$?
	same "$status" "$2" "the second's exit status"
}

two_at_once() {
	practice_config "$DIR"
	sinner none '' 'pin-tries = 5'
	practice_agent "$DIR"
	token sinner
	firma token lock sinner > /dev/null
	a=$(wrong 1001) b=$(wrong 1002)

	note "both type the same wrong PIN: one try"
	before=$(calls C_Login)
	hold_open
	beside "$a"
	let_go "$a" 5
	grep -q 'name=FIRMA_ERR_PIN$' "$DIR/first.log" || fail "$(cat "$DIR/first.log")"
	grep -q 'refused this same PIN before' "$DIR/second.log" ||
		fail "$(cat "$DIR/second.log")"
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "the first is wrong, the second another one: an entry of its own"
	hold_open
	beside pin
	let_go "$b" 0
	same "$(calls C_Login)" $((before + 3)) "presentations"
	is_state sinner unlocked || fail "$(token_state sinner)"
	firma token lock sinner > /dev/null

	note "the first unlocks it: the second's PIN is not presented"
	hold_open
	beside "$(wrong 1003)"
	let_go pin 0
	has "$(cat "$DIR/first.log")" ' done count=1'
	same "$(calls C_Login)" $((before + 4)) "presentations"
	is_pin fine || fail "$(pin_state)"
	firma token lock sinner > /dev/null

	note "the first goes away without a PIN: the second is not held up"
	hold_open
	beside pin
	kill "$first"
	wait "$first" 2> /dev/null || :
	status=0
	wait "$second" || status=$?
	same "$status" 0 "the second's exit status"
	same "$(calls C_Login)" $((before + 5)) "presentations"
	expect 0 firma ledger verify
}

# change STATUS OLD NEW
change() {
	expect "$1" firma token change-pin sinner --pin-file "$DIR/$2" \
		--new-pin-file "$DIR/$3"
}

another_pin() {
	practice_config "$DIR"
	: > "$DIR/trace"
	chmod 666 "$DIR/trace"
	sinner none '' "pin-tries = 4
		environment = FIRMA_BAD_TRACE=$DIR/trace
		writable = $DIR/trace"
	practice_agent "$DIR"
	token sinner
	key sinner good
	a=$(wrong 1001)
	echo 13572468 > "$DIR/new"
	echo 1 > "$DIR/short"

	note "a wrong old PIN is a presentation, recorded like any"
	change 5 "$a" new
	says 'the token refused the PIN'
	change 5 "$a" new
	says 'refused this same PIN before'
	firma token lock sinner > /dev/null
	unlock 5 "$a"
	says 'refused this same PIN before'
	same "$(grep -cx C_SetPIN "$DIR/trace")" 1 "presentations"
	same "$(entries '.action == "token-change-pin" and .result == "FIRMA_ERR_PIN"')" \
		1 "entries"

	note "a new PIN that the token cannot take: nothing is presented"
	change 5 pin short
	says 'length'
	same "$(grep -cx C_SetPIN "$DIR/trace")" 1 "presentations"

	note "changed, locked or not; the old one is wrong from now on"
	change 0 pin new
	unlock 0 new
	[ -n "$(sign good a)" ] || fail "no signature"
	expect 0 firma token change-pin sinner --pin-file "$DIR/new" \
		--new-pin-file "$DIR/$a" --json
	same "$(printf '%s\n' "$said" | sed -n '/{/,$p' | jq -r .result)" changed "result"
	firma token lock sinner > /dev/null
	unlock 5 new
	note "one that was refused before may be the new one"
	unlock 0 "$a"
	same "$(entries '.action == "token-change-pin" and .result == "ok"')" 2 "entries"

	note "killed while it is changed: in doubt"
	firma token lock sinner > /dev/null
	sed -i 's/FIRMA_BAD_SIN=.*/FIRMA_BAD_SIN=hang:C_SetPIN/' "$DIR/firmad.conf"
	restart
	until_true 10 is_state sinner locked
	before=$(calls sin)
	"$BUILD/cli/firma" token change-pin sinner --pin-file "$DIR/$a" \
		--new-pin-file "$DIR/pin" > "$DIR/change.log" 2>&1 &
	changing=$!
	until_true 15 sinned
	kill -9 "$(token_pid sinner)"
	! wait "$changing" || fail "changed"
	until_true 15 is_state sinner locked
	is_pin doubtful || fail "$(pin_state)"
	note "this token told of a refusal before, and denies one now: believed"
	unlock 0 "$a"
	is_pin fine || fail "$(pin_state)"
	expect 0 firma ledger verify
}
sinned() { [ "$(calls sin)" != "$before" ]; }

# unblock STATUS SO-PIN
unblock() {
	expect "$1" firma token unblock sinner --so-pin-file "$DIR/$2" \
		--new-pin-file "$DIR/new"
}

so_pin() {
	practice_config "$DIR"
	sinner none '' 'so-pin-tries = 3'
	practice_agent "$DIR"
	token sinner
	key sinner good
	a=$(wrong 1001) b=$(wrong 1002)
	echo 13572468 > "$DIR/new"
	before=$(calls 'C_Login SO')

	note "a wrong SO-PIN is presented once, by unblock and by init"
	unblock 5 "$a"
	says 'the token refused the PIN'
	unblock 5 "$a"
	says 'refused this same PIN before'
	restart
	until_true 10 is_state sinner locked
	unblock 5 "$a"
	says 'refused this same PIN before'
	expect 5 firma token init sinner --label sinner --erase --yes \
		--so-pin-file "$DIR/$a" --pin-file "$DIR/pin"
	says 'refused this same PIN before'
	same "$(calls 'C_Login SO')" $((before + 1)) "presentations"
	note "another one at initialising counts too; the last needs a word"
	expect 5 firma token init sinner --label sinner --erase --yes \
		--so-pin-file "$DIR/$b" --pin-file "$DIR/pin"
	says 'the token refused the PIN'
	unblock 5 so-pin
	says 'one try is left'
	same "$(calls 'C_Login SO')" $((before + 1)) "presentations"
	note "the user's PIN has a record of its own"
	unlock 5 "$a"
	says 'the token refused the PIN'

	note "the right one sets a new PIN, and the keys stay"
	expect 0 firma token unblock sinner --so-pin-file "$DIR/so-pin" \
		--new-pin-file "$DIR/$a" --last-try --json
	same "$(printf '%s\n' "$said" | sed -n '/{/,$p' | jq -r .result)" unblocked "result"
	until_true 10 is_state sinner locked
	note "what was refused before may be the new PIN"
	unlock 0 "$a"
	[ -n "$(sign good a)" ] || fail "no signature"
	note "unblocked while unlocked, it is locked"
	unblock 0 so-pin
	until_true 10 is_state sinner locked
	unlock 0 new
	note "the record of the SO-PIN begins anew"
	unblock 5 "$a"
	says 'the token refused the PIN'
	same "$(entries '.action == "token-unblock" and .result == "ok"')" 2 "entries"
	same "$(entries '.action == "token-unblock" and .result == "FIRMA_ERR_PIN"')" \
		2 "entries"
	same "$(entries '.action == "token-init" and .result == "FIRMA_ERR_PIN"')" \
		1 "entries"
	expect 0 firma ledger verify
}

# The credential's folder as systemd makes it: the agent's alone.
credential() {
	mkdir -p "$DIR/credentials"
	rm -f "$DIR/credentials/sinner.pin"
	printf '%s\n' "$1" > "$DIR/credentials/sinner.pin"
	owned "$DIR/credentials" "$DIR/credentials/sinner.pin"
	chmod 700 "$DIR/credentials"
	chmod 400 "$DIR/credentials/sinner.pin"
}

unattended() {
	practice_config "$DIR"
	sinner none '' 'pin-credential = sinner.pin'
	CREDENTIALS_DIRECTORY=$DIR/credentials
	export CREDENTIALS_DIRECTORY

	note "without the file the agent starts, and says what is missing"
	practice_agent "$DIR"
	token sinner
	key sinner good
	grep -q 'credentials/sinner.pin' "$DIR/agent.log" || fail "nothing said"

	note "with it the token is unlocked at the start, by one presentation"
	credential "$(cat "$DIR/pin")"
	before=$(calls C_Login)
	restart
	until_true 10 is_state sinner unlocked
	same "$(calls C_Login)" $((before + 1)) "presentations"
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(entries '.action == "unlock" and .rule == "credential"')" 1 "entries"

	note "a process that was replaced is not given it again"
	pid=$(token_pid sinner)
	kill -9 "$pid"
	until_true 15 is_state sinner locked
	sleep 1
	is_state sinner locked || fail "state $(token_state sinner)"
	same "$(calls C_Login)" $((before + 1)) "presentations"
	note "unless that is wanted"
	sed -i 's/^pin-credential = .*/&\npin-credential-again = yes/' "$DIR/firmad.conf"
	restart
	until_true 15 is_state sinner unlocked
	# It says that already of the process that was killed above.
	: > "$DIR/agent.log"
	kill -9 "$(token_pid sinner)"
	until_true 15 grep -q 'process .* ended' "$DIR/agent.log"
	until_true 15 is_state sinner unlocked
	same "$(calls C_Login)" $((before + 3)) "presentations"
	before=$((before + 2))

	note "locked by a person it stays locked"
	expect 0 firma token lock sinner
	sleep 1
	is_state sinner locked || fail "state $(token_state sinner)"
	same "$(calls C_Login)" $((before + 1)) "presentations"

	note "a wrong one is presented once, however often the agent starts"
	credential 87654321
	for _ in 1 2 3; do
		restart
		until_true 10 grep -q 'sinner: unlock: ' "$DIR/agent.log"
		: > "$DIR/agent.log"
	done
	same "$(calls C_Login)" $((before + 2)) "presentations"
	is_state sinner locked || fail "state $(token_state sinner)"
	unlock 0 pin
}

never_has_the_pin() {
	is_root || skip "the agent's memory is seen by root alone"
	practice_config "$DIR"
	sed -i 's/^\[agent\]/&\nlog-level = debug/' "$DIR/firmad.conf"
	printf 'Geheim%s\n' "$(cut -c1-6 "$DIR/pin")" > "$DIR/pin.new"
	mv "$DIR/pin.new" "$DIR/pin"
	practice_agent "$DIR"
	token practice
	key practice good
	firma token lock practice > /dev/null
	echo "Falsch$(cut -c7- "$DIR/pin")" > "$DIR/wrong"
	expect 5 firma token unlock practice --pin-file "$DIR/wrong"
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	[ -n "$(sign good a)" ] || fail "no signature"

	note "what is in its memory is found"
	expect 0 "$BUILD/tests/agent/memgrep" "$(agent_pid)" "$DIR/state"
	for file in pin wrong so-pin; do
		note "$file is not in its memory, its log or its store"
		expect 1 "$BUILD/tests/agent/memgrep" "$(agent_pid)" "$(cat "$DIR/$file")"
		expect 1 grep -rqF "$(cat "$DIR/$file")" "$DIR/state" "$DIR/agent.log"
	done
	note "nor are they in an argument or the environment of any process"
	for p in $(agent_pid) $(token_pid practice); do
		for file in pin so-pin; do
			expect 1 grep -qaF "$(cat "$DIR/$file")" \
				"/proc/$p/cmdline" "/proc/$p/environ"
		done
	done
}

# forgotten WHEN   no process has one of the PINs any more
forgotten() {
	note "$1: neither firmad nor a token's process has it"
	for p in $(agent_pid) $(token_pid practice) $(token_pid sinner); do
		for file in pin so-pin wrong; do
			expect 1 "$BUILD/tests/agent/memgrep" "$p" "$(cat "$DIR/$file")"
		done
	done
}
# at_exit FILE ARGUMENTS...   firma, looked at when it ends
at_exit() {
	text=$(cat "$DIR/$1")
	shift
	expect 1 "$BUILD/tests/agent/memgrep" --run "$text" "$BUILD/cli/firma" "$@"
}

nobody_keeps_a_pin() {
	is_root || skip "the memory of these processes is seen by root alone"
	practice_config "$DIR"
	sed -i 's/^\[agent\]/&\nlog-level = debug/' "$DIR/firmad.conf"
	sinner none
	for file in pin so-pin; do
		printf 'Gehäim%s\n' "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" \
			> "$DIR/$file"
	done
	echo "Falsch$(cut -c8- "$DIR/pin")" > "$DIR/wrong"
	practice_agent "$DIR"
	memgrep=$BUILD/tests/agent/memgrep
	note "what is in a process is found, also when it exits"
	expect 0 "$memgrep" "$(token_pid practice)" "$DIR/tokens"
	expect 0 "$memgrep" --run "$DIR/pin" "$BUILD/cli/firma" token init \
		practice --label practice --yes --so-pin-file "$DIR/so-pin" \
		--pin-file "$DIR/pin"
	expect 0 firma token init sinner --label sinner --yes \
		--so-pin-file "$DIR/so-pin" --pin-file "$DIR/pin"
	forgotten "after init"

	note "firma forgets it before it ends"
	at_exit wrong token unlock sinner --pin-file "$DIR/wrong"
	at_exit pin token unlock sinner --pin-file "$DIR/pin"
	at_exit pin token unlock practice --pin-file "$DIR/pin"
	is_state practice unlocked || fail "not unlocked"
	is_state sinner unlocked || fail "not unlocked"
	key practice good
	[ -n "$(sign good a)" ] || fail "no signature"
	forgotten "after unlock"
	expect 0 firma token lock practice
	forgotten "after lock"

	note "a person at a terminal"
	export FIRMA_PINENTRY=none
	mkfifo "$DIR/keys"
	script -qefc "$memgrep --run '$(cat "$DIR/pin")' $BUILD/cli/firma token unlock practice --lang en" \
		"$DIR/screen" < "$DIR/keys" > /dev/null 2>&1 &
	typing=$!
	exec 7> "$DIR/keys"
	until_true 60 grep -aq 'PIN: ' "$DIR/screen"
	cat "$DIR/pin" >&7
	status=0
	wait $typing || status=$?
	exec 7>&-
	same "$status" 1 "found at the terminal: $(cat "$DIR/screen")"
	is_state practice unlocked || fail "not unlocked: $(cat "$DIR/screen")"
	forgotten "after the terminal"

	note "nor is it in a log, an answer, the store or the token's folder"
	# Its first and last lines are script's own; the first has our command.
	sed '1d;$d' "$DIR/screen" > "$DIR/shown"
	firma token list --json > "$DIR/said.json"
	firma ledger show --json >> "$DIR/said.json"
	firma token list sinner >> "$DIR/said.json"
	for file in pin so-pin wrong; do
		expect 1 grep -raqF "$(cat "$DIR/$file")" "$DIR/state" \
			"$DIR/agent.log" "$DIR/said.json" "$DIR/tokens" "$DIR/calls" \
			"$DIR/shown"
	done

	note "firmad, when it ends"
	"$memgrep" --at-exit "$(agent_pid)" "$(cat "$DIR/pin")" > "$DIR/attached" &
	searching=$!
	until_true 10 grep -q attached "$DIR/attached"
	practice_end "$DIR/agent.pid"
	status=0
	wait $searching || status=$?
	same "$status" 1 "firmad at its end"
}

lock_after() {
	practice_config "$DIR" "lock-after = 5"
	practice_agent "$DIR"
	token practice
	key practice good
	note "use keeps it open"
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do
		sleep 0.6
		[ -n "$(sign good a)" ] || fail "locked in use"
	done
	note "idleness locks it"
	until_true 15 is_state practice locked
	has "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" \
		"9 error .*name=FIRMA_ERR_PIN_NEEDED"
}

keypad() {
	practice_config "$DIR"
	sinner none
	practice_agent "$DIR"
	# What the bad module has typed in.
	echo 123456 > "$DIR/pin"
	echo 0123456789abcdef > "$DIR/so-pin"
	token sinner
	key sinner good
	sed -i 's/FIRMA_BAD_SIN=.*/FIRMA_BAD_SIN=pinpad/' "$DIR/firmad.conf"
	restart
	until_true 10 is_state sinner locked
	before=$(calls C_Login)
	inits=$(calls C_InitPIN)
	note "nobody is asked for a PIN here; the module gets none"
	same "$(firma token list sinner --json | jq -r '.[0].pinpad')" true "pinpad"
	expect 0 firma token unlock sinner < /dev/null
	says "on the reader's keys"
	same "$(calls C_Login)" $((before + 1)) "presentations"
	[ -n "$(sign good a)" ] || fail "no signature"
	note "the channel says that nothing is to be written"
	expect 0 firma token lock sinner
	has "$(ask "9 60000 token_unlock token=sinner flags=0")" \
		'9 pin_channel .* min_pin=0 max_pin=0'
	until_true 10 is_state sinner unlocked
	note "changed there: the next one that is typed is the new one"
	expect 0 firma token change-pin sinner < /dev/null
	says "on the reader's keys"
	same "$(calls C_SetPIN)" 1 "changes"
	expect 0 firma token lock sinner
	expect 0 firma token unlock sinner < /dev/null
	[ -n "$(sign good b)" ] || fail "no signature"
	note "and given anew by who types the SO-PIN"
	expect 0 firma token unblock sinner < /dev/null
	same "$(calls C_InitPIN)" "$((inits + 1))" "PINs"
	expect 0 firma token unlock sinner < /dev/null
	[ -n "$(sign good c)" ] || fail "no signature"
	note "nobody's PIN is in the record of those that were refused"
	same "$(entries '.result == "FIRMA_ERR_PIN_WRONG"')" 0 "refusals"
	expect 0 firma ledger verify
}

keep_pin() {
	two_tokens pulled 'keep-pin = yes'
	logins=$(calls C_Login)
	pid=$(token_pid sinner)
	note "pulled out and put back, it is presented once more, by the process"
	arm
	id=$(id_new)
	talk "+$id 5000 sign key=bad format=0 sha256=$(digest out)"
	hear "^$id error .*FIRMA_ERR_TOKEN_GONE"
	until_true 10 is_state sinner unlocked
	id=$(id_new)
	talk "+$id 5000 sign key=bad format=0 sha256=$(digest back)"
	hear "^$id signed"
	same "$(calls C_Login)" $((logins + 1)) "presentations"
	same "$(token_pid sinner)" "$pid" "process"
	same "$(entries '.action == "unlock" and .rule == "keep-pin" and .result == "ok"')" \
		1 "entries"
	note "the agent does not have it"
	! is_root || expect 1 "$BUILD/tests/agent/memgrep" "$(agent_pid)" "$(cat "$DIR/pin")"
	note "locked, it stays locked"
	expect 0 firma token lock sinner
	sleep 1
	is_state sinner locked || fail "$(token_state sinner)"
	note "it goes with its process"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	kill -9 "$pid"
	until_true 15 is_state sinner locked
	sleep 1
	is_state sinner locked || fail "$(token_state sinner)"
	same "$(calls C_Login)" $((logins + 2)) "presentations"
	alive
	expect 0 firma ledger verify
}

# asks_key ID TYPE   on SoftHSM2, which means CKA_ALWAYS_AUTHENTICATE
asks_key() {
	SOFTHSM2_CONF=$DIR/softhsm2.conf pkcs11-tool --module \
		"$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)" \
		--token-label practice --login --pin "$(cat "$DIR/pin")" \
		--keypairgen --key-type "$2" --id "$1" --label "k$1" \
		--always-auth > "$DIR/tool.log" 2>&1 || skip "pkcs11-tool: $(cat "$DIR/tool.log")"
	! is_root || chown -R "$PRACTICE_UID" "$DIR/tokens"
}

key_asks() {
	command -v pkcs11-tool > /dev/null || skip "no pkcs11-tool"
	practice_config "$DIR"
	for i in 4501 4502; do
		printf '[key k%s]\ntoken = practice\nid = %s\n' $i $i >> "$DIR/firmad.conf"
	done
	practice_agent "$DIR"
	token practice
	asks_key 4501 rsa:2048
	asks_key 4502 EC:prime256v1
	restart
	until_true 10 is_state practice locked
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	echo text > "$DIR/text"
	echo 87651001 > "$DIR/wrong"

	note "without a PIN: asked for, and nothing is signed"
	expect 5 firma sign k4501 "$DIR/text" --format raw -o "$DIR/none" < /dev/null
	[ ! -e "$DIR/none" ] || fail "signed"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$DIR/ca.key" -subj /CN=ca \
		-out "$DIR/ca.pem" 2> /dev/null
	for k in k4501 k4502; do
		note "$k: a request, a certificate, CMS and a bare signature"
		expect 0 firma request $k --subject CN=x -o "$DIR/req.der" --pin-file "$DIR/pin"
		expect 0 openssl req -inform DER -in "$DIR/req.der" -verify -noout \
			-pubkey -out "$DIR/pub.pem"
		openssl x509 -req -inform DER -in "$DIR/req.der" -CA "$DIR/ca.pem" \
			-CAkey "$DIR/ca.key" -set_serial "0x$RANDOM" -days 9 \
			-out "$DIR/cer.pem" 2> /dev/null
		expect 0 firma certificate import $k "$DIR/cer.pem"
		expect 0 firma sign $k "$DIR/text" -o "$DIR/text.p7s" --pin-file "$DIR/pin"
		expect 0 openssl cms -verify -inform DER -in "$DIR/text.p7s" -binary \
			-content "$DIR/text" -CAfile "$DIR/ca.pem" -purpose any -out /dev/null
		expect 0 firma sign $k "$DIR/text" --format raw -o "$DIR/text.sig" \
			--pin-file "$DIR/pin"
		expect 0 openssl dgst -sha256 -verify "$DIR/pub.pem" \
			-signature "$DIR/text.sig" "$DIR/text"
	done
	same "$(entries '.action == "sign-pin" and .result == "ok"')" 6 "entries"

	note "several files in one command: the PIN for each"
	for i in 1 2 3 4 5 6 7 8 9 10; do echo "text $i" > "$DIR/text$i"; done
	expect 0 firma sign k4502 "$DIR"/text[0-9]* --pin-file "$DIR/pin"
	says '10 of 10 files'
	for i in 1 10; do
		expect 0 openssl cms -verify -inform DER -in "$DIR/text$i.p7s" -binary \
			-content "$DIR/text$i" -CAfile "$DIR/ca.pem" -purpose any -out /dev/null
	done
	same "$(all_entries '.action == "sign-pin" and .result == "ok"')" 16 "entries"
	rm "$DIR"/text[0-9]*.p7s

	note "and a wrong one ends it after the first"
	echo 87651002 > "$DIR/wrong2"
	expect 5 firma sign k4502 "$DIR"/text[0-9]* --pin-file "$DIR/wrong2"
	says 'the token refused the PIN'
	says 'not tried: 9, from '
	expect 0 firma sign k4502 "$DIR"/text1 "$DIR"/text2 --pin-file "$DIR/pin"
	expect 5 firma sign k4502 "$DIR"/text1 "$DIR"/text2 < /dev/null
	says 'not tried: 1, from '

	note "a wrong one is presented once, in any format"
	expect 5 firma sign k4501 "$DIR/text" -o "$DIR/none" --pin-file "$DIR/wrong"
	says 'the token refused the PIN'
	for how in raw detached; do
		expect 5 firma sign k4502 "$DIR/text" --format $how -o "$DIR/none" \
			--pin-file "$DIR/wrong"
		says 'refused this same PIN before'
	done
	[ ! -e "$DIR/none" ] || fail "signed"
	same "$(all_entries '.action == "sign-failed"')" 7 "entries"
	expect 0 firma sign k4501 "$DIR/text" -o "$DIR/text.p7s" --pin-file "$DIR/pin"

	note "a kept PIN serves for it only when that is wanted"
	sed -i 's/^label = practice/&\nkeep-pin = signing/' "$DIR/firmad.conf"
	restart
	until_true 10 is_state practice locked
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	for k in k4501 k4502 k4501; do
		expect 0 firma sign $k "$DIR/text" -o "$DIR/text.p7s" < /dev/null
	done
	alive
	expect 0 firma ledger verify
}
