/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ess.h - does a signing-certificate attribute name this certificate?
 *
 * Sources: RFC 2634 5.4 (signingCertificate: SHA-1), RFC 5035 4
 * (signingCertificateV2: SHA-2).
 * May include: agent/base, agent/pki.  Does no I/O.  Any thread.
 */
#ifndef FIRMA_PKI_ESS_H
#define FIRMA_PKI_ESS_H

#include "agent/base/buf.h"

/*
 * ess  the attribute's value, DER.  Its first identifier is the signer's; those
 *      behind it bound the path and are not looked at.
 * 1 when it names the certificate, else 0.
 */
int firma_ess_v1_names(struct firma_bytes ess, struct firma_bytes certificate);
int firma_ess_v2_names(struct firma_bytes ess, struct firma_bytes certificate);

#endif
