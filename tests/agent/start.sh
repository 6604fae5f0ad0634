# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# start.sh - sections of test_agent.sh about starting, checking and reloading.

section "started as root" started_as_root
section "second agent" second_agent
section "check" check
section "reload" reload
section "a flood of refusals" flood

try() { timeout 10 "$FIRMAD" "$@"; }

started_as_root() {
	is_root || skip "needs root"
	practice_config "$DIR"
	sed -i '/^user = /d' "$DIR/firmad.conf"
	note "without a user it refuses, with advice"
	expect 1 try --config "$DIR/firmad.conf"
	says 'does not run as root'
	says '--user NAME'
	for user in root 0; do
		expect 1 try --config "$DIR/firmad.conf" --user $user
		says 'is root'
	done
	expect 1 try --config "$DIR/firmad.conf" --user no-such-user
	says 'no-such-user'
	[ ! -e "$DIR/state" ] || fail "it made the state folder"
}

second_agent() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good
	first=$(agent_pid)

	note "the same socket"
	sed "s|^state = .*|state = $DIR/state2|" "$DIR/firmad.conf" > "$DIR/2.conf"
	expect 1 try --config "$DIR/2.conf"
	says 'another firmad serves'
	note "the same state folder"
	sed "s|^socket = .*|socket = $DIR/run/socket2|" "$DIR/firmad.conf" > "$DIR/3.conf"
	expect 1 try --config "$DIR/3.conf"
	says 'state'
	note "the first one was not disturbed"
	same "$(agent_pid)" "$first" "pid"
	[ -n "$(sign good a)" ] || fail "no signature"

	note "the socket of a killed agent is replaced"
	kill -9 "$first"
	wait "$first" 2> /dev/null || :
	[ -S "$DIR/run/socket" ] || fail "no stale socket to test with"
	expect 3 firma token list
	rm "$DIR/agent.pid"
	practice_agent "$DIR"
	expect 0 firma token unlock practice --pin-file "$DIR/pin"
	[ -n "$(sign good a)" ] || fail "no signature"
	expect 0 firma ledger verify
	note "the one of a stopped agent is gone"
	practice_end "$DIR/agent.pid"
	[ ! -e "$DIR/run/socket" ] || fail "the socket is still there"
}

check() {
	practice_config "$DIR"
	expect 0 try --check --config "$DIR/firmad.conf"
	says 'no mistakes'
	expect 2 try --check more
	says 'too many arguments: more'
	note "a section for a profile that is not there"
	{ cat "$DIR/firmad.conf"; echo '[profile imss-isde]'; } > "$DIR/bad.conf"
	expect 1 try --check --config "$DIR/bad.conf"
	says '\[profile imss-isde\]: no such profile in '
	cat > "$DIR/bad.conf" <<-'CONF'
		[agent]
		colour = blue
		max-connections = many
		[token a]
		label = a
		[token b]
		module = /b.so
		label = b
		serial = 1
		deadline = 0
		[token b]
		[office]
		no equals sign
		[key x]
		token = nowhere
		id = 4
	CONF
	expect 1 try --check --config "$DIR/bad.conf"
	for line in 2 3 4 10 11 12 13; do
		says "bad\.conf:$line: "
	done
	says 'bad\.conf:2: .*colour'
	says 'bad\.conf:3: .*max-connections'
	says 'bad\.conf:4: .*module'
	[ ! -e "$DIR/state" ] || fail "--check made the state folder"
	note "and it does not start with it"
	expect 1 try --config "$DIR/bad.conf"
	says 'bad\.conf:2: '
	says 'firmad --check'
	note "a file that is not there, and one that is no text"
	expect 1 try --check --config "$DIR/none.conf"
	says 'none\.conf'
	head -c 1000 /dev/urandom > "$DIR/noise.conf"
	expect 1 try --check --config "$DIR/noise.conf"
}

reload() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good
	pid=$(token_pid practice)
	cp "$DIR/firmad.conf" "$DIR/before.conf"

	note "one mistake: everything stays"
	sed -i 's/^label = practice/label = other/' "$DIR/firmad.conf"
	printf '[token new]\nmodule = %s\nlabel = new\ndeadline = never\n' \
		"$BADMODULE" >> "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'the old configuration stays' "$DIR/agent.log"
	same "$(firma token list --json | jq length)" 1 "tokens"
	is_state practice unlocked || fail "the token was locked"

	note "none: the new one whole"
	cp "$DIR/before.conf" "$DIR/firmad.conf"
	sinner none
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"

	note "a folder to write in that is new waits for a restart, and says so"
	until_true 10 is_state sinner broken
	has "$(firma token list sinner --json | jq -r '.[0].why')" \
		"writable = $DIR/calls: .*restarted"
	sed -i "\|^writable = $DIR/calls|d" "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	until_true 10 is_state sinner blank
	is_state practice unlocked || fail "an unchanged token was locked"
	same "$(token_pid practice)" "$pid" "an unchanged token's process"
	[ -n "$(sign good a)" ] || fail "no signature"

	note "a token that is taken out is gone, with its process"
	sinner_pid=$(token_pid sinner)
	cp "$DIR/before.conf" "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	same "$(firma token list --json | jq length)" 1 "tokens"
	until_true 5 test ! -e "/proc/$sinner_pid"
	expect 11 firma token unlock sinner --pin-file "$DIR/pin"

	note "an option of a key counts at once"
	printf '[key good]\ndigest-only = no\n' >> "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	has "$(ask "9 5000 sign key=good format=0 sha256=$(digest a)")" \
		'^9 error .*rule=no-digest'
	has "$(ask "10 5000 sign key=good format=0 fd=$DIR/before.conf")" '^10 signed'
}

flood() {
	practice_config "$DIR"
	practice_agent "$DIR"
	note "refused 2000 times, a client fills no disk"
	: > "$DIR/agent.log"
	for i in $(seq 2000); do
		echo "$i 5000 key_list key=none"
	done | "$ASK" "$FIRMA_SOCKET" > "$DIR/answers"
	same "$(grep -c ' error ' "$DIR/answers")" 2000 "refusals"
	lines=$(grep -c 'key_list: ' "$DIR/agent.log")
	[ "$lines" -ge 50 ] && [ "$lines" -le 300 ] || fail "$lines lines"
	note "how many were left out is said with the next one that is logged"
	sleep 1.2
	ask "9 5000 key_list key=none" > /dev/null
	left=$(sed -n 's/.* \([0-9]*\) refusals were not logged.*/\1/p' "$DIR/agent.log" |
		awk '{ n += $1 } END { print n + 0 }')
	same $((left + $(grep -c 'key_list: ' "$DIR/agent.log"))) 2001 "refusals told of"
}
