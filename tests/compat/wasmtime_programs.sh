#!/bin/sh
# The programs that Wasmtime tests its WASI 0.2 with: command lines, files,
# sockets, streams, HTTP. They come from the sources of Wasmtime 48, a checkout
# of which LUNATIC_WASMTIME names, and are built here, with crates that are
# downloaded only if CI or LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
source=${LUNATIC_WASMTIME:-$cache/wasmtime}
built=$cache/wasmtime-programs
parts="crates/test-programs crates/wasi-http crates/wasi-config
	crates/wasi-keyvalue crates/wasi-tls crates/wasi-nn/wit"

skip() {
	echo "skipped: $*"
	exit 77
}

# shellcheck source=tests/compat/support/wasip2.sh
. "$here/support/wasip2.sh"
command -v python3 >/dev/null 2>&1 || skip "no python3"
[ -d "$source" ] ||
	skip "no sources of Wasmtime 48; LUNATIC_WASMTIME names them"
cargo=$("$here/../../tools/find-cargo.sh") ||
	skip "no cargo of version 1.95 or newer"

# The workspace of those sources has much more, and wants all of it.
mkdir -p "$built"
exec 9>"$built/lock"
flock -w 500 9 || skip "another build takes too long"
if [ ! -e "$built/Cargo.lock" ]; then
	for part in $parts Cargo.lock; do
		[ -e "$source/$part" ] || skip "$source has no $part"
		mkdir -p "$built/$(dirname "$part")"
		cp -R "$source/$part" "$built/$part"
	done
fi
cat >"$built/Cargo.toml" <<'EOT'
[workspace]
members = ["crates/test-programs"]
exclude = ["crates/wasi-http", "crates/wasi-tls"]
resolver = "2"

[workspace.package]
edition = "2024"
rust-version = "1.95"

[workspace.lints.rust]

[workspace.dependencies]
anyhow = { version = "1.0.103", default-features = false }
base64 = "0.22.1"
futures = { version = "0.3.31", default-features = false }
libc = "0.2.185"
regex = "1.9.1"
sha2 = { version = "0.10.2", default-features = false }
url = "2.5.7"
wit-bindgen = { version = "0.60.0", default-features = false }

[profile.dev]
debug = false
incremental = false
EOT
bins=
for program in "$built"/crates/test-programs/src/bin/p2_*.rs; do
	bins="$bins --bin $(basename "$program" .rs)"
done
offline=--offline
[ -z "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] || offline=
unset RUSTC RUSTC_WRAPPER CARGO_BUILD_TARGET CARGO_MANIFEST_DIR
# shellcheck disable=SC2086
(cd "$built" && CARGO_TARGET_DIR=$built/target timeout 480 "$cargo" build -q \
	--target wasm32-wasip2 $offline $bins) >"$built/log" 2>&1 ||
	skip "the programs are not built; $built/log says why"

# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
timeout -k 5 500 python3 "$here/wasmtime_programs.py" "$lunatic" \
	"$built/target/wasm32-wasip2/debug" || failures=1
finish
