#!/bin/sh
# Builds the second engine (wasmi with our patches) into a cache that outlives
# build folders, and prints its folder on standard output.
#
#   tools/build-wasmi.sh             build if needed, print the folder
#   LUNATIC_ENGINE_CACHE=DIR         the cache, as for tools/build-engine.sh
#
# The folder is named after everything that goes into the library: manifest,
# lock file, patches, this script and the compiler. It holds
# lib/liblunatic_wasmi.a: one object, of whose names only lunatic_engine_wasmi_*
# are visible, since the other engine has Rust's standard library as well. The
# same inputs make the same bytes, wherever the cache and cargo's folder lie.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
engine=$top/engine/wasmi
version=2.0.0
cache=${LUNATIC_ENGINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/engine}
cargo=$("$top/tools/find-cargo.sh") || exit 1
rustc=$(dirname "$cargo")/rustc
[ -x "$rustc" ] || rustc=rustc
# The compiler that belongs to this cargo, not an older one on the PATH.
export RUSTC="$rustc"

say() { echo "wasmi: $*" >&2; }
fail() { say "$*"; exit 1; }

key=$({ cat "$engine/Cargo.toml" "$engine/Cargo.lock" "$engine"/src/*.rs \
	"$engine"/patches/*/*.patch "$top/tools/remap-rust.sh" "$0"
	"$rustc" -vV; } | sha256sum | cut -c1-16)
out=$cache/wasmi-$version-$key
lib=lib/liblunatic_wasmi.a
if [ -f "$out/$lib" ]; then
	echo "$out"
	exit 0
fi

mkdir -p "$cache"
work=$cache/.build-wasmi-$version-$key
exec 9>"$work.lock"
if command -v flock >/dev/null 2>&1; then
	flock -n 9 || { say "another build of it is under way, waiting"; flock 9; }
fi
if [ -f "$out/$lib" ]; then
	echo "$out"
	exit 0
fi

start=$(date +%s)
say "building wasmi $version once (about 2 minutes); it is kept in $out"
"$cargo" fetch --locked --manifest-path "$engine/Cargo.toml" >&2 ||
	fail "cargo could not fetch the crates; is the package registry reachable?"
rm -rf "$work"
mkdir -p "$work/engine"
{
	cat "$engine/Cargo.toml"
	printf '\n[patch.crates-io]\n'
} >"$work/engine/Cargo.toml"
for patches in "$engine"/patches/*/; do
	crate=$(basename "$patches")
	source=$("$cargo" metadata --locked --offline --format-version 1 \
		--manifest-path "$engine/Cargo.toml" | tr ',' '\n' |
		sed -n "s|.*\"manifest_path\":\"\(.*/$crate-$version\)/Cargo.toml\".*|\1|p" |
		head -n 1)
	[ -n "$source" ] && [ -d "$source" ] ||
		fail "the source of $crate $version is not where cargo says it is"
	cp -R "$source" "$work/engine/$crate"
	chmod -R u+w "$work/engine/$crate"
	for patch in "$patches"*.patch; do
		patch -d "$work/engine/$crate" -p1 --fuzz=0 --no-backup-if-mismatch \
			<"$patch" >&2 ||
			fail "$crate/$(basename "$patch") does not apply to $crate $version; the patch must be redone for this version"
	done
	printf '%s = { path = "%s" }\n' "$crate" "$crate" \
		>>"$work/engine/Cargo.toml"
done
cp -R "$engine/Cargo.lock" "$engine/src" "$work/engine/"
"$top/tools/remap-rust.sh" "$rustc" "$work" "$(dirname "$source")"
(cd "$work/engine" && CARGO_TARGET_DIR=$work/target \
	RUSTC_WRAPPER=$work/rustc-wrapper "$cargo" build --release \
	--offline --color never) >"$work/log" 2>&1 ||
	{ tail -n 30 "$work/log" >&2; fail "the build failed; the log is $work/log"; }

rm -rf "$out.tmp"
mkdir -p "$out.tmp/lib"
ld -r --force-group-allocation -o "$work/all.o" --whole-archive \
	"$work/target/release/liblunatic_wasmi.a"
objcopy --wildcard --keep-global-symbol='lunatic_engine_wasmi_*' \
	"$work/all.o" "$work/wasmi.o"
# GNU ar would ask its LTO plugins about an object of Rust's.
ar=$(command -v llvm-ar-19 || command -v llvm-ar) ||
	fail "there is no llvm-ar; tools/bootstrap.sh installs it"
"$ar" rcsD "$out.tmp/$lib" "$work/wasmi.o"
rm -rf "$out"
mv "$out.tmp" "$out"
rm -rf "$work"
say "done in $(($(date +%s) - start)) s"
echo "$out"
