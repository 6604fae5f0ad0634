# SPDX-License-Identifier: Apache-2.0
# Write 70-firmad.rules from tokens.tsv:  awk -f rules.awk tokens.tsv
# A row with the wrong form ends the build: a rules file with half of its
# rows would only be noticed on the desk of whoever has that token.

BEGIN {
	FS = "\t"
	print "# SPDX-License-Identifier: Apache-2.0"
	print "# Made from udev/tokens.tsv by udev/rules.awk; change that table instead."
	print ""
	print "ACTION==\"remove\", GOTO=\"firmad_end\""
	print "SUBSYSTEM!=\"usb\", GOTO=\"firmad_end\""
	print "ENV{DEVTYPE}!=\"usb_device\", GOTO=\"firmad_end\""
	print ""
}

/^#/ || /^$/ { next }

NF != 4 ||
$1 !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/ ||
$2 !~ /^(token|reader|pinpad|keyboard)$/ ||
$3 !~ /^[A-Za-z0-9][A-Za-z0-9 ,.()+\/-]*$/ ||
$4 !~ /^(libccid|usb\.ids)$/ {
	print FILENAME ":" FNR ": not \"id, kind, name, source\": " $0 > "/dev/stderr"
	bad = 1
	exit
}

{
	split($1, id, ":")
	print "# " $3
	print "ATTR{idVendor}==\"" id[1] "\", ATTR{idProduct}==\"" id[2] \
	    "\", ENV{ID_FIRMAD}=\"" $2 "\""
	n_rows++
}

END {
	if (!bad && n_rows == 0) {
		print "the table has no rows" > "/dev/stderr"
		bad = 1
	}
	if (bad)
		exit 1
	print ""
	print "ENV{ID_FIRMAD}!=\"?*\", GOTO=\"firmad_end\""
	print "# Whoever may open a keyboard can read its keys: that is left to pcscd."
	print "ENV{ID_FIRMAD}==\"keyboard\", GOTO=\"firmad_end\""
	print "ENV{ID_SMARTCARD_READER}=\"1\", TAG+=\"systemd\""
	print "GROUP=\"firmad-token\", MODE=\"0660\", TAG+=\"uaccess\""
	print ""
	print "LABEL=\"firmad_end\""
}
