#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Authorities that are down, slow, wrong or hostile: each told with its reason, and
# what the token signed is kept.
. "$(dirname "$0")/agent.sh"

printf 'Carta de términos\n' > "$dir/letter"
sha256sum "$dir/letter" | cut -d' ' -f1 > "$tsa/digest"
cat > "$dir/quick.conf" <<CONF
[timestamp]
url = $URL
ca = tsa-ca.pem
timeout = 5
CONF
export FIRMA_CONFIG=$dir/quick.conf

# fault BEHAVIOUR STATUS WORDS   of a stamp over a file
fault() {
	tsa_behave "$1"
	local before=$SECONDS
	run "$2" timestamp "$dir/letter" -o "$dir/stamp.tsr"
	says "$3"
	says '^  -> '
	[ ! -e "$dir/stamp.tsr" ] || fail "$1: a stamp is written"
	[ $((SECONDS - before)) -lt 20 ] || fail "$1: took $((SECONDS - before)) s"
	echo "  $1: $(sed -n 1p "$dir/said")"
}
note "no answer, or none that is one"
fault slow 7 'cannot be reached .no answer in time'
# It answers one at a time.
for _ in $(seq 400); do
	[ ! -e "$tsa/slept" ] || break
	sleep 0.05
done
fault 500 7 'HTTP 500'
fault 404 8 'refused .HTTP 404'
fault 401 8 'user and a password'
fault redirect 1 'another address; not followed'
fault html 1 'no time stamp'
fault garbage 1 'not a TimeStampResp'
fault cut 1 'not a TimeStampResp'
fault huge 1 'too large'
fault empty 1 'no time stamp'
note "its own refusal, in its own words"
fault reject 8 'rejection, unacceptedPolicy: Requested policy is not supported'
note "stamps that do not hold"
fault other 10 'over something else'
fault nonce 10 'another request \(nonce\)'
fault no-certificate 1 'certificate is not in the token'
fault weak 10 'signed with SHA1'
fault usage 10 'not for time stamps'
fault ess 10 'signingCertificate is missing'
tsa_behave good
run 8 timestamp "$dir/letter" -o "$dir/stamp.tsr" --tsa-ca "$dir/stranger.pem"
says 'time-stamping authority'
[ ! -e "$dir/stamp.tsr" ] || fail "a stranger's stamp is written"

note "each was asked once: nothing is repeated by itself"
same "$(tsa_asked)" 18 "requests"

note "the signature is kept whatever the authority does, and stamped later"
for how in 500 other huge; do
	tsa_behave $how
	rm -f "$dir/letter.p7s"
	got=0
	"$BUILD/cli/firma" sign acme "$dir/letter" --timestamp > "$dir/said" 2>&1 ||
	    got=$?
	case $how in 500) want=7 ;; other) want=10 ;; huge) want=1 ;; esac
	same "$got" $want "exit of sign with $how"
	says 'signed with key acme'
	says 'it is signed, without a time stamp'
	says "firma timestamp $dir/letter.p7s"
	proved "$dir/letter.p7s" "$dir/letter"
done
tsa_behave good
run 0 timestamp "$dir/letter.p7s"
stamp_proved "$dir/letter.p7s"

note "the user and the password come from a file, by https or on this machine"
printf 'me:secreto\n' > "$dir/tsa.password"
printf 'password-file = tsa.password\n' >> "$dir/quick.conf"
run 0 timestamp "$dir/letter" -o "$dir/login.tsr"
same "$(cat "$tsa/login")" "me:secreto" "user and password"
# Another authority than the file's does not get the file's password.
run 0 timestamp "$dir/letter" -o "$dir/other.tsr" --tsa "$URL"
[ ! -e "$tsa/login" ] || fail "the password goes to an authority of the command line"
sed -i 's|^url = .*|url = http://192.0.2.1/tsr|' "$dir/quick.conf"
run 2 timestamp "$dir/letter" -o "$dir/far.tsr"
says 'https alone'
printf 'me\n' > "$dir/tsa.password"
run 2 timestamp "$dir/letter" -o "$dir/far.tsr"
says 'USER:PASSWORD'

note "a server that does not prove who it is gets no request, and no password"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/tls.key" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -days 9 -out "$dir/tls.pem" 2> /dev/null
: > "$dir/tls.log" # looked into before the server may have made it
openssl s_server -accept 127.0.0.1:0 -cert "$dir/tls.pem" -key "$dir/tls.key" \
    >> "$dir/tls.log" 2>&1 &
tls=$!
for _ in $(seq 200); do
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$dir/tls.log")
	[ -z "$port" ] || break
	sleep 0.05
done
printf 'me:secreto\n' > "$dir/tsa.password"
sed -i "s|^url = .*|url = https://127.0.0.1:$port/tsr|" "$dir/quick.conf"
run 7 timestamp "$dir/letter" -o "$dir/far.tsr"
says 'did not prove who it is'
kill $tls 2> /dev/null || :
wait $tls 2> /dev/null || :
! grep -q -e POST -e secreto "$dir/tls.log" || fail "it got the request"
[ ! -e "$dir/far.tsr" ] || fail "a stamp is written"

note "down"
tsa_stop "$dir"
unset FIRMA_CONFIG
run 7 timestamp "$dir/letter" --tsa "$URL" -o "$dir/down.tsr"
says 'no connection'
run 7 timestamp "$dir/letter" --tsa https://127.0.0.1:1/ -o "$dir/down.tsr"
run 2 timestamp "$dir/letter" --tsa 'http://user@127.0.0.1/' -o "$dir/down.tsr"
says 'no address of the form'
FIRMA_PORTAL_DIR=$dir/nowhere run 11 timestamp "$dir/letter" --tsa "$URL" -o "$dir/down.tsr"
says 'firma-portal-tsa'
[ ! -e "$dir/down.tsr" ] || fail "something is written"
passed
