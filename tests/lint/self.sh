#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# self.sh   the checks of this folder find what they are there to find: in a
# small tree of their own, one sin at a time.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
bad=0
line='/* SPDX-License-Identifier: Apache-2.0 */'

# A tree in which everything is in order.
fresh() {
	rm -rf "$tree"
	mkdir -p "$tree/agent/base" "$tree/agent/wire" "$tree/agent/store" \
	    "$tree/pkcs11/worker" "$tree/cli/portal" "$tree/udev" \
	    "$tree/tests/lint"
	cp "$here/arrows" "$here/foreign" "$here/../../.clang-format" "$tree/tests/lint"
	mv "$tree/tests/lint/.clang-format" "$tree"
	echo '# none' > "$tree/tests/lint/size"
	echo "$line" > "$tree/agent/base/err.h"
	printf '%s\n#include "agent/base/err.h"\n' "$line" > "$tree/agent/wire/msg.c"
	printf '%s\n#include <sqlite3.h>\n' "$line" > "$tree/agent/store/db.c"
	{
		echo "$line"
		echo '/* fork() in a comment, "exec(" in a string:'
		echo ' * system() */'
		echo 'const char *a = "fork(";'
		echo 'int b = c.fork(1) + my_fork(2);'
	} > "$tree/cli/main.c"
}

# expect passes|fails CHECK WHAT   a check that fails says something
expect() {
	status=passes
	said=$("$here/$2.sh" "$tree" 2>&1) || status=fails
	[ "$status" = fails ] && [ -z "$said" ] && status="fails in silence"
	[ "$status" = "$1" ] || {
		echo "$2.sh $status for $3: $said" >&2
		bad=1
	}
}

# sin CHECK FILE TEXT   append TEXT to FILE of a fresh tree; CHECK must fail
sin() {
	fresh
	[ -e "$tree/$2" ] || echo "$line" > "$tree/$2"
	printf '%b\n' "$3" >> "$tree/$2"
	expect fails "$1" "$2: $3"
}

fresh
for check in arrows foreign spdx size claims; do
	expect passes $check "a tree in order"
done

sin arrows agent/base/err.h '#include "agent/wire/msg.h"'
sin arrows agent/wire/msg.c '#include "msg.h"'
sin arrows agent/wire/msg.c '# include "agent/base/../store/db.h"'
sin arrows cli/main.c '#include "agent/daemon/agent.h"'
sin arrows cli/main.c '#include "agent/store/store.h"'
sin arrows cli/portal/idse.c '#include "agent/client/client.h"'
sin arrows agent/store/db.c '#include "agent/wire/msg.h"'
sin arrows tests/lint/arrows 'agent/odd'
fresh
mkdir "$tree/agent/new"
echo "$line" > "$tree/agent/new/thing.h"
expect fails arrows "a folder without a line"
fresh
printf '#include "agent/store/ledger.h"\n' >> "$tree/cli/main.c"
expect passes arrows "a single header that is allowed"

sin foreign agent/base/err.h '#include <p11-kit/pkcs11.h>'
sin foreign agent/store/db2.c '#include <sqlite3.h>'
sin foreign cli/main.c '#include <curl/curl.h>'
sin foreign agent/wire/msg.c '\tpid = fork();'
sin foreign agent/wire/msg.c '\t/* why */ execv(path, argv);'
sin foreign agent/base/err.h '\tstrcpy(to, from);'
sin foreign agent/wire/msg.c '#include <openssl/evp.h>'

fresh
echo 'int a;' > "$tree/agent/base/a.c"
expect fails spdx "a source without a licence"
fresh
printf '#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n' > "$tree/udev/a.sh"
expect passes spdx "a script with a licence in its second line"
fresh
printf 'int a;\n%s\n' "$line" > "$tree/agent/base/a.c"
expect fails spdx "a licence that is not at the top"

fresh
seq 601 > "$tree/cli/long.c"
expect fails size "a long file"
echo 'cli/long.c a table of one kind' >> "$tree/tests/lint/size"
expect passes size "a long file with a reason"
echo 'cli/main.c no need' >> "$tree/tests/lint/size"
expect fails size "a reason for a short file"

sin claims agent/wire/msg.c '/* TODO: the rest */'
sin claims agent/wire/msg.c '\t * TODO the rest'
sin claims udev/a.sh '# TODO(me)'
sin claims agent/wire/msg.c '\t/* FIXME */'
sin claims cli/main.c 'puts("not implemented");'
fresh
printf '%s\n' 'X(TODO, 0, "to-do") FIRMA_STEP_TODO' '#define TODO (1u << 0)' >> "$tree/agent/wire/msg.c"
expect passes claims "a state that is named so"

if "$here/format.sh" > /dev/null 2>&1 || [ $? -ne 77 ]; then
	sin format agent/wire/msg.c 'int  a( void );'
	fresh
	expect passes format "a tree in order"
fi
exit $bad
