#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh build   installs the Debian packages that the build needs
# setup.sh tests   the same, and what the tests need
# Does nothing when they are there; else needs root, or sudo.
set -eu
export LC_ALL=C

build='
gcc                     # compiler
cmake                   # build
ninja-build             # build
pkg-config              # libraries
gettext                 # translations
libc6-dev               # C
libssl-dev              # cryptography
openssl                 # certificates
libp11-kit-dev          # pkcs11.h
softhsm2                # token
libsqlite3-dev          # store
libsystemd-dev          # daemon
libjansson-dev          # JSON
libseccomp-dev          # sandbox
libpcsclite-dev         # readers
libarchive-dev          # ZIP
libcurl4-openssl-dev    # HTTP
libmicrohttpd-dev       # rehearsal
libpoppler-glib-dev     # text of letters
libhpdf-dev             # letters
libqpdf-dev             # PDF
libcmocka-dev           # tests
'
tests='
caml-crush-clients      # module over TCP
caml-crush-server       # module over TCP
clang                   # fuzzing
clang-format            # style
clang-tidy              # analysis
curl                    # portal
dbus                    # TPM
duktape                 # polkit rule
fonts-dejavu-core       # letters
ghostscript             # letters
gnutls-bin              # certtool
gpgsm                   # another verifier
groff                   # letters
iproute2                # namespaces
jq                      # JSON
libarchive-tools        # bsdtar
libccid                 # readers
librsvg2-bin            # letters
libclang-rt-dev         # sanitizers
llvm                    # coverage of the fuzz corpora
libtpm2-pkcs11-1        # module
libtpm2-pkcs11-tools    # TPM
libtss2-tcti-tabrmd0    # TPM
mupdf-tools             # mutool
libnss3-tools           # NSS: who pdfsig trusts; cmsutil
mandoc                  # manuals
opencryptoki            # module
opensc                  # pkcs11-tool
opensc-pkcs11           # module
p11-kit                 # benchmark
p11-kit-modules         # benchmark
pcscd                   # readers
polkitd                 # polkit rule
poppler-utils           # pdfsig
procps                  # processes
qpdf                    # PDF
sqlite3                 # store
swtpm                   # TPM
swtpm-tools             # TPM
systemd                 # units
tpm2-abrmd              # TPM
tpm2-tools              # TPM
udev                    # rules
umockdev                # devices
unzip                   # ZIP
usb.ids                 # devices
vsmartcard-vpcd         # virtual readers
'

fail() {
	echo "setup.sh: $*" >&2
	exit 1
}

case ${1-} in
build) list=$build ;;
tests) list=$build$tests ;;
*) echo "usage: setup.sh build | tests" >&2; exit 2 ;;
esac

# Those of the list that are not installed, on one line.
missing() {
	printf '%s' "$list" | sed 's/ *#.*//; /^$/d' | while read -r package; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
		    2> /dev/null) || state=
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# A person at a terminal may be asked for a password; a script never is.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# shellcheck disable=SC2086 # one word a package
install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
	    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
	    install -y --no-install-recommends $1
}

{ command -v dpkg-query && command -v apt-get; } > /dev/null ||
	fail "this is not Debian or a relative of it;" \
	    "install what the lists in $0 name, then go on"
packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	command -v sudo > /dev/null ||
		fail "run it as root, there is no sudo; missing: $packages"
	[ -t 0 ] || sudo -n true 2> /dev/null ||
		fail "run it as root, sudo wants a password; missing: $packages"
fi

echo "setup.sh: installing $packages" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists are fetched only if it does not work without.
if ! install "$packages" > "$log" 2>&1 < /dev/null; then
	as_root apt-get -qq -o DPkg::Lock::Timeout=300 update > "$log" 2>&1 ||
		fail "apt-get update failed: $(tail -n 3 "$log")"
	install "$packages" > "$log" 2>&1 < /dev/null ||
		fail "apt-get install failed: $(tail -n 5 "$log")"
fi
left=$(missing)
[ -z "$left" ] || fail "still missing after installing: $left"
