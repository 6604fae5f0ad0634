# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# network.sh - sections of test_agent.sh about a token behind a network: Caml
# Crush's module, which speaks TCP, and its server with SoftHSM2 behind it.

section "network fence" network_fence
section "network HSM" network_hsm
section "network HSM that goes away" network_away
section "network refused" network_refused
section "network module that connects once" network_once

NETWORK_WORKER=$BUILD/tests/agent/firmad-token-tirpc
NETWORK_MODULE=/usr/lib/$(uname -m)-linux-gnu/caml-crush/libp11clienttcp.so

network_need() {
	command -v pkcs11proxyd > /dev/null || skip "no pkcs11proxyd (package caml-crush-server)"
	[ -e "$NETWORK_MODULE" ] || skip "no $NETWORK_MODULE (package caml-crush-clients)"
	[ -x "$NETWORK_WORKER" ] || skip "built without libtirpc3"
}
free_port() {
	perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) &&
	    bind(S, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
	    print +(unpack_sockaddr_in(getsockname(S)))[0]'
}
listens() { # PORT
	perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) &&
	    connect(S, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or exit 1' "$1"
}

# A group of its own: a process a connection, and all end together.
server_start() {
	cat > "$DIR/server.conf" <<-CONF
		netplex {
		  controller {
		    socket_directory = "$DIR/netplex";
		    logging { type = "stderr"; };
		  };
		  service {
		    name = "hsm";
		    conn_limit = 1;
		    protocol {
		      name = "rpc_pkcs11";
		      address { type = "internet"; bind = "127.0.0.1:$port"; };
		    };
		    processor {
		      type = "rpc_pkcs11";
		      filter_config = "$DIR/filter.conf";
		      use_ssl = false;
		    };
		    workload_manager {
		      type = "dynamic";
		      max_jobs_per_thread = 1;
		      min_free_jobs_capacity = 1;
		      max_free_jobs_capacity = 1;
		      max_threads = 100;
		    };
		  };
		}
	CONF
	cat > "$DIR/filter.conf" <<-CONF
		debug = 0
		modules = [("hsm", "$softhsm")]
		log_subchannel = filter
	CONF
	SOFTHSM2_CONF=$DIR/hsm.conf ASAN_OPTIONS='' setsid pkcs11proxyd -fg -conf "$DIR/server.conf" \
		< /dev/null >> "$DIR/server.log" 2>&1 &
	server_pid=$!
	until_true 10 listens "$port"
}
server_signal() { kill "-$1" -- "-$server_pid"; }
server_end() {
	[ -n "${server_pid:-}" ] || return 0
	server_signal CONT 2> /dev/null || :
	server_signal KILL 2> /dev/null || :
	wait "$server_pid" 2> /dev/null || :
	server_pid=
}
network_end() {
	[ -z "${ask_pid:-}" ] || hang_up
	server_end
}

# token_net NAME LINES   a section of the configuration
token_net() {
	cat >> "$DIR/firmad.conf" <<-CONF
		[token $1]
		module = $NETWORK_MODULE
		label = net
		deadline = 3
		environment = PKCS11PROXY_LIBNAME=hsm
		environment = PKCS11PROXY_SOCKET_PATH=127.0.0.1:$port
		$2
	CONF
}

# The server has a token with a PIN; the agent has $1, further sections.
network_begin() {
	network_need
	softhsm=$(practice_section | sed -n 's/^module = //p')
	port=$(free_port)
	more_end=network_end
	mkdir "$DIR/hsm"
	sed "s,^directories.tokendir = .*,directories.tokendir = $DIR/hsm," \
		"$DIR/softhsm2.conf" > "$DIR/hsm.conf"
	SOFTHSM2_CONF=$DIR/hsm.conf softhsm2-util --init-token --free --label net \
		--pin "$(cat "$DIR/pin")" --so-pin "$(cat "$DIR/so-pin")" > /dev/null
	server_start
	practice_config "$DIR"
	sed -i "s,^worker = .*,worker = $NETWORK_WORKER," "$DIR/firmad.conf"
}

why() { firma token list "$1" --json | jq -r '.[0].why'; }
net_unlock() { firma token unlock "$1" --pin-file "$DIR/pin" > /dev/null; }
# Sockets of the internet among those of a process.
inet_sockets() {
	ss -Htnp 2> /dev/null | grep -c "pid=$1," || :
}

# sees PROGRAM NAME WHAT WANTED   as privileges.sh's came, of one of two tokens
sees() {
	has "$(grep "^probe $1 $2: " "$DIR/$3" | sort -u)" ": ($4)\$"
}

# The probe as the module of two tokens, and in firmad itself.
network_fence() {
	LANDLOCK=$("$BUILD/tests/probe/firma-landlock")
	note "Landlock's ABI is $LANDLOCK"
	practice_config "$DIR"
	perl -MSocket -e 'for (1, 2) {
		socket($s[$_], AF_INET, SOCK_STREAM, 0) &&
		bind($s[$_], pack_sockaddr_in(0, INADDR_LOOPBACK)) &&
		listen($s[$_], 100) or die $!;
		push @p, (unpack_sockaddr_in(getsockname($s[$_])))[0];
	    }
	    open(F, ">", "$ARGV[0].new"); print F "@p\n"; close(F);
	    rename("$ARGV[0].new", $ARGV[0]); sleep 300' "$DIR/ports" &
	more_end="kill $!"
	until_true 10 test -e "$DIR/ports"
	read -r port other < "$DIR/ports"
	for t in inside outside; do
		cat >> "$DIR/firmad.conf" <<-CONF
			[token $t]
			module = $BUILD/tests/probe/firma-probe.so
			label = $t
			environment = PROBE_CONF=$DIR/probe.$t
		CONF
		# What the two say is told apart by a file that each looks for.
		cat > "$DIR/probe.$t" <<-CONF
			read /$t
			connect $port
			connect $other
			mptcp $other
			fastopen $other
			listen 5
		CONF
	done
	echo "network = $port" >> "$DIR/firmad.conf"
	cat "$DIR/probe.outside" > "$DIR/probe.conf"
	chmod 644 "$DIR"/probe.*
	export PROBE_AT=accept4 PROBE_CONF="$DIR/probe.conf"
	export LD_PRELOAD="$BUILD/tests/probe/firma-probe.so"
	export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
	practice_agent "$DIR"
	unset LD_PRELOAD PROBE_AT PROBE_CONF
	until_true 20 grep -q '^probe firmad end' "$DIR/agent.log"
	for t in inside outside; do
		until_true 20 grep -q "^probe firmad-token read /$t" "$DIR/agent.log"
	done
	practice_end "$DIR/agent.pid"
	for t in inside outside; do
		# From its name to its end: the two may have taken turns.
		awk -v name="read /$t:" '/^probe firmad-token / {
			if (index($0, "probe firmad-token read /")) mine = index($0, name)
			if (mine) print }' "$DIR/agent.log" > "$DIR/$t.said"
	done
	grep '^probe firmad ' "$DIR/agent.log" > "$DIR/firmad.said"

	note "the token with network = $port connects there, by TCP, and nowhere else"
	sees firmad-token "connect $port" outside.said worked
	sees firmad-token "mptcp $other" outside.said EPERM
	sees firmad-token "fastopen $other" outside.said EPERM
	sees firmad-token "listen 5" outside.said EPERM
	[ "$LANDLOCK" -lt 4 ] ||
		sees firmad-token "connect $other" outside.said EACCES

	note "the token beside it has no socket of the internet"
	for what in "connect $port" "connect $other" "mptcp $other" "fastopen $other" \
	    "listen 5"; do
		sees firmad-token "$what" inside.said EPERM
	done

	note "firmad itself can do no more than that token"
	sees firmad "socket inet6" firmad.said EPERM # of UDP
	sees firmad "mptcp $other" firmad.said EPERM
	sees firmad "fastopen $other" firmad.said EPERM
	[ "$LANDLOCK" -lt 4 ] || sees firmad "connect $other" firmad.said EACCES
}

network_hsm() {
	network_begin
	token_net net "network = $port"
	practice_agent "$DIR"
	token practice
	key practice good
	until_true 10 is_state net locked
	expect 0 net_unlock net

	note "a key is made behind the network, and signs what openssl verifies"
	expect 0 key net far
	expect 0 firma request far --subject CN=FAR -o "$DIR/far.csr"
	expect 0 openssl req -inform DER -in "$DIR/far.csr" -verify -noout
	[ -n "$(sign far a)" ] || fail "no signature"
	[ -n "$(sign good a)" ] || fail "no signature of the other token"

	note "its process has a connection, the other token's and the agent none"
	if command -v ss > /dev/null && is_root; then
		[ "$(inet_sockets "$(token_pid net)")" -ge 1 ] || fail "no connection"
		same "$(inet_sockets "$(token_pid practice)")" 0 "connections"
		same "$(inet_sockets "$(agent_pid)")" 0 "the agent's connections"
	fi

	note "the other token is not let out by it"
	has "$(tr '\0' ' ' < "/proc/$(token_pid net)/cmdline")" "--network $port "
	hasnt "$(tr '\0' ' ' < "/proc/$(token_pid practice)/cmdline")" '--network'

	note "a port that is new in the configuration counts after a restart"
	sed -i "s/^network = .*/network = $port 1/" "$DIR/firmad.conf"
	kill -HUP "$(agent_pid)"
	until_true 10 is_state net broken
	has "$(why net)" 'network = 1: it counts when firmad is restarted'
	restart
	until_true 10 is_state net locked
}

# finds_why ID PATTERN   in one of doctor's findings: verdict, detail, advice.
# Between two starts of its process a token is starting, so: until_true.
finds_why() {
	local found

	found=$(firma doctor --json) || :
	jq -r --arg id "$1" '.[] | select(.id == $id) |
	    .verdict + " " + .detail + " " + .advice' <<< "$found" | grep -q "$2"
}

# The error that a request ends with, and what it has to say.
fails() { # ID SECONDS PATTERN
	hear "^$1 error" "$2"
	has "$(grep "^$1 error" "$DIR/answers")" "$3"
}

network_away() {
	network_begin
	token_net net "network = $port"
	practice_agent "$DIR"
	token practice
	key practice good
	until_true 10 is_state net locked
	expect 0 net_unlock net
	expect 0 key net far
	dial
	more_end=network_end
	talk "+10 20000 sign key=far format=0 sha256=$(digest a)"
	hear '^10 signed'

	note "the server ends: its connections are reset"
	server_end
	from=$(now_ms)
	talk "+11 20000 sign key=far format=0 sha256=$(digest a)"
	fails 11 10 'name=FIRMA_ERR_TOKEN_(ERROR|GONE|MODULE|STUCK)'
	note "... $(($(now_ms) - from)) ms to the error"
	[ $(($(now_ms) - from)) -lt 4500 ] || fail "not by the deadline"
	until_true 10 eval 'why net | grep -q "TCP port $port: Connection refused"'
	until_true 10 is_state net broken
	until_true 10 finds_why module-unreached \
		"^trouble net: .*TCP port $port: Connection refused"
	good_signs

	note "it is back: one unlock, the same connection"
	server_start
	from=$(now_ms)
	until_true 8 is_state net locked
	note "... $(($(now_ms) - from)) ms until it is there"
	expect 0 net_unlock net
	talk "+12 20000 sign key=far format=0 sha256=$(digest a)"
	hear '^12 signed'

	note "the server is a black hole: nothing comes back"
	server_signal STOP
	from=$(now_ms)
	talk "+13 20000 sign key=far format=0 sha256=$(digest a)"
	fails 13 10 'name=FIRMA_ERR_TOKEN_STUCK'
	[ $(($(now_ms) - from)) -lt 4500 ] || fail "not by the deadline"
	good_signs

	note "it is back"
	server_signal CONT
	from=$(now_ms)
	until_true 10 is_state net locked
	note "... $(($(now_ms) - from)) ms until it is there"
	expect 0 net_unlock net
	talk "+14 20000 sign key=far format=0 sha256=$(digest a)"
	hear '^14 signed'
}

network_refused() {
	network_begin
	other=$(free_port)
	token_net deprived ''
	token_net elsewhere "network = $other"
	practice_agent "$DIR"
	token practice
	key practice good

	note "without the option: refused, and the error names it"
	until_true 10 is_state deprived broken
	has "$(why deprived)" 'refused the network, which network = PORT in firmad.conf gives'
	expect 6 net_unlock deprived
	until_true 10 finds_why module-network '^trouble deprived: .*network = PORT'

	note "another port: refused"
	[ "$("$BUILD/tests/probe/firma-landlock")" -ge 4 ] || skip "no fence for ports"
	until_true 10 is_state elsewhere broken
	has "$(why elsewhere)" "TCP port $port is refused: network = .* does not name it"
	[ -n "$(sign good a)" ] || fail "no signature of the other token"
}

# A module whose HSM was gone at its start and that shows no slot from then on:
# only another process finds it.  Without a network it may look for ever.
network_once() {
	practice_config "$DIR"
	sinner length:C_GetSlotList:zero armed "network = 1"
	sed -n '/^\[token sinner\]/,/^network/p' "$DIR/firmad.conf" |
		sed -e 's/sinner/plain/' -e '/^network/d' > "$DIR/plain"
	cat "$DIR/plain" >> "$DIR/firmad.conf"
	arm
	practice_agent "$DIR"
	until_true 10 is_state sinner absent
	until_true 10 is_state plain absent
	first=$(token_pid sinner)
	plain=$(token_pid plain)
	until_true 20 grep -q 'token sinner: .*; its process begins anew' "$DIR/agent.log"
	disarm
	until_true 10 is_state sinner blank
	[ "$(token_pid sinner)" != "$first" ] || fail "the same process"
	same "$(token_pid plain)" "$plain" "the process of a token without a network"
}
