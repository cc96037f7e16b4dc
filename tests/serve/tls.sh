#!/bin/sh
# `lunatic serve` with TLS: bodies of both directions, keep-alive, a client that
# speaks none, and one that never finishes its handshake.
set -eu
for tool in python3 openssl; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-serve.XXXXXX")
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
python3 -B "$here/tls.py" "$1" "$here/answers.wat" "$work"
