#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_card.sh SECTION - the virtual card by itself: pcscd, OpenSC's module and
# pkcs11-tool take it for a SmartCard-HSM.
set -euo pipefail
# shellcheck source=tests/agent/lib.sh
. "$SOURCE/tests/agent/lib.sh"
# shellcheck source=tests/vcard/lib.sh
. "$SOURCE/tests/vcard/lib.sh"

user() { card_tool "$1" --login --pin "${pin:-$CARD_PIN}" "${@:2}"; }
quietly() { "$@" > "$DIR/tool.log" 2>&1 || fail "$*"; }

set_up() { # NUMBER OF CARDS
	pcsc_need
	begin
	PCSC=$DIR
	more_end=pcsc_stop
	pcsc_start
	for n in $(seq 0 $(($1 - 1))); do
		card_start "$n"
		card_token "$n" "card$n" || fail "card $n is not initialised"
	done
}

octets() { # of hex
	# shellcheck disable=SC2059 # the format is the octets
	printf "$(tr -d '\n' | sed 's/../\\x&/g')"
}

public() { # N ID TYPE   the public key as PEM in $DIR/ID.pub
	if [ "${3:-}" = EC:secp384r1 ]; then
		# pkcs11-tool 0.23 makes no SPKI of this curve: RFC 5480 by hand.
		{
			echo 3076301006072a8648ce3d020106052b81040022036200
			card_tool "$1" --list-objects --type pubkey --id "$2" \
			    2> /dev/null | sed -n 's/.*EC_POINT: *0461//p'
		} | octets > "$DIR/$2.der"
	else
		quietly card_tool "$1" --read-object --type pubkey --id "$2" \
		    --output-file "$DIR/$2.der"
	fi
	quietly openssl pkey -pubin -inform DER -in "$DIR/$2.der" -out "$DIR/$2.pub"
}

signs() { # N ID MECHANISM [OPENSSL WORDS]   a signature that openssl verifies
	local sig=$DIR/sig

	rm -f "$sig"
	quietly user "$1" --sign --id "$2" --mechanism "$3" \
	    --signature-format openssl --input-file "$SOURCE/LICENSE" \
	    --output-file "$sig"
	# shellcheck disable=SC2086 # words
	quietly openssl dgst -sha256 ${4:-} -verify "$DIR/$2.pub" \
	    -signature "$sig" "$SOURCE/LICENSE"
}

generate() { # N ID TYPE
	quietly user "$1" --keypairgen --key-type "$3" --id "$2" --label "key$2"
	public "$1" "$2" "$3"
}

keys() {
	set_up 1
	local id=10 type mechanism

	for type in rsa:2048 rsa:3072 rsa:4096 EC:prime256v1 EC:secp384r1; do
		id=$((id + 1))
		note "$type"
		generate 0 $id $type
		mechanism=SHA256-RSA-PKCS
		case $type in EC:*) mechanism=ECDSA-SHA256 ;; esac
		signs 0 $id $mechanism
	done
	note "RSA with PSS"
	signs 0 11 SHA256-RSA-PKCS-PSS '-sigopt rsa_padding_mode:pss'
	note "the module says: made there, and cannot leave"
	user 0 --list-objects --type privkey > "$DIR/objects" 2> /dev/null
	same "$(grep -c 'never extractable, local' "$DIR/objects")" 5 "keys"
	note "a key is deleted"
	quietly user 0 --delete-object --type privkey --id 12
	same "$(card_get 0 keys)" 4 "keys on the card"
	expect 1 user 0 --sign --id 12 --mechanism SHA256-RSA-PKCS \
	    --input-file "$SOURCE/LICENSE" --output-file "$DIR/none"
	note "without the PIN nothing is signed"
	expect 1 card_tool 0 --sign --id 11 --mechanism SHA256-RSA-PKCS \
	    --input-file "$SOURCE/LICENSE" --output-file "$DIR/none"
	note "random octets differ"
	quietly card_tool 0 --generate-random 32 --output-file "$DIR/r1"
	quietly card_tool 0 --generate-random 32 --output-file "$DIR/r2"
	same "$(wc -c < "$DIR/r1")" 32 "octets"
	! cmp -s "$DIR/r1" "$DIR/r2" || fail "the same octets twice"
}

certificates() {
	set_up 1
	local id size

	quietly openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca \
	    -keyout "$DIR/ca.key" -out "$DIR/ca.crt"
	quietly openssl req -new -newkey rsa:2048 -nodes -subj /CN=other \
	    -keyout "$DIR/other.key" -out "$DIR/csr"
	for id in 11 12; do # the second takes many WRITEs
		size=$(((id - 11) * 2500 + 1))
		note "a certificate with $size more octets is written and read"
		generate 0 $id EC:prime256v1
		printf '1.2.3=ASN1:UTF8String:%s\n' \
		    "$(head -c $size /dev/zero | tr '\0' x)" > "$DIR/ext"
		quietly openssl x509 -req -in "$DIR/csr" -CA "$DIR/ca.crt" \
		    -CAkey "$DIR/ca.key" -CAcreateserial -extfile "$DIR/ext" \
		    -force_pubkey "$DIR/$id.pub" -outform DER -out "$DIR/cert"
		quietly user 0 --write-object "$DIR/cert" --type cert --id $id
		quietly card_tool 0 --read-object --type cert --id $id \
		    --output-file "$DIR/back"
		cmp "$DIR/cert" "$DIR/back" || fail "another certificate came back"
	done
	note "the key still signs, and a killed card forgets nothing"
	signs 0 12 ECDSA-SHA256
	card_kill 0
	cp "$DIR/card0" "$DIR/before"
	card_start 0
	cmp "$DIR/card0" "$DIR/before" || fail "the state changed"
	quietly card_tool 0 --read-object --type cert --id 12 --output-file "$DIR/back"
	cmp "$DIR/cert" "$DIR/back" || fail "the certificate is lost"
	signs 0 12 ECDSA-SHA256
}

pins() {
	set_up 1
	generate 0 11 EC:prime256v1
	note "wrong PINs are counted, also without power"
	pin=111111 expect 1 user 0 --list-objects
	same "$(card_get 0 user-tries)" 2 "tries"
	card_kill 0
	card_start 0
	same "$(card_get 0 user-tries)" 2 "tries after a kill"
	note "the right one gives the tries back"
	quietly user 0 --list-objects
	same "$(card_get 0 user-tries)" 3 "tries"
	note "three wrong ones lock it"
	for _ in 1 2 3; do
		pin=111111 expect 1 user 0 --list-objects
	done
	same "$(card_get 0 user-tries)" 0 "tries"
	expect 1 user 0 --list-objects
	says CKR_PIN_LOCKED
	note "the SO-PIN unblocks it, with a new PIN"
	expect 1 card_tool 0 --init-pin --so-pin 0000000000000000 --pin 999999
	same "$(card_get 0 so-tries)" 14 "SO tries"
	quietly card_tool 0 --init-pin --so-pin "$CARD_SO_PIN" --pin 999999
	same "$(card_get 0 user-tries) $(card_get 0 so-tries)" "3 15" "tries"
	pin=999999 quietly user 0 --list-objects
	note "the user changes it"
	quietly card_tool 0 --change-pin --login --pin 999999 --new-pin "$CARD_PIN"
	signs 0 11 ECDSA-SHA256
	note "a new initialisation wants the old SO-PIN, and erases"
	! card_token 0 again "$CARD_PIN" 0000000000000000 ||
		fail "initialised with a wrong SO-PIN"
	same "$(card_get 0 keys) $(card_get 0 so-tries)" "1 14" "keys, tries"
	card_token 0 again
	same "$(card_get 0 keys) $(card_get 0 so-tries)" "0 15" "keys, tries"
}

two() {
	set_up 4
	note "four cards: each has its own keys"
	for n in 0 1 2 3; do
		generate $n 1$n EC:prime256v1
		signs $n 1$n ECDSA-SHA256
		same "$(card_get $n keys)" 1 "keys on card $n"
	done
	note "one is pulled: it is not seen any more, the others sign"
	card_pull 1
	pcsc_until 50 is_empty 1 || fail "card 1 is still seen"
	signs 0 10 ECDSA-SHA256
	signs 2 12 ECDSA-SHA256
	note "put back, it signs"
	card_put 1
	card_wait 1
	signs 1 11 ECDSA-SHA256
	note "pcscd is killed and starts again"
	pcsc_kill
	pcsc_run
	for n in 0 1 2 3; do
		card_wait $n
		signs $n 1$n ECDSA-SHA256
	done
}
is_empty() {
	pkcs11-tool --module "$OPENSC" --list-slots 2> /dev/null |
	    grep -A 1 "^Slot $1 " | grep -q '(empty)'
}

# Each thing that a card can be told to do wrong, as its client sees it.
faults() {
	set_up 1
	generate 0 11 rsa:2048
	note "the n-th command of a kind, or each one"
	expect 1 card_say 0 fault 0 sign pull
	expect 1 card_say 0 fault 1 sing pull
	expect 1 card_say 0 fault 1 sign sw
	card_say 0 fault 2 verify sw 6f00 > /dev/null
	card_mark 0
	card_tool 0 --list-slots > /dev/null 2>&1
	user 0 --list-objects > /dev/null 2>&1 || :
	card_commands 0 | grep ' verify .* 6f00$' > /dev/null || fail "no 6f00"
	same "$(card_get 0 fired)" 1 "faults"
	card_say 0 no-faults > /dev/null
	note "an error word; the key is there or not there"
	card_say 0 fault 1 generate sw 6581 > /dev/null
	expect 1 user 0 --keypairgen --key-type EC:prime256v1 --id 12
	same "$(card_get 0 keys)" 1 "keys"
	card_say 0 fault 1 generate late-sw 6581 > /dev/null
	expect 1 user 0 --keypairgen --key-type EC:prime256v1 --id 12
	same "$(card_get 0 keys) $(card_get 0 undescribed-keys)" "2 1" "keys"
	note "short, long and other answers"
	for fault in 'cut 100' 'cut 0' 'long 10' 'raw 6f' 'raw 019000'; do
		# shellcheck disable=SC2086 # words
		# "+": the module tries again
		card_say 0 fault 1+ sign $fault > /dev/null
		user 0 --sign --id 11 --mechanism SHA256-RSA-PKCS --input-file \
		    "$SOURCE/LICENSE" --output-file "$DIR/sig" > "$DIR/said" 2>&1 || :
		if openssl dgst -sha256 -verify "$DIR/11.pub" -signature \
		    "$DIR/sig" "$SOURCE/LICENSE" > /dev/null 2>&1 &&
		    [ "$fault" != "long 10" ]; then
			fail "$fault: a good signature"
		fi
		rm -f "$DIR/sig"
		card_say 0 no-faults > /dev/null
		card_is 0 in 1 || fail "$fault: pulled"
	done
	signs 0 11 SHA256-RSA-PKCS
	note "pulled before or after the command; busy; slow"
	card_say 0 fault 1 sign pull > /dev/null
	expect 1 user 0 --sign --id 11 --mechanism SHA256-RSA-PKCS \
	    --input-file "$SOURCE/LICENSE" --output-file "$DIR/sig"
	same "$(card_get 0 in)" 0 "in"
	card_put 0
	card_wait 0
	card_say 0 fault 1 generate pull-after > /dev/null
	expect 1 user 0 --keypairgen --key-type EC:prime256v1 --id 13
	card_put 0
	card_wait 0
	same "$(card_get 0 undescribed-keys)" 2 "keys without description"
	card_say 0 delay sign 1000 > /dev/null
	at=$(date +%s%N)
	signs 0 11 SHA256-RSA-PKCS
	[ $(($(date +%s%N) - at)) -ge 1000000000 ] || fail "not slow"
	card_say 0 delay sign 0 > /dev/null
	note "mute: no answer until it is pulled"
	card_say 0 fault 1 sign mute > /dev/null
	user 0 --sign --id 11 --mechanism SHA256-RSA-PKCS --input-file \
	    "$SOURCE/LICENSE" --output-file "$DIR/sig" > "$DIR/said" 2>&1 &
	pid=$!
	until_true 10 card_is 0 busy 1
	card_pull 0
	! wait $pid || fail "a mute card signed"
	card_put 0
	card_wait 0
	signs 0 11 SHA256-RSA-PKCS
	note "a reset by another program is seen, and nobody is logged in"
	card_say 0 fault 1 sign reset > /dev/null
	expect 1 user 0 --sign --id 11 --mechanism SHA256-RSA-PKCS \
	    --input-file "$SOURCE/LICENSE" --output-file "$DIR/sig"
	signs 0 11 SHA256-RSA-PKCS
}

"$1"
