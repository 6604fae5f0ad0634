#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Evidence that was changed, and ZIPs that are meant to do harm.
. "$(dirname "$0")/begin.sh"

renew
run 0 renew evidence --zip "$dir/good.zip" --ca "$dir/ca.pem" --timestamp --tsa "$URL"
# Whoever changes something may make SHA256SUMS anew, and not the stamp.
sums() {
	(cd "$dir/x" && find . -type f ! -name 'SHA256SUMS*' | sed 's|^\./||' |
	    LC_ALL=C sort > ../order && xargs sha256sum < ../order > ../sums &&
	    mv ../sums SHA256SUMS)
}
pack() { (cd "$dir/x" && rm -f ../bad.zip && bsdtar --format zip -cf ../bad.zip -- *); }
# tampered STATUS WORDS   what verify says of DIR/x, packed
tampered() {
	local verdict=bad words='do not rely on it'
	pack
	run "$1" verify "$dir/bad.zip"
	says "$2"
	[ "$1" = 10 ] || { verdict=missing words='it is incomplete'; }
	says "^  -> $words"
	{ "$BUILD/cli/firma" verify "$dir/bad.zip" --json 2> /dev/null || :; } |
	    jq -e ".valid == false and any(.checks[]; .verdict == \"$verdict\")" \
		> /dev/null || fail "JSON"
}

note "packed by another program it is the same evidence"
unpacked "$dir/good.zip"
pack
run 0 verify "$dir/bad.zip" --tsa-ca "$dir/tsa-ca.pem"
says 'SHA256SUMS.tsr: *the time stamp is over SHA256SUMS'

note "one octet of any file"
unzip -Z1 "$dir/good.zip" > "$dir/names"
while read -r f; do
	unpacked "$dir/good.zip"
	at=$(($(stat -c %s "$dir/x/$f") / 2))
	# In the middle of the stamp is the authority's CA, which nobody signed here.
	[ "$f" != SHA256SUMS.tsr ] || at=$(($(stat -c %s "$dir/x/$f") - 9))
	# In an entry: one that does not begin as such is not read to its end.
	[ "$f" != ledger.jsonl ] ||
		at=$(grep -bo '"user"' "$dir/x/$f" | tail -n 1 | cut -d: -f1)
	was=$(od -An -tu1 -j $at -N 1 "$dir/x/$f")
	printf "\\$(printf %o $((was ^ 1)))" |
	    dd of="$dir/x/$f" bs=1 seek=$at conv=notrunc 2> /dev/null
	case $f in
	SHA256SUMS) words='SHA256SUMS and the ZIP do NOT name' ;;
	SHA256SUMS.tsr) words='the time stamp does NOT hold' ;;
	*) words="$f: it is NOT the file of SHA256SUMS" ;;
	esac
	pack
	run 10 verify "$dir/bad.zip"
	says "$words"
done < "$dir/names"

note "a file less, a file more, another name"
unpacked "$dir/good.zip"
rm "$dir/x/request.csr"
tampered 13 'request.csr: it was put in and is NOT here'
unpacked "$dir/good.zip"
echo more > "$dir/x/more.txt"
tampered 10 'more.txt: it is NOT the file of SHA256SUMS'
unpacked "$dir/good.zip"
mv "$dir/x/login.p7m" "$dir/x/login2.p7m"
tampered 10 'login2.p7m: it is NOT'

# lost WORDS COMMAND...   the same, where all that is there holds, and not all is
lost() { status=13 forged "$@"; }
# forged WORDS COMMAND...   changed in DIR/x, with SHA256SUMS made anew and
# without the stamp, which nobody can make anew
forged() {
	local words=$1
	shift
	unpacked "$dir/good.zip"
	(cd "$dir/x" && eval "$*") || fail "cannot: $*"
	rm "$dir/x/SHA256SUMS.tsr"
	sed -i 's/"timestamp": true/"timestamp": false/' "$dir/x/renewal.json"
	sums
	tampered "${status:-10}" "$words"
}
note "changed, with SHA256SUMS made anew"
forged 'letters/terms.old.p7s: NOT signed' 'echo x >> letters/terms.pdf'
says 'letters/terms.pdf: it is NOT the file that renewal.json names'
says 'letters/terms.pdf: it has NOT the digest that the ledger has'
forged 'letters/terms.old.p7s: NOT signed with the old' \
    'cp letters/terms.new.p7s letters/terms.old.p7s'
forged 'letters/terms.new.p7s: NOT signed with the new' \
    'cp letters/terms.old.p7s letters/terms.new.p7s'
forged 'new.pem: its key is NOT another' 'cp old.pem new.pem'
forged 'new.pem: it does NOT name the same' "cp $dir/stranger.pem new.pem"
forged 'new.pem: the ledger does NOT speak of this' "cp $dir/stranger.pem new.pem"
forged 'old.pem: the ledger does NOT speak of this' "cp $dir/stranger.pem old.pem"
# The same key, and another serial.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/same.key" -subj /CN=x \
    -out "$dir/same.pem" 2> /dev/null
forged 'new.pem: the ledger does NOT speak of this' "openssl x509 -in new.pem -noout \
    -pubkey > ../pub && openssl x509 -new -subj /CN=y -force_pubkey ../pub -set_serial 7 \
    -CA $dir/same.pem -CAkey $dir/same.key -out new.pem"
forged 'login.p7m: NOT signed' 'echo another > challenge.txt'
openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=other \
    -outform DER -out "$dir/other.csr" 2> /dev/null
forged 'request.csr: it is NOT a request' "cp $dir/other.csr request.csr"
forged 'the chain of entries is broken' "sed -i '9s/\"user\":\"[a-z0-9]*\"/\"user\":\"x\"/' ledger.jsonl"
forged 'the chain of entries is broken' 'sed -i 9d ledger.jsonl'
# The last entry is in no chain; the report shows whose it is, the stamp is over it.
forged 'report.html: it does NOT say' "sed -i '\$s/\"user\":\"[a-z0-9]*\"/\"user\":\"x\"/' ledger.jsonl"
forged 'its steps are NOT those' "sed -i '0,/\"time\": \"20/s//\"time\": \"21/' renewal.json"
forged 'report.html: it does NOT say' "sed -i 's/Beleg/x/; s/folio/Folio/' report.html"
forged 'report.html: it does NOT say' ': > report.html'
forged 'NOT' 'echo "{}" > renewal.json'
forged 'NOT' 'echo "[" > renewal.json'
forged 'NOT' ': > ledger.jsonl'
forged 'NOT' 'echo "{\"seq\":7" > ledger.jsonl'
forged 'ledger does NOT have this signature' "sed -i 's/\"renewal\": 1/\"renewal\": 2/' renewal.json"
note "a document less: renewal.json or the ledger has it"
lost 'request.csr: it was put in and is NOT here' 'rm request.csr'
# renewal.json forgets it too: the ledger does not.
# shellcheck disable=SC2016 # for eval
forget='jq --indent 1 --arg f "$f" ".documents |= map(select(.file != \$f))" \
    renewal.json > ../r && mv ../r renewal.json'
for f in request.csr letters/terms.pdf letters/conditions.pdf challenge.txt; do
	lost "$f: it was put in and is NOT here" "rm $f; f=$f; $forget"
done
says 'report.html: *not compared'

note "hundreds of names that nobody knows hide nothing"
unpacked "$dir/good.zip"
sed -i "\$s/\"user\":\"[a-z0-9]*\"/\"user\":\"x\"/" "$dir/x/ledger.jsonl"
sums
for n in $(seq 300); do
	printf '%064d  flood-%d\n' 0 "$n"
done >> "$dir/x/SHA256SUMS"
rm "$dir/x/request.csr"
tampered 10 'SHA256SUMS.tsr: the time stamp does NOT hold'
says 'request.csr: it was put in and is NOT here'
says '^284 more are named and are NOT here'
same "$(grep -c 'flood-.*NOT here$' "$dir/said")" 32 "names, each twice"
flood='jq --indent 1 ".documents += [range(300) | {file: \"flood-\\(.)\", sha256: \"\"}]" \
    renewal.json > ../r && mv ../r renewal.json'
forged 'letters/terms.old.p7s: NOT signed with the old' \
    "$flood; cp letters/terms.new.p7s letters/terms.old.p7s"
lost 'request.csr: it was put in and is NOT here' "$flood; rm request.csr"

note "with the stamp kept, SHA256SUMS made anew"
unpacked "$dir/good.zip"
sed -i "\$s/\"user\":\"[a-z0-9]*\"/\"user\":\"x\"/" "$dir/x/ledger.jsonl"
sums
tampered 10 'SHA256SUMS.tsr: the time stamp does NOT hold'
note "a format that is not known is not believed"
forged 'its format is NOT known, and so report.html' "sed -i 's/\"format\": 2/\"format\": 99/' renewal.json"
forged 'its format is NOT known' "sed -i '/\"format\": 2/d' renewal.json; echo lie > report.html"

note "a request as the tax authority takes it, signed by somebody"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/forger.key" -subj /CN=forger \
    -out "$dir/forger.pem" 2> /dev/null
ren="openssl cms -sign -binary -nodetach -in request.csr -signer $dir/forger.pem \
    -inkey $dir/forger.key -outform DER -out renewal.ren"
forged 'renewal.ren: it is NOT the request, signed by who may sign it \(it is signed with another' "$ren"
forged 'signer.pem: it may NOT sign' "$ren; cp $dir/forger.pem signer.pem"
forged 'renewal.ren: the ledger does NOT have this signature' "$ren; cp $dir/forger.pem signer.pem"
forged 'signer.pem: it may NOT sign' 'cp new.pem signer.pem; rm old.pem'
forged 'signer.pem: it is NOT a certificate' "$ren; echo x > signer.pem"
says 'renewal.ren: it is NOT the request'

note "a request without the new certificate: its own signature"
# shellcheck disable=SC2016 # for eval
unsigned='printf "\377\377" | dd of=request.csr bs=1 conv=notrunc 2> /dev/null \
    seek=$(($(stat -c %s request.csr) - 9))'
forged 'request.csr: its own signature does NOT verify' "rm new.pem; $unsigned"
forged "request.csr: it is NOT a request of the new" "$unsigned"
forged 'its serials and dates are NOT' 'rm new.pem'
says 'request.csr: *its own signature verifies'
! grep -q 'new certificate.s key' "$dir/said" || grep 'new certificate.s key' "$dir/said" |
    grep -q NOT || fail "a request is told as the new certificate's"

note "a signature less: the ledger has it"
for s in terms.old=terms.sign.old terms.new=terms.sign.new \
    conditions.new=conditions.sign.new; do
	lost "has a signature that is NOT here \\(${s#*=}\\)" "rm letters/${s%%=*}.p7s"
done
lost 'has a signature that is NOT here \(login.sign\)' 'rm login.p7m challenge.txt'
! grep 'NOT here' "$dir/said" | grep -q -e notice -e terms -e conditions ||
    fail "a signature that is no piece, or is there, is missed"
lost 'has a signature that is NOT here \(conditions.sign.new\)' 'rm letters/conditions*'
says 'does NOT have this consent, to this letter \(conditions.sign.new\)'
# Another number, and no step that is done: the entries are still this renewal's.
forged 'its steps are NOT those' "rm letters/* login.p7m; sed -i \
    -e 's/\"renewal\": 1/\"renewal\": 2/' -e 's/\"done\"/\"open\"/' renewal.json"

note "a consent that nobody gave"
no='does NOT have this consent'
for s in '"user":"[^"]*"/"user":"boss"' '"uid":[0-9]*/"uid":4242' \
    '"uid":[0-9]*/"uid":"0"' '"how":"yes"/"how":"terminal"' '"how":"yes"/"how":"y"' \
    '"how":"yes"/"how":""' '"sha256":"..../"sha256":"0000' \
    '"step":"terms.sign.new"/"step":"terms.sign.old"' '"step":"[^"]*"/"step":""'; do
	forged "letters/terms.new.consent.json: the ledger $no" \
	    "sed -i 's/$s/' letters/terms.new.consent.json"
done
forged "letters/terms.new.consent.json: the ledger $no" 'echo [] > letters/terms.new.consent.json'
forged "letters/terms.old.consent.json: the ledger $no" \
    'cp letters/terms.new.consent.json letters/terms.old.consent.json'
forged "letters/terms.old.consent.json: the ledger $no" 'echo x >> letters/terms.pdf'
lost "letters/terms.pdf: it was put in and is NOT here" 'rm letters/terms.pdf'
lost "ledger.jsonl: the ledger $no, to this letter \\(terms.sign.old\\)" \
    'rm letters/terms.old.consent.json'
forged "ledger.jsonl: the ledger $no, to this letter \\(terms.sign.old\\)" \
    ': > letters/terms.old.consent.json'

note "serials and dates that no certificate has"
for s in old_serial new_serial new_not_after certificate_serial; do
	forged 'renewal.json: its serials and dates are NOT' \
	    "sed -i 's/\"$s\": \"[0-9]/&9/' renewal.json"
done
forged 'its serials and dates are NOT' \
    "sed -i -e '/\"new_serial\"/d' -e '/\"new_not_after\"/d' renewal.json"
forged 'its serials and dates are NOT' "sed -i '/\"new_not_after\"/d' renewal.json"

# refused WORDS   a ZIP that is not even looked into
refused() {
	run 12 verify "$dir/bad.zip"
	says "$1"
	says 'do not unpack it'
}
note "ZIPs that are meant to do harm"
unpacked "$dir/good.zip"
echo x > "$dir/x/zzz"
(cd "$dir/x" && bsdtar --format zip -P -s ',^zzz,../../zzz,' -cf ../bad.zip -- *)
refused 'does not belong into the ZIP'
(cd "$dir/x" && bsdtar --format zip -P -s ',^zzz,/tmp/zzz,' -cf ../bad.zip -- *)
refused 'does not belong into the ZIP'
(cd "$dir/x" && bsdtar --format zip -s ',^zzz,.hidden,' -cf ../bad.zip -- *)
refused 'does not belong into the ZIP'
(cd "$dir/x" && bsdtar --format zip -s ',^zzz,old.pem,' -cf ../bad.zip -- *)
refused 'old.pem is twice'
rm "$dir/x/zzz"
ln -s /etc/passwd "$dir/x/zzz"
pack
refused 'does not belong into the ZIP'
rm "$dir/x/zzz"
truncate -s 1G "$dir/x/zzz"
pack
[ "$(stat -c %s "$dir/bad.zip")" -lt 5000000 ] || fail "it is no bomb"
before=$SECONDS
refused 'too large'
[ $((SECONDS - before)) -lt 20 ] || fail "it took $((SECONDS - before)) s"
rm "$dir/x/zzz"
unpacked "$dir/good.zip"
head -c 100M < <(yes '{"seq":1}') > "$dir/x/ledger.jsonl"
pack
refused 'ledger.jsonl in the ZIP is too large'
head -c 300M < <(yes '') > "$dir/x/ledger.jsonl"
(cd "$dir/x" && bsdtar --format zip --options zip:compression=store -cf ../bad.zip -- *)
before=$SECONDS
refused 'a line of ledger.jsonl is no entry'
[ $((SECONDS - before)) -lt 10 ] || fail "it took $((SECONDS - before)) s"
rm "$dir/bad.zip"
unpacked "$dir/good.zip"
for n in $(seq 40); do echo "$n" > "$dir/x/z$n"; done
pack
refused 'more than 24 files'
unpacked "$dir/good.zip"
size=$(stat -c %s "$dir/good.zip")
for n in 200 $((size / 2)) $((size - 30)); do
	head -c "$n" "$dir/good.zip" > "$dir/bad.zip"
	got=0
	"$BUILD/cli/firma" verify "$dir/bad.zip" > "$dir/said" 2>&1 || got=$?
	[ $got = 12 ] || [ $got = 10 ] || fail "cut off at $n: exit $got"
done
passed
