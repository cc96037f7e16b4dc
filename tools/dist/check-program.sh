#!/bin/sh
# Fails if a program needs more than glibc 2.31 and what belongs to it, or does
# not run with that of the sysroot.
#
#   tools/dist/check-program.sh PROGRAM SYSROOT
set -eu

fail() { echo "check-program: $*" >&2; exit 1; }
needed=$(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
[ -n "$needed" ] || fail "$1 is no dynamic program"
for library in $needed; do
	case $library in
	libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | librt.so.1 | \
		libresolv.so.2 | libutil.so.1 | ld-linux-*.so.*) ;;
	*) fail "$1 needs $library" ;;
	esac
done
newest=$(readelf -VW "$1" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
[ "$(printf '%s\nGLIBC_2.31\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.31 ] ||
	fail "$1 needs $newest"
echo "$1: glibc from ${newest#GLIBC_} on, and no other library"

case $(readelf -hW "$1") in
*AArch64*) loader=lib/ld-linux-aarch64.so.1 arch=aarch64 ;;
*) loader=lib64/ld-linux-x86-64.so.2 arch=x86_64 ;;
esac
set -- "$2/$loader" --library-path "$2/lib/$arch-linux-gnu" "$1" --version
if [ "$arch" != "$(uname -m)" ]; then
	set -- "$(dirname "$0")/emulate.sh" "$2" "$@"
fi
"$@" || fail "it does not run with glibc 2.31"
