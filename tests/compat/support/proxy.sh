# Sets `proxy` to the folder of a crate with the interfaces of wasi:http, which
# rust_http needs; skips the test where that is not at hand, and neither CI nor
# LUNATIC_COMPAT_FETCH is set. make_wit [VERSION] makes the folder `wit`, with a
# world `app` that is wasi:http/proxy of that version, or the crate's.
# shellcheck shell=sh disable=SC2154 # here is the folder of the test
crate_with_wit() {
	cargo metadata "$@" --locked --format-version 1 \
		--manifest-path "$here/rust_http/Cargo.toml" 2>/dev/null |
		tr ',' '\n' |
		sed -n 's|.*"manifest_path":"\(.*/wasip2-[^"]*\)/Cargo.toml".*|\1|p'
}

proxy=$(crate_with_wit --offline)
if [ ! -d "$proxy" ] && [ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ]; then
	proxy=$(crate_with_wit)
fi
if [ ! -d "$proxy/wit/deps" ]; then
	echo "skipped: the crate wasip2 is not at hand"
	exit 77
fi

make_wit() {
	version=${proxy##*+wasi-}
	mkdir wit
	cp -R "$proxy/wit/deps" wit
	find wit -name '*.wit' -exec sed -i \
		"s/$(echo "$version" | sed 's/[.]/[.]/g')/${1:-$version}/g" {} +
	printf 'package app:app;\n\nworld app {\n  include wasi:http/proxy@%s;\n}\n' \
		"${1:-$version}" >wit/app.wit
}
