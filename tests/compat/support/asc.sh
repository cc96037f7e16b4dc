# Sourced by the tests of AssemblyScript: finds its compiler, `asc`. It comes from
# the PATH, or from npm if CI or LUNATIC_COMPAT_FETCH is set; it stays below
# ~/.cache/lunatic/compat.
# shellcheck shell=sh
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
