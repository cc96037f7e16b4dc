#!/bin/sh
# What lunatic init --lang rust makes, with the crate lunatic as cargo finds it:
# cargo run, and cargo test. Crates are downloaded and built, which takes half a
# minute, if LUNATIC_COMPAT_FETCH is set; later runs find what was built below
# ~/.cache/lunatic/compat.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
if ! command -v cargo >/dev/null ||
	! [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1" ]; then
	echo "skipped: no cargo with a standard library for wasm32-wasip1"
	exit 77
fi
. "$(dirname "$0")/../cli/support/cli.sh"
PATH=$(dirname "$lunatic"):$PATH
CARGO_TARGET_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat/init_rust
CARGO_PROFILE_DEV_DEBUG=0
export PATH CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG
unset CARGO_BUILD_TARGET RUST_TEST_THREADS RUST_TEST_NOCAPTURE

run init app --lang rust
expect 0 "init"
cd app || exit
if [ -z "${LUNATIC_COMPAT_FETCH:-}" ]; then
	if [ ! -d "$CARGO_TARGET_DIR" ]; then
		echo "skipped: LUNATIC_COMPAT_FETCH=1 builds the crates"
		exit 77
	fi
	CARGO_NET_OFFLINE=true
	export CARGO_NET_OFFLINE
fi
cargo fetch --target wasm32-wasip1 >"$work/out" 2>"$work/err" || {
	echo "skipped: no crates; LUNATIC_COMPAT_FETCH=1 downloads them"
	exit 77
}
if cargo fmt --version >/dev/null 2>&1; then
	cargo fmt --check >"$work/out" 2>"$work/err" ||
		bad "rustfmt would change it"
fi
cargo run -q moon nobody stars >"$work/out" 2>"$work/err" || bad "cargo run"
printf '%s\n' 'hello, moon' 'no greeting for nobody: the greeter has failed' \
	'hello, stars' | diff - "$work/out" ||
	bad "cargo run: another output"
says err 'there is nobody to greet' "cargo run"
cargo run -q >"$work/out" 2>"$work/err" || bad "cargo run, no names"
says out '^usage: ' "cargo run, no names"
cargo test -q >"$work/out" 2>"$work/err" || bad "cargo test"
says out '^test result: ok. 2 passed; 0 failed;' "cargo test"
sed -i 's/hello, {name}/good bye, {name}/' src/main.rs
! cargo test -q >"$work/out" 2>"$work/err" || bad "a mistake is not noticed"
finish
