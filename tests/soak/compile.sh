#!/bin/sh
# A tiny module is added within a second beside modules that the compiler works
# on for as long as it may: the best of three runs, since others may have the
# machine. No compiler outlives the program.
#
#   tests/soak/compile.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-compile.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/../stress/guest/compile.c" \
	-o "$work/compile.wasm"
best=
for _ in 1 2 3; do
	LUNATIC_CACHE=off timeout 120 "$lunatic" "$work/compile.wasm" \
		>"$work/out"
	tr '\n' ' ' <"$work/out"
	echo "us"
	took=$(sed -n 's/^beside //p' "$work/out")
	if [ -z "$best" ] || [ "$took" -lt "$best" ]; then
		best=$took
	fi
done
if [ "$best" -gt 1000000 ]; then
	echo "FAIL compile: a tiny module took $best us" >&2
	exit 1
fi
