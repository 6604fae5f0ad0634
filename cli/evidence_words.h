/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_words.h - the words of report.html, in English and Spanish.
 *
 * Not gettext's: the report is made again by `firma verify`, wherever that is and
 * in whatever language, and compared octet by octet.
 * Append, and count EVIDENCE_FORMAT up when one changes.
 */
#ifndef FIRMA_CLI_EVIDENCE_WORDS_H
#define FIRMA_CLI_EVIDENCE_WORDS_H

/* clang-format off */
#define EVIDENCE_WORDS(X) \
	X(TITLE, "Evidence of the renewal of a certificate", \
	    "Constancia de la renovación de un certificado") \
	X(FROM_TO, "From certificate %s to %s", "Del certificado %s al %s") \
	X(RENEWAL, "Renewal", "Renovación") \
	X(PROCEDURE, "procedure", "trámite") \
	X(STATE, "state", "estado") \
	X(OPEN, "not finished", "sin terminar") \
	X(COMPLETE, "complete", "terminada") \
	X(RETIRED, "complete, the old key is retired", \
	    "terminada, la llave anterior está retirada") \
	X(ABORTED, "given up", "abandonada") \
	X(STARTED, "started", "inicio") \
	X(CHANGED, "last change", "último cambio") \
	X(PORTAL, "portal", "portal") \
	X(EMAIL, "e-mail", "correo electrónico") \
	X(COMPANY, "Company", "Empresa") \
	X(NAME, "name", "nombre") \
	X(RFC, "RFC", "RFC") \
	X(CURP, "CURP", "CURP") \
	X(REGISTRO, "employer's number", "registro patronal") \
	X(REPRESENTATIVE, "representative", "representante") \
	X(CERTIFICATES, "Certificates", "Certificados") \
	X(OLD, "old", "anterior") \
	X(NEW, "new", "nuevo") \
	X(SERIAL, "serial", "número de serie") \
	X(VALID_FROM, "valid from", "vigente desde") \
	X(VALID_TO, "valid until", "vigente hasta") \
	X(KEY, "public key (SHA-256)", "llave pública (SHA-256)") \
	X(TIMELINE, "The steps", "Los pasos") \
	X(STEP, "step", "paso") \
	X(WHAT, "what was done", "qué se hizo") \
	X(WHEN, "when", "cuándo") \
	X(WHO, "who, with which key", "quién, con qué llave") \
	X(ENTRY, "entry", "asiento") \
	X(NOT_YET, "not yet", "todavía no") \
	X(DIGEST, "SHA-256 of what was signed", "SHA-256 de lo firmado") \
	X(DOCUMENTS, "Files", "Archivos") \
	X(FILE, "file", "archivo") \
	X(SIGNED_BY, "signed with", "firmado con") \
	X(OLD_CERT, "the old certificate", "el certificado anterior") \
	X(NEW_CERT, "the new certificate", "el certificado nuevo") \
	X(RECEIPTS, "Receipts of the portal", "Acuses del portal") \
	X(RECEIPT, "receipt", "acuse de recibo") \
	X(FOLIO, "folio", "folio") \
	X(NO_RECEIPTS, "The portal gave none.", "El portal no dio ninguno.") \
	X(LEDGER, "Ledger", "Bitácora") \
	X(LEDGER_TEXT, "ledger.jsonl has the agent's entries %s to %s, all of " \
	    "them, also of other keys in between: each holds the SHA-256 of the one " \
	    "before, and with a gap that could not be checked.", \
	    "ledger.jsonl tiene los asientos %s a %s del agente, todos, también " \
	    "los de otras llaves entre ellos: cada uno lleva el SHA-256 del anterior, " \
	    "y con un hueco no se podría comprobar.") \
	X(CHECK, "How to check this yourself", "Cómo comprobarlo usted mismo") \
	X(CHECK_TEXT, "Unpack the ZIP into a folder and run these commands in it. " \
	    "Nothing of firma is needed.", \
	    "Extraiga el ZIP en una carpeta y ejecute ahí estas órdenes. No hace " \
	    "falta nada de firma.") \
	X(CHECK_SUMS, "All files are the ones that were put in:", \
	    "Todos los archivos son los que se incluyeron:") \
	X(CHECK_STAMP, "If SHA256SUMS.tsr is there: when they existed already " \
	    "(tsa-ca.pem: the certificates of the time-stamping authority):", \
	    "Si está SHA256SUMS.tsr: cuándo existían ya (tsa-ca.pem: los " \
	    "certificados de la autoridad de sellado de tiempo):") \
	X(CHECK_LETTERS, "The signatures (ca.pem: the certificate of the " \
	    "institution's authority; the old certificate has expired, so its dates " \
	    "are not looked at):", \
	    "Las firmas (ca.pem: el certificado de la autoridad de la institución; " \
	    "el certificado anterior ya caducó, así que no se miran sus fechas):") \
	X(CHECK_KEY, "The request is signed by its own key, which is the new " \
	    "certificate's (both commands print the same):", \
	    "El requerimiento está firmado por su propia llave, que es la del " \
	    "certificado nuevo (ambas órdenes imprimen lo mismo):") \
	X(CHECK_LEDGER, "The chain of the ledger (prints nothing when each entry " \
	    "holds the SHA-256 of the one before):", \
	    "La cadena de la bitácora (no imprime nada cuando cada asiento lleva el " \
	    "SHA-256 del anterior):") \
	X(CHECK_FIRMA, "All of it at once, with firma, without a network:", \
	    "Todo a la vez, con firma y sin red:") \
	X(TIMES, "Times are in UTC; in brackets that of the machine that made this, " \
	    "with its offset. They are what the agent's clock said.", \
	    "Las horas están en UTC; entre paréntesis, la de la máquina que hizo " \
	    "esta constancia, con su diferencia. Son las que decía el reloj del " \
	    "agente.") \
	X(MADE, "Made by %s.", "Hecho por %s.")
/* clang-format on */

enum evidence_word {
#define X(name, en, es) WORD_##name,
	EVIDENCE_WORDS(X)
#undef X
	    EVIDENCE_N_WORDS
};

#endif
