# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lib.sh - a practice time-stamping authority: `openssl ts` behind practice-tsa.
# Sourced; needs BUILD.
#
#   tsa_make DIR      an authority's CA and certificates in DIR (tsa-ca.pem)
#   tsa_start DIR     its server; its address in DIR/tsa.url
#   tsa_behave WORDS  what it answers from now on: see DIR/answer below
#   tsa_stop DIR      end it, by pid

# tsa_certificate NAME EXTENDED-KEY-USAGE   NAME.key, NAME.pem, signed by the CA
tsa_certificate() {
	openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" \
	    -subj "/O=Practica/CN=TSA de Práctica" -utf8 -out "$1.csr" 2> /dev/null
	printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n%s\n' \
	    "${2:+extendedKeyUsage=$2}" > "$1.ext"
	openssl x509 -req -in "$1.csr" -CA tsa-ca.pem -CAkey tsa-ca.key -days 30 \
	    -extfile "$1.ext" -out "$1.pem" 2> /dev/null
}

# tsa_section NAME SIGNER-DIGEST   a section of tsa.cnf
tsa_section() {
	cat <<-CNF
		[$1]
		serial = tsa.serial
		signer_cert = tsa.pem
		signer_key = tsa.key
		signer_digest = $2
		certs = tsa-ca.pem
		default_policy = 1.3.6.1.4.1.99999.1
		digests = sha256, sha384, sha512
		accuracy = secs:1, millisecs:500
		ess_cert_id_alg = sha256
	CNF
}

tsa_make() {
	tsa=$1/tsa
	mkdir -p "$tsa"
	(
		cd "$tsa" || exit 1
		openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa-ca.key \
		    -subj "/O=Practica/CN=AC de sellos" -days 60 \
		    -addext "keyUsage=critical,keyCertSign" -out tsa-ca.pem \
		    2> /dev/null
		tsa_certificate tsa critical,timeStamping
		tsa_certificate mail critical,emailProtection
		echo 01 > tsa.serial
		{
			echo '[tsa]'
			echo 'default_tsa = good'
			tsa_section good sha256
			tsa_section weak sha1
		} > tsa.cnf
		tsa_answer > answer
	)
	cp "$tsa/tsa-ca.pem" "$1/tsa-ca.pem"
	tsa_behave good
}

# The script that practice-tsa runs for each request.
tsa_answer() {
	cat <<-'SH'
	head() { printf '%s\n' "$*" > head; }
	reply() { # SECTION REQUEST
		openssl ts -reply -config tsa.cnf -section "$1" -queryfile "$2" \
		    -out response 2> ts.err
	}
	# The same stamp, signed anew by another certificate: what no authority does.
	resign() { # NAME OPTION...
		name=$1
		shift
		reply good request
		openssl ts -reply -in response -token_out -out token 2> /dev/null
		openssl cms -verify -inform DER -in token -noverify -out info 2> /dev/null
		openssl cms -sign -in info -binary -nodetach -outform DER -nosmimecap \
		    -econtent_type 1.2.840.113549.1.9.16.1.4 -signer "$name.pem" \
		    -inkey "$name.key" -out token "$@" 2> ts.err
		n=$(($(wc -c < token) + 5))
		printf '\060\202' > response
		printf "\\$(printf %o $((n / 256)))\\$(printf %o $((n % 256)))" >> response
		printf '\060\003\002\001\000' >> response
		cat token >> response
	}
	rm -f response
	: > response
	echo x >> asked
	head 200 application/timestamp-reply
	case $(cat behave) in
	good) reply good request ;;
	slow) sleep 8; : > slept ;;
	500) head 500 text/plain; echo broken > response ;;
	404) head 404 text/html; echo '<p>no</p>' > response ;;
	401) head 401 text/html ;;
	redirect) head 302 text/plain http://127.0.0.1:1/ ;;
	html) head 200 text/html; echo '<html>welcome</html>' > response ;;
	garbage) printf 'this is no time stamp' > response ;;
	cut) reply good request; openssl dgst -sha1 request > /dev/null
		dd if=response of=short bs=100 count=3 2> /dev/null; mv short response ;;
	huge) head 200 application/timestamp-reply - 1073741824 ;;
	empty) ;;
	# A policy that it does not have: its own refusal, with its own words.
	reject) openssl ts -query -data behave -tspolicy 1.2.3.4 -sha256 \
		-out other 2> /dev/null; reply good other ;;
	other) openssl ts -query -data behave -sha256 -cert -out other 2> /dev/null
		reply good other ;;
	nonce) openssl ts -query -digest "$(cat digest)" -sha256 -cert -out other \
		2> /dev/null; reply good other ;;
	no-certificate) openssl ts -query -digest "$(cat digest)" -sha256 -out other \
		2> /dev/null; reply good other ;;
	weak) reply weak request ;;
	usage) resign mail -cades -md sha256 ;;
	ess) resign tsa -md sha256 ;;
	esac
	SH
}

tsa_behave() { echo "$1" > "$tsa/behave"; }
tsa_asked() { wc -l < "$tsa/asked" 2> /dev/null || echo 0; }

tsa_start() {
	local n=0
	"$BUILD/tests/timestamp/practice-tsa" "$tsa" "$1/tsa.port" \
	    < /dev/null > "$1/tsa.log" 2>&1 &
	echo $! > "$1/tsa.pid"
	until [ -s "$1/tsa.port" ]; do
		n=$((n + 1))
		[ $n -lt 400 ] || { cat "$1/tsa.log" >&2; return 1; }
		sleep 0.05
	done
	echo "http://127.0.0.1:$(cat "$1/tsa.port")/tsr" > "$1/tsa.url"
}

tsa_stop() {
	[ ! -s "$1/tsa.pid" ] || {
		kill "$(cat "$1/tsa.pid")" 2> /dev/null || :
		wait "$(cat "$1/tsa.pid")" 2> /dev/null || :
		rm -f "$1/tsa.pid" "$1/tsa.port"
	}
}
