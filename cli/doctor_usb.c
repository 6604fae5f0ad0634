/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is plugged in, as sysfs shows it.  Source: the kernel's
 * Documentation/ABI, sysfs-bus-usb; USB class 0x0b is the smart card (CCID).
 */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/own.h"
#include "cli/doctor.h"
#include "cli/holder.h"

#define GROUP     "firmad-token" /* of the udev rules, see udev/README.md */
#define CCID      0x0b           /* bInterfaceClass */
#define VALUE_MAX 128 /* octets of an attribute, with the terminating zero */

static const struct {
	unsigned int vendor, product;
	const char *kind, *name;
} known[] = {
#include "cli/usb_ids.inc"
};

/* An attribute without its newline; "" when it is not there. */
static void
attribute(int dir, const char *name, const char *attr, char ret[VALUE_MAX])
{
	FIRMA_OWN(firma_fd_done) int fd = -1;
	char path[320];
	ssize_t n = 0;

	(void)snprintf(path, sizeof(path), "%.200s/%.100s", name, attr);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, ret, VALUE_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	/* A device names itself: nothing that moves a cursor. */
	for (char *c = ret; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 127)
			*c = '?';
}

static unsigned int
number(int dir, const char *name, const char *attr, int base)
{
	char v[VALUE_MAX];

	attribute(dir, name, attr, v);
	return (unsigned int)strtoul(v, NULL, base);
}

static void
dir_done(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

/* Interfaces are beside their device, as "1-1:1.0" beside "1-1". */
static int
is_ccid(const char *devices, int dir, const char *device)
{
	FIRMA_OWN(dir_done) DIR *d = opendir(devices);
	const size_t n = strlen(device);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, device, n) == 0 && e->d_name[n] == ':' &&
		    number(dir, e->d_name, "bInterfaceClass", 16) == CCID)
			return 1;
	return 0;
}

static void
name_it(int dir, const char *device, struct doctor_usb *u)
{
	char product[VALUE_MAX];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].vendor == u->vendor &&
		    known[i].product == u->product) {
			(void)snprintf(
			    u->kind, sizeof(u->kind), "%s", known[i].kind);
			(void)snprintf(u->name, sizeof(u->name),
			    "%s (%04x:%04x)", known[i].name, u->vendor,
			    u->product);
			return;
		}
	attribute(dir, device, "product", product);
	(void)snprintf(u->name, sizeof(u->name), "%.100s (%04x:%04x)",
	    product[0] != '\0' ? product : "USB", u->vendor, u->product);
}

static void
look(const char *devices, int dir, const char *device, const char *dev,
    struct doctor_usbs *ret)
{
	struct doctor_usb *u = &ret->at[ret->n];
	char control[VALUE_MAX];

	*u = (struct doctor_usb){
		.vendor = number(dir, device, "idVendor", 16),
		.product = number(dir, device, "idProduct", 16),
		.is_ccid = is_ccid(devices, dir, device),
	};
	name_it(dir, device, u);
	if (u->kind[0] == '\0' && !u->is_ccid)
		return;
	(void)snprintf(u->control, sizeof(u->control),
	    "%.200s/%.100s/power/control", devices, device);
	attribute(dir, device, "power/control", control);
	u->is_auto = strcmp(control, "auto") == 0;
	(void)snprintf(u->node, sizeof(u->node), "%.200s/bus/usb/%03u/%03u",
	    dev, number(dir, device, "busnum", 10),
	    number(dir, device, "devnum", 10));
	ret->n++;
}

void
doctor_usb_scan(const char *sys, const char *dev, struct doctor_usbs *ret)
{
	FIRMA_OWN(dir_done) DIR *d = NULL;
	char devices[256], id[VALUE_MAX];
	const struct dirent *e;

	*ret = (struct doctor_usbs){ 0 };
	(void)snprintf(devices, sizeof(devices), "%.200s/bus/usb/devices", sys);
	d = opendir(devices);
	while (
	    d != NULL && (e = readdir(d)) != NULL && ret->n < DOCTOR_USB_MAX) {
		if (e->d_name[0] == '.' || strchr(e->d_name, ':') != NULL)
			continue;
		attribute(dirfd(d), e->d_name, "idVendor", id);
		if (id[0] != '\0')
			look(devices, dirfd(d), e->d_name, dev, ret);
	}
}

/*
 * May the agent's group open the device itself?  Only asked where our rules
 * speak: a device of the table that is not pcscd's, on a host with the group.
 */
static int
is_closed_to_group(const struct doctor_usb *u)
{
	const struct group *g = getgrnam(GROUP);
	struct stat st;

	return g != NULL && u->kind[0] != '\0' && !u->is_ccid &&
	    strcmp(u->kind, "keyboard") != 0 && stat(u->node, &st) == 0 &&
	    (st.st_gid != g->gr_gid || (st.st_mode & 0060) != 0060);
}

void
doctor_usb_judge(struct visit *v, const struct doctor_usbs *all)
{
	char text[HOLDERS_TEXT];
	struct holders h;

	for (size_t i = 0; i < all->n; i++) {
		const struct doctor_usb *u = &all->at[i];

		finding_add(v, FINDING_USB_DEVICE, "%s", u->name);
		holders_of_file(u->node, &h);
		holders_drop(&h, "pcscd");
		holders_drop(&h, "firmad-token");
		if (h.n > 0)
			finding_add(v, FINDING_USB_DEVICE_HELD, "%s: %s",
			    u->name, holders_text(&h, text));
		if (u->is_auto)
			finding_add(v, FINDING_USB_AUTOSUSPEND, "%s: %s",
			    u->name, u->control);
		if (is_closed_to_group(u))
			finding_add(v, FINDING_USB_PERMISSIONS, "%s: %s",
			    u->name, u->node);
	}
}
