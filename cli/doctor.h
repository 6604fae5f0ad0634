/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.h - what the parts of `firma doctor` share.  Each part looks at one
 * thing and adds what it found to the visit.
 */
#ifndef FIRMA_CLI_DOCTOR_H
#define FIRMA_CLI_DOCTOR_H

#include <sys/types.h>

#include "cli/app.h"
#include "cli/finding.h"

#define DOCTOR_TOKENS_MAX 64  /* tokens of one agent that are looked at */
#define DOCTOR_USB_MAX    64  /* USB devices that are told of */
#define DOCTOR_READER_MAX 16  /* readers of pcscd: its own limit */
#define DOCTOR_READER_LEN 129 /* octets of a name, with its zero */

/* ---- the agent ---- */

/*
 * 0 when nothing more can be asked.  ret_uid is the agent's user, as far as its
 * state folder shows it, else our own.
 */
int doctor_agent(struct app *app, struct visit *v, uid_t *ret_uid);

/* ---- tokens ---- */

struct doctor_token {
	char name[65], module[1025], why[257];
	uint32_t state, pin_state, flags;
};
struct doctor_tokens {
	struct doctor_token at[DOCTOR_TOKENS_MAX];
	size_t n;
};

/* The list; a failure is a finding. */
void doctor_tokens_ask(
    struct app *app, struct visit *v, struct doctor_tokens *ret);
/* Does one of them miss a card? */
int doctor_tokens_need_reader(const struct doctor_tokens *t);
void doctor_tokens_judge(
    struct app *app, struct visit *v, const struct doctor_tokens *t);

/* ---- USB ---- */

struct doctor_usb {
	unsigned int vendor, product;
	char name[128];    /* the table's, or what the device calls itself */
	char kind[16];     /* the table's, "" for one that is not in it */
	int is_ccid;       /* pcscd's libccid serves it */
	char control[512]; /* path of power/control */
	int is_auto;       /* ... which says that it may sleep */
	char node[512];    /* path in /dev */
};
struct doctor_usbs {
	struct doctor_usb at[DOCTOR_USB_MAX];
	size_t n;
};

/* Tokens and readers that are plugged in; sys and dev: "/sys", "/dev". */
void doctor_usb_scan(const char *sys, const char *dev, struct doctor_usbs *ret);
void doctor_usb_judge(struct visit *v, const struct doctor_usbs *u);

/* ---- readers ---- */

enum doctor_socket {
	DOCTOR_SOCKET_MISSING,
	DOCTOR_SOCKET_DEAF,   /* the file is there, nobody listens */
	DOCTOR_SOCKET_CLOSED, /* we may not connect */
	DOCTOR_SOCKET_OPEN
};

struct doctor_pcsc {
	char path[108]; /* of pcscd's socket */
	enum doctor_socket socket;
	int is_installed; /* pcscd itself */
	int is_over;      /* pcscd answered to the end */
	long rv;          /* SCARD_S_SUCCESS, or what failed */
	size_t n;
	struct {
		char name[DOCTOR_READER_LEN];
		unsigned long state; /* SCARD_STATE bits */
		char atr[67];        /* hex */
	} at[DOCTOR_READER_MAX];
};

/* Ask pcscd as the user uid, if we may become that user. */
void doctor_pcsc_ask(uid_t uid, struct doctor_pcsc *ret);
/* needed: a token of the agent misses its card. */
void doctor_pcsc_judge(struct visit *v, const struct doctor_pcsc *p,
    const struct doctor_usbs *u, int needed);

/* ---- the clock ---- */

void doctor_clock(struct app *app, struct visit *v);

#endif
