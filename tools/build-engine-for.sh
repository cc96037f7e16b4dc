#!/bin/sh
# Builds an engine library for another processor, and prints its folder as
# tools/build-engine.sh and tools/build-wasmi.sh do, which do the work.
#
#   tools/build-engine-for.sh ARCH [engine|wasmi]
#
# ARCH is aarch64. The folder lies in the cache below ARCH. It needs rustup's
# target ARCH-unknown-linux-gnu, and Debian's gcc-aarch64-linux-gnu.
#
# The scripts take `cargo` from $CARGO, `rustc` from beside it, and `ld` and
# `objcopy` from the PATH: they get ours, which call the real ones.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-}
what=${2:-engine}
fail() { echo "build-engine-for: $*" >&2; exit 1; }

[ "$arch" = aarch64 ] || fail "ARCH is aarch64, not '$arch'"
triple=$arch-unknown-linux-gnu
gcc=$arch-linux-gnu-gcc
case $what in
engine) script=build-engine.sh ;;
wasmi) script=build-wasmi.sh ;;
*) fail "engine or wasmi, not '$what'" ;;
esac
command -v "$gcc" >/dev/null ||
	fail "there is no $gcc (Debian: gcc-$arch-linux-gnu libc6-dev-arm64-cross)"

real_cargo=$("$top/tools/find-cargo.sh") ||
	fail "there is no cargo; tools/bootstrap.sh installs one"
real_rustc=$(dirname "$real_cargo")/rustc
[ -x "$real_rustc" ] || real_rustc=$(command -v rustc)
[ -d "$("$real_rustc" --print sysroot)/lib/rustlib/$triple/lib" ] ||
	fail "this rustc has no $triple: rustup target add $triple"

shims=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-engine-for.XXXXXX")
trap 'rm -rf "$shims"' EXIT
ln -s "$(command -v "$arch-linux-gnu-ld")" "$shims/ld"
ln -s "$(command -v "$arch-linux-gnu-objcopy")" "$shims/objcopy"
# The key of a folder holds what `rustc -vV` says.
cat >"$shims/rustc" <<END
#!/bin/sh
exec "$real_rustc" "\$@"
END
# What cargo makes for another target is put where the scripts look for it.
cat >"$shims/cargo" <<END
#!/bin/sh
export PATH="$PATH" RUSTC="$real_rustc"
[ "\$1" = build ] || exec "$real_cargo" "\$@"
"$real_cargo" "\$@" || exit
made=\$CARGO_TARGET_DIR/$triple/release
cp -R "\$made"/*.a "\$CARGO_TARGET_DIR/release/"
for include in "\$made"/build/*/out/include; do
	[ -e "\$include/wasmtime.h" ] || continue
	into=\$CARGO_TARGET_DIR/release/build/for-$arch/out
	mkdir -p "\$into"
	cp -R "\$include" "\$into/"
done
END
chmod +x "$shims/cargo" "$shims/rustc"

cache=${LUNATIC_ENGINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/engine}
LUNATIC_ENGINE_CACHE=$cache/$arch
CARGO=$shims/cargo
PATH=$shims:$PATH
CARGO_BUILD_TARGET=$triple
export LUNATIC_ENGINE_CACHE CARGO PATH CARGO_BUILD_TARGET
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER="$gcc"
export CC_aarch64_unknown_linux_gnu="$gcc"
export AR_aarch64_unknown_linux_gnu="$arch-linux-gnu-ar"
"$top/tools/$script"
