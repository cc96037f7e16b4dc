# npm_package NAME VERSION: sets `tool` to a folder with a package of npm, which
# is downloaded if LUNATIC_COMPAT_FETCH is set. Skips the test where there is
# none, or no node.
# shellcheck shell=sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat

skip() {
	echo "skipped: $*"
	exit 77
}

npm_package() {
	tool=$cache/$1-$2
	command -v node >/dev/null 2>&1 || skip "no node"
	[ ! -d "$tool/node_modules" ] || return 0
	[ -n "${LUNATIC_COMPAT_FETCH:-}" ] ||
		skip "no $1; LUNATIC_COMPAT_FETCH=1 downloads it"
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/npm.XXXXXX")
	if ! (cd "$new" && npm install --no-audit --no-fund --ignore-scripts \
		"@bytecodealliance/$1@$2") >"$new/log" 2>&1; then
		rm -rf "$new"
		skip "$1 cannot be downloaded"
	fi
	rm -rf "$tool"
	mv "$new" "$tool"
}
