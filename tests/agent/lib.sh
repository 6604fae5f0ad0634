# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the tests of the agent share.  Sourced by test_agent.sh.
#
# BUILD and SOURCE come from ctest.  Each section has a folder DIR of its own
# and ends every process that it started, by pid, however it ends.

: "${BUILD:?}" "${SOURCE:?}"
ASK=$BUILD/tests/agent/firma-ask
FIRMAD=$BUILD/agent/daemon/firmad
WORKER=$BUILD/pkcs11/worker/firmad-token
BADMODULE=$BUILD/tests/badmodule/firma-badmodule.so
FIXTURES=${FIRMA_FIXTURES:-$SOURCE/../shared/fixtures}/sat
# shellcheck source=cli/practice.sh disable=SC2034
. "$SOURCE/cli/practice.sh"
# The texts that are compared here are the English ones.
LC_ALL=C.UTF-8 LANGUAGE=en
export LC_ALL LANGUAGE

# firmad and firmad-token refuse to be traced, and LeakSanitizer traces.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

fail() {
	echo "FAILED: $*" >&2
	for log in "$DIR"/*.log; do
		[ -s "$log" ] && { echo "--- $log"; tail -n 30 "$log"; } >&2
	done
	exit 1
}
skip() { echo "skipped: $*"; exit 77; }
note() { echo "- $*"; }
is_root() { [ "$(id -u)" = 0 ]; }

# expect STATUS COMMAND...   runs it; its output is in $said
said=''
expect() {
	wanted=$1
	shift
	status=0
	said=$("$@" 2>&1) || status=$?
	[ "$status" = "$wanted" ] ||
		fail "exit status $status instead of $wanted: $*: $said"
}
# says PATTERN   ... in what expect ran
# No pipe: grep -q ends at the first line that fits, and with pipefail the
# broken pipe of who still writes would be the answer.
says() {
	grep -qE -- "$1" <<< "$said" || fail "no \"$1\" in: $said"
}
has() { grep -qE -- "$2" <<< "$1" || fail "no \"$2\" in: $1"; }
hasnt() { ! grep -qE -- "$2" <<< "$1" || fail "\"$2\" in: $1"; }
same() { [ "$1" = "$2" ] || fail "$3: \"$1\" instead of \"$2\""; }

# until_true SECONDS COMMAND...
until_true() {
	local until=$((SECONDS + $1 + 1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $until ] || fail "did not come true: $*"
		sleep 0.05
	done
}

# ask LINE...   requests on one connection, see ask.c
ask() { printf '%s\n' "$@" | "$ASK" "$FIRMA_SOCKET"; }

digest() { printf %s "$1" | sha256sum | cut -d' ' -f1; }

# calls NAME   how often the module was called so (FIRMA_BAD_LOG)
calls() { grep -cx -- "$1" "$DIR/calls" 2> /dev/null || :; }

entries() { firma ledger show --json | jq -s "[.[] | select($1)] | length"; }

# The state of a token, and the pid of its process.
token_state() { firma token list "$1" --json | jq -r '.[0].state'; }
is_state() { [ "$(token_state "$1")" = "$2" ]; }
agent_pid() { cat "$DIR/agent.pid"; }
token_pid() {
	for p in $(cat "/proc/$(agent_pid)/task/$(agent_pid)/children"); do
		case $(tr '\0' ' ' < "/proc/$p/cmdline") in
		*" --name $1 "*) echo "$p" ;;
		esac
	done
}
alive() {
	kill -0 "$(agent_pid)" 2> /dev/null || fail "the agent is gone"
	expect 0 firma token list
}

# The folder, token folder and configuration of one section.
begin() {
	DIR=$(mktemp -d "${TMPDIR:-/tmp}/fa.XXXXXX")
	trap end EXIT
	trap 'exit 130' INT TERM
	! is_root || chmod 755 "$DIR"
	practice_make "$DIR" > /dev/null
	echo http://127.0.0.1:1/imss/ > "$DIR/portal.url"
	more_end=:
}
end() {
	status=$?
	trap - EXIT
	[ -z "${DIR:-}" ] || {
		practice_stop "$DIR"
		$more_end
		if grep -hE 'ERROR: AddressSanitizer:|runtime error:' \
			"$DIR"/*.log >&2; then
			grep -h -A 30 -E 'ERROR: AddressSanitizer:|runtime error:' \
				"$DIR"/*.log >&2
			status=1
		fi
		rm -rf "$DIR"
	}
	exit $status
}

# owned FILE...   make it the agent's
owned() { ! is_root || chown "$PRACTICE_UID" "$@"; }

# A second token, that sins: FIRMA_BAD_SIN=$1, and only while DIR/armed exists
# when $2 says so.  Further lines of its section in $3.
sinner() {
	: > "$DIR/calls"
	chmod 666 "$DIR/calls"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token sinner]
		module = $BADMODULE
		label = sinner
		environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
		writable = $DIR/tokens
		writable = $DIR/calls
		environment = FIRMA_BAD_SIN=$1
		environment = FIRMA_BAD_LOG=$DIR/calls
		${2:+environment = FIRMA_BAD_ARM=$DIR/armed}
		${3:-}
	CONF
}
arm() { : > "$DIR/armed"; }
disarm() { rm -f "$DIR/armed"; }

# token TOKEN   initialise (label = name) and unlock
token() {
	firma token init "$1" --label "$1" --yes --so-pin-file "$DIR/so-pin" \
	    --pin-file "$DIR/pin" > /dev/null &&
	    firma token unlock "$1" --pin-file "$DIR/pin" > /dev/null
}
key() {
	firma key generate --token "$1" --alias "$2" \
	    --algorithm "${3:-p-256}" > /dev/null
}
# certificate KEY [OPTION...]   the practice authority's for it, DIR/KEY.pem
certificate() {
	firma request "$1" --subject CN=PRACTICA -o "$DIR/csr" > /dev/null &&
	    "$BUILD/tests/rehearsal/firma-rehearsal" issue "$DIR/portal" \
		--csr "$DIR/csr" --out "$DIR/$1.pem" "${@:2}" > /dev/null ||
		fail "no certificate for $1"
	expect 0 firma certificate import "$1" "$DIR/$1.pem"
}
# practice_key [ALGORITHM [OPTION...]]   an agent whose key "acme" has one
practice_key() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice acme "${1:-rsa-2048}"
	certificate acme "${@:2}"
}
# sign KEY TEXT   raw, over the text's digest; prints hex
sign() {
	ask "$(id_new) 20000 sign key=$1 format=0 sha256=$(digest "$2")" |
	    sed -n 's/.*signed signature=\([0-9a-f]*\).*/\1/p'
}
id_new() { od -An -N6 -tu8 /dev/urandom | tr -d ' '; }
restart() {
	practice_end "$DIR/agent.pid"
	practice_agent "$DIR"
}
