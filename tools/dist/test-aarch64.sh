#!/usr/bin/env bash
# Builds for aarch64 with asserts and runs unit, guest and stress tests, and
# guests on the second engine, in qemu-user: `make test-aarch64`, or with
# arguments for ctest.
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
name=lunatic-aarch64
if [ "$(uname -m)" != aarch64 ] && [ ! -e "$registry/$name" ]; then
	qemu=$(tools/dist/qemu.sh)
	[ "$(id -u)" -eq 0 ] ||
		fail "only root can tell the kernel to run programs for aarch64 by $qemu"
	[ -e "$registry/register" ] ||
		mount -t binfmt_misc binfmt_misc "$registry" ||
		fail "this kernel has no binfmt_misc"
	# ELF, 64 bits, little endian, a program or library, machine 183. P keeps
	# argv[0], F opens the interpreter now.
	printf '%s' ":$name:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:$qemu:PF" \
		>"$registry/register"
	trap 'echo -1 >"$registry/$name"' EXIT
fi
build/aarch64/lunatic --version || fail "programs for aarch64 do not run here"

# What emulation cannot do is left out by name, each with its reason.
leave_out=$(sed -n 's/^\([^# ][^ ]*\).*/\1/p' tests/aarch64-left-out.txt |
	paste -sd '|' -)
[ $# -gt 0 ] || set -- -L 'unit|guest|stress|wasmi'
ctest --preset aarch64 -j "${JOBS:-$(nproc)}" \
	-E "^(${leave_out:-nothing})\$" "$@"
