#!/bin/sh
# A component of wasi:http that rustc makes, with the crate wasi: it tells of
# the request it got, and sends requests to another server.
# It is built only where rustup's toolchain has the standard library, and the
# crate is at hand, or CI or LUNATIC_COMPAT_FETCH is set.
set -eu
target=wasm32-wasip2
has_target() {
	command -v rustc >/dev/null &&
		[ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]
}
if ! has_target && [ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ] &&
	command -v rustup >/dev/null; then
	timeout 120 rustup target add "$target" >/dev/null 2>&1 || true
fi
if ! has_target; then
	echo "skipped: no rustc with a standard library for $target"
	exit 77
fi
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-rust-http.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R "$here/rust_http" "$work/guest"
build() {
	(cd "$work/guest" && cargo build --quiet --locked "$@" --release \
		--target $target) 2>"$work/err"
}
if ! build --offline; then
	if [ -z "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ]; then
		echo "skipped: the crate wasi is not at hand"
		exit 77
	fi
	build || { cat "$work/err"; exit 1; }
fi
python3 -B "$here/rust_http.py" "$1" "$here/../serve/answers.wat" \
	"$work/guest/target/$target/release/hello_http.wasm"
