#!/bin/sh
# A small file beside eight processes that write 512 MiB each in one call: it
# takes 100 ms at most, and what it takes on this disk without them.
#
#   tests/soak/files.sh LUNATIC
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-files.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/w"
clang-19 --target=wasm32-wasi -O2 -I "$here/../../sdk/c/include" \
	"$here/guest/small_file.c" -o "$work/small_file.wasm"
times=$("$1" --dir "$work/w::/w" "$work/small_file.wasm" 8)
echo "a small file, in ms at most, alone and beside eight writers: $times"
echo "$times" | awk '{ exit !($2 <= $1 + 100) }'
