#!/bin/sh
# Builds all packages twice, each time in a clone of its own at another path,
# with another umask, language, time zone and name of its cache, and compares
# them byte for byte:
#
#   tools/dist/compare.sh x86_64|aarch64 [--engine]
#
# Clones are of the last commit, below build/compare, which is removed when all
# is equal. Engines and sysroot are taken from the user's cache; with --engine
# the second build makes engines and llhttp anew (about 10 minutes), in a cache
# at another path, and with another folder of cargo's. It lists what differs.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
usage() { sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" | sed '/^set -eu/d' >&2; exit 2; }
fail() { echo "compare: $*" >&2; exit 1; }
say() { echo "compare: $*" >&2; }

engine=false
case "${2:-}" in
"") ;;
--engine) engine=true ;;
*) usage ;;
esac
case "${1:-}" in
x86_64 | aarch64) arch=$1 ;;
*) usage ;;
esac
[ -z "$(git -C "$top" status --porcelain --untracked-files=no)" ] ||
	say "changes that are not committed are not in the clones"
work=$top/build/compare
first=$work/a
second=$work/another-folder/b
rm -rf "$work"
mkdir -p "$work/another-folder"
for clone in "$first" "$second"; do
	git clone -q --no-hardlinks "$top" "$clone"
done

say "building once, in $first"
(cd "$first" && umask 022 && LC_ALL=C TZ=UTC tools/dist/dist.sh "$arch") ||
	fail "the first build failed"
# Times in packages must not be those of files.
sleep 2
say "building again, in $second"
(
	cd "$second"
	umask 077
	find . -path ./.git -prune -o -type f -exec touch -d 2001-02-03 {} +
	export LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8 TZ=Pacific/Chatham
	export TMPDIR="$work/temporary-files" CCACHE_DISABLE=1
	mkdir "$TMPDIR"
	if $engine; then
		cargo=${CARGO_HOME:-$HOME/.cargo}
		[ ! -d "$cargo/registry" ] || {
			mkdir -p "$work/cargo"
			cp -R "$cargo/registry" "$work/cargo/"
		}
		# The compiler itself is found by its folder.
		CARGO=$(tools/find-cargo.sh)
		export CARGO CARGO_HOME="$work/cargo"
		export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
		export LUNATIC_ENGINE_CACHE="$work/engines"
	fi
	tools/dist/dist.sh "$arch"
) || fail "the second build failed"

a=$first/build/packages
b=$second/build/packages
different=0
for path in "$a"/* "$b"/*; do
	name=${path##*/}
	if [ ! -e "$a/$name" ] || [ ! -e "$b/$name" ]; then
		say "only one build has $name"
	elif [ "$path" = "$a/$name" ] && ! cmp -s "$a/$name" "$b/$name"; then
		say "$name differs"
	else
		continue
	fi
	different=$((different + 1))
done
[ "$different" -eq 0 ] ||
	fail "$different differences; both builds are in $work"
echo "all $(find "$a" -type f | wc -l) files of two builds are equal, byte for byte:"
cat "$a/SHA256SUMS"
rm -rf "$work"
