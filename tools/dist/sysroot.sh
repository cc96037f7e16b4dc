#!/bin/sh
# Makes what a program for many systems is compiled and linked against, and
# prints its folder:
#
#   tools/dist/sysroot.sh x86_64|aarch64
#
# The C library is that of Debian 11 (glibc 2.31), so nothing newer can be asked
# of a system. All other libraries are the archives of Debian 12, and mimalloc,
# which Debian has no archive of, is compiled from Debian's source. A function
# that glibc 2.31 lacks fails to link.
#
# Packages come from the mirror that this machine's apt is set up with, and are
# checked by apt. The folder is kept in the user's cache; `packages` in it lists
# names and versions, for the bill of materials. Remove it to get newer ones.
#   LUNATIC_SYSROOT_CACHE=DIR   where it is kept
set -eu

arch=${1:-}
cache=${LUNATIC_SYSROOT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/sysroot}
old=bullseye
new=bookworm
say() { echo "sysroot: $*" >&2; }
fail() { say "$*"; exit 1; }

case $arch in
x86_64) deb=amd64 gcc=gcc ar=gcc-ar package=gcc ;;
aarch64)
	deb=arm64 gcc=aarch64-linux-gnu-gcc ar=aarch64-linux-gnu-gcc-ar
	package="gcc-aarch64-linux-gnu"
	;;
*) fail "the processor is x86_64 or aarch64, not '$arch'" ;;
esac
command -v "$gcc" >/dev/null || fail "there is no $gcc (Debian: $package)"

from_old="libc6 libc6-dev libgcc-10-dev libgcc-s1 libcrypt-dev libcrypt1"
from_new="linux-libc-dev libssl-dev libsqlite3-dev libjansson-dev
	libncurses-dev libtinfo6 libnats-dev libnats3.4 libcmocka-dev libcmocka0
	systemtap-sdt-dev"
# What an image has beside the program, in runtime/.
from_runtime="libc6 ca-certificates"
from_source=mimalloc

key=$({ cat "$0" "$(dirname "$0")/apt.sh"; "$gcc" --version; } | sha256sum | cut -c1-16)
out=$cache/$arch-$key
if [ -e "$out/packages" ]; then
	echo "$out"
	exit 0
fi

say "making $out (some minutes)"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/apt.sh"
use_suite $old "$deb"
use_suite $new "$deb"

# Names and versions of what is downloaded.
list() {
	suite=$1
	shift
	for name in "$@"; do
		in_suite "$suite" --print-uris download "$name" |
			sed -n "s/^'[^']*' \([^ ]*\)_\([^_]*\)_[a-z0-9]*\.deb [0-9]* .*/\1 \2/p"
	done
}
{
	# shellcheck disable=SC2086 # words
	{ list $old $from_old; list $new $from_new; }
	# shellcheck disable=SC2086
	list $new $from_runtime | sed 's/^/runtime:/'
	in_suite $new --print-uris --dsc-only source $from_source |
		sed -n "s/^'[^']*' \([^ ]*\)_\([^_]*\)\.dsc .*/\1 \2/p"
} | sed 's/%3a/:/' >"$work/packages"
[ "$(wc -l <"$work/packages")" -eq 20 ] ||
	{ cat "$work/packages" >&2; fail "not all packages are to be had"; }
root=$work/root
mkdir -p "$root"
# shellcheck disable=SC2086
{
	fetch $old debs $from_old
	fetch $new debs $from_new
	fetch $new runtime $from_runtime
}
mkdir "$root/runtime"
for file in "$work"/runtime/*.deb; do
	dpkg -x "$file" "$root/runtime"
done
for file in "$work"/debs/*.deb; do
	dpkg -x "$file" "$root"
done
triplet=$arch-linux-gnu
for link in "$root"/lib64/ld-linux-*.so.*; do
	to=$(readlink "$link" || true)
	case $to in
	/*) ln -sf "..$to" "$link" ;;
	esac
done
# glibc 2.31 has its libraries in /lib, to which links there are absolute.
for link in "$root/usr/lib/$triplet"/*.so; do
	to=$(readlink "$link" || true)
	case $to in
	/*) ln -sf "../../..$to" "$link" ;;
	esac
	# What has an archive is linked from that, and only so.
	[ -e "$link" ] && [ ! -e "${link%.so}.a" ] && continue
	case $link in
	*/lib[cm].so | */libdl.so | */libpthread.so | */librt.so | */libutil.so | \
		*/libresolv.so | */libnats.so) ;;
	*) rm -f "$link" ;;
	esac
done

mkdir -p "$work/source" "$work/mimalloc"
(cd "$work/source" && in_suite $new source --dsc-only $from_source \
	>"$work/log" 2>&1 && in_suite $new --download-only source $from_source \
	>>"$work/log" 2>&1) ||
	{ cat "$work/log" >&2; fail "apt could not fetch a source"; }
tar -x --strip-components=1 -C "$work/mimalloc" \
	-f "$work"/source/mimalloc_*.orig.tar.*
# One file includes all others, as its own build does for an object.
"$gcc" --sysroot="$root" -O3 -DNDEBUG -DMI_MALLOC_OVERRIDE \
	-DMI_STATIC_LIB -fPIC -fvisibility=hidden -fno-builtin-malloc \
	-ftls-model=initial-exec "-ffile-prefix-map=$work=." -fno-omit-frame-pointer \
	-I "$work/mimalloc/include" -c "$work/mimalloc/src/static.c" \
	-o "$work/mimalloc.o"
"$ar" rcsD "$root/usr/lib/$triplet/libmimalloc.a" "$work/mimalloc.o"
mkdir -p "$root/usr/share/doc/mimalloc"
cp "$work/mimalloc/LICENSE" "$root/usr/share/doc/mimalloc/copyright"
cp "$work/packages" "$root/packages"
chmod 755 "$root"
rm -rf "$out"
mv "$root" "$out"
echo "$out"
