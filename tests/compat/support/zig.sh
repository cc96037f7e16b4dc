# Sourced by the tests of Zig: finds it, as `zig`, in the PATH, as Python's package
# ziglang, or by pip if CI or LUNATIC_COMPAT_FETCH is set; then it stays below
# ~/.cache/lunatic/compat.
# shellcheck shell=sh disable=SC2034 # the tests read $zig
version=0.17.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
zig_home=$cache/ziglang-$version

skip() {
	echo "skipped: $*"
	exit 77
}

is_new_enough() {
	"$@" version 2>/dev/null | grep -q '^\(0\.\(1[7-9]\|[2-9][0-9]\)\|[1-9]\)'
}

# What Zig builds of its own is kept.
ZIG_GLOBAL_CACHE_DIR=$cache/zig-cache
export ZIG_GLOBAL_CACHE_DIR

# fetch: installs the package into a folder of its own.
fetch() {
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/zig.XXXXXX")
	if ! python3 -m pip install --quiet --no-deps --target "$new" \
		"ziglang==$version" >"$cache/zig.log" 2>&1
	then
		rm -rf "$new"
		skip "Zig cannot be downloaded"
	fi
	rm -rf "$zig_home"
	mv "$new" "$zig_home"
}

if is_new_enough zig; then
	zig=zig
elif is_new_enough python3 -m ziglang; then
	zig='python3 -m ziglang'
else
	if [ ! -x "$zig_home/ziglang/zig" ]; then
		command -v python3 >/dev/null 2>&1 || skip "no zig and no python3"
		[ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] ||
			skip "no zig; LUNATIC_COMPAT_FETCH=1 downloads it"
		fetch
	fi
	zig=$zig_home/ziglang/zig
fi
