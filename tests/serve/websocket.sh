#!/bin/sh
# shellcheck disable=SC2154 # guest.sh sets work
# `lunatic serve` with WebSockets: the handshake, frames that are allowed and
# those that are not, ends of all kinds, silence, messages of both kinds, many
# connections, TLS, draining, and the chat room of examples/web.c.
set -eu
lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/guest.sh"
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit 77; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
python3 -B "$here/websocket.py" "$lunatic" "$work/module.wasm" "$work" \
	"$(dirname "$lunatic")/examples/web.wasm"
