#!/bin/sh
# Components that componentize-js makes: the examples of lunatic:process. It comes
# from npm if LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
version=0.23.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
tool=$cache/componentize-js-$version

skip() {
	echo "skipped: $*"
	exit 77
}

command -v node >/dev/null 2>&1 || skip "no node"
if [ ! -d "$tool/node_modules" ]; then
	[ -n "${LUNATIC_COMPAT_FETCH:-}" ] ||
		skip "no componentize-js; LUNATIC_COMPAT_FETCH=1 downloads it"
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/js.XXXXXX")
	if ! (cd "$new" && npm install --no-audit --no-fund --ignore-scripts \
		"@bytecodealliance/componentize-js@$version") >"$new/log" 2>&1
	then
		rm -rf "$new"
		skip "componentize-js cannot be downloaded"
	fi
	rm -rf "$tool"
	mv "$new" "$tool"
fi

# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/processes.sh
. "$here/support/processes.sh"

# The tool is found from where the program that calls it is.
cp "$here/../../examples/components/javascript/build.mjs" "$tool"
for name in supervisor chat; do
	node "$tool/build.mjs" \
		"$here/../../examples/components/javascript/$name.js" \
		"$here/../../sdk/wit" "$name.wasm" >log 2>&1 ||
		bad "componentize-js rejects $name.js"
done
check_examples trapped returned
finish
