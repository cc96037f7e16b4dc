#!/bin/sh
# Builds the engine library (Wasmtime's C API with our patch) into a cache that
# outlives build folders, and prints its folder on standard output.
#
#   tools/build-engine.sh            build if needed, print the folder
#   LUNATIC_ENGINE_CACHE=DIR         the cache (default: the user's cache
#                                    folder, lunatic/engine)
#
# The folder is named after everything that goes into the library: manifest,
# lock file, patches, this script and the compiler. It holds lib/libwasmtime.a
# and include/. The same inputs make the same bytes, wherever the cache and
# cargo's folder lie: tools/remap-rust.sh.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
engine=$top/engine
version=48.0.8
cache=${LUNATIC_ENGINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/engine}
cargo=$("$top/tools/find-cargo.sh") || exit 1
rustc=$(dirname "$cargo")/rustc
[ -x "$rustc" ] || rustc=rustc
# The compiler that belongs to this cargo, not an older one on the PATH.
export RUSTC="$rustc"

say() { echo "engine: $*" >&2; }
fail() { say "$*"; exit 1; }

key=$({ cat "$engine/Cargo.toml" "$engine/Cargo.lock" "$engine"/src/*.rs \
	"$engine"/patches/*/*.patch "$top/tools/remap-rust.sh" "$0"
	"$rustc" -vV; } | sha256sum | cut -c1-16)
out=$cache/$version-$key
if [ -f "$out/lib/libwasmtime.a" ] && [ -f "$out/include/wasmtime.h" ]; then
	echo "$out"
	exit 0
fi

mkdir -p "$cache"
work=$cache/.build-$version-$key
exec 9>"$work.lock"
if command -v flock >/dev/null 2>&1; then
	flock -n 9 || { say "another build of the engine is under way, waiting"; flock 9; }
fi
if [ -f "$out/lib/libwasmtime.a" ]; then
	echo "$out"
	exit 0
fi

start=$(date +%s)
say "building Wasmtime $version once (about 7 minutes on two cores); it is kept in $out"
say "step 1 of 3: fetching its crates"
"$cargo" fetch --locked --manifest-path "$engine/Cargo.toml" >&2 ||
	fail "cargo could not fetch the crates; is the package registry reachable?"

# Where cargo unpacked version $2 of crate $1.
source_of() {
	"$cargo" metadata --locked --offline --format-version 1 \
		--manifest-path "$engine/Cargo.toml" | tr ',' '\n' |
		sed -n "s|.*\"manifest_path\":\"\(.*/$1-$2\)/Cargo.toml\".*|\1|p" |
		head -n 1
}

say "step 2 of 3: applying our patches to copies"
rm -rf "$work"
mkdir -p "$work/engine"
for patches in "$engine"/patches/*/; do
	crate=$(basename "$patches")
	# crate@version; without a version, that of Wasmtime.
	its_version=$version
	case $crate in *@*) its_version=${crate#*@} crate=${crate%@*} ;; esac
	source=$(source_of "$crate" "$its_version")
	[ -n "$source" ] && [ -d "$source" ] ||
		fail "the source of $crate $its_version is not where cargo says it is"
	grep -q "^version = \"$its_version\"" "$source/Cargo.toml" ||
		fail "$source is not $crate $its_version"
	cp -R "$source" "$work/engine/$crate"
	chmod -R u+w "$work/engine/$crate"
	for patch in "$patches"*.patch; do
		patch -d "$work/engine/$crate" -p1 --fuzz=0 --no-backup-if-mismatch \
			<"$patch" >&2 ||
			fail "$crate/$(basename "$patch") does not apply to $crate $its_version; the patch must be redone for this version"
	done
done
cp -R "$engine/Cargo.toml" "$engine/Cargo.lock" "$engine/src" "$work/engine/"
{
	printf '\n[patch.crates-io]\n'
	for patches in "$engine"/patches/*/; do
		crate=$(basename "$patches")
		crate=${crate%@*}
		printf '%s = { path = "%s" }\n' "$crate" "$crate"
	done
} >>"$work/engine/Cargo.toml"

say "step 3 of 3: compiling"
"$top/tools/remap-rust.sh" "$rustc" "$work" "$(dirname "$source")"
# A line for every twenty crates keeps a log short and a terminal alive.
progress() {
	n=0
	while IFS= read -r line; do
		case $line in
		*" Compiling "*)
			n=$((n + 1))
			[ $((n % 20)) -ne 0 ] ||
				say "$n crates, $(($(date +%s) - start)) s"
			;;
		error* | "warning: "[Pp]atch*) say "$line" ;;
		esac
	done
}
(cd "$work/engine" && CARGO_TARGET_DIR=$work/target \
	RUSTC_WRAPPER=$work/rustc-wrapper "$cargo" build --release \
	--offline --color never 2>&1) | tee "$work/log" | progress
lib=$work/target/release/libwasmtime.a
[ -f "$lib" ] || { tail -n 30 "$work/log" >&2; fail "the build failed; the log is $work/log"; }
include=$(find "$work/target/release/build" -path '*/out/include/wasmtime.h' | head -n 1)
[ -n "$include" ] || fail "Wasmtime's headers were not installed by its build"

rm -rf "$out.tmp"
mkdir -p "$out.tmp/lib"
cp "$lib" "$out.tmp/lib/"
cp -R "$(dirname "$include")" "$out.tmp/include"
rm -rf "$out"
mv "$out.tmp" "$out"
rm -rf "$work"
say "done in $(($(date +%s) - start)) s"
echo "$out"
