#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh units DIR   systemd accepts the units in DIR without a word, and
#                      rates the system service's exposure below 2.0
# check.sh users       sysusers and tmpfiles make what the units rely on
# check.sh polkit      the polkit rule, executed: who is let in to what
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
	! grep -n '@' "$to/firmad.service" | grep -v -e '^[0-9]*:SystemCallFilter=' ||
		fail "$from/firmad.service has a place that was not filled in"
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
	verify --system "$work/system"
	verify --user "$work/user"
	systemd-analyze security --offline=true --threshold=$threshold \
	    --no-pager "$work/system/firmad.service" > "$work/said" 2>&1 ||
		fail "$(tail -n 1 "$work/said")"
	tail -n 1 "$work/said"
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

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${1-} in
units) check_units "${2:?the folder of the configured units}" ;;
users) check_users ;;
polkit) check_polkit ;;
*) echo "usage: check.sh units DIR | users | polkit" >&2; exit 2 ;;
esac
