# Sets `tool` to a folder with componentize-js: from npm if LUNATIC_COMPAT_FETCH
# is set. Skips the test where there is none, or no node. It is found from where
# the program that calls it is.
# shellcheck shell=sh
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
