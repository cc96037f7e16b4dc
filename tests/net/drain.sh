#!/bin/sh
# --drain: what becomes of listeners, connections and processes at SIGTERM.
#
#   tests/net/drain.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
. "$(dirname "$0")/support/net.sh"

cc=$(dirname "$lunatic")/sdk/c/lunatic-cc
LUNATIC_SDK=$(dirname "$lunatic")/sdk/c "$cc" -I "$here/../../sdk/c/include" \
	"$here/drain.c" -o drain.wasm
clang-19 --target=wasm32-wasi -O1 "$here/drain_wasi.c" -o drain_wasi.wasm
python3 -B "$here/drain.py" "$lunatic" drain.wasm drain_wasi.wasm ||
	fail "the client found something"
