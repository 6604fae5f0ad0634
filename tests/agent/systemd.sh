# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# systemd.sh - section of test_agent.sh about what systemd expects of a service,
# without systemd: a socket that is given, and what is told.

section "socket activation and notify" activation

told() { grep -qE "$1" "$DIR/told"; }
n_told() { grep -cE "$1" "$DIR/told" || :; }

activation() {
	practice_config "$DIR"
	mkdir "$DIR/run"
	chmod 755 "$DIR/run"
	: > "$DIR/told"

	# systemd's ear: a line for each of what is told.
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0) &&
	    bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
	    chmod 0666, $ARGV[0];
	    open(F, ">>", $ARGV[1]); select F; $| = 1;
	    while (defined(recv(S, $m, 4096, 0))) { $m =~ s/\n/ /g; print "$m\n" }' \
		"$DIR/run/notify" "$DIR/told" &
	ear=$!
	more_end="kill $ear"
	until_true 10 test -S "$DIR/run/notify"

	note "the socket is given: a client may come before the agent is there"
	NOTIFY_SOCKET=$DIR/run/notify WATCHDOG_USEC=2000000 perl -MSocket -MPOSIX \
	    -e '$^F = 16; socket(S, AF_UNIX, SOCK_STREAM, 0) &&
	    bind(S, pack_sockaddr_un($ARGV[0])) && listen(S, 8) or die $!;
	    chmod 0666, shift @ARGV;
	    POSIX::dup2(fileno(S), 3) if fileno(S) != 3;
	    sleep 1;
	    $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; exec @ARGV' \
		"$FIRMA_SOCKET" "$FIRMAD" --config "$DIR/firmad.conf" \
		< /dev/null >> "$DIR/agent.log" 2>&1 &
	echo $! > "$DIR/agent.pid"
	until_true 10 test -S "$FIRMA_SOCKET"
	! told READY=1 || fail "ready before it was started"
	expect 0 firma token list
	[ -n "$(field "/proc/$(agent_pid)/status" Name)" ] || fail "no agent"
	same "$(field "/proc/$(agent_pid)/status" Name)" firmad "the process"
	[ ! -e "$FIRMA_SOCKET.lock" ] || fail "it bound the socket itself"

	note "it says when it is ready, and that it lives"
	until_true 10 told '^READY=1'
	until_true 10 is_state practice blank
	n=$(n_told '^WATCHDOG=1')
	until_true 20 eval "[ \$(n_told '^WATCHDOG=1') -gt $((n + 2)) ]"

	note "a reload has a beginning, with its time, and an end"
	kill -HUP "$(agent_pid)"
	until_true 10 told '^RELOADING=1 MONOTONIC_USEC=[0-9]{4,}'
	until_true 10 eval '[ $(n_told "^READY=1") = 2 ]'
	said=$(sed -n 's/.*MONOTONIC_USEC=//p' "$DIR/told")
	now=$(cut -d. -f1 /proc/uptime)
	[ $((said / 1000000)) -le $((now + 1)) ] &&
		[ $((said / 1000000)) -ge $((now - 60)) ] ||
		fail "reload at $said us, now is $now s"

	note "it says that it stops, and leaves the socket to whom it belongs"
	practice_end "$DIR/agent.pid"
	told '^STOPPING=1' || fail "not told"
	[ -S "$FIRMA_SOCKET" ] || fail "the socket is gone"
}
