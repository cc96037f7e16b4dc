#!/bin/sh
# Makes a Debian package of what `cmake --install` installs.
#
#   tools/make-deb.sh BUILD-FOLDER OUTPUT-FOLDER
#
# OUTPUT-FOLDER/lunatic_VERSION_ARCH.deb is its name. LUNATIC_DEB_FLAGS are more
# options of dpkg-deb. LUNATIC_DEB_ROOT is a folder with what was installed, for
# tools/dist/package.sh; it is left as it was.
set -eu
build=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
if [ -n "${LUNATIC_DEB_ROOT:-}" ]; then
	cp -a "$LUNATIC_DEB_ROOT" "$root"
else
	DESTDIR="$root" cmake --install "$build" --prefix /usr --strip \
		>/dev/null
fi
version=$(cached CMAKE_PROJECT_VERSION)
case $(cached LUNATIC_PROCESSOR) in
aarch64) arch=arm64 ;;
*) arch=amd64 ;;
esac

# dpkg-shlibdeps reads debian/control in the folder where it runs.
mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: lunatic\n\nPackage: lunatic\nArchitecture: any\n' \
	>"$work/debian/control"
if [ "$(cached LUNATIC_STATIC)" = ON ]; then
	# All other libraries are in the program.
	depends="libc6 (>= 2.31)"
else
	depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info \
		-e root/usr/bin/lunatic 2>/dev/null |
		sed -n 's/^shlibs:Depends=//p')
fi
[ -n "$depends" ] || { echo "make-deb: no dependencies found" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<END
Package: lunatic
Version: $version
Architecture: $arch
Maintainer: lunatic contributors <lunatic@localhost>
Installed-Size: $(find "$root/usr" -type f -printf '%s\n' |
	awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
Depends: $depends
Suggests: libnats3.4, clang-19, lld-19, wasi-libc, libclang-rt-19-dev-wasm32
Section: devel
Priority: optional
Description: runs WebAssembly modules as Erlang-like processes
 Each process is an instance of its own, preempted, linked and supervised, and
 talks to others by messages. With a library for embedding, and one for guests
 in C.
END
find "$root" -type d -exec chmod 755 {} +
# dpkg-deb leaves times that are older.
[ -z "${SOURCE_DATE_EPOCH:-}" ] ||
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
file=$output/lunatic_${version}_$arch.deb
# shellcheck disable=SC2086 # words
dpkg-deb ${LUNATIC_DEB_FLAGS:-} --root-owner-group --build "$root" "$file" >/dev/null
echo "$file"
