#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh - set up a software token, an agent and p11-kit's server, and measure.
#
#   tests/bench/bench.sh                 everything: the table and the rest
#   tests/bench/bench.sh --table [...]   the table alone; options of firma-bench
#   tests/bench/bench.sh --neighbour     one token while another one misbehaves
#   tests/bench/bench.sh --letters       a thousand letters in one command
#   tests/bench/bench.sh --large         a file of a gigabyte
#   tests/bench/bench.sh --check         no timing: signatures and ledger agree
#   tests/bench/bench.sh --shell         set up, then a shell to play in
#   --build DIR   a build folder; default: build/release, which is built first
#   --dir DIR     where the state goes; the ledger's disk is what is measured
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD='' what=all dir=''
while [ $# -gt 0 ]; do
	case $1 in
	--build) BUILD=$(cd "$2" && pwd); shift 2 ;;
	--dir) dir=$2; shift 2 ;;
	--check|--table|--shell|--many|--soak|--document|--letters|--large|--start|--neighbour)
		# The last of our own options; the rest is firma-bench's.
		what=${1#--}; shift; break ;;
	*) sed -n '3,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
	esac
done
if [ -z "$BUILD" ]; then
	BUILD=$SOURCE/build/release
	(cd "$SOURCE" && cmake --preset release && cmake --build --preset release \
	    --target firma-bench badmodule firmad firmad-token firma) > /dev/null
fi
. "$SOURCE/cli/practice.sh"

softhsm=/usr/lib/softhsm/libsofthsm2.so
[ -e $softhsm ] || softhsm=/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so
[ -e $softhsm ] || { echo "skipped: no SoftHSM2"; exit 77; }
p11kit=''
for f in /usr/lib/*/pkcs11/p11-kit-client.so; do
	[ ! -e "$f" ] || [ -n "${BENCH_NO_P11KIT:-}" ] || p11kit=$f
done

umask 022
dir=$(mktemp -d "${dir:-${TMPDIR:-/tmp}}/fb.XXXXXX")
chmod 755 "$dir"
server=''
ended() {
	status=$?
	trap - EXIT
	[ -z "$server" ] || kill "$server" 2> /dev/null || :
	practice_stop "$dir"
	rm -rf "$dir"
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM

# ---- the token and the agent ----
practice_env "$dir"
mkdir "$dir/tokens" "$dir/public"
chmod 700 "$dir/tokens"
[ "$(id -u)" != 0 ] || chown "$PRACTICE_UID" "$dir/tokens"
practice_pin "$dir/pin" 8
practice_pin "$dir/so-pin" 16
cat > "$dir/softhsm2.conf" <<CONF
directories.tokendir = $dir/tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
CONF
export SOFTHSM2_CONF="$dir/softhsm2.conf"
token() {
	cat <<-CONF
	[token $1]
	module = $softhsm
	label = $1
	sessions = ${BENCH_SESSIONS:-4}
	environment = SOFTHSM2_CONF=$dir/softhsm2.conf
	writable = $dir/tokens
	CONF
}
# A token whose module misbehaves as the file "armed" says.
mkdir "$dir/bad"
case $what in neighbour) more=bad patience=1 ;; check) more=bad patience=20 ;; *) more='' ;; esac
bad() {
	[ -n "$more" ] || return 0
	cat <<-CONF
	[token bad]
	module = $BUILD/tests/badmodule/firma-badmodule.so
	label = bad
	deadline = $patience
	writable = $dir/tokens
	writable = $dir/bad
	environment = SOFTHSM2_CONF=$dir/softhsm2.conf
	environment = FIRMA_BAD_ARM=$dir/bad/armed
	CONF
}
cat > "$dir/firmad.conf" <<CONF
[agent]
socket = $dir/run/socket
state = $dir/state
user = $PRACTICE_UID
profiles = $SOURCE/cli/profiles
worker = $BUILD/pkcs11/worker/firmad-token
log-level = warning
$(token bench)
$(token many)
$(bad)
[key rsa-process]
durability = process
[key p256-process]
durability = process
[key many-process]
durability = process
CONF
chmod 644 "$dir/firmad.conf" "$dir/softhsm2.conf"
if [ -n "${BENCH_COMMON_PRIORITY:-}" ]; then
	practice_agent "$dir"
else
	practice_nice_agent "$dir"
fi
for t in bench many $more; do
	firma token init $t --label $t --yes \
	    --so-pin-file "$dir/so-pin" --pin-file "$dir/pin" > /dev/null
	firma token unlock $t --pin-file "$dir/pin" > /dev/null
done
key() { # token algorithm alias
	firma key generate --token "$1" --algorithm "$2" --alias "$3" > /dev/null
	firma request "$3" --subject CN=BENCH -o "$dir/csr" > /dev/null
	openssl req -in "$dir/csr" -inform DER -noout -pubkey > "$dir/public/$3.pem"
}
key bench rsa-2048 rsa
key bench rsa-2048 rsa-process
key bench p-256 p256
key bench p-256 p256-process
[ -z "$more" ] || key bad p-256 bad
agent=$(cat "$dir/agent.pid")

fill() { # the token "many" up to 200 keys
	[ ! -e "$dir/public/many-process.pem" ] || return 0
	i=1
	while [ $i -lt 200 ]; do
		firma key generate --token many --algorithm p-256 --alias "many-$i" \
		    > /dev/null
		i=$((i + 1))
	done
	key many p-256 many-process
}

bench() {
	cmd=$1
	shift
	"$BUILD/tests/bench/firma-bench" "$cmd" --socket "$dir/run/socket" \
	    --module $softhsm ${p11kit:+--p11kit "$p11kit"} \
	    --pin-file "$dir/pin" --public "$dir/public" --agent "$agent" "$@"
}

# p11-kit server puts its socket where XDG_RUNTIME_DIR says.
serve() {
	[ -n "$p11kit" ] || return 0
	mkdir -p "$dir/p11"
	chmod 700 "$dir/p11"
	XDG_RUNTIME_DIR=$dir/p11 p11-kit server -f --provider $softhsm \
	    --name "$dir/p11/socket" "pkcs11:token=bench" \
	    > /dev/null 2>&1 < /dev/null &
	server=$!
	export P11_KIT_SERVER_ADDRESS="unix:path=$dir/p11/socket"
	n=0
	while [ ! -S "$dir/p11/socket" ]; do
		n=$((n + 1))
		[ $n -lt 100 ] || { echo "p11-kit server does not start" >&2; exit 1; }
		sleep 0.05
	done
}

start() {
	practice_stop "$dir"
	"$BUILD/tests/bench/firma-bench" start "$dir/run/socket" -- \
	    "$BUILD/agent/daemon/firmad" --config "$dir/firmad.conf"
}

# A hot client is followed to its CPU, and let go when it pauses.
cpus() { sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$agent/status"; }
placement() {
	[ "$(nproc)" -gt 1 ] || return 0
	free=$(cpus)
	bench soak --count 2500 > /dev/null &
	soak=$!
	followed=no
	while kill -0 $soak 2> /dev/null; do
		[ "$(cpus)" = "$free" ] || followed=yes
	done
	wait $soak
	[ $followed = yes ] || { echo "the client was not followed" >&2; exit 1; }
	n=0
	until [ "$(cpus)" = "$free" ]; do
		n=$((n + 1))
		[ $n -lt 100 ] || { echo "the agent stayed on $(cpus)" >&2; exit 1; }
		sleep 0.05
	done
	echo "placed and let go"
}

# ... also while another one waits for a token that hangs.
placement_beside() {
	echo hang:C_Sign > "$dir/bad/armed"
	firma sign bad "$dir/so-pin" --format raw -o "$dir/never" \
	    > "$dir/said" 2>&1 < /dev/null &
	hung=$!
	sleep 0.5
	kill -0 $hung || { cat "$dir/said" >&2; exit 1; }
	placement
	kill $hung
}

# Seconds that a command takes.
seconds() {
	from=$(date +%s.%N)
	"$@" > /dev/null 2> "$dir/said" || { cat "$dir/said" >&2; exit 1; }
	echo "$(date +%s.%N) $from" | awk '{ printf "%.4f\n", $1 - $2 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# The token's raw rate and firma's, one after the other, five times.
letters() {
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=BENCH -days 2 \
	    -keyout "$dir/ca.key" -out "$dir/ca.crt" 2> /dev/null
	firma request rsa --subject CN=BENCH -o "$dir/csr" > /dev/null
	openssl x509 -req -inform DER -in "$dir/csr" -CA "$dir/ca.crt" -days 2 \
	    -CAkey "$dir/ca.key" -set_serial 1 -out "$dir/rsa.crt" 2> /dev/null
	firma certificate import rsa "$dir/rsa.crt" > /dev/null
	mkdir "$dir/letters"
	i=0
	while [ $i -lt 1000 ]; do
		i=$((i + 1))
		head -c 60000 /dev/urandom > "$dir/letters/$i.pdf"
	done
	for _ in 1 2 3 4 5; do
		bench table --only rsa --clients 1 --rounds 1 --ms 1000 |
		    awk -F'|' '$3 ~ /direct/ { print $4 + 0; exit }' >> "$dir/direct"
		for f in raw detached; do
			rm -f "$dir"/letters/*.p7s "$dir"/letters/*.sig
			seconds firma sign rsa "$dir"/letters/*.pdf --format $f |
			    awk '{ print 1000 / $1 }' >> "$dir/$f"
		done
	done
	for f in raw detached; do
		paste "$dir/direct" "$dir/$f" | awk '{ print $2 / $1 }' > "$dir/ratio"
		echo "1000 letters, $f: $(median < "$dir/$f") a second," \
		    "$(median < "$dir/ratio") of $(median < "$dir/direct") directly"
	done
}

# openssl's hashing and firma's signing of a gigabyte, in turn.
large() {
	head -c 1073741824 /dev/zero > "$dir/large"
	cat "$dir/large" > /dev/null
	for _ in 1 2 3 4 5; do
		seconds openssl dgst -sha256 "$dir/large" >> "$dir/openssl"
		seconds firma sign rsa "$dir/large" --format raw >> "$dir/firma"
	done
	"$BUILD/cli/firma" sign rsa "$dir/large" --format raw 2> /dev/null &
	pid=$!
	while kill -0 $pid 2> /dev/null; do
		sed -n 's/^VmHWM:[[:space:]]*//p' "/proc/$pid/status" \
		    > "$dir/now" 2> /dev/null || :
		[ ! -s "$dir/now" ] || cp "$dir/now" "$dir/peak"
		sleep 0.02
	done
	paste "$dir/openssl" "$dir/firma" | awk '{ print $1 / $2 }' > "$dir/ratio"
	echo "1 GiB: openssl dgst $(median < "$dir/openssl") s, firma sign" \
	    "$(median < "$dir/firma") s, $(median < "$dir/ratio") of its rate," \
	    "at most $(cat "$dir/peak")"
}

case $what in
letters) serve; letters ;;
large) large ;;
check)
	bench check --clients 1,3 --count 5
	placement
	placement_beside
	;;
table) serve; bench table "$@" ;;
neighbour) bench neighbour --arm "$dir/bad/armed" --rounds 5 --ms 4000 "$@" ;;
many) fill; bench many --clients 1 "$@" ;;
soak) bench soak --count 200000 "$@" ;;
document) bench document --rounds 5 "$@" ;;
start) start ;;
shell) serve; export BENCH="$BUILD/tests/bench/firma-bench --socket $dir/run/socket"
	echo "agent $agent, token process $(pgrep -P "$agent" | tr '\n' ' ')"; cd "$dir"; sh -i ;;
all)
	serve
	echo "$(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	bench table "$@"
	echo
	bench document --rounds 5
	fill
	bench many --clients 1
	bench soak --count 200000
	start
	;;
esac
