# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# words.sh - section of test_agent.sh about what a person who is new is told: the
# first steps with a blank token, what is missing, and data for programs.

section "first steps" first_steps

# is_json FILTER COMMAND...   its stdout is JSON of which FILTER holds
is_json() {
	filter=$1
	shift
	"$@" 2> "$DIR/err" | jq -e "$filter" > /dev/null || fail "no such JSON: $*"
}

blank_token() {
	note "a blank token wants to be made usable, not to be unlocked"
	expect 6 firma token unlock office --pin-file "$DIR/pin"
	says 'the token is not initialised'
	says 'firma token init'
	expect 6 firma key generate -t office -a acme --pin-file "$DIR/pin"
	says 'firma token init'

	note "without a terminal, an option that takes a file is named"
	expect 5 setsid "$BUILD/cli/firma" token init office < /dev/null
	says 'there is no terminal'
	says '[-]-pin-file'
	hasnt "$said" 'token is locked'

	note "its label is the one by which it is looked for"
	expect 0 firma token init office --yes --so-pin-file "$DIR/so-pin" \
		--pin-file "$DIR/pin"
	is_state office locked || fail "state $(token_state office)"
	same "$(firma token list office --json | jq -r '.[0].label')" practice label
}

what_is_missing() {
	note "no keys, and no such token"
	expect 0 firma key list --token office
	says 'no keys on token office'
	expect 11 firma key list --token nowhere
	expect 3 firma key list --socket /nonexistent
	says '^firma: the keys cannot be listed: '
	expect 1 firma ledger verify "$DIR/missing"
	says "^firma: $DIR/missing: "
	expect 3 firma ledger verify --socket /nonexistent
	says '^firma: the ledger cannot be read: '
	expect 0 firma ledger show --from 100000
	says 'no such entries'
	expect 1 firma request acme --subject-from "$DIR/missing"
	says "^firma: $DIR/missing: "

	expect 11 firma letter "$DIR/pin" --letter terms --profile nowhere
	says "^firma: there is no profile $SOURCE/cli/profiles/nowhere.ini"
	expect 12 firma letter "$DIR/pin" --letter terms

	note "a socket that another user may not reach"
	if is_root; then
		mkdir -m 700 "$DIR/closed"
		expect 4 setpriv --reuid=65534 --clear-groups "$BUILD/cli/firma" \
			status --socket "$DIR/closed/socket"
		says 'or as root'
		hasnt "$said" 'the rule named above'
	fi

	note "a failure is one line, whatever a file is called"
	expect 1 firma verify "$DIR/"$'a\nb\e[31m'
	same "$(grep -c '^firma: ' <<< "$said")" 1 "lines"
	says 'a\?b\?\[31m: '
	expect 2 firma verify $'--a\nb'
	says 'unknown option --a\?b$'
}

first_steps() {
	practice_config "$DIR"
	sed -i 's/^\[token practice\]/[token office]/' "$DIR/firmad.conf"
	practice_agent "$DIR"
	until_true 10 is_state office blank
	blank_token
	what_is_missing

	note "JSON, where data may go to a file or are text of their own"
	firma token unlock office --pin-file "$DIR/pin" > /dev/null
	key office acme
	is_json '.key == "acme" and (.request | startswith("-----BEGIN"))' \
		firma request acme --subject CN=x --json
	is_json ".file == \"$DIR/csr\"" \
		firma request acme --subject CN=PRACTICA -o "$DIR/csr" --json
	certificate acme
	is_json '.pem | startswith("-----BEGIN")' \
		firma certificate show acme --pem --json
	is_json ".file == \"$DIR/c.pem\"" \
		firma certificate show acme -o "$DIR/c.pem" --json
	openssl x509 -in "$DIR/c.pem" -noout || fail "no certificate"
	is_json '.version' firma version --json
	expect 2 firma version --nonsense

	note "what is asked for and cannot be done is not passed over"
	echo text > "$DIR/text"
	expect 0 firma sign acme "$DIR/text"
	expect 1 firma verify "$DIR/text.p7s" -o "$DIR/none"
	says 'nothing is written'
	[ ! -e "$DIR/none" ] || fail "written"
	expect 0 firma sign acme "$DIR/text" --format attached
	expect 0 firma verify "$DIR/text.p7m" -o "$DIR/inside"
	same "$(cat "$DIR/inside")" text content
	expect 11 firma ticket arca-wsaa acme
	says '[-]-set NAME=VALUE'
}
