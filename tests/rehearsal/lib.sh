# SPDX-License-Identifier: Apache-2.0
# lib.sh - sourced by the tests here: a practice portal, keys made by openssl,
# and the helper spoken to by JSON lines.  Nothing of `firma` is used.
#
# FIRMA_REHEARSAL, FIRMA_PORTAL_IDSE, FIRMA_PORTAL_MANUAL and FIRMA_PORTAL_TSA name the programs.
set -euo pipefail

for tool in openssl curl jq; do
	command -v "$tool" > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
: "${FIRMA_REHEARSAL:?}" "${FIRMA_PORTAL_IDSE:?}"

work=$(mktemp -d "${TMPDIR:-/tmp}/firma-rehearsal.XXXXXX")
portal=$work/portal
box=$work/box
server=
helper=
n_checks=0
mkdir -m 700 "$box"

cleanup() {
	[ -z "$helper" ] || kill "$helper" 2> /dev/null || true
	[ -z "$server" ] || kill "$server" 2> /dev/null || true
	wait 2> /dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

die() {
	echo "FAILED: $*" >&2
	[ -z "${answer:-}" ] || echo "last answer: $answer" >&2
	exit 1
}

# is WHAT GOT WANTED
is() {
	n_checks=$((n_checks + 1))
	[ "$2" = "$3" ] || die "$1: got '$2', wanted '$3'"
}

# has WHAT TEXT PART
has() {
	n_checks=$((n_checks + 1))
	case $2 in *"$3"*) ;; *) die "$1: '$2' does not say '$3'" ;; esac
}

# The portal: serve [arguments]; stop_portal ends it with SIGTERM.
serve() {
	rm -f "$work/port"
	"$FIRMA_REHEARSAL" serve "$portal" --port-file "$work/port" "$@" \
		> "$work/serve.out" 2>> "$work/serve.err" &
	server=$!
	for _ in $(seq 200); do
		[ -s "$work/port" ] && break
		kill -0 "$server" || die "the portal did not start"
		sleep 0.05
	done
	base=http://127.0.0.1:$(cat "$work/port")/imss/
}

stop_portal() {
	kill "$server"
	wait "$server" || die "the portal ended badly"
	server=
}

behave() { printf '%s\n' "$@" > "$portal/behave"; }
behave_well() { rm -f "$portal/behave"; }

# company JQ-PATH: from `show --json`, of the only company
company() {
	"$FIRMA_REHEARSAL" show "$portal" --json |
		jq -r ".companies[${which:-0}]$1"
}

# The helper: start_helper [TIMEOUT [BASE]]; stop_helper closes its stdin.
endpoints() {
	sed -n '/^\[endpoints\]/,$p' "$FIRMA_PROFILE" |
		sed -n 's/^\([a-z-]*\) = \(.*\)$/\1\t\2/p' |
		jq -Rn --arg t "$1" \
			'[inputs / "\t" | {(.[0]): .[1]}] | add + {timeout: $t}'
}

session=
start_helper() {
	coproc HELPER { exec "${program:-$FIRMA_PORTAL_IDSE}" --dir "$box"; }
	helper=$HELPER_PID
	ask open "$(jq -n --arg b "${2:-$base}" --arg s "$session" \
		--argjson e "$(endpoints "${1:-20}")" \
		'{base: $b, endpoints: $e, session: $s, lang: "es"}')"
}

stop_helper() {
	local pid=$helper

	helper=
	eval "exec ${HELPER[1]}>&-"
	wait "$pid" || die "the helper ended badly"
}

# ask OP [JSON]: the answer is in $answer
id=0
ask() {
	id=$((id + 1))
	[ $# -gt 1 ] || set -- "$1" '{}'
	jq -cn --argjson i "$id" --arg o "$1" --argjson a "$2" \
		'{id: $i, op: $o} + $a' >&"${HELPER[1]}"
	read -r -t 60 answer <&"${HELPER[0]}" || die "no answer to $1"
	is "id of the answer to $1" "$(field .id)" "$id"
	session=$(field .session)
}

field() { jq -r "$1" <<< "$answer"; }

# expect OUTCOME OP [JSON]
expect() {
	local wanted=$1

	shift
	ask "$@"
	is "$*" "$(field .outcome)" "$wanted"
}

# refused PART-OF-REASON OP [JSON]
refused() {
	local part=$1

	shift
	expect rejected "$@"
	has "$*" "$(field .text)" "$part"
}

# unreachable REASON OP [JSON]
unreachable() {
	local reason=$1

	shift
	expect unreachable "$@"
	is "reason of $*" "$(field .fields.reason)" "$reason"
}

# Keys, requests, signatures: openssl alone.
new_key() {
	case $2 in
	rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt \
		"rsa_keygen_bits:${2#rsa}" -out "$1" 2> /dev/null ||
		openssl genrsa -out "$1" "${2#rsa}" 2> /dev/null ;;
	*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" \
		-out "$1" ;;
	esac
}

# The practice company: old.key, old.pem.
issue_old() {
	new_key "$work/old.key" "${1:-rsa2048}"
	openssl req -new -key "$work/old.key" -subj /CN=x -outform DER \
		-out "$work/old.req"
	"$FIRMA_REHEARSAL" issue "$portal" --csr "$work/old.req" \
		--out "$work/old.pem" --expired
}

# A request with a certificate's very subject, octet by octet: openssl has no
# option for it, so a throw-away certificate is turned into a request.
make_request() { # KEY CERTIFICATE OUT
	openssl pkey -in "$1" -pubout -out "$work/make.pub"
	openssl x509 -in "$2" -key "$1" -force_pubkey "$work/make.pub" \
		-out "$work/make.pem" 2> /dev/null
	openssl x509 -x509toreq -in "$work/make.pem" -key "$1" 2> /dev/null |
		openssl req -outform DER -out "$3"
}

# sign_detached CERT KEY DOCUMENT OUT [more openssl cms options]
sign_detached() {
	local cert=$1 key=$2 document=$3 out=$4

	shift 4
	openssl cms -sign -cades -binary -md sha256 -nosmimecap -outform DER \
		-signer "$cert" -inkey "$key" -in "$document" -out "$out" "$@"
}
sign_attached() { sign_detached "$@" -nodetach; }

sha() { sha256sum "$1" | cut -d' ' -f1; }

# The steps, each as firma would ask for it.
names='"certificate_name":"a.cer","key_name":"a.key"'
enter() { # CERT KEY PAGE
	expect ok challenge
	sign_attached "$1" "$2" "$box/$(field .file)" "$box/login.p7m"
	expect ok enter "{\"file\":\"login.p7m\",$names}"
	is "page after login" "$(field .fields.page)" "$3"
}

letter_args() { # LETTER ROLE FILE
	jq -cn --arg l "$1" --arg r "$2" --arg f "$3" \
		--arg s "$(sha "$box/$3")" \
		'{letter: $l, role: $r, file: $f, signature_sha256: $s}'
}
request_args() {
	jq -cn --arg f "$1" --arg s "$(sha "$box/$1")" \
		'{file: $f, request_sha256: $s}'
}

# Walk on: each function does one more stretch, from the stage before it.
to_terms_old() {
	enter "$work/old.pem" "$work/old.key" expired
	expect ok data
	expect ok confirm '{"email":"nuevo@patron.example"}'
	expect ok letter '{"letter":"terms"}'
	cp "$box/$(field .file)" "$work/terms.pdf"
	sign_detached "$work/old.pem" "$work/old.key" "$work/terms.pdf" \
		"$box/terms.old"
}
to_request() {
	to_terms_old
	expect ok submit-letter "$(letter_args terms old terms.old)"
	expect ok mail
	new_key "$work/new.key" "${1:-rsa2048}"
	make_request "$work/new.key" "$work/old.pem" "$box/request"
}
to_certificate() {
	to_request "$@"
	expect issued submit-request "$(request_args request)"
}
take_certificate() {
	expect issued certificate "$(request_args request)"
	openssl x509 -inform DER -in "$box/$(field .file)" -out "$work/new.pem"
}
to_conditions() {
	to_certificate "$@"
	take_certificate
	expect ok letter '{"letter":"terms"}'
	cmp "$box/$(field .file)" "$work/terms.pdf" || die "another letter"
	sign_detached "$work/new.pem" "$work/new.key" "$work/terms.pdf" \
		"$box/terms.new"
	expect ok submit-letter "$(letter_args terms new terms.new)"
	expect ok finish
	enter "$work/new.pem" "$work/new.key" conditions
	expect ok letter '{"letter":"conditions"}'
	cp "$box/$(field .file)" "$work/conditions.pdf"
	sign_detached "$work/new.pem" "$work/new.key" "$work/conditions.pdf" \
		"$box/conditions.new"
}

passed() { echo "$n_checks checks passed"; }
