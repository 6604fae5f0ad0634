#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test_browser.sh - the pages, as a person with a browser meets them: forms with
# uploads, links, refusals.  curl is the browser; PEM and DER are both taken.
. "$(dirname "$0")/lib.sh"

"$FIRMA_REHEARSAL" init "$portal"
issue_old
serve

browse() { # PATH [curl options]: the page is in $work/page
	local path=$1

	shift
	status=$(curl -sS -L -m 20 -o "$work/page" -w '%{http_code}' \
		-b "$work/jar" -c "$work/jar" -H 'Accept: text/html' \
		"$@" "$base$path")
}
page_says() { has "page" "$(cat "$work/page")" "$1"; }

# The first thing the person sees, and the text out of the page's own link.
challenge_from_page() {
	browse ""
	is "status" "$status" 200
	page_says "Entrada a IDSE de ensayo"
	sed -n 's/.*href="data:text\/plain;charset=utf-8;base64,\([^"]*\)".*/\1/p' \
		"$work/page" | openssl base64 -d -A > "$work/desafio.txt"
}

challenge_from_page
sign_attached "$work/old.pem" "$work/old.key" "$work/desafio.txt" \
	"$work/login.p7m"
browse AccesoIDSE.idse -F siteId=9 -F "archivo=@$work/login.p7m"
is "status" "$status" 200
page_says "Su certificado digital ya no está vigente"
page_says "MUEBLES PEÑA SA DE CV"
browse AccesoIDSE.idse -F siteId=9 -F "archivo=@$work/login.p7m"
is "used twice" "$status" 403
page_says "ya se usó"
browse renovacion/Concluye.idse -F x=1
is "too early" "$status" 409
page_says "No se aceptó"
browse renovacion/ConfirmaDatos.idse -F correo=nuevo@patron.example
page_says "nuevo@patron.example"
page_says "Descargar la carta"
browse 'renovacion/Carta.idse?carta=terms'
cp "$work/page" "$work/terms.pdf"
has "a PDF" "$(head -c 5 "$work/terms.pdf")" %PDF-
# A signature as PEM, as openssl writes it by default.
openssl cms -sign -cades -binary -md sha256 -nosmimecap -outform PEM \
	-signer "$work/old.pem" -inkey "$work/old.key" -in "$work/terms.pdf" \
	-out "$work/terms.p7s"
browse renovacion/CartaFirmada.idse -F carta=terms -F papel=old \
	-F "archivo=@$work/terms.p7s"
page_says "Si no llega, continúe aquí mismo"
page_says "Requerimiento"
new_key "$work/new.key" rsa2048
make_request "$work/new.key" "$work/old.pem" "$work/request"
browse renovacion/Requerimiento.idse -F "archivo=@$work/request"
page_says "Descargar el certificado nuevo"
browse renovacion/Certificado.idse
openssl x509 -inform DER -in "$work/page" -out "$work/new.pem"
sign_detached "$work/new.pem" "$work/new.key" "$work/terms.pdf" "$work/t.new"
browse renovacion/CartaFirmada.idse -F carta=terms -F papel=new \
	-F "archivo=@$work/t.new"
page_says "Concluir la renovación"
browse renovacion/Concluye.idse -F x=1
page_says "Se ha generado exitosamente su Certificado Digital"
challenge_from_page
sign_attached "$work/new.pem" "$work/new.key" "$work/desafio.txt" \
	"$work/login.p7m"
browse AccesoIDSE.idse -F siteId=9 -F "archivo=@$work/login.p7m"
page_says "Falta firmar la Carta de Condiciones de Uso"
browse 'renovacion/Carta.idse?carta=conditions'
cp "$work/page" "$work/conditions.pdf"
sign_detached "$work/new.pem" "$work/new.key" "$work/conditions.pdf" \
	"$work/c.new"
browse renovacion/CartaFirmada.idse -F carta=conditions -F papel=new \
	-F "archivo=@$work/c.new"
page_says "Bienvenido a IDSE de ensayo"
is "stage" "$(company .stage)" home

# What is not a page, not a method, not for others, not bounded.
browse no-such-page
is "status" "$status" 404
browse renovacion/Requerimiento.idse
is "GET of a form" "$status" 405
browse Inicio.idse -H 'Host: idse.imss.gob.mx'
is "another host's name" "$status" 403
head -c 400000 /dev/zero > "$work/big"
browse renovacion/Requerimiento.idse -F "archivo=@$work/big"
is "too large" "$status" 413
browse Inicio.idse -b JSESSIONID=0123456789abcdef
page_says "Bienvenido"
rm "$work/jar"
browse Inicio.idse
page_says "Entrada a IDSE"
# Text from outside is escaped: a name that is markup stays text.
which=1
new_key "$work/x.key" rsa2048
openssl req -new -key "$work/x.key" -subj /CN=x -outform DER -out "$work/x.req"
"$FIRMA_REHEARSAL" issue "$portal" --csr "$work/x.req" --out "$work/x.pem" \
	--name 'A & <b>B</b> SA'
challenge_from_page
sign_attached "$work/x.pem" "$work/x.key" "$work/desafio.txt" "$work/login.p7m"
browse AccesoIDSE.idse -F siteId=9 -F "archivo=@$work/login.p7m"
page_says 'A &amp; &lt;b&gt;B&lt;/b&gt; SA'
is "second company" "$(company .name)" 'A & <b>B</b> SA'
passed
