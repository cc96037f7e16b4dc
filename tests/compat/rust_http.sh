#!/bin/sh
# A component of wasi:http that rustc makes, with the crate wasi: it tells of
# the request it got, and sends requests to another server.
# It is built only where rustup's toolchain has the standard library, and the
# crate is at hand, or CI or LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154 # wasip2.sh sets target
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/wasip2.sh
. "$here/support/wasip2.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
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
