#!/bin/bash
# Builds the guests in Rust that tests/compat/*_0_13.sh run: examples and tests
# of the crates for lunatic 0.13, as they are published, and the programs in
# guests/ and guests_0_7/. Prints the folder of the cargo workspace: crates/ has
# the packages, examples/<package>/ their examples, bin/ our programs, and in
# tests.txt are lines with a package, a test and the module of the test. Ends
# with 77 and one line when something that it needs is not there.
#
# Any rustc since 1.95 that has wasm32-wasip1. The workspace stays below
# ~/.cache/lunatic/compat, a folder for each Cargo.lock. Crates are downloaded,
# and the target is added to rustup's toolchain, only if CI or
# LUNATIC_COMPAT_FETCH is set.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
target=wasm32-wasip1
packages="lunatic@0.14.1 submillisecond@0.4.1 nightfly@0.1.6
	lunatic-log@0.4.0 lunatic-message-request@0.1.1"

skip() {
	echo "skipped: $*" >&2
	exit 77
}

may_fetch() {
	[ -n "${CI:-}${LUNATIC_COMPAT_FETCH:-}" ]
}

cargo=$("$here/../../../tools/find-cargo.sh") ||
	skip "no cargo of version 1.95 or newer"
bin=$(dirname "$(readlink -f "$cargo")")
rustc=$(command -v rustc || echo "$bin/rustc")
have_target() {
	[ -d "$("$rustc" --print target-libdir --target "$target")" ]
}
if ! have_target 2>/dev/null; then
	command -v rustup >/dev/null || skip "rustc has no $target, and no rustup"
	may_fetch || skip "rustc has no $target;" \
		"LUNATIC_COMPAT_FETCH=1 has rustup add it"
	rustup target add "$target" >/dev/null 2>&1 ||
		skip "rustup cannot add $target"
fi
# What is set for another build must not decide about this one.
unset RUSTC RUSTC_WRAPPER CARGO_TARGET_DIR CARGO_BUILD_TARGET
export RUSTFLAGS=--cap-lints=warn CARGO_INCREMENTAL=0
unset CARGO_MANIFEST_DIR

key=$({
	"$rustc" --version
	cat "$here/Cargo.toml" "$here/Cargo.lock" "$0"
} | sha256sum | cut -c1-16)
ws=$cache/rust_0_13-$key
mkdir -p "$ws"
exec 9>"$ws/lock"
flock -w 580 9 || skip "another build takes too long"
cd "$ws"

# quietly COMMAND...: shows its output only when it fails.
quietly() {
	"$@" >log 2>&1 || {
		tail -n 40 log >&2
		return 1
	}
}

# unpack: puts the packages into crates/. Cargo has no command for that: it
# unpacks what another package depends on.
unpack() {
	local package name offline=--offline
	may_fetch && offline=
	rm -rf fetch crates.new
	mkdir -p fetch/src crates.new
	: >fetch/src/lib.rs
	{
		echo '[package]'
		echo 'name = "fetch"'
		echo 'version = "0.0.0"'
		echo '[workspace]'
		echo '[dependencies]'
		for package in $packages; do
			echo "${package%@*} = \"=${package#*@}\""
		done
	} >fetch/Cargo.toml
	cp "$here/Cargo.lock" fetch
	# shellcheck disable=SC2086
	(cd fetch && "$cargo" metadata $offline --format-version 1 \
		--filter-platform "$target") >metadata 2>log ||
		skip "the crates cannot be downloaded, or" \
			"LUNATIC_COMPAT_FETCH is not set"
	for package in $packages; do
		name=${package%@*}
		cp -r "$(grep -o '"manifest_path":"[^"]*"' metadata |
			sed -n "s|.*\"\(/.*/$name-${package#*@}\)/Cargo.toml\"|\1|p")" \
			"crates.new/$name"
		chmod -R u+w "crates.new/$name"
		rm -rf "crates.new/$name/.cargo" "crates.new/$name/Cargo.lock"
	done
	# Benchmarks need a third of all other crates and are not run.
	for name in crates.new/*/Cargo.toml; do
		sed -i -e '/^\[\[bench\]\]/,/^$/d' \
			-e '/^\[dev-dependencies.criterion\]/,/^$/d' \
			-e 's/^\[package\]$/&\nautobenches = false/' "$name"
	done
	# Its own dependency on itself is lost when it is published; without
	# that the tests inside the crate do not find their attribute.
	printf '#[cfg(test)]\nextern crate self as lunatic;\n' \
		>>crates.new/lunatic/src/lib.rs
	rm -rf fetch
	mv crates.new crates
}

[ -d crates ] || unpack
rm -rf guests guests_0_7
cp -rp "$here"/guests "$here"/guests_0_7 "$here"/Cargo.* .
# An example takes files from the folder in which cargo was started.
[ -d static ] || cp -r crates/submillisecond/static .
offline=--offline
may_fetch && offline=

# build PACKAGE...: all of them; notes their tests and keeps their examples.
build() {
	local options=() package out=target/$target/debug
	for package in "$@"; do
		options+=(-p "$package")
	done
	# shellcheck disable=SC2086
	quietly "$cargo" test --no-run --locked $offline --target "$target" \
		--all-features "${options[@]}" || exit 1
	for package in "$@"; do
		package=${package%@*}
		mkdir -p "examples/$package"
		find "crates/$package/examples" -mindepth 1 -maxdepth 1 \
			-name '*.rs' -o -name 'super*' | while read -r file; do
			file=$(basename "$file" .rs)
			cp -p "$out/examples/$file.wasm" "examples/$package"
		done
	done
	sed -n 's/^  Executable .*(\(.*\))$/\1/p' log >>modules
}
: >modules
# Both of the others have an example "cookies".
build lunatic@0.14.1 submillisecond@0.4.1 lunatic-log \
	lunatic-message-request
build nightfly
mkdir -p bin
# shellcheck disable=SC2086
quietly "$cargo" build --locked $offline --target "$target" \
	-p guests -p guests_0_7 || exit 1
cp -p target/$target/debug/*.wasm bin
sed 's|.*/\(.*\)-[0-9a-f]*\.wasm$|\1 &|' modules >tests.txt
echo "$ws"
