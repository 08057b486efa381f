#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the certificates of this directory anew: for each kind of authority its certificate, and the chain and the key of a
# server called api.nol.test. The keys protect nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# authority NAME HASH ALGORITHM OPTION: an authority that signs itself
authority() {
	openssl genpkey -quiet -algorithm "$3" -pkeyopt "$4" -out "$work/$1.key"
	openssl req -x509 -new -key "$work/$1.key" "-$2" -days 36500 -subj "/CN=testbed $1" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$1-ca.pem"
}

# server NAME HASH ALGORITHM OPTION [CHAIN]: a server's certificate from the authority NAME
server() {
	openssl genpkey -quiet -algorithm "$3" -pkeyopt "$4" -out "$1.key"
	printf 'subjectAltName=DNS:api.nol.test,DNS:localhost,IP:127.0.0.1,IP:::1\n' > "$work/ext"
	openssl req -new -key "$1.key" -subj "/CN=api.nol.test" -out "$work/csr"
	openssl x509 -req -in "$work/csr" -CA "$1-ca.pem" -CAkey "$work/$1.key" "-$2" -days 36500 -extfile "$work/ext" \
		-out "$1.pem" 2> /dev/null
}

p256="EC ec_paramgen_curve:P-256"
authority rsa-sha512 sha512 RSA rsa_keygen_bits:2048
server rsa-sha512 sha512 RSA rsa_keygen_bits:2048
authority p384-sha384 sha384 EC ec_paramgen_curve:P-384
server p384-sha384 sha384 $p256
authority p384-sha512 sha512 EC ec_paramgen_curve:P-384
server p384-sha512 sha512 $p256
authority p521-sha512 sha512 EC ec_paramgen_curve:P-521
server p521-sha512 sha512 $p256

# A P-521 authority between a good one and the server.
authority p521-between sha256 $p256
openssl req -new -key "$work/p521-sha512.key" -subj "/CN=testbed between" -out "$work/csr"
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' > "$work/ext"
openssl x509 -req -in "$work/csr" -CA p521-between-ca.pem -CAkey "$work/p521-between.key" -sha256 -days 36500 \
	-extfile "$work/ext" -out "$work/between.pem" 2> /dev/null
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p521-between.key
openssl req -new -key p521-between.key -subj "/CN=api.nol.test" -out "$work/csr"
printf 'subjectAltName=DNS:api.nol.test,DNS:localhost,IP:127.0.0.1,IP:::1\n' > "$work/ext"
openssl x509 -req -in "$work/csr" -CA "$work/between.pem" -CAkey "$work/p521-sha512.key" -sha512 -days 36500 \
	-extfile "$work/ext" -out "$work/leaf.pem" 2> /dev/null
cat "$work/leaf.pem" "$work/between.pem" > p521-between.pem
