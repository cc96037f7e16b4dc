#!/bin/sh
# Every guest of the tests, taken apart and put together: unchanged it is the
# same to the byte; with all functions renumbered by a plugin it does the same.
# Plugins are for modules, so components are left out.
#
#   tests/stress/rewritten.sh LUNATIC
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lunatic=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$(dirname "$lunatic")
LUNATIC_TEST_FACTOR=${LUNATIC_TEST_FACTOR:-1}
LUNATIC_TEST_CHECK=$folder/tests/test_engine_rewrite
export LUNATIC_TEST_FACTOR LUNATIC_TEST_CHECK LUNATIC_TEST_OPTIONS

work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-rewritten.XXXXXX")
trap 'rm -rf "$work"' EXIT
wat2wasm "$here/guest/renumber.wat" -o "$work/renumber.wasm"
LUNATIC_TEST_OPTIONS="--plugin $work/renumber.wasm"

{
	find "$top/tests/guest" "$top/tests/sdk" \( -name '*.c' -o \
		-name '*.wat' \) ! -path '*/guest/component/*'
	for example in hello ping_pong links supervisor sandbox tasks counter \
		chat demo/demo; do
		echo "$top/examples/$example.c"
	done
	echo "$folder/gen/host/all_imports.wat"
} | sort >"$work/cases"
# What was built for other purposes is not run here.
find "$folder" -name '*.wasm' -exec "$LUNATIC_TEST_CHECK" {} +

failed=0
# shellcheck disable=SC2016
xargs -P 2 -n 1 sh -c '"$0/guest/run.sh" "$1" "$2" || exit 1' \
	"$top/tests" "$lunatic" <"$work/cases" >"$work/log" 2>&1 || failed=1
[ "$failed" -eq 0 ] || grep -v '^PASS' "$work/log" || true
passed=$(grep -c '^PASS' "$work/log" || true)
echo "$passed of $(wc -l <"$work/cases") guests passed"
[ "$failed" -eq 0 ] && [ "$passed" -eq "$(wc -l <"$work/cases")" ]
