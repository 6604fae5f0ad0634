#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# try.sh - renew a practice company's certificate from the first notice to the
# first login with the new key, on a software token and a portal on loopback.
# Installs what it needs, builds, runs, and leaves the evidence in a folder.
set -eu

usage() {
	cat <<-'TEXT'
	usage: cli/try.sh [--keep] [--from CER KEY --password-file FILE] [DIR]
	       cli/try.sh --stop DIR

	  DIR      where everything is left; default: a new folder, which is named
	  --keep   leave agent and portal running; then  . DIR/env  and use firma
	  --stop   end what --keep left running in DIR
	  --from   renew this existing pair (DER files, e.firma style) instead of the
	           practice company; --password-file has the key's password
	TEXT
	exit "$1"
}

keep=no cer='' key='' password='' stop='' dir=''
while [ $# -gt 0 ]; do
	case $1 in
	--keep) keep=yes ;;
	--from) [ $# -ge 3 ] || usage 2; cer=$2 key=$3; shift 2 ;;
	--password-file) [ $# -ge 2 ] || usage 2; password=$2; shift ;;
	--stop) [ $# -ge 2 ] || usage 2; stop=$2; shift ;;
	-h|--help) usage 0 ;;
	-*) echo "try.sh: unknown option $1" >&2; usage 2 ;;
	*) [ -z "$dir" ] || usage 2; dir=$1 ;;
	esac
	shift
done
fail() { echo "try.sh: $*" >&2; exit 1; }
if [ -n "$cer" ]; then
	[ -n "$password" ] || fail "--from needs --password-file FILE"
	for f in "$cer" "$key" "$password"; do
		[ -r "$f" ] || fail "$f cannot be read"
	done
fi

SOURCE=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${FIRMA_BUILD:-$SOURCE/build/release}
. "$SOURCE/cli/practice.sh"

if [ -n "$stop" ]; then
	[ -d "$stop" ] || fail "$stop is not a folder"
	practice_stop "$(cd "$stop" && pwd)"
	exit 0
fi

# The people of this procedure speak Spanish, unless the environment says else.
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-C}}} in
C|C.*|POSIX) LANGUAGE=es LC_ALL=C.UTF-8; export LANGUAGE LC_ALL ;;
esac

[ -n "${FIRMA_BUILD:-}" ] || {
	"$SOURCE/cli/setup.sh" build
	log=$(mktemp)
	echo "building in $BUILD" >&2
	(cd "$SOURCE" && cmake --preset release && cmake --build --preset release) \
	    > "$log" 2>&1 || { cat "$log" >&2; fail "the build failed"; }
	rm -f "$log"
}

# As root the agent runs as another user, who must reach the folder.
[ "$(id -u)" != 0 ] || umask 022
if [ -z "$dir" ]; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/firmad-try.XXXXXX")
else
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	[ ! -e "$dir/firmad.conf" ] || fail "$dir was used before; give a new folder"
fi
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$dir"
	setpriv --reuid="$PRACTICE_UID" --clear-groups test -x "$dir" ||
	    fail "$dir cannot be reached by the agent, which does not run as root; give a folder under /tmp or /var"
fi
[ ${#dir} -lt 80 ] || fail "the folder's path is too long for a socket in it (80 octets)"
echo "folder: $dir"

ended() {
	status=$?
	trap - EXIT
	if [ $keep = no ] || [ $status != 0 ]; then
		practice_stop "$dir"
	fi
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM

practice_make "$dir"
practice_portal "$dir"
practice_config "$dir"
practice_agent "$dir"
practice_token "$dir"
if [ -n "$cer" ]; then
	firma key import --cer "$cer" --key "$key" --password-file "$password" \
	    --token practice --alias old > /dev/null
	"$BUILD/tests/rehearsal/firma-rehearsal" enrol "$dir/portal" --cert "$cer" \
	    > /dev/null
else
	practice_company "$dir"
fi

if [ $keep = yes ]; then
	cat > "$dir/env" <<-ENV
		FIRMA_SOCKET='$FIRMA_SOCKET'
		FIRMA_PORTAL_DIR='$FIRMA_PORTAL_DIR'
		FIRMA_HELPER_DIR='$FIRMA_HELPER_DIR'
		FIRMA_LOCALEDIR='$FIRMA_LOCALEDIR'
		FIRMA_TICKETS_DIR='$FIRMA_TICKETS_DIR'
		FIRMA_PROFILES_DIR='$FIRMA_PROFILES_DIR'
		PATH='$BUILD/cli':"\$PATH"
		export FIRMA_SOCKET FIRMA_PORTAL_DIR FIRMA_HELPER_DIR
		export FIRMA_LOCALEDIR FIRMA_TICKETS_DIR FIRMA_PROFILES_DIR PATH
	ENV
	echo "afterwards:  . $dir/env  then  firma status;  cli/try.sh --stop $dir"
fi

# Its last line is this script's last line.  An e.firma says no employer's number;
# letters are judged by it, so that it is given: the practice portal's.
firma renew start --old old --new-alias new --token practice --yes \
    ${FIRMA_TRY_EMAIL:+--email "$FIRMA_TRY_EMAIL"} \
    ${cer:+--registro Y5472318103} \
    --dir "$dir" --pin-file "practice=$dir/pin"
proof() {
	firma renew evidence "$@" --ca "$dir/ca.pem" --sign-with new \
	    --pin-file "practice=$dir/pin" > /dev/null
}
proof --dir "$dir"
proof --zip "$dir/evidence.zip"
