/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op.h - what can be asked of the portal, and where.
 *
 * The first two paths and their fields are what public clients of IDSE use.
 * IMSS's renewal endpoints are not public: the others are this rehearsal's own.
 */
#ifndef FIRMA_REHEARSAL_OP_H
#define FIRMA_REHEARSAL_OP_H

#define REHEARSAL_BASE "/imss/"

/*
 *        id              name              path below REHEARSAL_BASE
 */
#define REHEARSAL_OP_LIST(X)                                                 \
	X(CHALLENGE, "challenge", "SecuenciaFirma.idse")                     \
	X(ENTER, "enter", "AccesoIDSE.idse")                                 \
	X(DATA, "data", "renovacion/Datos.idse")                             \
	X(CONFIRM, "confirm", "renovacion/ConfirmaDatos.idse")               \
	X(LETTER, "letter", "renovacion/Carta.idse")                         \
	X(SUBMIT_LETTER, "submit-letter", "renovacion/CartaFirmada.idse")    \
	X(FIND_LETTER, "find-letter", "renovacion/ConsultaCarta.idse")       \
	X(MAIL, "mail", "renovacion/Correo.idse")                            \
	X(SUBMIT_REQUEST, "submit-request", "renovacion/Requerimiento.idse") \
	X(FIND_REQUEST, "find-request",                                      \
	    "renovacion/ConsultaRequerimiento.idse")                         \
	X(CERTIFICATE, "certificate", "renovacion/Certificado.idse")         \
	X(FINISH, "finish", "renovacion/Concluye.idse")

enum rehearsal_op {
#define X(id, name, path) REHEARSAL_OP_##id,
	REHEARSAL_OP_LIST(X)
#undef X
	    REHEARSAL_N_OPS
};

const char *rehearsal_op_name(enum rehearsal_op op);
const char *rehearsal_op_path(enum rehearsal_op op);
/* By name, or by the whole path of a request; -1 when there is none. */
int rehearsal_op_by_name(const char *name);
int rehearsal_op_by_url(const char *url);

#endif
