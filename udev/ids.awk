# SPDX-License-Identifier: Apache-2.0
# Write tokens.tsv as rows of a C array (cli/doctor_usb.c):
#   awk -f ids.awk tokens.tsv
# rules.awk checks the table's form.

BEGIN { FS = "\t" }
/^#/ || /^$/ { next }
{
	split($1, id, ":")
	print "{ 0x" id[1] ", 0x" id[2] ", \"" $2 "\", \"" $3 "\" },"
}
