/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.h - what `firma doctor` can find, each once: id, weight, exit status,
 * and what it means and what to do in plain words.
 *
 * An id is for programs: it stands in the JSON and in firma(1), and never
 * changes its meaning.
 */
#ifndef FIRMA_CLI_FINDING_H
#define FIRMA_CLI_FINDING_H

#include "agent/base/lang.h"
#include "cli/out.h"

enum finding_weight { FINDING_GOOD, FINDING_ADVICE, FINDING_TROUBLE };

/* clang-format off */
/* name, id, weight, exit status, what it is, what to do about it */
#define FINDING_LIST(X) \
	X(AGENT_ANSWERS, "agent-answers", GOOD, OK, \
	    N_("the agent answers"), "") \
	X(AGENT_UNREACHABLE, "agent-unreachable", TROUBLE, NO_AGENT, \
	    N_("the agent"), "") \
	X(AGENT_VERSION, "agent-version", GOOD, OK, \
	    N_("the agent's version"), "") \
	X(AGENT_VERSION_DIFFERS, "agent-version-differs", ADVICE, OK, \
	    N_("the agent has another version than firma"), \
	    N_("install both of one version and restart firmad")) \
	X(AGENT_STATE, "agent-state-folder", GOOD, OK, \
	    N_("the agent's state folder"), "") \
	X(AGENT_WARNING, "agent-warning", TROUBLE, FAILED, \
	    N_("the agent's configuration or state"), \
	    N_("correct what is named, then reload firmad")) \
	X(PCSCD_ANSWERS, "pcscd-answers", GOOD, OK, \
	    N_("pcscd, which serves the readers, answers"), "") \
	X(PCSCD_NOT_INSTALLED, "pcscd-not-installed", TROUBLE, TOKEN, \
	    N_("pcscd, which serves the readers, is not installed"), \
	    N_("install the packages pcscd and libccid")) \
	X(PCSCD_NOT_RUNNING, "pcscd-not-running", TROUBLE, TOKEN, \
	    N_("pcscd, which serves the readers, is not running"), \
	    N_("systemctl enable --now pcscd.socket")) \
	X(PCSCD_REFUSES, "pcscd-refuses", TROUBLE, TOKEN, \
	    N_("pcscd refuses this user: polkit does not let the user in"), \
	    N_("let the agent's user have the polkit actions " \
	       "org.debian.pcsc-lite.access_pcsc and " \
	       "org.debian.pcsc-lite.access_card: 50-firmad.rules, which comes " \
	       "with firmad, does it for the user firmad; copy it to " \
	       "/etc/polkit-1/rules.d and put the user's name there")) \
	X(PCSCD_STUCK, "pcscd-stuck", TROUBLE, TOKEN, \
	    N_("pcscd, which serves the readers, does not answer"), \
	    N_("systemctl restart pcscd; if it repeats, take the reader off " \
	       "and put it back")) \
	X(PCSCD_FAILS, "pcscd-fails", TROUBLE, TOKEN, \
	    N_("pcscd, which serves the readers, reports an error"), \
	    N_("systemctl restart pcscd; `journalctl -u pcscd` says more")) \
	X(READER_NONE, "reader-none", TROUBLE, TOKEN, \
	    N_("pcscd knows no reader"), \
	    N_("put the token or the reader in; check its cable and its " \
	       "driver")) \
	X(READER_DRIVER_MISSING, "reader-driver-missing", TROUBLE, TOKEN, \
	    N_("a token or reader is plugged in, but pcscd has no driver for " \
	       "it or cannot open it"), \
	    N_("install its driver (libccid for most), then: systemctl " \
	       "restart pcscd")) \
	X(READER_EMPTY, "reader-empty", ADVICE, OK, \
	    N_("no card is in the reader"), N_("put the card in")) \
	X(CARD_PRESENT, "card-present", GOOD, OK, \
	    N_("a card is in the reader"), "") \
	X(CARD_MUTE, "card-mute", TROUBLE, TOKEN, \
	    N_("the card in the reader does not answer"), \
	    N_("put it in with the chip first and the right side up; clean " \
	       "its contacts; try another reader")) \
	X(READER_HELD, "reader-held", TROUBLE, TOKEN, \
	    N_("another program keeps the reader for itself"), \
	    N_("end that program, or make it share the reader")) \
	X(USB_DEVICE, "usb-device", GOOD, OK, \
	    N_("plugged in"), "") \
	X(USB_DEVICE_HELD, "usb-device-held", TROUBLE, TOKEN, \
	    N_("a program opened the token's USB device past pcscd"), \
	    N_("end it. If it is scdaemon, of GnuPG: gpgconf --kill scdaemon, " \
	       "and put the lines disable-ccid and pcsc-shared into " \
	       "~/.gnupg/scdaemon.conf of its user")) \
	X(USB_AUTOSUSPEND, "usb-autosuspend", ADVICE, OK, \
	    N_("the computer may put this USB device to sleep between two " \
	       "signatures; it then may forget the login"), \
	    N_("install the rules 70-firmad.rules and 93-firmad-power.rules, " \
	       "which come with firmad, then plug the device in again; until " \
	       "then: echo on > the file named above")) \
	X(USB_PERMISSIONS, "usb-permissions", ADVICE, OK, \
	    N_("the agent may not open this USB device itself, which it must " \
	       "where the module goes past pcscd"), \
	    N_("install the rule 70-firmad.rules, which comes with firmad, " \
	       "then plug the device in again")) \
	X(TOKENS_UNKNOWN, "tokens-unknown", TROUBLE, FAILED, \
	    N_("the tokens"), "") \
	X(TOKEN_NONE, "token-none", ADVICE, OK, \
	    N_("no token is configured"), \
	    N_("name one in firmad.conf and reload firmad")) \
	X(TOKEN_READY, "token-ready", GOOD, OK, \
	    N_("token"), "") \
	X(TOKEN_STARTING, "token-starting", ADVICE, OK, \
	    N_("token"), N_("wait a moment and ask again")) \
	X(TOKEN_ABSENT, "token-absent", ADVICE, OK, \
	    N_("token"), N_("put the token in; check the reader and its cable")) \
	X(TOKEN_BLANK, "token-blank", ADVICE, OK, \
	    N_("token"), N_("firma token init makes it usable")) \
	X(MODULE_MISSING, "module-missing", TROUBLE, TOKEN, \
	    N_("a token's module is not there"), \
	    N_("check `module` in firmad.conf and that the package with the " \
	       "module is installed")) \
	X(MODULE_WRONG, "module-wrong", TROUBLE, TOKEN, \
	    N_("a token's module is no PKCS#11 module"), \
	    N_("check `module` in firmad.conf: it names the library for " \
	       "PKCS#11 that the token's maker provides")) \
	X(MODULE_ARCHITECTURE, "module-architecture", TROUBLE, TOKEN, \
	    N_("a token's module is made for another kind of computer"), \
	    N_("install the module of this computer's architecture")) \
	X(MODULE_FAILS, "module-fails", TROUBLE, TOKEN, \
	    N_("a token's module fails"), \
	    N_("the agent's log says more (journalctl -u firmad); check that " \
	       "the module's own package is complete")) \
	X(MODULE_NETWORK, "module-network", TROUBLE, TOKEN, \
	    N_("a token's module may not use the network"), \
	    N_("if its HSM is reached over the network, say network = PORT " \
	       "(the TCP ports that its maker names) in the token's section " \
	       "of firmad.conf and restart firmad; as a system service " \
	       "firmad needs the drop-in that firmad.conf(5) shows too")) \
	X(MODULE_UNREACHED, "module-unreached", TROUBLE, TOKEN, \
	    N_("a token's module does not reach its HSM"), \
	    N_("check address and port in the module's own configuration, " \
	       "the HSM, and the network between; of a system service, the " \
	       "drop-in that firmad.conf(5) shows")) \
	X(MODULE_NO_SLOT, "module-no-slot", ADVICE, OK, \
	    N_("a token's module shows no slot at all"), \
	    N_("check the reader and pcscd as told above, and the module's " \
	       "own configuration")) \
	X(TOKEN_OTHER, "token-other", ADVICE, OK, \
	    N_("other tokens are there than the configured one"), \
	    N_("check label, serial or slot of the token in firmad.conf, or " \
	       "put in the right one")) \
	X(MECHANISMS_FINE, "mechanisms-fine", GOOD, OK, \
	    N_("the token can make keys of its algorithm and sign with them"), \
	    "") \
	X(MECHANISM_MISSING, "mechanism-missing", TROUBLE, TOKEN, \
	    N_("the token lacks what keys of its algorithm need"), \
	    N_("name another `algorithm` for it in firmad.conf (firma token " \
	       "info shows which it has), or use another token")) \
	X(PIN_LOCKED, "pin-locked", TROUBLE, PIN, \
	    N_("the PIN of a token is locked"), "") \
	X(PIN_FINAL_TRY, "pin-final-try", TROUBLE, PIN, \
	    N_("one try is left before the PIN of a token locks"), "") \
	X(PIN_COUNT_LOW, "pin-count-low", ADVICE, OK, \
	    N_("the PIN of a token was refused at least once"), \
	    N_("type the next PIN with care")) \
	X(PIN_DOUBTFUL, "pin-doubtful", ADVICE, OK, \
	    N_("the PIN of a token was presented and the outcome is not known"), \
	    N_("type the next PIN with care")) \
	X(PIN_UNSET, "pin-unset", ADVICE, OK, \
	    N_("a token has no PIN"), \
	    N_("set one with the administrator's PIN, or make the token new: " \
	       "firma token init")) \
	X(CLOCK_FINE, "clock-fine", GOOD, OK, \
	    N_("the clock agrees with the certificates and the ledger"), "") \
	X(CLOCK_CERTIFICATE, "clock-behind-certificate", TROUBLE, FAILED, \
	    N_("the clock: a certificate is not valid yet"), \
	    N_("set the date and time of this computer")) \
	X(CLOCK_LEDGER, "clock-behind-ledger", TROUBLE, FAILED, \
	    N_("the clock is behind the newest entry of the ledger"), \
	    N_("set the date and time of this computer")) \
	X(CLOCK_PROGRAM, "clock-behind-program", TROUBLE, FAILED, \
	    N_("the clock is behind the day on which firma was built"), \
	    N_("set the date and time of this computer")) \
	X(CLOCK_UNSYNCHRONISED, "clock-not-synchronised", ADVICE, OK, \
	    N_("nothing keeps this computer's clock right"), \
	    N_("timedatectl set-ntp true (package systemd-timesyncd)")) \
	X(PINENTRY_FOUND, "pinentry-found", GOOD, OK, \
	    N_("PINs are asked for by"), "") \
	X(PINENTRY_MISSING, "pinentry-missing", ADVICE, OK, \
	    N_("no pinentry: PINs are asked for on the terminal"), \
	    N_("install a pinentry package for a window of its own")) \
	X(SPANISH_FOUND, "spanish-found", GOOD, OK, \
	    N_("Spanish messages are there"), "") \
	X(SPANISH_MISSING, "spanish-missing", ADVICE, OK, \
	    N_("Spanish messages are not installed"), \
	    N_("install firma with its translations, or set FIRMA_LOCALEDIR"))
/* clang-format on */

enum finding_id {
#define X(name, id, weight, exit, what, advice) FINDING_##name,
	FINDING_LIST(X)
#undef X
	    FINDING_N
};

/* The findings of one run. */
struct visit {
	json_t *list;
	int status; /* exit status of the first trouble, or 0 */
};

void visit_init(struct visit *v);

/* Print what was kept for --json; ends the visit.  Returns the exit status. */
int visit_end(struct visit *v);

/* One finding, in the table's words; fmt is its detail ("" for none). */
void finding_add(struct visit *v, enum finding_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, which is only worth a note now whatever the table says. */
void finding_note(struct visit *v, enum finding_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with exit status and advice of an error. */
void finding_error(struct visit *v, enum finding_id id, enum firma_err e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
