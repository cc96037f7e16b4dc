#!/bin/sh
# A guest in AssemblyScript: a process spawns another one and exchanges messages
# with it. The compiler comes from the PATH, or from npm if CI or
# LUNATIC_COMPAT_FETCH is set; it stays below ~/.cache/lunatic/compat.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
version=0.28.20
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
asc=$cache/assemblyscript-$version/node_modules/.bin/asc

skip() {
	echo "skipped: $*"
	exit 77
}

# fetch: installs the compiler into a folder of its own.
fetch() {
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/asc.XXXXXX")
	if ! (cd "$new" && npm install --no-audit --no-fund \
		--ignore-scripts "assemblyscript@$version") >"$new/log" 2>&1
	then
		rm -rf "$new"
		skip "AssemblyScript cannot be downloaded"
	fi
	rm -rf "$cache/assemblyscript-$version"
	mv "$new" "$cache/assemblyscript-$version"
}

if command -v asc >/dev/null 2>&1; then
	asc=asc
elif [ ! -x "$asc" ]; then
	command -v npm >/dev/null 2>&1 || skip "no asc and no npm"
	[ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] ||
		skip "no asc; LUNATIC_COMPAT_FETCH=1 downloads it"
	fetch
fi
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"

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
