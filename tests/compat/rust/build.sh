#!/bin/sh
# Builds the guests in Rust that tests/compat/rust.sh runs: the examples and
# tests of the crate lunatic 0.7, as they are published, and src/bin/pair.rs.
# Prints the folder where they are. Ends with 77 and one line when something
# that it needs is not there.
#
# The compiler is of the crate's own time, rustc 1.63 as Debian 12 has it, and
# so are the crates in Cargo.lock, which is the crate's own. Packages are
# unpacked below ~/.cache/lunatic/compat, nothing is installed. They and the
# crates are downloaded only if CI or LUNATIC_COMPAT_FETCH is set.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
packages="rustc cargo libstd-rust-1.63 libstd-rust-dev
	libstd-rust-dev-wasm32 libllvm14 lld-14 libgit2-1.5 libmbedtls14
	libmbedcrypto7 libmbedx509-1 libhttp-parser2.9 libssh2-1"

skip() {
	echo "skipped: $*" >&2
	exit 77
}

may_fetch() {
	[ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ]
}

key=$(cat "$here/Cargo.toml" "$here/Cargo.lock" "$here"/src/bin/*.rs "$0" |
	sha256sum | cut -c1-16)
built=$cache/rust-$key
if [ -d "$built" ]; then
	echo "$built"
	exit 0
fi
[ "$(uname -m)" = x86_64 ] || skip "rustc 1.63 is looked for on x86-64 only"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock -w 500 9 || skip "another build takes too long"
if [ -d "$built" ]; then
	echo "$built"
	exit 0
fi
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

tools=$cache/rustc-1.63
if [ ! -d "$tools" ]; then
	may_fetch || skip "no rustc 1.63; LUNATIC_COMPAT_FETCH=1 downloads it"
	mkdir debs tools
	# shellcheck disable=SC2086
	(cd debs && apt-get download $packages) >log 2>&1 ||
		skip "the packages of rustc 1.63 cannot be downloaded"
	for deb in debs/*.deb; do
		dpkg -x "$deb" tools
	done
	rm -rf debs
	mv tools "$tools"
fi

# The Cargo of that time cannot talk to the registry of today.
crates=$cache/crates-$(sha256sum <"$here/Cargo.lock" | cut -c1-16)
if [ ! -d "$crates" ]; then
	may_fetch || skip "no crates; LUNATIC_COMPAT_FETCH=1 downloads them"
	cargo=$("$here/../../../tools/find-cargo.sh") ||
		skip "no cargo to download crates with"
	mkdir fetch
	cp -r "$here/Cargo.toml" "$here/Cargo.lock" "$here/src" fetch
	(cd fetch && "$cargo" vendor --locked --versioned-dirs ../crates) \
		>log 2>&1 || skip "the crates cannot be downloaded"
	mv crates "$crates"
fi

mkdir -p package/.cargo
cp -r "$here/Cargo.toml" "$here/Cargo.lock" "$here/src" package
ln -s "$crates/lunatic-0.7.4/examples" package/examples
ln -s "$crates/lunatic-0.7.4/tests" package/tests
cat >package/.cargo/config.toml <<EOF
[source.crates-io]
replace-with = "unpacked"
[source.unpacked]
directory = "$crates"
[build]
target = "wasm32-wasi"
target-dir = "$work/target"
rustc = "$tools/usr/bin/rustc"
rustflags = ["-Clinker=$tools/usr/lib/llvm-14/bin/wasm-ld"]
EOF
build() {
	(cd package && env -u RUSTC -u RUSTFLAGS -u RUSTUP_TOOLCHAIN \
		CARGO_HOME="$work/home" \
		LD_LIBRARY_PATH="$tools/usr/lib/x86_64-linux-gnu" \
		"$tools/usr/bin/cargo" "$@" --offline --locked) >>log 2>&1 || {
		tail -n 40 log >&2
		exit 1
	}
}
build build --bins --examples
build test --no-run --tests
mkdir out out/examples out/tests
cd target/wasm32-wasi/debug
cp pair.wasm "$work/out"
for example in "$crates"/lunatic-0.7.4/examples/*.rs; do
	cp "examples/$(basename "$example" .rs).wasm" "$work/out/examples"
done
for test in messaging_test process_test; do
	cp deps/$test-*.wasm "$work/out/tests/$test.wasm"
done
cd "$work"
mv out "$built"
echo "$built"
