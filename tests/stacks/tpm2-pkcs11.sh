# SPDX-License-Identifier: Apache-2.0
# tpm2-pkcs11.sh - the practice token is in a TPM: swtpm, tpm2-abrmd in front of
# it on a bus of its own, and tpm2-pkcs11 in the token's process.  Sourced by
# ../crash/lib.sh.
#
# Everything speaks over AF_UNIX.  Without tpm2-abrmd (or the kernel's own, which
# is /dev/tpmrm0) what a killed process had loaded would stay in the TPM, which
# has room for three objects.
MODULE=$(ls /usr/lib/*/pkcs11/libtpm2_pkcs11.so 2> /dev/null || :)
# Points at which a token process is killed (../crash/test_kill.sh): a commit is
# one of the module's database.
stack_kinds='send:before send:after commit:before commit:after'
. "$SOURCE/tests/stacks/user.sh"
[ -n "$MODULE" ] || skip "no tpm2-pkcs11"
for tool in swtpm tpm2-abrmd dbus-daemon; do
	command -v $tool > /dev/null || skip "no $tool"
done
ls /usr/lib/*/libtss2-tcti-tabrmd.so.0 > /dev/null 2>&1 ||
    skip "no libtss2-tcti-tabrmd0"
# A bus turns away who has no name.
if [ "$(id -u)" = 0 ]; then
	stack_namespaces -m "$@"
	stack_user
fi

practice_section() {
	echo "module = $MODULE"
	echo "label = practice"
	echo "environment = TPM2_PKCS11_STORE=$DIR/tokens/store"
	echo "environment = TPM2_PKCS11_TCTI=tabrmd:bus_type=session"
	echo "environment = DBUS_SESSION_BUS_ADDRESS=unix:path=$work/bus"
}

# stack_begin FILE COMMAND...: start it, and wait until FILE is there
stack_begin() {
	local file=$1 n=0

	shift
	[ "$file" = /dev/null ] || rm -f "$file"
	"$@" < /dev/null >> "$work/stack.log" 2>&1 3>&- &
	stack_pids="$! ${stack_pids:-}"
	until [ -e "$file" ]; do
		n=$((n + 1))
		[ $n -lt 600 ] && kill -0 $! 2> /dev/null ||
			die "$1 does not start: $(tail -n 5 "$work/stack.log")"
		sleep 0.05
	done
}

# The TPM's state is beside the module's own database, and copied with it.
stack_start() {
	local n=0

	[ -z "${stack_pids:-}" ] || return 0
	if [ ! -d "$d/tokens/tpm" ]; then
		mkdir "$d/tokens/tpm" "$d/tokens/store"
		[ "$(id -u)" != 0 ] || chown "$PRACTICE_UID" "$d/tokens/store"
	fi
	cat > "$work/bus.conf" <<-CONF
		<busconfig>
		  <listen>unix:path=$work/bus</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow user="*"/>
		    <allow own="*"/>
		    <allow send_type="method_call"/>
		    <allow send_type="signal"/>
		    <allow send_requested_reply="true"/>
		    <allow receive_requested_reply="true"/>
		    <allow receive_type="method_call"/>
		    <allow receive_type="signal"/>
		  </policy>
		</busconfig>
	CONF
	stack_begin "$work/bus" dbus-daemon --nofork --config-file="$work/bus.conf"
	stack_begin "$work/tpm" swtpm socket --tpm2 --tpmstate "dir=$d/tokens/tpm" \
	    --server "type=unixio,path=$work/tpm" \
	    --ctrl "type=unixio,path=$work/tpm.ctrl" --flags startup-clear
	DBUS_SESSION_BUS_ADDRESS=unix:path=$work/bus stack_begin /dev/null \
	    tpm2-abrmd --allow-root --session --tcti="swtpm:path=$work/tpm"
	until dbus-send --bus="unix:path=$work/bus" --print-reply \
	    --dest=org.freedesktop.DBus /org/freedesktop/DBus \
	    org.freedesktop.DBus.ListNames 2> /dev/null | grep -q tss2; do
		n=$((n + 1))
		[ $n -lt 600 ] || die "tpm2-abrmd does not start: $(tail "$work/stack.log")"
		sleep 0.05
	done
}

stack_stop() {
	local pid

	for pid in ${stack_pids:-}; do
		kill "$pid" 2> /dev/null || :
		wait "$pid" 2> /dev/null || :
	done
	stack_pids=
}
