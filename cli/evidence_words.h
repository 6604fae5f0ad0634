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
	    "them: each holds the SHA-256 of the one before, and with a gap that " \
	    "could not be checked.", \
	    "ledger.jsonl tiene los asientos %s a %s del agente, todos: cada uno " \
	    "lleva el SHA-256 del anterior, y con un hueco no se podría comprobar.") \
	X(LEDGER_OTHERS, "%s of them are not of this renewal: they are other work " \
	    "that the same agent did meanwhile, with names of files and their " \
	    "digests. Who gets this file can read them.", \
	    "%s de ellos no son de esta renovación: son otros trabajos que el mismo " \
	    "agente hizo mientras tanto, con nombres de archivos y sus resúmenes. " \
	    "Quien reciba este archivo los puede leer.") \
	X(HELD, "What holds this together", "Qué sostiene esta constancia") \
	X(HELD_SIGNED, "A signature: SHA256SUMS.p7s, made with the key %s, is over " \
	    "SHA256SUMS, and that is over each other file. Nobody can change, add " \
	    "or take away anything without that key. Who signed, and that the " \
	    "certificate is genuine, the check below shows; the signature's date is " \
	    "what the agent's clock said.", \
	    "Una firma: SHA256SUMS.p7s, hecha con la llave %s, cubre SHA256SUMS, y " \
	    "éste cubre todos los demás archivos. Sin esa llave nadie puede cambiar, " \
	    "agregar ni quitar nada. La comprobación de abajo muestra quién firmó y " \
	    "si el certificado es auténtico; la fecha de la firma es la que decía el " \
	    "reloj del agente.") \
	X(HELD_STAMPED, "A time stamp: SHA256SUMS.tsr, of a time-stamping authority, " \
	    "is over SHA256SUMS. All of it existed when the stamp was made, and was " \
	    "not changed since. It does not say who made it.", \
	    "Un sello de tiempo: SHA256SUMS.tsr, de una autoridad de sellado, cubre " \
	    "SHA256SUMS. Todo existía ya cuando se hizo el sello, y no se ha cambiado " \
	    "desde entonces. No dice quién lo hizo.") \
	X(HELD_NOTHING, "Nothing but itself: it has no signature and no time stamp. " \
	    "The letters' signatures and the certificates prove themselves. But who " \
	    "had these files could have changed the company's data and the receipts, " \
	    "taken away the last entries and steps with their files, and made this " \
	    "page and SHA256SUMS anew. That can be seen only by comparing the last " \
	    "entry with the agent's own ledger.", \
	    "Nada más que ella misma: no lleva firma ni sello de tiempo. Las firmas " \
	    "de las cartas y los certificados se prueban por sí mismos. Pero quien " \
	    "tuvo estos archivos pudo cambiar los datos de la empresa y los acuses, " \
	    "quitar los últimos asientos y pasos con sus archivos, y volver a hacer " \
	    "esta página y SHA256SUMS. Eso sólo se nota al comparar el último asiento " \
	    "con la bitácora del propio agente.") \
	X(LAST_ENTRY, "last entry (SHA-256)", "último asiento (SHA-256)") \
	X(CHECK, "How to check this yourself", "Cómo comprobarlo usted mismo") \
	X(CHECK_TEXT, "Unpack the ZIP into a folder and run these commands in it. " \
	    "Nothing of firma is needed.", \
	    "Extraiga el ZIP en una carpeta y ejecute ahí estas órdenes. No hace " \
	    "falta nada de firma.") \
	X(CHECK_SUMS, "All files are the ones that were put in:", \
	    "Todos los archivos son los que se incluyeron:") \
	X(CHECK_SEAL, "The signature over the list is good (ca.pem: the certificate " \
	    "of the institution's authority, from a source of your own), and who " \
	    "made it:", \
	    "La firma de la lista es buena (ca.pem: el certificado de la autoridad " \
	    "de la institución, obtenido por su cuenta), y quién la hizo:") \
	X(CHECK_STAMP, "When they existed already (tsa-ca.pem: the certificates of " \
	    "the time-stamping authority; the second command prints the time):", \
	    "Cuándo existían ya (tsa-ca.pem: los certificados de la autoridad de " \
	    "sellado de tiempo; la segunda orden muestra la hora):") \
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
