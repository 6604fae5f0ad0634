# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# doctor.sh - sections of test_agent.sh about what `firma doctor` finds.

section "doctor: pcscd" doctor_pcscd
section "doctor: modules" doctor_modules
section "doctor: USB" doctor_usb
section "doctor: readers" doctor_readers
section "doctor: mechanisms" doctor_mechanisms

PCSC_HELP=$BUILD/tests/agent/firma-pcsc

# doctor STATUS [COMMAND...]   runs it (through COMMAND); JSON in $found
found=''
doctor() {
	wanted=$1
	shift
	status=0
	found=$("$@" "$BUILD/cli/firma" doctor --json) || status=$?
	[ "$status" = "$wanted" ] ||
		fail "doctor: exit status $status instead of $wanted: $found"
}
# finds ID VERDICT [PATTERN of its detail]
finds() {
	local it

	it=$(printf %s "$found" | jq -r --arg id "$1" \
		'.[] | select(.id == $id) | .verdict + " " + .detail')
	[ -n "$it" ] || fail "no $1 in: $found"
	has "$it" "^$2 "
	has "$it" "${3:-}"
}
finds_not() {
	[ -z "$(printf %s "$found" | jq -r ".[] | select(.id == \"$1\") | .id")" ] ||
		fail "$1 in: $found"
}
advice() {
	printf %s "$found" | jq -r --arg id "$1" '.[] | select(.id == $id) | .advice'
}

# helper WORDS   firma-pcsc, until helper_end
helper() {
	rm -f "$DIR/helper.out"
	"$PCSC_HELP" "$@" > "$DIR/helper.out" 2>> "$DIR/helper.log" &
	helper_pid=$!
	more_end=helper_end
	until_true 10 grep -q ready "$DIR/helper.out"
}
helper_end() {
	[ -z "${helper_pid:-}" ] || {
		kill "$helper_pid" 2> /dev/null || :
		wait "$helper_pid" 2> /dev/null || :
	}
	helper_pid=''
}

# A token that misses its card, and whose module speaks to pcscd.
doctor_card() {
	opensc=$(find /usr/lib -name opensc-pkcs11.so 2> /dev/null | head -n 1)
	[ -n "$opensc" ] || skip "no opensc-pkcs11.so (package opensc-pkcs11)"
	cat >> "$DIR/firmad.conf" <<-CONF
		[token card]
		module = $opensc
		label = nowhere
		environment = PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm
	CONF
	kill -HUP "$(agent_pid)"
	until_true 20 is_state card absent
}

doctor_pcscd() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	export PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm

	note "a software token does well without pcscd: a note, no trouble"
	doctor 0
	finds agent-answers good
	finds token-ready good practice
	finds clock-fine good
	[ -e /usr/sbin/pcscd ] || skip "no pcscd"
	finds pcscd-not-running advice "$DIR/pcscd.comm"

	note "a card that is missed is another matter"
	doctor_card
	doctor 6
	finds pcscd-not-running trouble "$DIR/pcscd.comm"
	has "$(advice pcscd-not-running)" 'pcscd\.socket'
	finds token-absent advice card

	note "refused, as by polkit"
	helper hangup "$DIR/pcscd.comm"
	doctor 6
	finds pcscd-refuses trouble "$DIR/pcscd.comm"
	has "$(advice pcscd-refuses)" 'org\.debian\.pcsc-lite\.access_pcsc'
	has "$(advice pcscd-refuses)" 'org\.debian\.pcsc-lite\.access_card'
	helper_end

	note "its socket is left over"
	doctor 6
	finds pcscd-not-running trouble
	rm "$DIR/pcscd.comm"

	note "stuck"
	helper silent "$DIR/pcscd.comm"
	doctor 6
	finds pcscd-stuck trouble
	helper_end

	note "in Spanish"
	# The module that waited for pcscd may have to be replaced first.
	until_true 60 is_state card absent
	has "$(firma doctor --lang es)" 'PROBLEMA: pcscd, que atiende los lectores, no está en marcha'
}

doctor_modules() {
	libc=$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*=> //p' | head -n 1)
	cp "$SOURCE/LICENSE" "$DIR/text.so"
	# e_machine of another computer: 0xf3, RISC-V.
	cp -L "$libc" "$DIR/riscv.so"
	printf '\363' | dd of="$DIR/riscv.so" bs=1 seek=18 conv=notrunc 2> /dev/null
	practice_config "$DIR"
	sinner error-init
	for module in "$DIR/nowhere.so" "$DIR/text.so" "$libc" "$DIR/riscv.so"; do
		name=${module##*/}
		printf '[token %s]\nmodule = %s\nlabel = x\n' \
			"${name%%.*}" "$module" >> "$DIR/firmad.conf"
	done
	practice_agent "$DIR"
	token practice
	for t in nowhere text libc riscv sinner; do
		until_true 20 is_state $t broken
	done
	export PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm
	doctor 6
	finds module-missing trouble '^trouble nowhere: .*nowhere\.so'
	finds module-wrong trouble '^trouble text: '
	finds module-wrong trouble 'trouble libc: '
	finds module-architecture trouble '^trouble riscv: '
	finds module-fails trouble '^trouble sinner: .*CKR_GENERAL_ERROR'
	finds token-ready good practice

	note "a program of the day after tomorrow"
	cp "$BUILD/cli/firma" "$DIR/firma"
	touch -d '3 days' "$DIR/firma"
	found=$("$DIR/firma" doctor --json) || :
	finds clock-behind-program trouble

	note "PINs"
	for sin in flag-locked:pin-locked:5 flag-final-try:pin-final-try:5; do
		practice_config "$DIR"
		sinner "${sin%%:*}" armed
		disarm
		kill -HUP "$(agent_pid)"
		until_true 20 is_state sinner blank
		token sinner
		arm
		expect 0 firma token lock sinner
		rest=${sin#*:}
		doctor "${rest#*:}"
		finds "${rest%:*}" trouble '^trouble sinner$'
		rm -rf "$DIR/tokens"/*
		sed -i '/^\[token sinner\]/,$d' "$DIR/firmad.conf"
		kill -HUP "$(agent_pid)"
		until_true 10 sh -c "! $BUILD/cli/firma token list | grep -q sinner"
	done
}

# A device for umockdev; its node is 001/007.
doctor_device() { # AUTO-OR-ON INTERFACE-CLASS
	cat <<-DEVICE
	P: /devices/usb1/1-1
	N: bus/usb/001/007
	E: DEVNAME=/dev/bus/usb/001/007
	E: DEVTYPE=usb_device
	E: SUBSYSTEM=usb
	A: busnum=1
	A: devnum=7
	A: idProduct=4230
	A: idVendor=20a0
	A: power/control=$1

	P: /devices/usb1/1-1/1-1:1.0
	E: DEVTYPE=usb_interface
	E: SUBSYSTEM=usb
	A: bInterfaceClass=$2

	P: /devices/usb1/1-2
	N: bus/usb/001/008
	E: DEVNAME=/dev/bus/usb/001/008
	E: DEVTYPE=usb_device
	E: SUBSYSTEM=usb
	A: busnum=1
	A: devnum=8
	A: idProduct=beef
	A: idVendor=dead
	A: power/control=auto

	DEVICE
}

# Inside umockdev-run: a program of GnuPG's name has the device, then firma.
doctor_with_scdaemon() {
	cp "$PCSC_HELP" "$DIR/scdaemon"
	LD_PRELOAD='' "$DIR/scdaemon" open \
		"$UMOCKDEV_DIR/dev/bus/usb/001/007" > "$DIR/helper.out" &
	helper_pid=$!
	tries=0
	until grep -q ready "$DIR/helper.out" || [ $tries -gt 400 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	status=0
	"$@" || status=$?
	kill "$helper_pid"
	wait "$helper_pid" 2> /dev/null || :
	return $status
}

doctor_usb() {
	command -v umockdev-run > /dev/null || skip "no umockdev-run"
	export PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm
	# umockdev comes in by LD_PRELOAD, before the sanitizer.
	ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice

	note "it may sleep"
	doctor_device auto 0b > "$DIR/auto.umockdev"
	doctor 6 umockdev-run -d "$DIR/auto.umockdev" --
	finds usb-device good 'Nitrokey HSM .*20a0:4230'
	finds usb-autosuspend advice '/sys/bus/usb/devices/1-1/power/control'
	has "$(advice usb-autosuspend)" '93-firmad-power\.rules'
	hasnt "$found" 'dead:beef'
	note "with a token in, pcscd is missed"
	finds pcscd-not-running trouble
	finds_not usb-device-held

	note "it may not"
	doctor_device on 0b > "$DIR/on.umockdev"
	doctor 6 umockdev-run -d "$DIR/on.umockdev" --
	finds usb-device good
	finds_not usb-autosuspend

	note "scdaemon has it"
	export DIR PCSC_HELP
	export -f doctor_with_scdaemon
	doctor 6 umockdev-run -d "$DIR/on.umockdev" -- \
		bash -c 'doctor_with_scdaemon "$@"' x
	finds usb-device-held trouble 'Nitrokey HSM .*: scdaemon \([0-9]+\)$'
	has "$(advice usb-device-held)" 'disable-ccid'
}

doctor_mechanisms() {
	practice_config "$DIR"
	# CKR_MECHANISM_INVALID: in the list, and not there.
	sinner rv:C_GetMechanismInfo:112 armed
	softhsm=$(sed -n 's/^module = //p' "$DIR/firmad.conf" | head -n 1)
	cat >> "$DIR/firmad.conf" <<-CONF
		[token other]
		module = $softhsm
		serial = 0000000000000000
		environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
		writable = $DIR/tokens
		[token empty]
		module = $BADMODULE
		serial = 0000000000000000
		environment = SOFTHSM2_CONF=$DIR/softhsm2.conf
		writable = $DIR/tokens
		environment = FIRMA_BAD_SIN=count:C_GetSlotList:zero
	CONF
	export PCSCLITE_CSOCK_NAME=$DIR/pcscd.comm
	practice_agent "$DIR"
	token practice
	token sinner
	# SoftHSM2 knows the tokens that were there when it was loaded.
	restart
	until_true 10 is_state sinner locked
	until_true 10 is_state other absent
	until_true 10 is_state empty absent

	note "what a token says of itself"
	said=$(firma token info practice --json)
	same "$(printf %s "$said" | jq -r .present)" true "present"
	has "$(printf %s "$said" | jq -r .library)" 'PKCS11 2\.'
	same "$(printf %s "$said" | jq -r '.algorithms | join(" ")')" \
		"rsa-2048 rsa-3072 rsa-4096 p-256 p-384" "algorithms"
	same "$(printf %s "$said" | jq -r .algorithm)" rsa-2048 "algorithm"
	same "$(printf %s "$said" | jq -r .lacks)" "" "lacks"
	same "$(printf %s "$said" | jq -r \
		'.mechanisms[] | select(.name == "CKM_RSA_PKCS") | .mechanism')" \
		1 "CKM_RSA_PKCS"
	has "$(printf %s "$said" | jq -c \
		'.mechanisms[] | select(.name == "CKM_ECDSA") | .uses')" '"sign"'
	has "$(firma token info practice)" 'CKM_EC_KEY_PAIR_GEN .*generate-key-pair'
	has "$(firma token info practice --lang es)" 'mecanismos'
	expect 11 firma token info none

	note "doctor: nothing is missing"
	doctor 6
	finds mechanisms-fine good '^good practice, rsa-2048'
	finds mechanisms-fine good 'sinner, rsa-2048'
	finds_not mechanism-missing

	note "another token is there; no slot is there"
	finds token-absent advice 'other absent'
	finds token-other advice 'other: .*practice'
	finds module-no-slot advice '^advice empty$'

	note "a token without RSA"
	arm
	doctor 6
	finds mechanism-missing trouble \
		'^trouble sinner, rsa-2048: CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS$'
	finds mechanisms-fine good '^good practice, rsa-2048$'
	same "$(firma token info sinner --json | jq -r '.algorithms | length')" \
		0 "algorithms"
}

# A real pcscd with virtual readers; the card is tests/vcard's.
doctor_pcsc() {
	# shellcheck source=tests/vcard/lib.sh
	. "$SOURCE/tests/vcard/lib.sh"
	pcsc_need
	PCSC=$DIR/pcsc
	more_end=doctor_pcsc_end
	pcsc_start
	# What the agent gives its tokens is what is to be used here.
	unset OPENSC_CONF
}
doctor_pcsc_end() {
	helper_end
	pcsc_stop
}

doctor_readers() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	doctor_pcsc

	note "readers without cards are no trouble"
	doctor 0
	finds pcscd-answers good "$PCSCLITE_CSOCK_NAME"
	finds reader-empty advice '^advice Virtual A'

	note "a card is there"
	card_start 0
	doctor 0
	finds card-present good '^good Virtual A.*, ATR 3bfe1800008131fe4'

	note "another program has it for itself: which"
	helper hold
	more_end=doctor_pcsc_end
	doctor 6
	finds reader-held trouble "^trouble Virtual A.*: firma-pcsc \\($helper_pid\\)\$"
	finds_not card-present
	helper_end
	until_true 10 sh -c "'$BUILD/cli/firma' doctor --json |
		jq -e 'map(.id) | index(\"card-present\")'"

	note "no reader at all, and a token that is missed"
	card_stop 0
	pcsc_end
	: > "$PCSC/conf/vpcd"
	pcsc_run
	doctor 0
	finds reader-none advice
	cat >> "$DIR/firmad.conf" <<-CONF
		[token card]
		module = $OPENSC
		label = nowhere
		environment = PCSCLITE_CSOCK_NAME=$PCSCLITE_CSOCK_NAME
	CONF
	kill -HUP "$(agent_pid)"
	until_true 20 is_state card absent
	doctor 6
	finds reader-none trouble
	finds token-absent advice card
}
