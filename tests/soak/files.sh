#!/bin/sh
# A small file beside eight processes of the same environment that write 512 MiB
# each in one call, again and again: 100 ms at most in a file system in memory,
# where the program's own queues are all that there is to wait for.
#
#   tests/soak/files.sh LUNATIC
#
# On a disk, also told here, the removal of a file waits in the kernel until what
# was written to it is on the disk, behind all that the others write: for any
# program, natively 77 to 237 ms on the machine where this was measured.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-files.XXXXXX")
if [ "$(df -k --output=avail /dev/shm | tail -n 1)" -lt 5000000 ]; then
	echo "tests/soak/files.sh: /dev/shm has less than 5 GB, not run" >&2
	exit 0
fi
memory=$(mktemp -d /dev/shm/lunatic-files.XXXXXX)
trap 'rm -rf "$work" "$memory"' EXIT
mkdir "$work/w"
clang-19 --target=wasm32-wasi -O2 -I "$here/../../sdk/c/include" \
	"$here/guest/small_file.c" -o "$work/small_file.wasm"
times=$("$1" --dir "$work/w::/w" "$work/small_file.wasm" 8)
echo "a small file, in ms at most, alone and beside eight writers"
echo "on the disk: $times"
times=$("$1" --dir "$memory::/w" "$work/small_file.wasm" 8)
echo "in memory: $times"
echo "$times" | awk '{ exit !($2 <= $1 + 100) }'
