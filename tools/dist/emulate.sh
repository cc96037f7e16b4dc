#!/bin/sh
# emulate.sh SYSROOT PROGRAM ARGUMENT...: runs a program for aarch64 here.
set -eu
sysroot=$1
shift
[ "$(uname -m)" != aarch64 ] || exec "$@"
for qemu in qemu-aarch64-static qemu-aarch64; do
	if command -v "$qemu" >/dev/null; then
		exec "$qemu" -L "$sysroot" "$@"
	fi
done
echo "emulate: there is no qemu-aarch64-static (Debian: qemu-user-static)" >&2
exit 1
