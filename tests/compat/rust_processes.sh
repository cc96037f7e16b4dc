#!/bin/sh
# The examples of lunatic:process in Rust, with the crate wit-bindgen. It is
# downloaded only if LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154 # cli.sh sets them
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
project=$here/../../examples/components/rust
built=$cache/components-rust

skip() {
	echo "skipped: $*"
	exit 77
}

# build OPTION...: in a copy, which gets a Cargo.lock.
build() {
	(cd "$built/rust" && CARGO_TARGET_DIR=$built/target \
		cargo build --release --target "$target" "$@")
}

# shellcheck source=tests/compat/support/wasip2.sh
. "$here/support/wasip2.sh"
mkdir -p "$built/rust"
cp -R "$project/Cargo.toml" "$project/src" "$built/rust"
sed "s|path: \"[^\"]*\"|path: \"$here/../../sdk/wit\"|" \
	"$project/src/bin/supervisor.rs" >"$built/rust/src/bin/supervisor.rs"
sed "s|path: \"[^\"]*\"|path: \"$here/../../sdk/wit\"|" \
	"$project/src/bin/chat.rs" >"$built/rust/src/bin/chat.rs"
if [ -n "${LUNATIC_COMPAT_FETCH:-}" ]; then
	build >"$built/log" 2>&1 || skip "the crates cannot be downloaded or built"
else
	build --offline >"$built/log" 2>&1 ||
		skip "no crate wit-bindgen; LUNATIC_COMPAT_FETCH=1 downloads it"
fi

# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/processes.sh
. "$here/support/processes.sh"
cp "$built/target/$target/release/supervisor.wasm" \
	"$built/target/$target/release/chat.wasm" .
check_examples EndReason::Trapped EndReason::Returned
finish
