# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# privileges.sh - section of test_agent.sh about what the processes gave up.

section "privileges" privileges
section "fence" fence
section "no Landlock" no_landlock
section "memory that is not locked" not_locked
section "modes" modes
section "nobody else" nobody_else

# field FILE NAME   the first value of a line of /proc/PID/status
field() { sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "$1"; }

# sealed_off NAME PID
sealed_off() {
	note "$1: no new privileges, a system call filter, no core, not root"
	same "$(field "/proc/$2/status" NoNewPrivs)" 1 "$1: NoNewPrivs"
	same "$(field "/proc/$2/status" Seccomp)" 2 "$1: Seccomp"
	for capability in CapInh CapPrm CapEff CapAmb; do
		same "$(field "/proc/$2/status" $capability)" 0000000000000000 \
			"$1: $capability"
	done
	has "$(grep '^Max core file size' "/proc/$2/limits")" ' 0 +0 '
	uids=$(sed -n 's/^Uid:[[:space:]]*//p' "/proc/$2/status")
	for uid in $uids; do
		[ "$uid" != 0 ] || fail "$1 runs as root"
		! is_root || same "$uid" "$PRACTICE_UID" "$1: uid"
	done
	! is_root || same "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$2/status")" \
		"" "$1: further groups"

	note "$1: its memory cannot be read by its own user"
	expect 1 as_agent dd if="/proc/$2/mem" of=/dev/null bs=1 count=1
	says 'Permission denied'
	expect 2 as_agent ls "/proc/$2/fd"
}
# As the agent's user; that user's other processes are open to it.
as_agent() {
	if is_root; then
		setpriv --reuid="$PRACTICE_UID" --regid="$PRACTICE_UID" \
			--clear-groups "$@"
	else
		"$@"
	fi
}
mode() { stat -c %a "$1"; }

privileges() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good
	if is_root; then
		setpriv --reuid="$PRACTICE_UID" --regid="$PRACTICE_UID" \
			--clear-groups sleep 60 > /dev/null 2>&1 &
	else
		sleep 60 > /dev/null 2>&1 &
	fi
	plain=$!
	more_end="kill $plain"
	sleep 0.2
	expect 0 as_agent ls "/proc/$plain/fd"
	sealed_off firmad "$(agent_pid)"
	sealed_off firmad-token "$(token_pid practice)"

	note "modes"
	same "$(mode "$DIR/state")" 700 "state folder"
	for file in "$DIR"/state/*; do
		same "$(mode "$file")" 600 "$file"
		! is_root || same "$(stat -c %u "$file")" "$PRACTICE_UID" "$file"
	done
	if is_root; then
		same "$(mode "$DIR/run")" 755 "socket's folder"
		same "$(mode "$DIR/run/socket")" 666 "socket"
	else
		same "$(mode "$DIR/run")" 700 "socket's folder"
		same "$(mode "$DIR/run/socket")" 600 "socket"
	fi

	note "descriptors: the agent has no token, the token process no client"
	if is_root; then
		hasnt "$(ls -l "/proc/$(agent_pid)/fd")" "$DIR/tokens"
		fds=$(ls -l "/proc/$(token_pid practice)/fd")
		hasnt "$fds" 'firmad\.db|/run/socket'
		hasnt "$(cat "/proc/$(agent_pid)/maps")" 'softhsm'
		has "$(cat "/proc/$(token_pid practice)/maps")" 'softhsm'
	fi
	note "neither has a socket of the internet"
	for p in $(agent_pid) $(token_pid practice); do
		for net in tcp tcp6 udp udp6 raw; do
			inodes=$(awk 'NR > 1 { print $10 }' "/proc/net/$net" | sort -u)
			for inode in $inodes; do
				[ "$inode" = 0 ] || ! is_root ||
					hasnt "$(ls -l "/proc/$p/fd")" "socket:\[$inode\]"
			done
		done
	done
}

# came WHAT WANTED   of the probe inside $probed; WANTED is an errno, or worked
came() {
	has "$(grep "^probe $probed $1: " "$DIR/agent.log" | sort -u)" ": ($2)\$"
}
can_fence() { # ABI
	[ "$LANDLOCK" -ge "$1" ]
}
# What each process tries in vain, and what it may.
nobody_may() {
	for what in execve ptrace vm-read vm-write mount bpf io_uring dumpable \
	    is-dumpable "socket inet" "socket inet6" "socket packet"; do
		came "$what" EPERM
	done
	came 'socket unix' worked
	came 'socket netlink' worked
	came 'connect 9' EPERM
	can_fence 1 || return 0
	came 'write .*/elsewhere/file' EACCES
	came 'make .*/elsewhere/new[.0-9]*' EACCES
	came 'make .*/run/new[.0-9]*' "$1"
	came 'make .*/state/new[.0-9]*' "$1"
	can_fence 6 || return 0
	came abstract EPERM
	came kill EPERM
}

# firmad-reader with the probe in it, at its first word to a pcscd that is none.
reader_probes() {
	PROBE_AT=connect \
	PROBE_CONF=$DIR/probe.conf PROBE_LINE="make $DIR/private/new" \
	PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm \
	ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
	perl -MSocket -MPOSIX -e '
	    socket(L, AF_UNIX, SOCK_STREAM, 0) &&
	    bind(L, pack_sockaddr_un($ENV{PCSCLITE_CSOCK_NAME})) &&
	    listen(L, 5) && socketpair(A, B, AF_UNIX, SOCK_SEQPACKET, 0) or die $!;
	    $pid = fork;
	    if (!$pid) {
		dup2(fileno(B), 3);
		$ENV{LD_PRELOAD} = $ARGV[1];
		exec $ARGV[0] or die $!;
	    }
	    close(B);
	    sleep 3;
	    close(A); # its end
	    waitpid($pid, 0);' "$BUILD/pkcs11/reader/firmad-reader" \
	    "$BUILD/tests/probe/firma-probe.so"
}

# A kernel that has none, or where it was switched off.
no_landlock() {
	local none="$BUILD/tests/probe/firma-landlock --none"
	same "$($none "$BUILD/tests/probe/firma-landlock")" 0 "ABI"
	practice_config "$DIR"
	PRACTICE_UNDER=$none practice_agent "$DIR"
	token practice
	key practice good
	note "it works, and says what does not hold"
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(grep -c 'this kernel has no Landlock' "$DIR/agent.log")" 1 "words"
	said=$(firma doctor 2>&1) || :
	says 'no Landlock'
	note "what the filter of system calls refuses is refused all the same"
	for pid in $(agent_pid) $(token_pid practice); do
		same "$(field "/proc/$pid/status" NoNewPrivs)" 1 "NoNewPrivs"
		[ "$(field "/proc/$pid/status" Seccomp_filters)" -ge 2 ] ||
			fail "no filter of its own"
	done
	note "files are read and taken apart"
	firma request good --subject CN=x -o "$DIR/csr" > /dev/null
	expect 0 $none "$BUILD/cli/firma" verify "$DIR/csr"
	expect 0 $none "$BUILD/cli/firma" ledger verify
}

fence() {
	LANDLOCK=$("$BUILD/tests/probe/firma-landlock")
	note "Landlock's ABI is $LANDLOCK"
	practice_config "$DIR"
	mkdir -p "$DIR/elsewhere" "$DIR/private"
	echo secret > "$DIR/elsewhere/file"
	chmod 777 "$DIR/elsewhere" "$DIR/private"
	chmod 666 "$DIR/elsewhere/file"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token prober]
		module = $BUILD/tests/probe/firma-probe.so
		label = prober
		environment = PROBE_CONF=$DIR/probe.conf
		writable = $DIR/private
	CONF
	cat > "$DIR/probe.conf" <<-CONF
		read $DIR/elsewhere/file
		write $DIR/elsewhere/file
		make $DIR/elsewhere/new
		make $DIR/run/new
		make $DIR/private/new
		read $DIR/state/firmad.db
		make $DIR/state/new
		connect 9
		abstract firma-probe-$$
	CONF
	chmod 644 "$DIR/probe.conf"
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) &&
	    bind(S, pack_sockaddr_un("\0$ARGV[0]")) && listen(S, 5) or die $!;
	    open(F, ">", $ARGV[1]); sleep 300' "firma-probe-$$" "$DIR/listening" &
	more_end="kill $!"
	until_true 10 test -e "$DIR/listening"
	expect 0 as_agent test -w "$DIR/elsewhere/file"

	export PROBE_AT=accept4 PROBE_CONF="$DIR/probe.conf"
	export LD_PRELOAD="$BUILD/tests/probe/firma-probe.so"
	export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
	practice_agent "$DIR"
	unset LD_PRELOAD PROBE_AT PROBE_CONF
	until_true 20 grep -q '^probe firmad end' "$DIR/agent.log"
	until_true 20 grep -q '^probe firmad-token end' "$DIR/agent.log"

	note "firmad executes its token process and nothing else"
	probed=firmad
	came fork worked
	! can_fence 1 || came execveat EACCES
	nobody_may worked
	came 'read .*/elsewhere/file' worked
	came 'read .*/state/firmad.db' worked
	came 'make .*/private/new[.0-9]*' worked

	note "firmad-token makes no process, and sees its own files alone"
	probed=firmad-token
	came fork EPERM
	nobody_may EACCES
	! can_fence 1 || {
		came 'read .*/elsewhere/file' EACCES
		came 'read .*/state/firmad.db' EACCES
	}
	came 'make .*/private/new[.0-9]*' worked

	note "firmad-reader speaks to pcscd, and does nothing else"
	reader_probes >> "$DIR/agent.log" 2>&1
	probed=firmad-reader
	for what in execve fork ptrace vm-read vm-write mount bpf io_uring \
	    is-dumpable "socket inet" "socket inet6" "socket packet" \
	    "socket netlink"; do
		came "$what" EPERM
	done
	came dumpable ENOSYS
	came 'socket unix' worked
	! can_fence 1 || {
		came conf EACCES # a file that everybody may read
		came 'make .*/private/new[.0-9]*' EACCES
	}
	! can_fence 6 || came kill EPERM

	note "with all that, a token signs"
	token practice
	key practice good
	[ -n "$(sign good a)" ] || fail "no signature"

	can_fence 1 || return 0
	note "a module that cannot write its files says what it needs"
	sed -i "\\|^writable = $DIR/tokens|d" "$DIR/firmad.conf"
	restart
	until_true 10 is_state practice broken
	has "$(firma token list practice --json | jq -r '.[0].why')" \
		'needs writable = in firmad.conf'
}

# As in a container that grants none: it goes on, and says so.
not_locked() {
	is_root || [ "$(ulimit -H -l)" = unlimited ] || [ "$(ulimit -H -l)" -ge 64 ] ||
		skip "no memory may be locked here"
	practice_config "$DIR"
	practice_agent "$DIR"
	hasnt "$(cat "$DIR/agent.log")" 'memory cannot be locked'
	practice_end "$DIR/agent.pid"
	ulimit -l 0
	practice_agent "$DIR"
	has "$(cat "$DIR/agent.log")" 'memory cannot be locked'
	status=0
	said=$(firma doctor 2>&1) || status=$?
	says 'memory cannot be locked'
	token practice
	key practice good
	[ -n "$(sign good a)" ] || fail "no signature"
}

# alone FOLDER   everything below is its owner's alone
alone() {
	[ -n "$(find "$1" -type f)" ] || fail "$1 has no file"
	hasnt "$(find "$1" ! -type l \( -perm /077 -o -perm /7000 \) -printf '%M %p\n')" .
	! is_root || hasnt "$(find "$1" ! -uid "${2:-$PRACTICE_UID}" \
		-printf '%u %p\n')" .
}

modes() {
	practice_config "$DIR"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token soft]
		module = $(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)
		label = soft
		software = yes
	CONF
	umask 000
	practice_agent "$DIR"
	token practice
	until_true 10 is_state soft blank
	token soft
	key practice good
	key soft weak
	[ -n "$(sign good a)" ] || fail "no signature"
	same "$(grep -l '^Umask:.0077$' "/proc/$(agent_pid)/status" \
		"/proc/$(token_pid practice)/status" | wc -l)" 2 "umasks"

	note "state: database, its log, locks, the software token"
	for file in firmad.db firmad.db-wal firmad.db-shm token-practice.lock \
	    software-soft/softhsm2.conf; do
		[ -e "$DIR/state/$file" ] || fail "no $file"
	done
	alone "$DIR/state"
	alone "$DIR/tokens"
	same "$(mode "$DIR/run/socket.lock")" 600 "the socket's lock"
	same "$(find "$DIR/run" -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" \
		"socket socket.lock " "the socket's folder has nothing else"

	note "what firma writes"
	mkdir "$DIR/out"
	expect 0 firma request good --subject CN=x -o "$DIR/out/request.csr"
	[ -s "$DIR/out/request.csr" ] || fail "no request"
	hasnt "$(find "$DIR/out" -type f -perm /7133 -printf '%m %p\n')" .
}

nobody_else() {
	is_root || skip "another user is played by root alone"
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice good
	head=$(firma ledger show --json | jq -s length)
	cp "$BUILD/cli/firma" "$ASK" "$DIR"
	chmod 755 "$DIR/firma" "$DIR/firma-ask"
	other() { setpriv --reuid=64999 --regid=64999 --clear-groups "$@"; }
	for what in "token list" "key list" "token lock practice" status \
	    "ledger show" "renew status"; do
		note "$what"
		# shellcheck disable=SC2086 # words
		expect 4 other "$DIR/firma" $what
		says nobody-else
	done
	note "each request by itself, on one connection"
	said=$(
		cat <<-LINES | other "$DIR/firma-ask" "$FIRMA_SOCKET" | grep -v '^1 '
			10 5000 sign key=good format=0 sha256=$(digest a)
			11 5000 token_unlock token=practice
			12 5000 key_generate token=practice alias=x algorithm=4
			13 5000 renew_list
			14 5000 renew_document renewal=1 name=terms
			15 5000 ledger_read from=1 max=10
			16 5000 agent_status
			17 5000 certificate_read key=good
			18 5000 token_init token=practice flags=1
			19 5000 request_make key=good
			20 5000 token_list
			21 5000 token_lock token=practice
			22 5000 key_list
			23 5000 key_import token=practice alias=x algorithm=1
			24 5000 certificate_import key=good certificate=00
			25 5000 renew_start profile=imss-idse old_key=good token=practice
			26 5000 renew_next
			27 5000 renew_act step=terms.fetch
			28 5000 renew_result step=terms.fetch
			29 5000 renew_abort renewal=1
			30 5000 renew_retire renewal=1
			31 5000 ledger_head
			32 5000 token_unlock token=none
			33 5000 token_lock token=none
			34 5000 token_init token=none
			35 5000 token_list token=none
			36 5000 key_list key=none
		LINES
	)
	same "$(printf '%s\n' "$said" | grep -c ' error .*rule=nobody-else .*name=FIRMA_ERR_DENIED')" \
		27 "refusals in $said"
	same "$(printf '%s\n' "$said" | wc -l)" 27 "answers"
	is_state practice unlocked || fail "the token was locked"
	same "$(firma ledger show --json | jq -s 'map(select(.uid == 64999 and .result == "ok")) | length')" \
		0 "entries of what was refused"
	note "the owner may"
	cat > "$DIR/owner" <<-LINES
		10 5000 sign key=good format=0 sha256=$(digest a)
	LINES
	has "$(as_agent "$DIR/firma-ask" "$FIRMA_SOCKET" < "$DIR/owner")" '^10 signed'
	has "$(firma ledger show --json | tail -n 1)" '"rule": *"owner"'
}
