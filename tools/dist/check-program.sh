#!/bin/sh
# Fails if a program needs more than glibc 2.31 and what belongs to it.
#
#   tools/dist/check-program.sh PROGRAM
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
