#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh units DIR   systemd accepts the units in DIR without a word, and
#                      rates the system service's exposure below 2.0, with
#                      the drop-in for a network HSM too
# check.sh users       sysusers and tmpfiles make what the units rely on
# check.sh polkit      the polkit rule, executed: who is let in to what
# check.sh polkitd     the same, asked of polkitd itself on a bus of its own
# Exit status 77: skipped, with the reason on the last line.
set -eu
export LC_ALL=C
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
threshold=19 # tenths; systemd fails above it

fail() {
	echo "units/check.sh: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

# The program may not be installed where the unit says: any program will do.
copy_units() {
	from=$1 to=$2
	mkdir -p "$to"
	for unit in "$from"/firmad.*; do
		sed 's,^ExecStart=/[^ ]*/firmad,ExecStart=/bin/true,' "$unit" \
		    > "$to/${unit##*/}"
	done
	grep -q '^ExecStart=/bin/true' "$to/firmad.service" ||
		fail "$from/firmad.service does not start firmad"
	for line in Type=notify 'WatchdogSec=[0-9]*s' UMask=0077 LimitCORE=0 \
	    NoNewPrivileges=yes 'ExecReload=.*-HUP '; do
		grep -q "^$line" "$to/firmad.service" ||
			fail "$from/firmad.service says no $line"
	done
	! grep -n '@' "$to/firmad.service" | grep -v -e '^[0-9]*:SystemCallFilter=' ||
		fail "$from/firmad.service has a place that was not filled in"
}

# For what firmad itself takes to stop at most, both units leave the time.
check_stop() {
	needs=$(awk '$1 == "#define" && $2 ~ /^FIRMA_STOP_/ && $4 == "*" {
		sub(/\(/, "", $3)
		n += $3
	} END { print n + 0 }' "$here/../serve.h")
	[ "$needs" -gt 0 ] || fail "serve.h does not say how long stopping takes"
	for option in TimeoutStopSec WatchdogSec; do
		has=$(sed -n "s/^$option=\([0-9]*\)s\$/\1/p" "$1/firmad.service")
		[ "${has:-0}" -gt "$needs" ] ||
			fail "$1: $option=${has:-}, and stopping may take $needs s"
	done
}

verify() {
	SYSTEMD_UNIT_PATH=$2: XDG_RUNTIME_DIR=$work \
	    systemd-analyze "$1" --man=no verify \
	    "$2/firmad.service" "$2/firmad.socket" 2> "$work/said" ||
		fail "$2: $(cat "$work/said")"
	[ ! -s "$work/said" ] || fail "$2: $(cat "$work/said")"
}

check_units() {
	command -v systemd-analyze > /dev/null ||
		skip "systemd-analyze is not there (package systemd)"
	copy_units "$1/system" "$work/system"
	copy_units "$1/user" "$work/user"
	check_stop "$work/system"
	check_stop "$work/user"
	verify --system "$work/system"
	verify --user "$work/user"
	rate
	! lets_out || fail "the network is not shut off"
	mkdir "$work/system/firmad.service.d"
	cp "$1/network.conf" "$work/system/firmad.service.d"
	verify --system "$work/system"
	rate
	lets_out || fail "the drop-in does not let out"
}

# May the service, as it was just rated, speak TCP?
lets_out() {
	grep -q 'Service may allocate Internet sockets' "$work/rated"
}

rate() {
	SYSTEMD_UNIT_PATH=$work/system: systemd-analyze security --offline=true \
	    --threshold=$threshold --no-pager "$work/system/firmad.service" \
	    > "$work/rated" 2>&1 || fail "$(tail -n 1 "$work/rated")"
	tail -n 1 "$work/rated"
}

check_users() {
	command -v systemd-sysusers > /dev/null ||
		skip "systemd-sysusers is not there (package systemd)"
	[ "$(id -u)" -eq 0 ] || skip "only root can give folders to users"
	root=$work/root
	mkdir -p "$root/etc"
	systemd-sysusers --root="$root" "$here/firmad.sysusers" 2> "$work/said" ||
		fail "sysusers: $(cat "$work/said")"
	grep -q '^firmad:.*:/var/lib/firmad:[^:]*nologin$' "$root/etc/passwd" ||
		fail "no user firmad that cannot log in"
	grep -q '^firmad-token:[^:]*:[0-9]*:firmad$' "$root/etc/group" ||
		fail "firmad is not in the group firmad-token"
	systemd-tmpfiles --root="$root" --create "$here/firmad.tmpfiles" \
	    2> "$work/said" || fail "tmpfiles: $(cat "$work/said")"
	[ ! -s "$work/said" ] || fail "tmpfiles: $(cat "$work/said")"
	uid=$(sed -n 's/^firmad:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
	[ "$(stat -c '%u %a' "$root/var/lib/firmad")" = "$uid 700" ] ||
		fail "/var/lib/firmad is not the service's alone"
	[ "$(stat -c '%u %a' "$root/run/firmad")" = "$uid 755" ] ||
		fail "/run/firmad is not the service's, or clients cannot enter"
	echo "user, group and folders as expected"
}

# The rule in the interpreter that polkitd itself has (Duktape), with polkit(8)'s
# objects around it: for each user and action what it answers.
check_polkit() {
	command -v duk > /dev/null || skip "duk is not there (package duktape)"
	{
		cat <<-'JS'
			var rules = [];
			var polkit = {
				Result: { NO: "no", YES: "yes", NOT_HANDLED: null },
				addRule: function (f) { rules.push(f); }
			};
		JS
		cat "$here/firmad.polkit.rules"
		cat <<-'JS'
			var pcsc = "org.debian.pcsc-lite.";
			var actions = [ pcsc + "access_pcsc", pcsc + "access_card",
			    pcsc + "access", "org.freedesktop.login1.reboot", "" ];
			var users = [ "firmad", "root", "alice", "firmad2", "", undefined ];
			for (var u = 0; u < users.length; u++)
				for (var a = 0; a < actions.length; a++) {
					var said = rules[0]({ id: actions[a] },
					    { user: users[u], local: true, active: true });
					if (said !== null && said !== undefined)
						print(users[u], actions[a], said);
				}
			print(rules.length, "rule");
		JS
	} > "$work/rule.js"
	duk "$work/rule.js" > "$work/said" 2>&1 || fail "$(cat "$work/said")"
	cat > "$work/wanted" <<-END
		firmad org.debian.pcsc-lite.access_pcsc yes
		firmad org.debian.pcsc-lite.access_card yes
		1 rule
	END
	diff "$work/wanted" "$work/said" >&2 ||
		fail "firmad.polkit.rules lets somebody else in, or keeps firmad out"
	echo "firmad alone, both actions of pcsc-lite and nothing else"
}

# polkitd itself, which drops to its own user: it must reach the rule.
check_polkitd() {
	polkitd=/usr/lib/polkit-1/polkitd
	{ [ -x $polkitd ] && command -v pkcheck; } > /dev/null ||
		skip "polkitd is not there (package polkitd)"
	command -v dbus-daemon > /dev/null || skip "no dbus-daemon (package dbus)"
	[ "$(id -u)" -eq 0 ] || skip "only root can start polkitd"
	unshare -m true 2> /dev/null || skip "no mount namespace is allowed here"
	chmod 755 "$work"
	mkdir "$work/rules" "$work/actions"
	cp "$here/firmad.polkit.rules" "$work/rules/50-firmad.rules"
	chmod 644 "$work/rules/50-firmad.rules"
	# As pcscd's own policy: nobody but who is active at the seat.
	defaults='<allow_any>no</allow_any><allow_inactive>no</allow_inactive>'
	defaults="<defaults>$defaults<allow_active>yes</allow_active></defaults>"
	{
		echo '<?xml version="1.0"?><policyconfig>'
		for action in access_pcsc access_card; do
			echo "<action id=\"org.debian.pcsc-lite.$action\"><description>d" \
			    "</description><message>m</message>$defaults</action>"
		done
		echo '</policyconfig>'
	} > "$work/actions/pcsc.policy"
	cat > "$work/bus.conf" <<-END
		<busconfig><type>system</type>
		<listen>unix:path=$work/bus</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/>
		<allow eavesdrop="true"/>
		<allow own="*"/><allow user="*"/></policy></busconfig>
	END
	{
		cat /etc/passwd
		echo 'firmad:x:61777:61777::/:/bin/false'
		echo 'alice:x:61778:61778::/:/bin/false'
	} > "$work/passwd"
	unshare -m "$0" in-polkit "$work" > "$work/said" 2> "$work/err" ||
		fail "$(cat "$work/err" "$work/said" "$work"/*.log)"
	cat > "$work/wanted" <<-END
		firmad access_pcsc 0
		firmad access_card 0
		alice access_pcsc 1
		alice access_card 1
	END
	diff "$work/wanted" "$work/said" >&2 || fail "$(cat "$work/polkitd.log")"
	echo "polkitd lets firmad in, and alice not"
}

# until_true COMMAND...   for at most 20 s
until_true() {
	n=0
	until "$@" > /dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 200 ] || fail "did not come true: $*"
		sleep 0.1
	done
}

# Inside: the two users, our rule alone, pcscd's actions alone.
in_polkit() {
	cd "$1"
	mount --bind passwd /etc/passwd
	mount --bind rules /usr/share/polkit-1/rules.d
	mount --bind actions /usr/share/polkit-1/actions
	dbus-daemon --config-file=bus.conf --nofork 2> bus.log &
	pids=$!
	trap 'kill $pids 2> /dev/null || :; wait' EXIT
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$1/bus
	export DBUS_SYSTEM_BUS_ADDRESS
	until_true test -S bus
	/usr/lib/polkit-1/polkitd > polkitd.log 2>&1 &
	pids="$pids $!"
	until_true grep -q 'Acquired the name' polkitd.log
	for user in firmad alice; do
		setpriv --reuid=$user --regid=61777 --clear-groups sleep 60 &
		who=$!
		pids="$pids $who"
		until_true grep -q '^Uid:.*6177[78]' "/proc/$who/status"
		for action in access_pcsc access_card; do
			status=0
			timeout 20 pkcheck --process $who --action-id \
			    "org.debian.pcsc-lite.$action" > /dev/null 2>&1 ||
				status=$?
			echo "$user $action $status"
		done
	done
}

[ "${1-}" != in-polkit ] || { in_polkit "$2"; exit; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${1-} in
units) check_units "${2:?the folder of the configured units}" ;;
users) check_users ;;
polkit) check_polkit ;;
polkitd) check_polkitd ;;
*) echo "usage: check.sh units DIR | users | polkit | polkitd" >&2; exit 2 ;;
esac
