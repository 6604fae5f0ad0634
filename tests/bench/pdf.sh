#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pdf.sh [BUILD] [TURNS]   a letter of 200 pages is signed inside of itself, without
# the token: README.md says what is counted.  BUILD: build/release.
set -eu
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${1:-$SOURCE/build/release}" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/fb.XXXXXX")
trap 'rm -rf "$dir"' EXIT
"$BUILD/tests/pdf/pdf_make" letter-200 > "$dir/table.pdf"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=BENCH -days 2 \
    -keyout "$dir/key" -out "$dir/certificate" 2> /dev/null
if command -v qpdf > /dev/null; then
	qpdf --object-streams=generate "$dir/table.pdf" "$dir/streams.pdf"
fi
export FIRMA_HELPER_DIR="$BUILD/cli/helpers"
for f in "$dir"/*.pdf; do
	echo "$(basename "$f" .pdf), $(wc -c < "$f") octets"
	"$BUILD/tests/bench/firma-bench-pdf" "$f" "$dir/key" "$dir/certificate" \
	    "${2:-50}"
done
