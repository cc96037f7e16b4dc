#!/bin/sh
# The tests that the WebAssembly project has for WASI, as it has built them:
# those of preview 1 pass, but for differences that wasi_testsuite.py names;
# those of WASI 0.3 are refused. LUNATIC_WASI_TESTSUITE names a checkout of
# wasi-testsuite, whose branch prod/testsuite-base has them, or a folder of it.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
source=${LUNATIC_WASI_TESTSUITE:-$cache/wasi-testsuite}

skip() {
	echo "skipped: $*"
	exit 77
}

command -v python3 >/dev/null 2>&1 || skip "no python3"
[ -d "$source" ] || skip "no wasi-testsuite; LUNATIC_WASI_TESTSUITE names one"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"

# Guests write to their folders, so they have a copy.
if [ -d "$source/tests/rust/testsuite" ]; then
	cp -R "$source/tests" "$work/tests"
else
	for branch in prod/testsuite-base origin/prod/testsuite-base none; do
		git -C "$source" rev-parse -q --verify "$branch" >/dev/null &&
			break
	done
	[ "$branch" != none ] || skip "$source has no branch prod/testsuite-base"
	git -C "$source" archive "$branch" tests | tar -x -C "$work" ||
		skip "$source cannot be read"
fi
timeout -k 5 550 python3 "$here/wasi_testsuite.py" "$lunatic" "$work/tests" ||
	failures=1
finish
