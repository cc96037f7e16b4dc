# Sets `tool` to componentize-py: from the PATH, or from PyPI if
# LUNATIC_COMPAT_FETCH is set. Skips the test where there is none.
# shellcheck shell=sh
version=0.25.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
tool=$cache/componentize-py-$version/bin/componentize-py

skip() {
	echo "skipped: $*"
	exit 77
}

if command -v componentize-py >/dev/null 2>&1; then
	tool=componentize-py
elif [ ! -x "$tool" ]; then
	[ -n "${LUNATIC_COMPAT_FETCH:-}" ] ||
		skip "no componentize-py; LUNATIC_COMPAT_FETCH=1 downloads it"
	mkdir -p "$cache"
	if ! python3 -m venv "${tool%/bin/*}" >/dev/null 2>&1 ||
		! "${tool%/*}/pip" install -q "componentize-py==$version" \
			>/dev/null 2>&1; then
		skip "componentize-py cannot be downloaded"
	fi
fi
