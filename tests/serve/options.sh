#!/bin/sh
# `lunatic serve`: what it does not take, and says why.
# shellcheck disable=SC2154 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/support/cli.sh"

module program <<'EOS'
(module (func (export "_start")))
EOS
refuses "exports no .lunatic_http_handler.; define it" serve program.wasm
refuses "no file to serve" serve --listen 127.0.0.1:0
refuses "IP address and port" serve "$here/answers.wat" --listen here
refuses "belong together" serve "$here/answers.wat" --cert some.pem
refuses "none.pem.* cannot be read" serve "$here/answers.wat" \
	--cert none.pem --key none.pem
refuses "none/log.* cannot be written" serve "$here/answers.wat" \
	--access-log none/log
refuses "is not a valid value" serve "$here/answers.wat" --max-requests 0
refuses "is not a valid value" serve "$here/answers.wat" --reuse 0
# A component that answers requests runs no other way.
refuses "_start.*wasi:cli/run" "$here/answers.wat"
finish
