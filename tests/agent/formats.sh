# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# formats.sh - section of test_agent.sh about what a signature looks like:
# each format, taken by openssl.

section "formats" formats
section "other verifiers" others_verify

# openssl_takes SIGNATURE [OPTION...]   CMS, by a program that is not ours
openssl_takes() {
	local of=$1
	shift
	openssl cms -verify -binary -inform DER -in "$of" -CAfile "$DIR/ca.pem" \
		-purpose any -out "$DIR/content" "$@" 2> "$DIR/openssl.err" ||
		fail "$of: $(cat "$DIR/openssl.err")"
	cmp "$DIR/content" "$DIR/doc" || fail "$of: another content"
}

# A hex digit pair an octet, from stdin.
unhex() { sed 's/../\\x&/g' | { read -r line; printf '%b' "$line"; }; }

# signed_attributes SIGNATURE   their names, in order, one line
signed_attributes() {
	openssl cms -cmsout -print -noout -inform DER -in "$1" 2> /dev/null |
		sed -n '/signedAttrs:/,/signatureAlgorithm:/s/^ *object: \([^ ]*\).*/\1/p' |
		tr '\n' ' '
}

# taken FILE COMMAND...   by that program
taken() {
	local of=$1
	shift
	"$@" > "$DIR/other.log" 2>&1 < /dev/null ||
		fail "$of: $*: $(cat "$DIR/other.log")"
}
by_nss() { taken "$1" cmsutil -D -d "sql:$DIR/nss" -i "$1" -o "$DIR/content" "${@:2}"; }
by_gnutls() {
	taken "$1" certtool --p7-verify --inder --infile "$1" \
		--load-ca-certificate "$DIR/ca.pem" "${@:2}"
}
by_gnupg() {
	GNUPGHOME=$DIR/gnupg taken "$1" gpgsm --batch --verify "$@"
	grep -q 'Good signature' "$DIR/other.log" ||
		fail "$1: gpgsm: $(cat "$DIR/other.log")"
}

# NSS, GnuTLS and GnuPG read SignedData by code of their own.
others_verify() {
	for tool in cmsutil certutil gpgsm certtool; do
		command -v $tool > /dev/null || skip "no $tool"
	done
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	mkdir "$DIR/nss"
	certutil -N -d "sql:$DIR/nss" --empty-password
	certutil -A -d "sql:$DIR/nss" -n ca -t C,C,C -i "$DIR/ca.pem"
	mkdir -m 700 "$DIR/gnupg"
	printf 'disable-crl-checks\ndisable-policy-checks\n' > "$DIR/gnupg/gpgsm.conf"
	echo "$(openssl x509 -in "$DIR/ca.pem" -noout -fingerprint -sha1 |
		sed 's/.*=//') S relax" > "$DIR/gnupg/trustlist.txt"
	GNUPGHOME=$DIR/gnupg gpgsm --batch --import "$DIR/ca.pem" 2> /dev/null
	key practice acme rsa-2048
	key practice curve p-256
	echo text > "$DIR/doc"
	for k in acme curve; do
		note "$k: detached and attached, with and without signed attributes"
		certificate $k
		for f in detached bare-detached; do
			expect 0 firma sign $k "$DIR/doc" --format $f -o "$DIR/s"
			by_nss "$DIR/s" -c "$DIR/doc"
			by_gnutls "$DIR/s" --load-data "$DIR/doc"
			by_gnupg "$DIR/s" "$DIR/doc"
		done
		for f in attached bare-attached; do
			expect 0 firma sign $k "$DIR/doc" --format $f -o "$DIR/s"
			by_nss "$DIR/s"
			cmp "$DIR/content" "$DIR/doc" || fail "$f: another content"
			by_gnutls "$DIR/s"
			by_gnupg "$DIR/s"
		done
	done
	note "and none of them another document's"
	echo other > "$DIR/other"
	firma sign acme "$DIR/doc" -o "$DIR/s" 2> /dev/null
	! cmsutil -D -d "sql:$DIR/nss" -i "$DIR/s" -c "$DIR/other" \
		> /dev/null 2>&1 || fail "cmsutil takes anything"
	! certtool --p7-verify --inder --infile "$DIR/s" --load-data "$DIR/other" \
		--load-ca-certificate "$DIR/ca.pem" > /dev/null 2>&1 ||
		fail "certtool takes anything"
	! GNUPGHOME=$DIR/gnupg gpgsm --batch --verify "$DIR/s" "$DIR/other" \
		> /dev/null 2>&1 || fail "gpgsm takes anything"
	GNUPGHOME=$DIR/gnupg gpgconf --kill all
}

formats() {
	practice_config "$DIR"
	practice_agent "$DIR"
	token practice
	key practice acme rsa-2048
	key practice curve p-256
	for k in acme curve; do
		certificate $k
		openssl x509 -in "$DIR/$k.pem" -noout -pubkey > "$DIR/$k.pub"
	done
	printf '||1.1|ñ|cadena original||' > "$DIR/doc"

	for k in acme curve; do
		note "$k: with signed attributes"
		expect 0 firma sign $k "$DIR/doc" -o "$DIR/d.p7s"
		openssl_takes "$DIR/d.p7s" -cades -content "$DIR/doc"
		same "$(signed_attributes "$DIR/d.p7s")" \
			"contentType signingTime messageDigest id-smime-aa-signingCertificateV2 " \
			"attributes"
		expect 0 firma sign $k "$DIR/doc" --format attached -o "$DIR/a.p7m"
		openssl_takes "$DIR/a.p7m" -cades

		note "$k: without"
		expect 0 firma sign $k "$DIR/doc" --format bare-detached -o "$DIR/b.p7s"
		openssl_takes "$DIR/b.p7s" -content "$DIR/doc"
		same "$(signed_attributes "$DIR/b.p7s")" "" "attributes"
		expect 0 firma sign $k "$DIR/doc" --format bare-attached -o "$DIR/b.p7m"
		openssl_takes "$DIR/b.p7m"
		same "$(signed_attributes "$DIR/b.p7m")" "" "attributes"
		expect 0 firma verify "$DIR/b.p7m" --ca "$DIR/ca.pem"

		note "$k: for a PDF, whose dictionary has the time"
		ask "$(id_new) 9000 sign key=$k format=3 fd=$DIR/doc" > "$DIR/answer"
		sed -n 's/.* signature=\([0-9a-f]*\).*/\1/p' "$DIR/answer" |
			unhex > "$DIR/p.p7s"
		openssl_takes "$DIR/p.p7s" -cades -content "$DIR/doc"
		same "$(signed_attributes "$DIR/p.p7s")" \
			"contentType messageDigest id-smime-aa-signingCertificateV2 " \
			"attributes"
	done

	note "SHA-1 only where the configuration says so"
	expect 4 firma sign acme "$DIR/doc" --format sha1-raw -o "$DIR/none"
	says no-sha1
	[ ! -e "$DIR/none" ] || fail "something was written"
	printf '[key acme]\nsha1 = yes\n[key curve]\nsha1 = yes\n' >> "$DIR/firmad.conf"
	: > "$DIR/agent.log"
	kill -HUP "$(agent_pid)"
	until_true 5 grep -q 'was read again' "$DIR/agent.log"
	expect 0 firma sign acme "$DIR/doc" --format sha1-raw -o "$DIR/s.sig"
	openssl dgst -sha1 -verify "$DIR/acme.pub" -signature "$DIR/s.sig" \
		"$DIR/doc" > /dev/null || fail "openssl refuses sha1-raw"
	same "$(firma ledger show --json | jq -rs 'flatten | map(select(.format == "sha1-raw"))
		| last | .digest')" "$(sha256sum "$DIR/doc" | cut -d' ' -f1)" \
		"the ledger has the SHA-256"
	expect 0 firma sign acme "$DIR/doc" --format sha1-attached -o "$DIR/s.p7m"
	openssl_takes "$DIR/s.p7m"
	same "$(signed_attributes "$DIR/s.p7m")" \
		"contentType signingTime messageDigest " "attributes"
	expect 0 firma verify "$DIR/s.p7m" --ca "$DIR/ca.pem"
	says SHA-1

	note "nobody's signature passes for a renewal's"
	expect 10 firma sign acme "$DIR/doc" --purpose 'renewal 1 terms' -o "$DIR/none"
	says 'sign.purpose'
	[ ! -e "$DIR/none" ] || fail "something was written"
	expect 0 firma sign acme "$DIR/doc" --purpose 'renewal of the lease' -o "$DIR/d.p7s"

	note "not with an elliptic curve, not of a digest"
	expect 10 firma sign curve "$DIR/doc" --format sha1-raw
	says 'no RSA key'
	has "$(ask "902 9000 sign key=acme format=7 sha256=$(digest a)")" \
		'^902 error .*needs the document'
	has "$(ask "903 9000 sign key=acme format=4 sha256=$(digest a)")" \
		'^903 error .*needs the document'
	has "$(ask "904 9000 sign key=acme format=8 fd=$DIR/doc")" '^904 error .*sign.format'

	note "what could be somebody's signed attributes is not signed bare"
	openssl asn1parse -genconf - -noout -out "$DIR/set" <<-ASN
		asn1 = SET:s
		[s]
		a = UTF8:x
	ASN
	for f in raw bare-detached bare-attached sha1-raw; do
		expect 10 firma sign acme "$DIR/set" --format $f -o "$DIR/none"
		says 'DER SET'
		[ ! -e "$DIR/none" ] || fail "something was written"
	done
	expect 0 firma sign acme "$DIR/set" -o "$DIR/set.p7s"
}
