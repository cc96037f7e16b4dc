#!/bin/sh
# emulate.sh SYSROOT PROGRAM ARGUMENT...: runs a program for aarch64 here.
set -eu
sysroot=$1
shift
[ "$(uname -m)" != aarch64 ] || exec "$@"
qemu=$("$(dirname "$0")/qemu.sh")
exec "$qemu" -L "$sysroot" "$@"
