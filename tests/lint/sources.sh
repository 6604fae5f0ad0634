#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sources.sh ROOT EXTENSION...   the project's own files of these kinds, by name
set -eu
export LC_ALL=C
cd "$1"
shift
for extension; do
	find agent pkcs11 cli tests udev -type f -name "*.$extension"
done | sort
