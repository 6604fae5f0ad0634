#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# manual.sh FIRMA - the manual pages say what the program does: the same
# commands, every option, every exit status; and completion offers the same.
set -eu
firma=$1
cd "$(dirname "$0")/../../.."
page=cli/man/firma.1
export LC_ALL=C
unset LANGUAGE
bad=0
fail() { echo "$*"; bad=1; }

commands=$("$firma" help | sed -n 's/^  \([a-z]* \{0,1\}[a-z-]*\)  .*/\1/p' |
    sed 's| *$||')
[ "$(echo "$commands" | wc -l)" -ge 25 ] || fail "too few commands in help"
written=$(sed -n '/^\.Sh COMMANDS/,/^\.Sh ENV/s/^\.It Cm \([a-z]* \{0,1\}[a-z-]*\).*/\1/p' $page |
    sed 's/ *$//')
[ "$commands" = "$written" ] || {
	fail "firma.1 and firma help list different commands:"
	diff <(echo "$commands") <(echo "$written") || :
}

# The section of one command in the page.
section() {
	awk -v want="$1" '/^\.It Cm /{ s=substr($0,8); sub(/ (Ar|Op) .*/,"",s)
	    on=(s==want) } /^\.Sh /{on=0} on' $page
}
while read -r command; do
	case $command in version|help) continue ;; esac
	# shellcheck disable=SC2086
	help=$("$firma" $command --help)
	own=$(echo "$help" | sed '/^options of every/,$d' |
	    grep -o -e '  --[a-z][a-z-]*\|, --[a-z][a-z-]*' | tr -d ' ,' || :)
	for option in $own; do
		section "$command" | grep -q -e "Fl Fl ${option#--}\( \|$\)" ||
		    fail "firma.1: $command lacks $option"
	done
done <<-X
	$commands
	X

# Exit statuses: the enum in err.h, and those of status.
statuses=$(sed -n '/^enum firma_exit {/,/^}/s/.*= \([0-9]*\).*/\1/p' \
    agent/base/err.h; sed -n 's/^#define EXIT_[A-Z]* *\([0-9]*\).*/\1/p' cli/status.c)
written=$(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\)$/\1/p' $page)
[ "$(echo $statuses)" = "$(echo $written)" ] ||
    fail "exit statuses: code" $statuses "page" $written

# What doctor can find.
ids=$(sed -n 's/^	X([A-Z_]*, "\([a-z-]*\)".*/\1/p' cli/finding.h | sort)
written=$(section doctor | sed -n "s/^\\.It Ql \\(.*\\)/\\1/p" | tr -d ',' |
    tr -s ' ' '\n' | sort)
[ "$(echo "$ids" | wc -l)" -ge 40 ] || fail "too few findings in finding.h"
[ "$ids" = "$written" ] || {
	fail "firma.1 and finding.h name different findings:"
	diff <(echo "$ids") <(echo "$written") || :
}

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning cli/man/*.[1578] || fail "mandoc"
fi

# Completion: every first word, and the options of one command.
PATH=$(dirname "$firma"):$PATH
. cli/completion/firma.bash
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _firma; echo "${COMPREPLY[*]}"; }
words=$(echo "$commands" | cut -d' ' -f1 | sort -u | tr '\n' ' ')
[ "$(offer firma '') " = "$words" ] || fail "completion: $(offer firma '')"
[ "$(offer firma renew ret)" = retire ] || fail "completion of renew"
offer firma renew start --n | grep -q -e '--new-alias --no-run' ||
    fail "completion of options"
exit $bad
