#!/bin/sh
# Makes all packages of a build, their bill of materials and sums:
#
#   tools/dist/package.sh BUILD-FOLDER OUTPUT-FOLDER [KIND...]
#
# BUILD-FOLDER is one of the presets dist and dist-aarch64; of another one the
# packages run on systems like this one only. KINDS are tar, wheel, npm, oci and
# deb, by default all. The same build makes the same
# bytes: all times are SOURCE_DATE_EPOCH (default: that of the last commit).
#   LUNATIC_DIST_LEVEL=N   how hard to compress, 1 to 9 (default 9)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- tar wheel npm oci deb
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-dist.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "package: $*" >&2; exit 1; }

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct 2>/dev/null) ||
		SOURCE_DATE_EPOCH=315532800 # 1980, the first year of zip
fi
export SOURCE_DATE_EPOCH
umask 022
version=$(cached CMAKE_PROJECT_VERSION)
arch=$(cached LUNATIC_PROCESSOR)
sysroot=$(cached LUNATIC_SYSROOT)
[ -n "$version" ] && [ -n "$arch" ] || fail "$build is no build folder"

# The program and what belongs to it, as installed below /usr.
DESTDIR="$work/root" cmake --install "$build" --prefix /usr --strip \
	>"$work/log" 2>&1 || { cat "$work/log" >&2; fail "cmake --install"; }
rm -f "$work/root/usr/lib/liblunatic.a"
doc=$work/root/usr/share/doc/lunatic
mkdir -p "$doc/licenses"
python3 "$here/sbom.py" --top "$top" --version "$version" --arch "$arch" \
	--sysroot "$sysroot" --output "$doc/sbom.cdx.json" \
	--licences "$doc/licenses/crates"
# The licences of what else is linked in.
llhttp=$(cached LUNATIC_LLHTTP)
[ -n "$llhttp" ] || llhttp=$(CC=$(cached CMAKE_C_COMPILER) "$top/tools/build-llhttp.sh")
[ ! -f "$llhttp/LICENSE" ] || cp "$llhttp/LICENSE" "$doc/licenses/llhttp"
if [ -n "$sysroot" ]; then
	for package in libssl-dev libsqlite3-dev libjansson-dev libncurses-dev \
		mimalloc libgcc-10-dev; do
		for file in "$sysroot/usr/share/doc/$package/copyright" \
			/usr/share/doc/gcc-*-base/copyright; do
			[ ! -f "$file" ] || { cp "$file" "$doc/licenses/$package"; break; }
		done
	done
	for package in libc6 ca-certificates; do
		cp "$sysroot/runtime/usr/share/doc/$package/copyright" \
			"$doc/licenses/$package"
	done
	# Modules for guests that come along have parts of these.
	for package in wasi-libc libclang-rt-19-dev-wasm32; do
		[ ! -f "/usr/share/doc/$package/copyright" ] ||
			cp "/usr/share/doc/$package/copyright" "$doc/licenses/$package"
	done
fi
find "$work/root" -type d -exec chmod 755 {} +

for kind in "$@"; do
	[ "$kind" != deb ] || continue
	python3 "$here/pack.py" "$kind" --root "$work/root/usr" \
		--version "$version" --arch "$arch" --output "$output" \
		--sysroot "$sysroot" --level "${LUNATIC_DIST_LEVEL:-9}"
done
case " $* " in
*" deb "*) deb=true ;;
*) deb=false ;;
esac
if $deb && command -v dpkg-deb >/dev/null; then
	LUNATIC_DEB_ROOT=$work/root "$top/tools/make-deb.sh" "$build" "$output"
elif $deb; then
	echo "package: no dpkg-deb, so no Debian package" >&2
fi
cp "$doc/sbom.cdx.json" "$output/lunatic-$version-$arch.cdx.json"
chmod 644 "$output"/lunatic*
cp "$top/tools/install.sh" "$output/install.sh"
(cd "$output" && find . -maxdepth 1 -type f ! -name SHA256SUMS |
	sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum >"$work/sums" &&
	mv "$work/sums" SHA256SUMS && chmod 644 SHA256SUMS)
