/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/letter_text.h"

#include <stddef.h>

static const char *const terms[] = {
	"El patrón cuyos datos se citan arriba, por sí o por conducto de su "
	"representante legal, solicita la renovación del certificado digital "
	"asociado a su Número Patronal de Identificación Electrónica (NPIE) y "
	"acepta los términos y condiciones siguientes.",
	"PRIMERA. Objeto. El NPIE y el certificado digital identifican al "
	"patrón en los trámites que presenta por medios electrónicos ante el "
	"Instituto (RFC IMS421231I45). Los "
	"documentos firmados con la llave privada que corresponde al "
	"certificado producen los mismos efectos que los que llevan firma "
	"autógrafa.",
	"SEGUNDA. Custodia de la llave. El patrón genera su llave privada por "
	"sí mismo, la mantiene bajo su exclusivo control y no la entrega a "
	"terceros. Nadie más que el patrón conoce la contraseña o el número "
	"de identificación personal que la protege.",
	"TERCERA. Veracidad. El patrón declara que el nombre o razón social, "
	"el Registro Federal de Contribuyentes, la Clave Única de Registro de "
	"Población y el registro patronal aquí citados son los suyos y están "
	"vigentes.",
	"CUARTA. Vigencia. El certificado digital tiene una vigencia de dos "
	"años a partir de su expedición. Puede renovarse en línea con la firma "
	"del certificado anterior, aun cuando éste haya caducado.",
	"QUINTA. Revocación. En caso de pérdida, robo o sospecha de uso "
	"indebido de la llave privada, el patrón pide sin demora la revocación "
	"del certificado y presenta un ejemplar firmado de esta carta.",
	"SEXTA. Doble firma. Esta carta se firma dos veces: con la llave "
	"privada del certificado anterior, para acreditar quién solicita la "
	"renovación, y con la llave privada nueva, para acreditar que obra en "
	"poder del mismo patrón. Ambas firmas recaen sobre este mismo "
	"documento, sin cambio alguno.",
	"SÉPTIMA. Correo electrónico. Los avisos se dirigen al correo "
	"electrónico que el patrón confirmó. La falta de recepción de un aviso "
	"no impide continuar el trámite.",
	"Leída la presente y enterado de su contenido y alcance, el patrón la "
	"firma de manera electrónica.",
	NULL
};

static const char *const conditions[] = {
	"El patrón cuyos datos se citan arriba ha obtenido un certificado "
	"digital nuevo y, para entrar con él a los servicios electrónicos, "
	"acepta las condiciones de uso siguientes.",
	"PRIMERA. Uso. El certificado digital se emplea únicamente para "
	"identificar al patrón y para firmar los movimientos, avisos y "
	"solicitudes que presente en los servicios electrónicos ante el "
	"Instituto (RFC IMS421231I45).",
	"SEGUNDA. Responsabilidad. Toda operación firmada con la llave privada "
	"que corresponde al certificado se tiene por hecha por el patrón. "
	"El patrón lleva registro de quién usó la llave y para qué.",
	"TERCERA. Acuses. El patrón conserva los acuses de recibo, que "
	"contienen folio, fecha, número de serie del certificado y huella "
	"digital de lo enviado.",
	"CUARTA. Disponibilidad. Si el servicio no responde, el patrón "
	"pregunta primero por lo que ya se recibió y sólo después repite el "
	"envío, para que nada se presente dos veces.",
	"QUINTA. Confidencialidad. La información que se consulta por estos "
	"medios es confidencial y se usa sólo para cumplir obligaciones del "
	"patrón.",
	"Leída la presente y enterado de su contenido y alcance, el patrón la "
	"firma de manera electrónica con su certificado digital nuevo.",
	NULL
};

const struct rehearsal_letter_text
    rehearsal_letter_texts[REHEARSAL_N_LETTERS] = {
	    [REHEARSAL_LETTER_TERMS] = { "terms",
		"Carta de Términos y Condiciones para la Obtención y Uso del "
		"NPIE y Certificado Digital",
		terms },
	    [REHEARSAL_LETTER_CONDITIONS] = { "conditions",
		"Carta de Condiciones de Uso", conditions },
    };
