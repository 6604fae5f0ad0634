# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# stop.sh - sections of test_agent.sh about an agent that is told to end while
# signatures are under way, or to do without a token.

section "stopped while it signs" stopped_signing
section "stopped on a slow disk" stopped_slow
section "signatures that nobody took" not_taken
section "a token is taken away while it signs" taken_away

n_bursts=0

# burst KEY N   a client that asks for N signatures at once; its answers go to
# DIR/held.K, its pid is in $client
burst() {
	n_bursts=$((n_bursts + 1))
	for i in $(seq "$2"); do
		echo "+$((n_bursts * 10000 + i)) 60000 sign key=$1 format=0" \
			"sha256=$(printf '%064x' "$i")"
	done > "$DIR/asked.$n_bursts"
	"$ASK" "$FIRMA_SOCKET" < "$DIR/asked.$n_bursts" > "$DIR/held.$n_bursts" \
		2> "$DIR/client.$n_bursts" &
	client=$!
}
n_signed() { cat "$DIR"/held.* | grep -c ' signed ' || :; }
# has_signed K [N]   the K-th client has N signatures
has_signed() { [ "$(grep -c ' signed ' "$DIR/held.$1")" -ge "${2:-1}" ]; }
# No client waits for ever: the agent's end is theirs.
clients_end() { wait "$@" 2> /dev/null || :; }

# stop [SIGNAL...]   SIGTERM, then these; the status in $status, the time in $took
stop() {
	local from=$SECONDS pid

	pid=$(agent_pid)
	kill "$pid"
	for signal; do
		sleep 0.1
		kill -"$signal" "$pid" 2> /dev/null || :
	done
	status=0
	wait "$pid" || status=$?
	took=$((SECONDS - from))
	rm "$DIR/agent.pid"
}

# The ledger against what clients hold.  Each entry "begun" is of a signature or a
# request (PKCS#10) that a client has, or a later entry names it: never both, nor
# twice.  And none of what clients have is without its entry.  The numbers are in
# $n_begun $n_held $n_failed, those that are neither in $n_open.
judge() {
	cat "$DIR"/held.* | awk '$2 == "signed" || $2 == "request_made" {
		seq = 0
		if (match($0, / ledger_seq=[0-9]+/))
			seq = substr($0, RSTART + 12, RLENGTH - 12)
		printf "{\"%016x\":%d}\n", $1, seq }' > "$DIR/held"
	firma ledger show --from 1 --max 100000 --json > "$DIR/ledger"
	jq -rs --slurpfile held "$DIR/held" '
		($held | add // {}) as $h
		| (reduce .[] as $e ({}; if $e.ref == 0 then . else
			.[$e.ref | tostring] += [$e] end)) as $ends
		| map(select(.result == "begun") |
			. + {held: ($h[.request] != null),
				ends: ($ends[.seq | tostring] // [])}) as $begun
		| ($begun | map({(.request): .}) | add) as $of
		| ($begun | map(.seq | tostring)) as $known
		| [ ($h | to_entries[] | select($of[.key] == null or
				(.value != 0 and .value != $of[.key].seq)) |
				"\(.key) has no entry"),
			(($ends | keys) - $known | .[] | "\(.) was not begun"),
			($begun[] | . as $b | select((.held and .ends != []) or
				(.ends | length) > 1 or
				(.ends | any(.seq <= $b.seq))) |
				"\(.seq) has several ends") ] as $wrong
		| ($begun | map(select(.held == false and .ends == []) |
			"\(.action) \(.seq)")) as $open
		| if $wrong != [] then $wrong[0:5] | join(", ") else
		"\($begun | length) \($begun | map(select(.held)) | length) \(
		$begun | map(select(.ends | any(.action | endswith("-failed")))) | length
		) \($open | length) \($open[0:5] | join(", "))" end' \
		"$DIR/ledger" > "$DIR/judged"
	read -r n_begun n_held n_failed n_open open < "$DIR/judged"
	[[ $n_begun =~ ^[0-9]+$ ]] || fail "$(cat "$DIR/judged")"
	expect 0 firma ledger verify
}
# ... and after an end in order there is none that is neither.
judge_all() {
	judge
	echo "  $n_begun begun: $n_held held, $n_failed failed"
	same "$n_open" 0 "entries without an end ($open)"
	[ "$n_held" -gt 0 ] && [ "$n_failed" -gt 0 ] || fail "nothing to judge"
}

# A token that signs at once and one that takes 300 ms; both unlocked.
fast_and_slow() {
	practice_config "$DIR"
	sinner slow-sign
}
make_keys() {
	token practice
	key practice good
	token sinner
	key sinner bad
}
again() {
	practice_agent "$DIR"
	until_true 10 is_state sinner locked
	for t in practice sinner; do
		expect 0 firma token unlock $t --pin-file "$DIR/pin"
	done
}

# with_slow_disk   start the agent with one; the disk hangs while DIR/state/slow
# is there
with_slow_disk() {
	export FIRMA_SLOW=$DIR/state/slow FIRMA_SLOW_PROGRAM=firmad
	more_end="rm -f $DIR/state/slow" # nor does the agent end before
	export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
	export LD_PRELOAD=$BUILD/tests/agent/libslow.so
	practice_agent "$DIR"
	unset LD_PRELOAD
}
hang_disk() {
	rm -f "$FIRMA_SLOW.waits"
	: > "$FIRMA_SLOW"
}
disk_hangs() { until_true 20 test -e "$FIRMA_SLOW.waits"; }

stopped_signing() {
	fast_and_slow
	practice_agent "$DIR"
	make_keys
	for round in 1 2 3 4 5; do
		note "round $round: more than a connection may have under way"
		clients=
		for ask in 'bad 150' 'bad 10' 'good 3000'; do
			# shellcheck disable=SC2086 # words
			burst $ask
			clients="$clients $client"
		done
		until_true 20 has_signed $((n_bursts - 2))
		until_true 20 has_signed "$n_bursts" $((round * 20))
		stop TERM HUP
		same "$status" 0 "the agent's exit status"
		[ "$took" -lt 8 ] || fail "it took $took s"
		# shellcheck disable=SC2086 # words
		clients_end $clients
		again
		judge_all
	done
	[ "$n_failed" -ge 20 ] || fail "too few were under way"
}

stopped_slow() {
	local limit

	fast_and_slow
	with_slow_disk
	make_keys

	note "entries that are not written yet have their end, when they are"
	burst good 20
	until_true 20 has_signed "$n_bursts" 20
	clients_end $client
	hang_disk
	burst good 30
	clients=$client
	burst bad 30
	clients="$clients $client"
	disk_hangs
	until_true 20 eval '[ "$(calls C_Sign)" -ge 1 ]'
	same "$(n_signed)" 20 "signatures before their entries were written"
	(sleep 2; rm "$FIRMA_SLOW") &
	remover=$!
	stop TERM HUP INT TERM
	wait $remover
	same "$status" 0 "the agent's exit status"
	# shellcheck disable=SC2086 # words
	clients_end $clients
	LD_PRELOAD=$BUILD/tests/agent/libslow.so again
	judge_all
	[ "$n_begun" -ge 40 ] || fail "too few were begun"

	note "a PIN that was not presented yet, other requests, documents being hashed"
	expect 0 firma token lock sinner
	head -c 60000000 /dev/zero > "$DIR/big"
	hang_disk
	firma token unlock sinner --pin-file "$DIR/pin" > "$DIR/unlock" 2>&1 &
	unlocking=$!
	disk_hangs
	name=300f310d300b06035504030c04676f6f64 # CN=good, in DER
	printf '%s\n' "+901 60000 request_make key=good digest=32 subject=$name" \
		"+902 60000 request_make key=good digest=32 subject=$name" \
		"+903 60000 key_generate token=practice alias=more algorithm=4" \
		"+90"{4..9}" 60000 sign key=good format=0 fd=$DIR/big" |
		"$ASK" "$FIRMA_SOCKET" > "$DIR/held.others" 2> "$DIR/client.others" &
	client=$!
	sleep 1
	called=$(calls C_Login)
	(sleep 1; rm "$FIRMA_SLOW") &
	remover=$!
	stop
	wait $remover
	same "$status" 0 "the agent's exit status"
	clients_end $client $unlocking
	same "$(calls C_Login)" "$called" "presentations"
	rm "$DIR/big"
	LD_PRELOAD=$BUILD/tests/agent/libslow.so again # the same PIN is not in doubt
	judge_all
	same "$(jq -r 'select(.action | test("^(request|key-generate)-failed$")) |
		[.action, .key, .result] | join(" ")' "$DIR/ledger")" \
		"$(printf '%s FIRMA_ERR_CANCELLED\n' 'request-failed good' \
			'request-failed good' 'key-generate-failed more')" "failures"

	note "a disk that never comes back is not waited for for ever"
	limit=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' \
		"$SOURCE/agent/daemon/units/firmad.service.in")
	[ "$limit" -gt 0 ] || fail "no TimeoutStopSec"
	held=$(n_signed)
	hang_disk
	burst good 30
	clients=$client
	burst bad 30
	disk_hangs
	: > "$DIR/agent.log"
	stop TERM
	same "$status" 1 "the agent's exit status"
	[ "$took" -lt "$limit" ] || fail "it took $took s, systemd waits $limit"
	grep -q 'the ledger are not known to be on it' "$DIR/agent.log" ||
		fail "nothing was said"
	# shellcheck disable=SC2086 # words
	clients_end $clients $client
	rm "$FIRMA_SLOW"
	same "$(n_signed)" "$held" "signatures without an entry on the disk"
	again
	judge
	[ "$n_open" -le 60 ] || fail "$n_open without an end"
}

# n_made N   so many signatures were made since the start
n_made() {
	[ "$(ask '5 9000 agent_status' |
		sed -n 's/.* n_signatures=\([0-9]*\) .*/\1/p')" = "$1" ]
}
n_entries() { [ "$(all_entries ".action == \"$1\"")" = "$2" ]; }

# deaf N   a client, $client, that asked for N signatures behind so many answers
# that the agent cannot send them, and does not read; all are made
deaf() {
	local k=$((n_bursts + 1))

	mkfifo "$DIR/words.$k"
	"$ASK" "$FIRMA_SOCKET" < "$DIR/words.$k" > "$DIR/held.$k" \
		2> "$DIR/client.$k" &
	client=$!
	exec 9> "$DIR/words.$k"
	echo "1 9000 agent_status" >&9
	until_true 20 grep -q agent_item "$DIR/held.$k"
	# Its words lie in the socket, and when the agent reads them it sleeps.
	kill -STOP "$(agent_pid)"
	n_bursts=$k
	for i in $(seq "$1"); do
		echo "+$((k * 10000 + i)) 60000 sign key=bad format=0" \
			"sha256=$(printf '%064x' "$i")"
	done >&9
	for i in $(seq 50); do
		echo "+$((k * 10000 + 500 + i)) 60000 ledger_read from=1 max=500"
	done >&9
	exec 9>&-
	sleep 1
	kill -STOP $client
	kill -CONT "$(agent_pid)"
	until_true 20 n_made "$1"
	! grep -q ' signed ' "$DIR/held.$k" || fail "it did read"
}

not_taken() {
	fast_and_slow
	practice_agent "$DIR"
	make_keys

	note "a client that is killed before its answers, behind another's"
	burst bad 8
	other=$client
	until_true 20 n_entries sign 8
	burst bad 3
	until_true 20 n_entries sign 11
	kill -9 $client
	clients_end $client $other
	until_true 20 n_made 11
	has_signed $((n_bursts - 1)) 8 || fail "the other one's are missing"
	! has_signed "$n_bursts" || fail "killed too late"
	same "$(all_entries '.action == "sign-failed"')" 0 \
		"failures, while it may come back"

	note "... it comes back for one; the others are told of at the end"
	sed -n '1s/^+//p' "$DIR/asked.$n_bursts" | "$ASK" "$FIRMA_SOCKET" \
		> "$DIR/held.back"
	grep -q ' signed ' "$DIR/held.back" || fail "no answer"
	stop
	same "$status" 0 "the agent's exit status"
	again
	judge_all
	same "$n_held $n_failed" "9 2" "held and failed"
	same "$(jq -r 'select(.action == "sign-failed") | [.user, .program, .key,
		.result, .rule, .note] | join(" ")' "$DIR/ledger" | sort -u)" \
		"$(id -un) firma-ask bad FIRMA_ERR_CANCELLED $(jq -r 'select(
		.action == "sign") | .rule' "$DIR/ledger" | sort -u
		) it was made, and no client took it" "what is said of them"

	note "... or when their answers are forgotten"
	burst bad 8
	other=$client
	until_true 20 n_entries sign 19
	burst bad 2
	until_true 20 n_entries sign 21
	kill -9 $client
	clients_end $client $other
	until_true 20 n_made 10
	burst good 2100
	clients_end $client
	judge_all
	same "$n_failed" 4 "failed"

	note "a client that reads late is waited for"
	stop
	again
	deaf 5
	(sleep 0.5; kill -CONT $client) &
	stop
	clients_end $client
	same "$status" 0 "the agent's exit status"
	again
	judge_all
	same "$n_failed" 4 "failed"
	has_signed "$n_bursts" 5 || fail "it has not got all"

	note "one that does not read is not"
	deaf 5
	stop
	same "$status" 0 "the agent's exit status"
	[ $took -lt 8 ] || fail "it took $took s"
	kill -CONT $client
	clients_end $client
	again
	judge_all
	same "$n_failed" 9 "failed"
}

# Without the token's section, and with it again.
without_sinner() {
	sed '/^\[token sinner\]/,$d' "$DIR/with.conf" > "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 20 grep -q 'was read again' "$DIR/agent.log"
}
with_sinner() {
	cat "$DIR/with.conf" > "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 20 is_state sinner locked
	expect 0 firma token unlock sinner --pin-file "$DIR/pin"
}

# The disk hangs, then the token is taken away from twenty signatures.
taken_on_slow_disk() {
	with_sinner
	hang_disk
	called=$(calls C_Sign)
	burst bad 20
	other=$client
	until_true 20 eval '[ "$(calls C_Sign)" -gt "$called" ]'
	disk_hangs
	without_sinner
}

taken_away() {
	fast_and_slow
	cp "$DIR/firmad.conf" "$DIR/with.conf"
	with_slow_disk
	make_keys

	note "each that it was to sign has an end, the other token goes on"
	burst bad 70
	until_true 20 has_signed "$n_bursts" 2
	other=$client
	burst good 500
	without_sinner
	clients_end $other $client
	has_signed "$n_bursts" 500 || fail "not all signed by the other token"
	judge_all
	before=$n_failed
	[ "$before" -ge 40 ] || fail "too few were under way"

	note "also those whose entry is written later"
	taken_on_slow_disk
	rm "$FIRMA_SLOW"
	clients_end $other
	judge_all
	same "$n_failed" $((before + 20)) "failed"

	note "also when the agent is told to end at once"
	taken_on_slow_disk
	(sleep 1; rm "$FIRMA_SLOW") &
	stop
	same "$status" 0 "the agent's exit status"
	clients_end $other
	cp "$DIR/with.conf" "$DIR/firmad.conf"
	again
	judge_all
	same "$n_failed" $((before + 40)) "failed"
}
