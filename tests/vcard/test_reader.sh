#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_reader.sh SECTION - cards, readers and pcscd come and go; the agent knows
# and locks at once, leaves an idle card alone, and other tokens notice nothing.
set -euo pipefail
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"
# shellcheck source=tests/vcard/lib.sh
. "$SOURCE/tests/vcard/lib.sh"

why() { firma token list "$1" --json | jq -r '.[0].why'; }
reader_of() { firma token list "$1" --json | jq -r '.[0].reader'; }
# seen TOKEN STATE [WORD]   WORD to card 0; milliseconds until the agent knows
seen() {
	"$BUILD/tests/vcard/firma-seen" "$FIRMA_SOCKET" "$1" "$2" \
	    ${3:+"$PCSC/card0.ctl" "$3"}
}
unlock() { expect 0 firma token unlock office --pin-file "$DIR/card-pin"; }
watcher_pid() {
	for p in $(cat "/proc/$(agent_pid)/task/$(agent_pid)/children"); do
		[ "$(cat "/proc/$p/comm")" != firmad-reader ] || echo "$p"
	done
}
has_watcher() { [ -n "$(watcher_pid)" ]; }
# The other token: unlocked since its start, by the same process.
other() {
	is_state practice unlocked || fail "practice is $(token_state practice)"
	same "$(token_pid practice)" "$other_pid" "practice's process"
	[ -n "$(sign good "$RANDOM")" ] || fail "practice does not sign"
}
signs() { [ -n "$(sign "$1" "$RANDOM")" ] || fail "$1 does not sign"; }
needs_pin() {
	expect 5 firma sign "$1" "$SOURCE/LICENSE" --format raw \
	    -o "$DIR/s" < /dev/null
}

# pcscd with card 0, and an agent with that card and a SoftHSM2 token.
# set_up [LINE...]   further lines of the card's section
set_up() {
	pcsc_need
	begin
	PCSC=$DIR/pcsc
	more_end=pcsc_stop
	pcsc_start
	card_start 0
	card_token 0 mine || fail "the card is not initialised"
	card_tool 0 --login --pin $CARD_PIN --keypairgen --label card --id 01 \
	    --key-type EC:prime256v1 > "$DIR/tool.log" 2>&1 || fail "no key"
	echo $CARD_PIN > "$DIR/card-pin"
	practice_config "$DIR"
	card_section office 'serial = UTVC0000000' "$@" >> "$DIR/firmad.conf"
	${before_agent:-:}
	practice_agent "$DIR"
	token practice
	key practice good
	other_pid=$(token_pid practice)
}
with_key() {
	seen office locked > /dev/null
	unlock
	signs card
}

removal() {
	set_up
	with_key
	same "$(reader_of office)" "Virtual A 00 00" "reader"
	same "$(reader_of practice)" "" "reader of a software token"
	local out=99999 in=99999 ms i

	for i in 1 2 3; do
		ms=$(seen office absent pull)
		[ "$ms" -ge $out ] || out=$ms
		same "$(why office)" "taken out of reader Virtual A 00 00" why
		expect 6 firma token unlock office --pin-file "$DIR/card-pin"
		says 'taken out of reader'
		other
		note "removal $i known after $ms ms"
		ms=$(seen office locked put)
		[ "$ms" -ge $in ] || in=$ms
		note "insertion $i known, and the card read, after $ms ms"
		needs_pin card
		unlock
		signs card
	done
	[ $out -lt 500 ] || fail "a removal is known after $out ms"
	[ $in -lt 2000 ] || fail "an insertion is known after $in ms"
	note "the process is the one that it was"
	same "$(firma token list office --json | jq '.[0].restarts')" 0 restarts
	note "out and in at once: no signature without the PIN"
	card_pull 0
	card_put 0
	card_wait 0
	status=0
	firma sign card "$SOURCE/LICENSE" --format raw -o "$DIR/s" \
	    < /dev/null 2> "$DIR/refused.log" || status=$?
	case $status in
	5 | 6) ;;
	# Its key is known by the card alone, which is being read.
	11) grep -q 'token office is not there' "$DIR/refused.log" ||
		fail "$(cat "$DIR/refused.log")" ;;
	*) fail "exit status $status: a card that was out signs" ;;
	esac
	seen office locked > /dev/null
	unlock
	signs card
	note "a signature that the card works on"
	card_say 0 delay sign 20000 > /dev/null
	(sleep 0.7; card_pull 0) &
	expect 6 firma sign card "$SOURCE/LICENSE" --format raw -o "$DIR/s" \
	    < /dev/null
	wait $!
	seen office absent > /dev/null
	card_say 0 delay sign 0 > /dev/null
	seen office locked put > /dev/null
	unlock
	signs card
	other
	alive
	expect 0 firma ledger verify
}

# A card that comes back may cost its process, and each time before it has done
# any work: whoever puts it back again does not wait longer and longer.
often() {
	local best=99999 ms from pid i

	set_up
	with_key
	for i in 1 2 3 4 5 6 7 8; do
		# It ends when the card is back and the agent knows.
		pid=$(token_pid office)
		kill -STOP "$pid"
		seen office absent pull > /dev/null
		card_put 0
		sleep 0.7
		from=$(date +%s%3N)
		kill -9 "$pid"
		until_true 40 has_restarted "$i"
		# Asking for it would look for it at once.
		until_true 40 is_state office locked
		until_true 40 firma token unlock office --pin-file "$DIR/card-pin"
		ms=$(($(date +%s%3N) - from))
		note "$i: unlocked after $ms ms"
		[ "$i" -lt 6 ] || [ $ms -ge $best ] || best=$ms
	done
	[ $best -lt 2000 ] || fail "usable again after $best ms"
	signs card
	alive
}
has_restarted() { [ "$(firma token list office --json | jq '.[0].restarts')" = "$1" ]; }

credential() {
	before_agent=give_credential
	set_up 'pin-credential = card.pin
pin-credential-again = yes'
	seen office unlocked > /dev/null
	signs card
	note "put back, it is unlocked with nobody there"
	seen office absent pull > /dev/null
	note "usable again after $(seen office unlocked put) ms"
	signs card
}

# keep-pin: the PIN of the person, presented once for each time that the very
# card comes back.
kept() {
	local tries

	set_up 'keep-pin = yes'
	with_key
	note "put back, it is unlocked by the kept PIN"
	seen office absent pull > /dev/null
	note "usable again after $(seen office unlocked put) ms"
	signs card
	note "another card in the reader is not shown it"
	seen office absent pull > /dev/null
	card_stop 0
	mv "$PCSC/card0" "$PCSC/card0.own"
	card_start 0 --serial UTVC0000003
	card_token 0 other 000000 || fail "the other card is not initialised"
	card_pull 0
	until_true 10 card_is 0 seen 0
	card_put 0
	card_wait 0
	sleep 2
	is_state office absent || fail "office is $(token_state office)"
	same "$(card_get 0 user-tries)" 3 "tries of the other card"
	card_stop 0
	mv "$PCSC/card0.own" "$PCSC/card0"
	card_start 0
	seen office unlocked > /dev/null
	signs card
	note "after a lock nobody keeps it"
	expect 0 firma token lock office
	seen office absent pull > /dev/null
	seen office locked put > /dev/null
	sleep 1
	is_state office locked || fail "office is $(token_state office)"
	needs_pin card
	note "changed meanwhile by another program, it costs one try, once"
	unlock
	card_tool 0 --login --pin $CARD_PIN --change-pin --new-pin 135797 \
	    > "$DIR/tool.log" 2>&1 || fail "$(cat "$DIR/tool.log")"
	card_pull 0
	until_true 10 is_state office absent
	tries=$(card_get 0 user-tries)
	seen office locked put > /dev/null
	sleep 1
	[ "$(card_get 0 user-tries)" -ge $((tries - 1)) ] ||
		fail "$(card_get 0 user-tries) tries left of $tries"
	tries=$(card_get 0 user-tries)
	seen office absent pull > /dev/null
	seen office locked put > /dev/null
	sleep 1
	same "$(card_get 0 user-tries)" "$tries" "tries left"
}
give_credential() {
	mkdir -p "$DIR/credentials"
	export CREDENTIALS_DIRECTORY=$DIR/credentials
	cp "$DIR/card-pin" "$DIR/credentials/card.pin"
	owned "$DIR/credentials" "$DIR/credentials/card.pin"
}

idle() {
	set_up
	with_key
	sleep 1
	note "a card that nobody uses gets no command, unlocked or locked"
	card_mark 0
	sleep 4
	same "$(card_commands 0 | wc -l)" 0 "commands, unlocked"
	expect 0 firma token lock office
	sleep 1
	card_mark 0
	sleep 4
	same "$(card_commands 0 | wc -l)" 0 "commands, locked"
	practice_end "$DIR/agent.pid"

	note "nor is a module called whose token is away; unwatched, it is"
	for watch in yes no; do
		practice_config "$DIR"
		sed -i "s/^\[agent\]/&\nwatch-readers = $watch/" "$DIR/firmad.conf"
		sinner none '' "environment = FIRMA_BAD_TRACE=$DIR/calls"
		sed -i 's/^label = sinner/serial = NOSUCH/' "$DIR/firmad.conf"
		practice_agent "$DIR"
		until_true 20 is_state sinner absent
		sleep 8 # the looks after the last event
		: > "$DIR/calls"
		sleep 4
		n=$(wc -l < "$DIR/calls")
		note "watch-readers = $watch: $n calls in 4 s"
		case $watch in
		yes) same "$n" 0 calls ;;
		no) [ "$n" -gt 0 ] || fail "nobody looks for the token" ;;
		esac
		practice_end "$DIR/agent.pid"
	done
}

pcscd() {
	before_agent=pcsc_end
	set_up
	note "not there at the start"
	until_true 20 is_state office absent
	same "$(why office)" "pcscd does not run" why
	other
	pcsc_run
	note "it starts: known after $(seen office locked) ms"
	with_key
	other
	local how ms
	for how in kill end; do
		(sleep 1; echo "${EPOCHREALTIME/[.,]/}" > "$DIR/then"; pcsc_$how) &
		seen office absent > /dev/null
		ms=$(((${EPOCHREALTIME/[.,]/} - $(cat "$DIR/then")) / 1000))
		wait $!
		note "its $how: known after $ms ms"
		same "$(why office)" "pcscd does not run" why
		expect 6 firma token unlock office --pin-file "$DIR/card-pin"
		says 'pcscd does not run'
		other
		pcsc_run
		note "it starts again: known after $(seen office locked) ms"
		needs_pin card
		unlock
		signs card
		other
	done
	alive
	expect 0 firma ledger verify
}

# pcscd lives and answers nobody: what asks the card ends at its deadline, the
# other token goes on, and when pcscd wakes up everything is as before.
still() {
	local from ms

	set_up 'deadline = 2'
	with_key
	kill -STOP "$(cat "$PCSC/pcscd.pid")"
	from=$(date +%s%3N)
	expect 6 firma sign card "$SOURCE/LICENSE" --format raw \
	    -o "$DIR/s" < /dev/null
	ms=$(($(date +%s%3N) - from))
	note "told after $ms ms"
	says 'did not answer'
	[ $ms -lt 6000 ] || fail "after $ms ms"
	other
	expect 6 firma token unlock office --pin-file "$DIR/card-pin"
	says 'no answer to w_sign'
	expect 6 firma doctor
	says 'TROUBLE: pcscd, which serves the readers, does not answer'
	says 'systemctl restart pcscd'
	other
	sleep 3
	kill -CONT "$(cat "$PCSC/pcscd.pid")"
	note "it goes on: known after $(seen office locked) ms"
	needs_pin card
	unlock
	signs card
	same "$(card_get 0 user-tries)" 3 "tries left"
	other
	alive
}

# A reader is unplugged and plugged in, over a restart of pcscd: while it runs, it
# drops and takes USB readers alone (unit/reader/watch plays those).
unplugged() {
	set_up
	with_key
	without_reader
	until_true 20 is_gone
	other
	expect 6 firma token unlock office --pin-file "$DIR/card-pin"
	says 'its reader Virtual A 00 00 is gone'
	pcsc_kill
	cp "$DIR/vpcd.all" "$PCSC/conf/vpcd"
	pcsc_run
	seen office locked > /dev/null
	needs_pin card
	unlock
	signs card
	other
}
is_gone() { [ "$(why office)" = "its reader Virtual A 00 00 is gone" ]; }
without_reader() {
	pcsc_kill
	cp "$PCSC/conf/vpcd" "$DIR/vpcd.all"
	sed '1,4d' "$DIR/vpcd.all" > "$PCSC/conf/vpcd"
	pcsc_run
}

watcher() {
	set_up
	with_key
	until_true 10 has_watcher
	local pid first

	first=$(watcher_pid)
	note "it gives up what it does not need"
	grep -q '^NoNewPrivs:.*1$' "/proc/$first/status" || fail "privileges"
	grep -q '^Seccomp:.*2$' "/proc/$first/status" || fail "no filter"
	same "$(stat -c %u "/proc/$first/mem")" 0 "owner of its memory"
	! grep -qE '(pkcs11|opensc|softhsm)[^/]*\.so' "/proc/$first/maps" || fail "a module"
	note "killed: replaced, and the token stays as it is"
	kill -9 "$first"
	until_true 10 has_watcher
	pid=$(watcher_pid)
	[ "$pid" != "$first" ] || fail "not replaced"
	signs card
	is_state office unlocked || fail "office is $(token_state office)"
	other
	note "the card is pulled while nobody watches"
	kill -9 "$pid"
	card_pull 0
	note "known after $(seen office absent) ms"
	needs=$(seen office locked put)
	note "and put back: $needs ms"
	needs_pin card
	unlock
	signs card
	note "not wanted any more"
	sed -i 's/^\[agent\]/&\nwatch-readers = no/' "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	unwatched() { ! has_watcher; }
	until_true 10 unwatched
	signs card
	alive
}

echo "== $1"
"$1"
echo "passed: $1"
