#!/bin/sh
# A guest in AssemblyScript: a process spawns another one and exchanges messages
# with it, by host functions alone.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/asc.sh
. "$here/support/asc.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240

cp "$here/assemblyscript/guest.ts" .
for level in -O0 -O3; do
	"$asc" guest.ts $level --use abort=guest/fail -o guest.wasm 2>err || {
		bad "asc $level rejects the guest"
		continue
	}
	run guest.wasm
	expect 7 "guest $level"
	[ "$(cat out)" = "HELLO from AssemblyScript" ] ||
		bad "guest $level: another output"
	silent err "guest $level"
done
finish
