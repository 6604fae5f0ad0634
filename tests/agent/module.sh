# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# module.sh - sections of test_agent.sh about modules that are missing, crash or
# hang: another token signs meanwhile, and the connection goes on.

section "missing module" missing
section "module that hangs at start" hang_start
section "module that crashes at start" crash_start
section "module that fails at login" bad_login
section "module that fails at sign" bad_sign
section "module that fails at generate" bad_generate
section "priority" priority

# A connection that stays: talk LINE sends, hear PATTERN waits for an answer.
dial() {
	mkfifo "$DIR/to"
	: > "$DIR/answers"
	"$ASK" "$FIRMA_SOCKET" < "$DIR/to" >> "$DIR/answers" 2>> "$DIR/ask.log" &
	ask_pid=$!
	exec 4> "$DIR/to"
	more_end=hang_up
	until_true 5 grep -q '^1 done' "$DIR/answers"
}
hang_up() {
	exec 4>&-
	kill "$ask_pid" 2> /dev/null || :
	wait "$ask_pid" 2> /dev/null || :
}
talk() { printf '%s\n' "$1" >&4; }
hear() { until_true "${2:-10}" grep -qE "$1" "$DIR/answers"; }
silent() { ! grep -qE "$1" "$DIR/answers" || fail "too early: $1"; }
now_ms() { date +%s%3N; }

# good_signs   the other token, on the same connection, without a pause
good_signs() {
	local id i from
	from=$(now_ms)
	for i in 1 2 3 4 5; do
		id=$(id_new)
		talk "+$id 3000 sign key=good format=0 sha256=$(digest "$i")"
		hear "^$id signed" 3
	done
	[ $(($(now_ms) - from)) -lt 3500 ] || fail "the other token waited"
}

# two_tokens SIN [LINES [AGENT]]   practice (good) and sinner (bad), both unlocked
two_tokens() {
	practice_config "$DIR"
	sinner "$1" armed "${2:-}"
	${3:-practice_agent} "$DIR"
	token practice
	token sinner
	key practice good
	key sinner bad
	dial
	good_signs
}

restarted() { [ "$(restarts)" != 0 ]; }
restarts() { firma token list sinner --json | jq -r '.[0].restarts'; }

# recovers PID [OPTION]   after the sin: locked, another process, works with its PIN
recovers() {
	disarm
	until_true 15 is_state sinner locked
	[ "$(token_pid sinner)" != "$1" ] || fail "the same process"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin" ${2:-}
	id=$(id_new)
	talk "+$id 5000 sign key=bad format=0 sha256=$(digest back)"
	hear "^$id signed"
	good_signs
	alive
	expect 0 firma ledger verify
}

missing() {
	practice_config "$DIR"
	cp "$SOURCE/LICENSE" "$DIR/text.so"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token nowhere]
		module = $DIR/nowhere.so
		label = nowhere
		environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
		[token text]
		module = $DIR/text.so
		label = text
		[token other]
		module = $(ldconfig -p | sed -n 's/.*libc\.so\.6 .*=> //p' | head -n 1)
		label = other
	CONF
	practice_agent "$DIR"
	token practice
	key practice good
	dial
	good_signs
	for t in nowhere text other; do
		note "$t"
		until_true 5 is_state $t broken
		why=$(firma token list $t --json | jq -r '.[0].why')
		[ -n "$why" ] || fail "no reason"
		note "  $why"
		expect 6 firma token unlock $t --pin-file "$DIR/pin"
		says "$t"
	done
	has "$(firma token list nowhere --json | jq -r '.[0].why')" 'nowhere\.so'
	good_signs
	alive
	note "once it is there it is used, without a restart"
	cp "$BADMODULE" "$DIR/nowhere.so"
	chmod 644 "$DIR/nowhere.so"
	until_true 40 is_state nowhere blank
}

hang_start() {
	practice_config "$DIR"
	sinner hang-init
	practice_agent "$DIR"
	token practice
	key practice good
	dial
	same "$(token_state sinner)" starting "state"
	good_signs
	expect 6 firma token unlock sinner --pin-file "$DIR/pin"
	pid=$(token_pid sinner)
	note "it is given up, and told"
	until_true 60 restarted
	# Killed; reaped when the loop comes to it.
	until_true 5 test ! -e "/proc/$pid"
	has "$(firma token list sinner --json | jq -r '.[0].why')" 'does not load'
	good_signs
	alive
}

crash_start() {
	practice_config "$DIR"
	sinner crash-init armed
	arm
	practice_agent "$DIR"
	token practice
	key practice good
	dial
	sleep 3
	good_signs
	note "it is tried again with growing pauses: .1 .2 .4 .8 1.6 3.2 s"
	n=$(calls C_Initialize)
	[ "$n" -ge 4 ] && [ "$n" -le 8 ] || fail "$n starts in some 3 s"
	[ "$(restarts)" -ge 3 ] || fail "$(restarts) restarts"
	expect 6 firma token unlock sinner --pin-file "$DIR/pin"
	alive
	note "when the module works again it is used"
	disarm
	until_true 40 is_state sinner blank
	good_signs
}

called() { [ "$(calls C_Login)" != "$1" ]; }

bad_login() {
	two_tokens hang-login 'deadline = 1'
	expect 0 firma token lock sinner
	note "hang: the presentation is given up, once"
	pid=$(token_pid sinner)
	before=$(calls C_Login)
	arm
	"$BUILD/cli/firma" token unlock sinner --pin-file "$DIR/pin" \
		> "$DIR/unlock.log" 2>&1 &
	unlock_pid=$!
	until_true 10 called "$before"
	good_signs
	status=0
	wait "$unlock_pid" || status=$?
	same "$status" 6 "exit status"
	alive
	until_true 10 is_state sinner locked
	same "$(firma token list sinner --json | jq -r '.[0].pin')" doubtful "PIN state"
	same "$(calls C_Login)" $((before + 1)) "presentations"
	note "the same PIN goes again on the operator's word alone"
	disarm
	expect 5 firma token unlock sinner --pin-file "$DIR/pin"
	says 'outcome is not known'
	recovers "$pid" --again
	same "$(calls C_Login)" $((before + 2)) "presentations"

	note "crash: after the token saw the PIN"
	sed -i 's/FIRMA_BAD_SIN=hang-login/FIRMA_BAD_SIN=crash-login/' "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 10 grep -q 'was read again' "$DIR/agent.log"
	until_true 10 is_state sinner locked
	before=$(calls C_Login)
	pid=$(token_pid sinner)
	arm
	expect 6 firma token unlock sinner --pin-file "$DIR/pin"
	says 'did not answer'
	same "$(calls C_Login)" $((before + 1)) "presentations"
	good_signs
	recovers "$pid" --again
	same "$(calls C_Login)" $((before + 2)) "presentations"
}

bad_sign() {
	two_tokens hang-sign 'deadline = 4'
	pid=$(token_pid sinner)
	note "hang: a client's own deadline is kept"
	arm
	from=$(now_ms)
	talk "+50 300 sign key=bad format=0 sha256=$(digest a)"
	hear '^50 error .*name=FIRMA_ERR_DEADLINE' 2
	took=$(($(now_ms) - from))
	[ $took -ge 250 ] && [ $took -lt 2000 ] || fail "after $took ms"
	[ -e "/proc/$pid" ] || fail "its process was ended too early"
	note "the token's deadline ends its process; others do not wait"
	talk "+51 20000 sign key=bad format=0 sha256=$(digest a)"
	good_signs
	silent '^51 '
	hear '^51 error .*name=FIRMA_ERR_TOKEN_STUCK' 10
	# Killed; reaped when the loop comes to it.
	until_true 5 test ! -e "/proc/$pid"
	good_signs
	same "$(restarts)" 1 "restarts"
	same "$(entries '.action == "sign-failed"')" 2 "entries of the failures"
	recovers "$pid"

	note "crash"
	sed -i 's/FIRMA_BAD_SIN=hang-sign/FIRMA_BAD_SIN=crash-sign/' "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 10 is_state sinner locked
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	pid=$(token_pid sinner)
	arm
	talk "+60 5000 sign key=bad format=0 sha256=$(digest a)"
	hear '^60 error .*name=FIRMA_ERR_TOKEN_STUCK'
	same "$(entries '.action == "sign-failed"')" 3 "entries of the failures"
	recovers "$pid"
}

# keys_named NAME   private keys with that label, on the token itself
keys_named() {
	SOFTHSM2_CONF=$DIR/softhsm2.conf pkcs11-tool --module \
		"$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)" \
		--token-label sinner --login --pin "$(cat "$DIR/pin")" \
		--list-objects --type privkey 2> /dev/null |
		grep -c "label: *$1\$" || :
}

bad_generate() {
	two_tokens hang-generate 'generate-deadline = 2'
	pid=$(token_pid sinner)
	note "hang"
	arm
	talk "+70 60000 key_generate token=sinner alias=new algorithm=4"
	good_signs
	silent '^70 '
	hear '^70 error .*name=FIRMA_ERR_TOKEN_STUCK'
	recovers "$pid"
	same "$(keys_named new)" 0 "keys"
	same "$(all_entries '.action == "key-generate-failed"')" 1 "entries"

	for sin in crash-generate crash-generated; do
		note "$sin"
		sed -i "s/FIRMA_BAD_SIN=.*/FIRMA_BAD_SIN=$sin/" "$DIR/firmad.conf"
		kill -HUP "$(agent_pid)"
		until_true 10 is_state sinner locked
		expect 0 firma token unlock sinner --pin-file "$DIR/pin"
		pid=$(token_pid sinner)
		before=$(calls C_GenerateKeyPair)
		arm
		line="key_generate token=sinner alias=$sin algorithm=4"
		talk "+71$before 60000 $line"
		hear "^71$before error .*name=FIRMA_ERR_TOKEN_STUCK"
		same "$(calls C_GenerateKeyPair)" $((before + 1)) "tries"
		recovers "$pid"
	done
	note "asked again with its id, a key that was made is found, not made again"
	restart
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	made=$(calls C_GenerateKeyPair)
	has "$(ask "71$before 60000 $line")" "^71$before key_item "
	same "$(calls C_GenerateKeyPair)" "$made" "tries"
	same "$(keys_named crash-generated)" 1 "keys"
}

# nices TOKEN   the nice values of its process' threads, each once
nices() {
	local stat rest
	for stat in /proc/"$(token_pid "$1")"/task/*/stat; do
		rest=$(cat "$stat")
		# The name may hold anything; the 19th field is the 17th behind it.
		echo "${rest##*) }" | cut -d ' ' -f 17
	done | sort -nu
}
nice_is() { [ "$(nices "$1")" = "$2" ]; }

# A module that spins: its process gives way to the others, and gets its own
# priority back when it has worked, not before.
priority() {
	# Who may not give a priority back leaves them all alone.
	low=10
	is_root || (ulimit -e 20) 2> /dev/null || low=0
	two_tokens spin:C_Sign 'deadline = 3' practice_nice_agent
	same "$(nices sinner) $(nices practice)" "0 0" "priorities before"
	note "many signatures are no sin"
	for i in 1 2 3 4 5 6 7 8; do good_signs; done
	nice_is practice 0 || fail "it works, and is slowed down"
	note "one that does not end is"
	arm
	talk "+80 20000 sign key=bad format=0 sha256=$(digest a)"
	until_true 2 nice_is sinner $low
	good_signs
	nice_is practice 0 || fail "another token is slowed down"
	silent '^80 '
	hear '^80 error .*name=FIRMA_ERR_TOKEN_STUCK'
	until_true 10 is_state sinner locked
	note "its next process begins so, until it has worked"
	same "$(nices sinner)" $low "priority of the next process"
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	same "$(nices sinner)" $low "priority after a login"
	disarm
	talk "+81 5000 sign key=bad format=0 sha256=$(digest back)"
	hear '^81 signed'
	same "$(nices sinner)" 0 "priority after work"

	note "one that only waits keeps its own"
	sed -i 's/FIRMA_BAD_SIN=spin:C_Sign/FIRMA_BAD_SIN=hang-sign/' "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 10 is_state sinner locked
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	arm
	talk "+82 20000 sign key=bad format=0 sha256=$(digest a)"
	sleep 1
	same "$(nices sinner)" 0 "priority of one that waits"
	hear '^82 error .*name=FIRMA_ERR_TOKEN_STUCK'
	alive
}
