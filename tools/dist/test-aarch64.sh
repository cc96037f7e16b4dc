#!/bin/sh
# Builds for aarch64 with asserts and runs unit, guest and stress tests in
# qemu-user: `make test-aarch64`, or with arguments for ctest.
#
# Tests start the program by its path, so the kernel must know what runs it:
# binfmt_misc, which root sets up here if it is not.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
fail() { echo "test-aarch64: $*" >&2; exit 1; }

cmake --preset aarch64 -DLUNATIC_WERROR=ON --log-level=NOTICE
cmake --build --preset aarch64 -j "${JOBS:-$(nproc)}"
registry=/proc/sys/fs/binfmt_misc
if ! build/aarch64/lunatic --version >/dev/null 2>&1; then
	how=/usr/lib/binfmt.d/qemu-aarch64.conf
	[ -e "$how" ] || fail "there is no $how (Debian: qemu-user-static)"
	[ "$(id -u)" -eq 0 ] ||
		fail "as root: cat $how >$registry/register"
	[ -e "$registry/register" ] ||
		mount -t binfmt_misc binfmt_misc "$registry" ||
		fail "this kernel has no binfmt_misc"
	cat "$how" >"$registry/register"
fi
build/aarch64/lunatic --version || fail "programs for aarch64 do not run here"

# What emulation cannot do is left out by name, each with its reason.
leave_out=$(sed -n 's/^\([^# ][^ ]*\).*/\1/p' tests/aarch64-left-out.txt |
	paste -sd '|' -)
[ $# -gt 0 ] || set -- -L 'unit|guest|stress'
exec ctest --preset aarch64 -j "${JOBS:-$(nproc)}" \
	-E "^(${leave_out:-nothing})\$" "$@"
