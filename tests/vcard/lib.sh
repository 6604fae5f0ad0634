# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lib.sh - a private pcscd with up to four virtual cards.  Sourced by tests; see
# README.md.
#
# Needs BUILD.  pcsc_start makes the folder $PCSC (given) its home; everything
# that is started is ended by pcsc_stop, by its pid.  pcscd has a network and a
# mount namespace of its own, so that several tests run at once; its socket is a
# file in $PCSC, which any user reaches (PCSCLITE_CSOCK_NAME is exported).
#
#   pcsc_need               skip the test (77) when something is missing
#   pcsc_start              $PCSC, namespaces, pcscd with four empty readers
#   pcsc_run                start pcscd again after pcsc_end or pcsc_kill
#   pcsc_end, pcsc_kill     SIGTERM, SIGKILL to pcscd
#   pcsc_stop               end all of it
#   opensc_conf [WORD...]   OpenSC's configuration without a PIN cache, in
#                           $OPENSC_CONF; WORDs are lines of its pkcs15 block
#   card_start N [OPTION]   card N (0..3) into reader N, made when it is new;
#                           options of firma-vcard
#   card_pull N, card_put N, card_wait N    wait: pcscd has seen it
#   card_say N WORDS        any word of README.md; card_get N NAME: of its status
#   card_stop N, card_kill N
#   card_tool N ARGUMENT... pkcs11-tool on it
#   card_token N LABEL [PIN [SO-PIN]]       initialise it with pkcs11-tool
#   card_section NAME WORDS...              [token NAME] of firmad.conf
#   card_commands N         commands since card_mark N, a line each
VCARD=$BUILD/tests/vcard/firma-vcard
OPENSC=${OPENSC:-/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so}
[ -e "$OPENSC" ] ||
	OPENSC=$(find /usr/lib -name opensc-pkcs11.so 2> /dev/null | head -n 1)
VPCD=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
CARD_PIN=648219
CARD_SO_PIN=3537363231383830
PATH=$PATH:/usr/sbin:/sbin

pcsc_skip() {
	echo "skipped: $*"
	exit 77
}

pcsc_need() {
	local tool

	for tool in pcscd unshare nsenter ip pkcs11-tool; do
		command -v $tool > /dev/null || pcsc_skip "no $tool"
	done
	[ -e "$VPCD" ] || pcsc_skip "no vpcd (vsmartcard-vpcd)"
	[ -e "$OPENSC" ] || pcsc_skip "no opensc-pkcs11.so"
	# As an ordinary user: in a user namespace, where those are allowed.
	pcsc_in='-n -m'
	pcsc_new='-n -m'
	if [ "$(id -u)" != 0 ]; then
		pcsc_in='-U --preserve-credentials -n -m'
		pcsc_new='-U -r -n -m'
	fi
	# shellcheck disable=SC2086 # words
	unshare $pcsc_new ip link set lo up 2> /dev/null ||
		pcsc_skip "no network namespaces"
}

# pcsc_until TENTHS COMMAND...
pcsc_until() {
	local left=$1

	shift
	until "$@" > /dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

pcsc_reader() { # NUMBER NAME: two slots, ports 36864 + 16 * NUMBER and the next
	# One copy of the driver a reader: it keeps its slots in variables.
	cp -L "$VPCD" "$PCSC/vpcd$1.so"
	printf 'FRIENDLYNAME "%s"\nDEVICENAME /dev/null:0x90%x0\n' "$2" "$1"
	printf 'LIBPATH %s\nCHANNELID 0x90%x0\n' "$PCSC/vpcd$1.so" "$1"
}

pcsc_start() {
	mkdir -p "$PCSC/run" "$PCSC/conf"
	chmod 755 "$PCSC" "$PCSC/run"
	{
		pcsc_reader 0 "Virtual A"
		pcsc_reader 1 "Virtual B"
	} > "$PCSC/conf/vpcd"
	rm -f "$PCSC/up"
	# shellcheck disable=SC2086 # words
	PCSC=$PCSC unshare $pcsc_new sh -c 'ip link set lo up &&
	    mount -t tmpfs tmpfs /run && mkdir /run/pcscd &&
	    mount --bind "$PCSC/run" /run/pcscd && : > "$PCSC/up" &&
	    exec sleep infinity' < /dev/null > "$PCSC/holder.log" 2>&1 &
	echo $! > "$PCSC/holder.pid"
	pcsc_until 100 test -e "$PCSC/up" || {
		cat "$PCSC/holder.log"
		pcsc_skip "no private /run/pcscd"
	}
	PCSCLITE_CSOCK_NAME=$PCSC/run/pcscd.comm
	export PCSCLITE_CSOCK_NAME
	opensc_conf
	pcsc_run
}

pcsc_inside() {
	# shellcheck disable=SC2086 # words
	exec nsenter -t "$(cat "$PCSC/holder.pid")" $pcsc_in "$@"
}

pcsc_run() {
	pcsc_inside pcscd -f -c "$PCSC/conf" < /dev/null \
	    >> "$PCSC/pcscd.log" 2>&1 &
	echo $! > "$PCSC/pcscd.pid"
	pcsc_until 100 test -S "$PCSCLITE_CSOCK_NAME" || {
		echo "pcscd does not start:" >&2
		cat "$PCSC/pcscd.log" >&2
		return 1
	}
}

# pcsc_signal SIGNAL PIDFILE   and wait for its end
pcsc_signal() {
	local pid n=0

	[ -s "$2" ] || return 0
	pid=$(cat "$2")
	kill "-$1" "$pid" 2> /dev/null || :
	while kill -0 "$pid" 2> /dev/null; do
		n=$((n + 1))
		[ $n -lt 100 ] || kill -KILL "$pid" 2> /dev/null || :
		[ $n -lt 200 ] || break
		{ wait "$pid" || :; } 2> /dev/null
		sleep 0.02
	done
	rm -f "$2"
}
pcsc_end() { pcsc_signal TERM "$PCSC/pcscd.pid"; }
pcsc_kill() { pcsc_signal KILL "$PCSC/pcscd.pid"; }

pcsc_stop() {
	local pid

	for pid in "$PCSC"/card*.pid; do
		[ ! -e "$pid" ] || pcsc_signal TERM "$pid"
	done
	pcsc_end
	pcsc_signal TERM "$PCSC/holder.pid"
}

opensc_conf() {
	export OPENSC_CONF=$PCSC/opensc.conf
	{
		printf 'app default {\n\treader_driver pcsc {\n\t}\n'
		printf '\tframework pkcs15 {\n'
		printf '\t\tuse_file_caching = no;\n'
		[ $# -gt 0 ] || set -- 'use_pin_caching = false;'
		printf '\t\t%s\n' "$@"
		printf '\t}\n}\n'
	} > "$OPENSC_CONF"
	chmod 644 "$OPENSC_CONF"
}

# ---- cards ------------------------------------------------------------------

card_start() {
	local n=$1 port

	shift
	port=$((36864 + n / 2 * 16 + n % 2))
	pcsc_inside "$VCARD" --state "$PCSC/card$n" --port $port \
	    --control "$PCSC/card$n.ctl" --trace "$PCSC/card$n.trace" \
	    --serial "UTVC000000$n" "$@" < /dev/null \
	    >> "$PCSC/card$n.log" 2>&1 &
	echo $! > "$PCSC/card$n.pid"
	pcsc_until 100 card_say "$n" status || {
		cat "$PCSC/card$n.log" >&2
		return 1
	}
	[ "$(card_get "$n" in)" = 0 ] || card_wait "$n"
}
card_stop() { pcsc_signal TERM "$PCSC/card$1.pid"; }
card_kill() { pcsc_signal KILL "$PCSC/card$1.pid"; }

card_say() { "$VCARD" say "$PCSC/card$1.ctl" "${@:2}"; }
card_get() { card_say "$1" status | sed -n "s/^$2 //p"; }
card_is() { [ "$(card_get "$1" "$2")" = "$3" ]; }
card_wait() { pcsc_until 100 card_is "$1" seen 1; }
card_pull() { card_say "$1" pull > /dev/null; }
card_put() { card_say "$1" put > /dev/null; }

card_mark() { : > "$PCSC/card$1.trace"; }
card_commands() { cat "$PCSC/card$1.trace"; }

# pkcs11-tool on card N: OpenSC numbers the readers as we do.
card_tool() { pkcs11-tool --module "$OPENSC" --slot-index "$1" "${@:2}"; }

card_token() {
	card_tool "$1" --init-token --label "$2" \
	    --so-pin "${4:-$CARD_SO_PIN}" > /dev/null 2>&1 &&
	    card_tool "$1" --init-pin --so-pin "${4:-$CARD_SO_PIN}" \
		--pin "${3:-$CARD_PIN}" > /dev/null 2>&1
}

card_section() {
	printf '[token %s]\nmodule = %s\n' "$1" "$OPENSC"
	printf 'environment = OPENSC_CONF=%s\n' "$OPENSC_CONF"
	printf 'environment = PCSCLITE_CSOCK_NAME=%s\n' "$PCSCLITE_CSOCK_NAME"
	[ $# -lt 2 ] || printf '%s\n' "${@:2}"
}
