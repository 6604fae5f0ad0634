# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# matrix.sh - sections of test_agent.sh: many tokens at once, each with a module
# that fails in another function, beside one that works.
#
# Which functions a token process calls is seen by softhsm/worker_matrix; those
# of the start have sections of their own in module.sh.

section "every function hangs" all_hang
section "every function crashes" all_crash
section "a process that worked comes back at once" comes_back
section "lanes are closed" closed_lanes
section "a doubtful proof deletes nothing" doubtful_proof

# MATRIX: others than a few of these; "some" every second one, "all" all of them.
FUNCTIONS='C_GetSessionInfo C_GetTokenInfo C_Login C_FindObjectsInit
C_FindObjects C_FindObjectsFinal C_GetAttributeValue C_SignInit C_Sign
C_OpenSession C_GenerateKeyPair C_GenerateRandom C_Logout'
# every_second FROM
every_second() {
	i=$1
	for f in $FUNCTIONS; do
		i=$((i + 1))
		[ $((i % 2)) = 1 ] || echo "$f"
	done
}
choose() { # FROM "FUNCTIONS"
	case ${MATRIX:-} in
	'') FUNCTIONS=$2 ;;
	some) FUNCTIONS=$(every_second "$1") ;;
	all) ;;
	*) FUNCTIONS=$MATRIX ;;
	esac
}

# many VERB   a token a function, each with a key; they sin when DIR/armed is there
many() {
	practice_config "$DIR"
	n_bad=0
	for f in $FUNCTIONS; do
		n_bad=$((n_bad + 1))
		cat >> "$DIR/firmad.conf" <<-CONF
			[token bad$n_bad]
			module = $BADMODULE
			label = bad$n_bad
			deadline = 2
			generate-deadline = 2
			writable = $DIR/tokens
			environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
			environment = FIRMA_BAD_SIN=$1:$f
			environment = FIRMA_BAD_ARM=$DIR/armed
		CONF
	done
	practice_agent "$DIR"
	token practice
	key practice good
	for i in $(seq $n_bad); do
		token "bad$i"
		key "bad$i" "key$i"
	done
	dial
	from=$(now_ms)
	meanwhile
	calm=$(($(now_ms) - from))
}

# Five signatures of the other token, on the same connection, one after the
# other; while nothing hangs they took $calm ms.
meanwhile() {
	for i in 1 2 3 4 5; do
		id=$(id_new)
		talk "+$id 30000 sign key=good format=0 sha256=$(digest "$i")"
		hear "^$id signed" 30
	done
}
not_held_up() {
	from=$(now_ms)
	meanwhile
	took=$(($(now_ms) - from))
	[ $took -lt $((calm * 5 + 3000)) ] ||
		fail "the other token took $took ms instead of $calm"
	note "five signatures of the other token: $calm ms, meanwhile $took"
}

# What brings a token process to each of the functions.  The locks come when
# everything else was answered: they would overtake it.
ask_all() {
	for i in $(seq $n_bad); do
		talk "+${i}01 60000 sign key=key$i format=0 sha256=$(digest "$i")"
		talk "+${i}02 60000 request_make key=key$i subject=300c310a300806035504030c0178"
		talk "+${i}03 60000 key_generate token=bad$i alias=new$i algorithm=4"
	done
}
lock_all() {
	until_true 120 all_answered $((n_bad * 3))
	for i in $(seq $n_bad); do
		talk "+${i}04 60000 token_lock token=bad$i"
	done
	# A list of keys has a minute, and the answer to a lock waits for it.
	until_true 120 all_answered $((n_bad * 4))
}
# The token of number $1 was replaced, and said so to whoever asked.
met() {
	grep -qE "^${1}0[1-9] error .*name=FIRMA_ERR_TOKEN_STUCK" "$DIR/answers"
}
all_answered() {
	[ "$(grep -cE '^[0-9]{3,4} (error|done|signed) ' "$DIR/answers")" -ge "$1" ]
}
state_of() { firma token list "$1" --json | jq -r '.[0].state'; }
is_there() { case $(state_of "$1") in locked | unlocked) ;; *) false ;; esac; }

# Called only while a PIN is presented: before it, and with it.
is_of_login() { [ "$1" = C_Login ] || [ "$1" = C_GenerateRandom ]; }

# all_fail VERB   each meets its function; nobody else is harmed
all_fail() {
	many "$1"
	arm
	ask_all
	not_held_up
	lock_all
	doubtful=none
	i=0
	for f in $FUNCTIONS; do
		i=$((i + 1))
		is_of_login "$f" || met $i || fail "$1:$f was not met"
	done
	note "the login, which takes a person"
	i=0
	for f in $FUNCTIONS; do
		i=$((i + 1))
		is_of_login "$f" || continue
		until_true 10 is_state bad$i locked
		expect 6 firma token unlock bad$i --pin-file "$DIR/pin"
		[ "$f" != C_Login ] || doubtful=bad$i
	done
	meanwhile
	disarm
	note "each comes back, and works with its PIN, on the same connection"
	for i in $(seq $n_bad); do
		# A probe has 10 s, a pause at most 30.
		until_true 90 is_there "bad$i"
		# Whether the token saw that PIN is not known: only when told to.
		again=
		[ "bad$i" != "$doubtful" ] || again=--again
		expect 0 firma token unlock "bad$i" $again --pin-file "$DIR/pin"
		talk "+9$i 10000 sign key=key$i format=0 sha256=$(digest "$i")"
		hear "^9$i signed"
		[ "$(firma token list "bad$i" --json | jq -r '.[0].restarts')" -ge 1 ] ||
			fail "bad$i was not replaced"
		made=$(firma key list --json | jq "[.[] | select(.alias == \"new$i\")] | length")
		[ "$made" -le 1 ] || fail "$made keys new$i"
	done
	meanwhile
	alive
	expect 0 firma ledger verify
	note "$n_bad functions"
}
all_hang() {
	choose 0 'C_Sign C_GenerateKeyPair C_Login'
	all_fail hang
}
all_crash() {
	choose 1 'C_GetSessionInfo C_FindObjects C_SignInit C_Login'
	all_fail crash
}

# Ends at its fourth signature, eight times: the ceiling would be 12.8 s by then.
comes_back() {
	two_tokens crash:C_Sign@4
	arm
	for round in 1 2 3 4 5 6 7 8; do
		for i in 1 2 3 4; do
			talk "+8$round$i 20000 sign key=bad format=0 sha256=$(digest "$round$i")"
		done
		hear "^8${round}3 signed"
		hear "^8${round}4 error .*name=FIRMA_ERR_TOKEN_STUCK"
		from=$(now_ms)
		until_true 30 is_state sinner locked
		took=$(($(now_ms) - from))
		[ $took -lt 6000 ] || fail "away for $took ms in round $round"
		expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	done
	same "$(restarts)" 8 "restarts"
	same "$(entries '.action == "sign-failed"')" 8 "entries of the failures"
	alive
}

closed_lanes() {
	two_tokens close-fds 'sessions = 2'
	pid=$(token_pid sinner)
	arm
	talk "+40 20000 sign key=bad format=0 sha256=$(digest a)"
	hear '^40 error .*name=FIRMA_ERR_TOKEN_STUCK'
	recovers "$pid"
}

doubtful_proof() {
	two_tokens no-proof
	line="key_generate token=sinner alias=new algorithm=4"
	has "$(ask "77 60000 $line")" '^77 key_item '
	note "asked again, and the token does not prove it any more"
	restart
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
	arm
	has "$(ask "77 60000 $line")" '^77 error .*FIRMA_ERR_KEY_PROOF'
	disarm
	same "$(keys_named new)" 1 "keys"
	until_true 10 test -n "$(sign new text)"
}
