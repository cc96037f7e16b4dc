#!/bin/sh
# Thousands of names, and processes on four workers that register, find,
# replace, unregister and die at the same time.
#
#   tests/stress/registry.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-registry.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$here/guest/registry.c" -o "$work/registry.wasm"
status=0
LUNATIC_CACHE=off LUNATIC_LOG=error timeout -k 5 \
	$((100 * ${LUNATIC_TEST_FACTOR:-1})) \
	"$lunatic" --workers 4 "$work/registry.wasm" \
	>"$work/out" 2>"$work/err" </dev/null || status=$?
if [ "$status" -ne 0 ] || [ "$(cat "$work/out")" != "24 clients" ]; then
	echo "FAILED: status $status"
	head -c 4096 "$work/out" "$work/err"
	exit 1
fi
