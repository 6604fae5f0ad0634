#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh table RULES   the table's form and order; RULES are made from it
# check.sh sources       each id stands in the list that its row names
# check.sh events RULES  udev itself applies RULES to each row's device
# Exit status 77: skipped, with the reason on the last line.
set -eu
export LC_ALL=C
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
table=$here/tokens.tsv
power=$here/93-firmad-power.rules
ccid_list=/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist
usb_list=/usr/share/misc/usb.ids

fail() {
	echo "udev/check.sh: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

rows() {
	grep -v -e '^#' -e '^$' "$table"
}

check_table() {
	dir=$1
	rows | cut -f1 > "$dir/ids"
	sort -u "$dir/ids" | cmp -s - "$dir/ids" ||
		fail "$table: an id stands twice or is not in order"
	[ -z "$(rows | cut -f3 | sort | uniq -d)" ] ||
		fail "$table: two rows have the same name:" \
		    "$(rows | cut -f3 | sort | uniq -d | head -n 1)"
	awk -f "$here/rules.awk" "$table" > "$dir/rules"
	cmp -s "$dir/rules" "$rules" || fail "$rules is not what the table gives"
	[ "$(grep -c '^ATTR{idVendor}' "$rules")" -eq "$(wc -l < "$dir/ids")" ] ||
		fail "$rules has not one rule for each row"
	check_refusals "$dir"
	echo "$(wc -l < "$dir/ids") rows"
}

# The generator must refuse what it does not understand.
check_refusals() {
	printf '%s\n' \
	    '1050:0407	token	no source' \
	    '1050:407	token	short id	libccid' \
	    '1050:040G	token	no hex	libccid' \
	    '1050:0407	toaster	no such kind	libccid' \
	    '1050:0407	token	a "quote	libccid' \
	    '1050:0407	token	no such list	hearsay' > "$1/bad"
	while IFS= read -r line; do
		printf '%s\n' "$line" > "$1/one"
		! awk -f "$here/rules.awk" "$1/one" > /dev/null 2>&1 ||
			fail "rules.awk takes the row: $line"
	done < "$1/bad"
	! awk -f "$here/rules.awk" /dev/null > /dev/null 2>&1 ||
		fail "rules.awk takes an empty table"
}

# Info.plist has three parallel arrays; the n-th vendor goes with the n-th
# product.
ccid_ids() {
	awk '
	/<key>/ { key = $0; gsub(/.*<key>|<\/key>.*/, "", key); n = 0 }
	/<string>0x/ {
		id = tolower($0)
		gsub(/.*<string>0x|<\/string>.*/, "", id)
		n++
		if (key == "ifdVendorID") vendor[n] = id
		if (key == "ifdProductID") print vendor[n] ":" id
	}' "$ccid_list"
}

usb_ids() {
	awk '
	/^C / { exit }
	/^[0-9a-f]/ { vendor = $1 }
	/^\t[0-9a-f]/ { print vendor ":" $1 }' "$usb_list"
}

check_sources() {
	dir=$1
	[ -r "$ccid_list" ] || skip "$ccid_list is not there (package libccid)"
	[ -r "$usb_list" ] || skip "$usb_list is not there (package usb.ids)"
	for source in libccid usb.ids; do
		case $source in
		libccid) ccid_ids ;;
		*) usb_ids ;;
		esac | sort -u > "$dir/known"
		[ "$(wc -l < "$dir/known")" -gt 100 ] ||
			fail "cannot read the ids of $source"
		rows | awk -F '\t' -v s="$source" '$4 == s { print $1 }' |
			sort > "$dir/ours"
		comm -23 "$dir/ours" "$dir/known" > "$dir/missing"
		[ ! -s "$dir/missing" ] ||
			fail "not in $source: $(tr '\n' ' ' < "$dir/missing")"
		echo "$(wc -l < "$dir/ours") ids of $source"
	done
}

# A device as the kernel shows it: P path, N node, E property, A attribute.
device() {
	id=$1 interfaces=$2 n=$3
	vendor=${id%:*} product=${id#*:}
	hex=$(printf '%03d' "$n")
	cat <<-EOF
	P: /devices/usb1/1-$n
	N: bus/usb/001/$hex
	E: DEVNAME=/dev/bus/usb/001/$hex
	E: DEVTYPE=usb_device
	E: DRIVER=usb
	E: BUSNUM=001
	E: DEVNUM=$hex
	E: ID_USB_INTERFACES=$interfaces
	E: MAJOR=189
	E: MINOR=$n
	E: PRODUCT=$((0x$vendor))/$((0x$product))/100
	E: SUBSYSTEM=usb
	E: TYPE=0/0/0
	A: bDeviceClass=00
	A: bNumConfigurations=1
	A: bNumInterfaces= 1
	A: busnum=1
	A: devnum=$n
	A: idProduct=$product
	A: idVendor=$vendor
	A: power/control=auto
	A: speed=12

	EOF
}

check_events() {
	dir=$1
	for tool in umockdev-run udevadm unshare; do
		command -v $tool > /dev/null ||
			skip "$tool is not there"
	done
	unshare -rm true 2> /dev/null ||
		skip "no mount namespace of our own is allowed here"

	# Each row twice: as a device of a class of its own, where all that
	# happens comes from our rules, and as CCID, where the rules of systemd
	# and of libccid act too.  dead:beef shows that others are left alone.
	for interfaces in :ffffff: :0b0000:; do
		rows | awk -F '\t' -v i=$interfaces '{ print $1, $2, i }'
		echo "dead:beef none $interfaces"
	done > "$dir/list"
	n=0
	while read -r id _ interfaces; do
		n=$((n + 1))
		device "$id" "$interfaces" $n
	done < "$dir/list" > "$dir/devices"

	mkdir "$dir/rules.d"
	cp "$rules" "$power" "$dir/rules.d"
	{
		cat /etc/group
		echo "firmad-token:x:$gid:"
	} > "$dir/group"
	unshare -rm "$0" in-namespace "$dir"
	judge "$dir"
}

# Inside: the group exists and udev reads our rules beside the system's own.
in_namespace() {
	dir=$1
	mount --bind "$dir/group" /etc/group
	mount --bind "$dir/rules.d" /etc/udev/rules.d
	# udevadm test writes its database and its symbolic links past the
	# testbed: it gets a /run and a /dev to throw away.
	mount -t tmpfs none /run
	mkdir "$dir/dev"
	for node in null random urandom zero; do
		: > "$dir/dev/$node"
		mount --bind /dev/$node "$dir/dev/$node"
	done
	mount --rbind "$dir/dev" /dev
	umockdev-run -d "$dir/devices" -- "$0" in-testbed "$dir"
}

in_testbed() {
	dir=$1 n=0
	while read -r id kind interfaces; do
		n=$((n + 1))
		echo "== $id $kind $interfaces"
		udevadm test --action=add /sys/devices/usb1/1-$n 2>&1 < /dev/null
	done < "$dir/list" > "$dir/log"
}

judge() {
	dir=$1
	! grep -E 'firmad[^ ]*\.rules:[0-9]+.*(nvalid|nknown|gnor|rror)' \
	    "$dir/log" || fail "udev does not understand the rules"
	awk -v gid="$gid" '
	function end() {
		if (kind == "")
			return
		ours = kind != "none"
		open = ours && kind != "keyboard"
		# systemd itself opens each CCID device to the user at the seat.
		if (mark != (ours ? kind : "") ||
		    group != (open ? gid : "") ||
		    mode != (open ? "0660" : "") ||
		    (interfaces == ":ffffff:" && uaccess != open) ||
		    (interfaces == ":ffffff:" && systemd != open) ||
		    (interfaces == ":ffffff:" && reader != open) ||
		    (open && !(systemd && reader && wanted)) ||
		    (ours && power != "on") ||
		    (!ours && power == "on")) {
			printf "%s %s %s: mark=%s group=%s mode=%s uaccess=%d" \
			    " systemd=%d reader=%d wanted=%d power=%s\n",
			    id, kind, interfaces, mark, group, mode, uaccess,
			    systemd, reader, wanted, power
			bad = 1
		}
		n++
	}
	/^== / {
		end()
		id = $2; kind = $3; interfaces = $4
		mark = group = mode = power = ""
		uaccess = systemd = reader = wanted = 0
	}
	/^ID_FIRMAD=/ { mark = substr($0, 11) }
	/70-firmad.rules:[0-9]+ GROUP / { group = $NF }
	/70-firmad.rules:[0-9]+ MODE / { mode = $NF }
	/^TAGS=.*:uaccess:/ { uaccess = 1 }
	/^TAGS=.*:systemd:/ { systemd = 1 }
	/^ID_SMARTCARD_READER=1/ { reader = 1 }
	/^SYSTEMD_WANTS=.*smartcard\.target/ { wanted = 1 }
	/power\/control. writing / { power = $NF; gsub(/[^a-z]/, "", power) }
	END { end(); print n + 0 " events"; exit bad || n == 0 }' "$dir/log" >&2 ||
		fail "udev does something else with these devices"
}

# $gid is any number that no group of the machine has.
gid=61234
case ${1-} in
in-namespace) in_namespace "$2"; exit ;;
in-testbed) in_testbed "$2"; exit ;;
table | events) rules=${2:?the generated rules file} ;;
sources) ;;
*) echo "usage: check.sh table RULES | sources | events RULES" >&2; exit 2 ;;
esac
[ "$1" = sources ] || [ -r "$rules" ] || fail "$rules is not there: build first"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check_"$1" "$work"
