#!/bin/sh
# TLS of guests of lunatic 0.13 with OpenSSL as the other side: servers with
# keys of all kinds, clients of servers that are wrong in many ways.
#
#   tests/net/tls.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
. "$(dirname "$0")/support/net.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/tls.c" -o tls.wasm

# An authority, and keys of two kinds that it has signed.
sign() {
	name=$1
	kind=$2
	shift 2
	# shellcheck disable=SC2086 # several words
	openssl req -newkey $kind -nodes -subj /CN=localhost \
		-keyout "$name.key" -out "$name.csr" 2>openssl.err ||
		fail "openssl req"
	printf '%s\n' "$@" >extensions
	openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -days 2 \
		-extfile extensions -out "$name.pem" 2>openssl.err ||
		fail "openssl x509"
}
ec="ec -pkeyopt ec_paramgen_curve:P-256"
# shellcheck disable=SC2086
openssl req -x509 -newkey $ec -nodes -subj "/CN=made-up authority" -days 2 \
	-keyout ca.key -out ca.pem 2>openssl.err || fail "openssl req -x509"
names=subjectAltName=DNS:localhost,IP:127.0.0.1
sign ec "$ec" $names
sign rsa rsa:2048 $names
sign ed ed25519 $names
sign small rsa:1024 $names
sign large rsa:5120 $names

# The chain of one that is between the authority and a certificate.
sign middle "$ec" basicConstraints=critical,CA:TRUE
cp ca.pem top.pem
cp middle.pem ca.pem
cp ca.key top.key
cp middle.key ca.key
sign low "$ec" $names
cat low.pem middle.pem >chain.pem
cp top.pem ca.pem

# Keys that are too small, too large, or not those of the certificate.
refuse() {
	if timeout 20 "$lunatic" --dir . tls.wasm serve "$1.pem" "$2.key" \
		>out 2>refuse.err; then
		fail "$1 with $2 is served"
	fi
	grep -q "$3" out || fail "$1 with $2: $(cat out)"
}
refuse small small "less than 2048"
refuse large large "more than 4096"
refuse ec ed "cannot be used with the key"

ports=
for name in ec rsa ed chain; do
	key=$name
	[ "$name" != chain ] || key=low
	serve "$name" --dir . tls.wasm serve "$name.pem" "$key.key"
	ports="$ports $name:$port:$server"
done
# shellcheck disable=SC2086 # several words
python3 -B "$here/tls.py" "$lunatic" ${LUNATIC_TEST_FACTOR:-1} $ports ||
	fail "the peers found something"
for server in $ports; do
	alive "${server%%:*}" "${server##*:}" 0
done
