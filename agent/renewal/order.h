/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - what only the steps of a profile together can get wrong.
 *
 * Pure.  May include: agent/base.  Any thread.
 */
#ifndef FIRMA_RENEWAL_ORDER_H
#define FIRMA_RENEWAL_ORDER_H

#include "agent/renewal/profile.h"

/*
 * Check the steps of p from first to last: documents saved once and before they
 * are used, keys made before they sign, the role and letter of a submission
 * those of its signature, ways back that repeat nothing dangerous.  Fills in
 * `letter` of the steps that sign a letter.
 */
void firma_profile_check_order(
    struct firma_profile *p, struct firma_problems *problems);

#endif
