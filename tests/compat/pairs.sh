#!/bin/sh
# Processes of two languages exchange every shape of value, requests, tags and
# handles: each language whose compiler is here asks each other one, and itself
# (pair/, and pair.* of each language). And a supervisor of one language restarts
# workers of another one.
#
#   tests/compat/pairs.sh LUNATIC
# shellcheck disable=SC2154,SC2034,SC2086 # cli.sh sets and reads them; $zig is words
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/pair.sh
. "$here/support/pair.sh"
ZIG_LOCAL_CACHE_DIR=$work/zig-cache
GOTOOLCHAIN=local
GOFLAGS=-buildvcs=false
GOPROXY=off
LUNATIC_CACHE_DIR=$work/cache
export ZIG_LOCAL_CACHE_DIR GOTOOLCHAIN GOFLAGS GOPROXY LUNATIC_CACHE_DIR
unset LUNATIC_CACHE

# Languages whose modules are here, each as NAME.wasm.
build_pair
mv pair_c.wasm c.wasm
languages=c
# with LANGUAGE: it takes part, if its module was built.
with() {
	if [ -e "$1.wasm" ]; then
		languages="$languages $1"
	else
		echo "without $1: ${2:-its compiler is not here}"
	fi
}

minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -ge 24 ]; then
	(cd "$here/go_sdk" && GOOS=wasip1 GOARCH=wasm go build \
		-buildmode=c-shared -o "$work/go.wasm" .) 2>err ||
		bad "Go rejects pair.go"
fi
with go
# shellcheck source=tests/compat/support/zig.sh
if (. "$here/support/zig.sh") >/dev/null 2>&1; then
	# shellcheck source=tests/compat/support/zig.sh
	. "$here/support/zig.sh"
	$zig build-exe -target wasm32-wasi -rdynamic --dep lunatic \
		-Mroot="$here/zig/pair.zig" \
		-Mlunatic="$top/sdk/zig/src/lunatic.zig" --name zig \
		-femit-bin=zig.wasm >out 2>err || bad "zig rejects pair.zig"
fi
with zig
# shellcheck source=tests/compat/support/asc.sh
if (. "$here/support/asc.sh") >/dev/null 2>&1; then
	# shellcheck source=tests/compat/support/asc.sh
	. "$here/support/asc.sh"
	(cd "$top" && "$asc" tests/compat/assemblyscript/pair.ts \
		sdk/assemblyscript/assembly/exports.ts \
		--exportStart _initialize \
		--use abort=sdk/assemblyscript/assembly/system/fail \
		-o "$work/as.wasm") >out 2>err || bad "asc rejects pair.ts"
fi
with as
built=$("$here/rust/build.sh" 2>why) && cp "$built/pair.wasm" rust.wasm
with rust "$(cat why)"
[ "$failures" -eq 0 ] || finish
# One language alone is in its own test.
[ "$languages" != c ] || { echo "skipped: no other compiler is here"; exit 77; }

for asker in $languages; do
	for server in $languages; do
		entry=${server}_server
		[ "$server" != c ] || entry=c_tag_server
		run --dir . c.wasm "$asker.wasm" "${asker}_asker" \
			"$server.wasm" "$entry"
		expect 0 "$asker asks $server"
		says out '^passed$' "$asker asks $server"
	done
done

# A supervisor in C, and workers of other languages below it.
for worker in $languages; do
	entry=${worker}_server
	[ "$worker" != c ] || entry=c_tag_server
	run --dir . c.wasm supervise "$worker.wasm" "$entry"
	expect 0 "a supervisor in C of $worker"
	says out '^passed$' "a supervisor in C of $worker"
	[ "$(grep -c "child 'foreign' .* started again" err)" -eq 2 ] ||
		bad "a supervisor in C of $worker: not two restarts"
done
finish
