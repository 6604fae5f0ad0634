# SPDX-License-Identifier: Apache-2.0
# practice.sh - a practice company in a folder: token, agent, portal.
#
# Sourced by cli/try.sh and by tests.  Needs BUILD (a build folder) and SOURCE
# (the checkout).  Everything that is started is a child of the caller, and its
# pid stands in DIR/agent.pid and DIR/portal.pid.
#
#   practice_make DIR             folders, PIN, token folder, practice CA
#   practice_portal DIR [WORDS]   start the portal; its address in DIR/portal.url
#   practice_config DIR [LINES]   firmad.conf (LINES are added to the token)
#   practice_agent DIR            start the agent, wait until it answers
#   practice_nice_agent DIR       the same, by an agent that may change priorities
#   practice_stop DIR             end both, by pid
#   firma ...                     the companion, speaking to DIR's agent
#
# The token is SoftHSM2's; who wants another one defines practice_section anew
# (the lines of [token practice]) and gives words for its initialisation in
# PRACTICE_INIT.

# The agent refuses to be root.  As root it becomes a number without a name;
# nothing else runs as it, and it owns what it made and nothing more.  (A name
# will do too, for a module that asks which groups it is in.)
PRACTICE_UID=${PRACTICE_UID:-64733}

practice_say() { printf '%s\n' "$*" >&2; }

practice_env() {
	DIR=$1
	FIRMA_SOCKET=$DIR/run/socket
	FIRMA_PORTAL_DIR=$BUILD/cli/portal
	FIRMA_HELPER_DIR=$BUILD/cli/helpers
	FIRMA_LOCALEDIR=$BUILD/locale
	FIRMA_TICKETS_DIR=$SOURCE/cli/tickets
	FIRMA_PROFILES_DIR=$SOURCE/cli/profiles
	export FIRMA_SOCKET FIRMA_PORTAL_DIR FIRMA_HELPER_DIR FIRMA_LOCALEDIR \
	    FIRMA_TICKETS_DIR FIRMA_PROFILES_DIR
}

firma() { "$BUILD/cli/firma" "$@"; }

# practice_pin FILE DIGITS   a random PIN that only its owner reads
practice_pin() {
	(umask 077; od -An -N"$2" -tu1 /dev/urandom | tr -d ' \n' |
	    cut -c"1-$2" > "$1"; echo >> "$1")
}

practice_make() {
	practice_env "$1"
	mkdir -p "$DIR" "$DIR/tokens" "$DIR/letters"
	chmod 700 "$DIR/tokens"
	if [ "$(id -u)" = 0 ]; then
		chmod 755 "$DIR"
		chown "$PRACTICE_UID" "$DIR/tokens"
	fi
	practice_pin "$DIR/pin" 8
	practice_pin "$DIR/so-pin" 16 # what a SmartCard-HSM takes
	cat > "$DIR/softhsm2.conf" <<-CONF
		directories.tokendir = $DIR/tokens
		objectstore.backend = file
		log.level = ERROR
		slots.removable = false
	CONF
	chmod 644 "$DIR/softhsm2.conf"
	"$BUILD/tests/rehearsal/firma-rehearsal" init "$DIR/portal"
	cp "$DIR/portal/ca.pem" "$DIR/ca.pem"
}

practice_portal() {
	practice_env "$1"
	rm -f "$DIR/portal.port"
	"$BUILD/tests/rehearsal/firma-rehearsal" serve "$DIR/portal" --port 0 \
	    --port-file "$DIR/portal.port" ${2:+--behave "$2"} \
	    < /dev/null >> "$DIR/portal.log" 2>&1 &
	echo $! > "$DIR/portal.pid"
	n=0
	while [ ! -s "$DIR/portal.port" ]; do
		n=$((n + 1))
		if [ $n -gt 600 ] || ! kill -0 "$(cat "$DIR/portal.pid")" 2> /dev/null; then
			practice_say "the practice portal does not start:"
			cat "$DIR/portal.log" >&2
			return 1
		fi
		sleep 0.05
	done
	echo "http://127.0.0.1:$(cat "$DIR/portal.port")/imss/" > "$DIR/portal.url"
}

practice_section() {
	softhsm=/usr/lib/softhsm/libsofthsm2.so
	[ -e $softhsm ] || softhsm=/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so
	echo "module = $softhsm"
	echo "label = practice"
	echo "environment = SOFTHSM2_CONF=$DIR/softhsm2.conf"
	echo "writable = $DIR/tokens"
}

practice_config() {
	practice_env "$1"
	cat > "$DIR/firmad.conf" <<-CONF
		[agent]
		socket = $DIR/run/socket
		state = $DIR/state
		user = $PRACTICE_UID
		profiles = $SOURCE/cli/profiles
		worker = $BUILD/pkcs11/worker/firmad-token
		reader = $BUILD/pkcs11/reader/firmad-reader
		opensc-conf = $SOURCE/agent/daemon/opensc.conf

		[token practice]
		$(practice_section)
		${2:-}

		[profile imss-idse]
		portal = $(cat "$DIR/portal.url")
		issuers = $DIR/ca.pem
	CONF
	chmod 644 "$DIR/firmad.conf"
}

practice_agent() {
	practice_env "$1"
	# shellcheck disable=SC2086 # a command, for tests
	${PRACTICE_UNDER:-} "$BUILD/agent/daemon/firmad" --config "$DIR/firmad.conf" \
	    < /dev/null >> "$DIR/agent.log" 2>&1 &
	echo $! > "$DIR/agent.pid"
	n=0
	# It answers at once; the token takes a moment more.
	until firma token list --lang en > "$DIR/agent.up" 2> /dev/null &&
	    ! grep -q '^practice  *starting' "$DIR/agent.up"; do
		n=$((n + 1))
		if [ $n -gt 600 ] || ! kill -0 "$(cat "$DIR/agent.pid")" 2> /dev/null; then
			practice_say "the agent does not start:"
			cat "$DIR/agent.log" >&2
			return 1
		fi
		sleep 0.05
	done
	rm -f "$DIR/agent.up"
}

# practice_agent that may give a priority back, as its unit's LimitNICE= lets it:
# by the limit, where our root may raise it, else by the capability.
practice_nice_agent() {
	practice_env "$1"
	if (ulimit -e 20) 2> /dev/null || [ "$(id -u)" != 0 ]; then
		practice_agent "$1"
		return
	fi
	mkdir -p "$DIR/run" "$DIR/state"
	chown "$PRACTICE_UID" "$DIR/run" "$DIR/state"
	chmod 755 "$DIR/run"
	PRACTICE_UNDER="setpriv --reuid=$PRACTICE_UID --regid=$PRACTICE_UID
	    --clear-groups --inh-caps=+sys_nice --ambient-caps=+sys_nice" \
		practice_agent "$1"
}

# End the process whose pid stands in the file, and wait for its end.
practice_end() {
	[ -s "$1" ] || return 0
	pid=$(cat "$1")
	kill "$pid" 2> /dev/null || :
	n=0
	while kill -0 "$pid" 2> /dev/null; do
		n=$((n + 1))
		[ $n -gt 200 ] && kill -9 "$pid" 2> /dev/null
		[ $n -gt 400 ] && break
		wait "$pid" 2> /dev/null || sleep 0.05
	done
	rm -f "$1"
}

practice_stop() {
	practice_end "$1/agent.pid"
	practice_end "$1/portal.pid"
}

# The practice company: its key is on the token, its certificate has expired.
practice_company() {
	practice_env "$1"
	firma key generate --token practice --alias old --pin-file "$DIR/pin" > /dev/null
	firma request old --subject "CN=PRACTICA" -o "$DIR/old.csr" > /dev/null
	"$BUILD/tests/rehearsal/firma-rehearsal" issue "$DIR/portal" \
	    --csr "$DIR/old.csr" --out "$DIR/old.pem" --expired > /dev/null
	firma certificate import old "$DIR/old.pem" > /dev/null
	rm -f "$DIR/old.csr"
}

practice_token() {
	practice_env "$1"
	# shellcheck disable=SC2086 # words
	firma token init practice --label practice --yes ${PRACTICE_INIT:-} \
	    --so-pin-file "$DIR/so-pin" --pin-file "$DIR/pin" > /dev/null
	firma token unlock practice --pin-file "$DIR/pin" > /dev/null
}
