#!/bin/sh
# Builds a guest in Rust, of crates for lunatic 0.13.
#
#   bench/rust/build.sh NAME TARGET_DIR OUTPUT [TARGET]
#
# NAME is a folder here; TARGET is wasm32-wasip1 if not given. Ends with 77 and one line when something that it needs
# is not there: a rustc since 1.95 that has the target, and the crates, which
# are those of tests/compat. They are downloaded, and the target is
# added to rustup's toolchain, only if CI or LUNATIC_COMPAT_FETCH is set.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${4:-wasm32-wasip1}
name=$1
CARGO_TARGET_DIR=$2
output=$3

skip() {
	echo "$name is left out: $*" >&2
	exit 77
}

fetch=${CI:-}${LUNATIC_COMPAT_FETCH:-}
offline=--offline
[ -z "$fetch" ] || offline=

cargo=$("$here/../../tools/find-cargo.sh") ||
	skip "no cargo of version 1.95 or newer"
bin=$(dirname "$(readlink -f "$cargo")")
rustc=$(command -v rustc || echo "$bin/rustc")
library=$("$rustc" --print target-libdir --target "$target" 2>/dev/null) ||
	library=
if ! [ -d "$library" ]; then
	[ -n "$fetch" ] || skip "rustc has no $target;" \
		"LUNATIC_COMPAT_FETCH=1 has rustup add it"
	rustup target add "$target" >/dev/null 2>&1 ||
		skip "rustup cannot add $target"
fi

# What is set for another build must not decide about this one.
unset RUSTC RUSTC_WRAPPER CARGO_BUILD_TARGET
RUSTFLAGS=--cap-lints=warn
export CARGO_TARGET_DIR RUSTFLAGS
cd "$here/$name"
# shellcheck disable=SC2086
"$cargo" fetch --locked $offline --target "$target" >/dev/null 2>&1 ||
	skip "its crates are not there; LUNATIC_COMPAT_FETCH=1 downloads them"
# shellcheck disable=SC2086
"$cargo" build --quiet --release --locked $offline --target "$target" >&2
made=$CARGO_TARGET_DIR/$target/release/bench-$name.wasm
# Libraries have no dashes.
[ -e "$made" ] || made=$CARGO_TARGET_DIR/$target/release/bench_$name.wasm
cp "$made" "$output"
