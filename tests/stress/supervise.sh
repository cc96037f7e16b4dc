#!/bin/sh
# A tree of the guest library's supervisors under a storm of kills comes back
# to its full shape, and one that may restart only so often fails upward.
#
#   tests/stress/supervise.sh LUNATIC
#
# LUNATIC_TEST_BLOWS is the number of kills for each seed, LUNATIC_TEST_SEEDS
# the seeds.
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-supervise.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$here/guest/supervise.c" \
	"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" \
	-o "$work/supervise.wasm"
for seed in ${LUNATIC_TEST_SEEDS:-1 2 3}; do
	status=0
	LUNATIC_CACHE=off timeout -k 5 "$((80 * ${LUNATIC_TEST_FACTOR:-1}))" \
		"$lunatic" --workers 4 "$work/supervise.wasm" \
		"${LUNATIC_TEST_BLOWS:-300}" "$seed" >"$work/out" || status=$?
	if [ "$status" -ne 0 ] || ! grep -qx passed "$work/out"; then
		cat "$work/out"
		echo "FAILED: seed $seed, exit status $status"
		exit 1
	fi
done
echo "passed"
