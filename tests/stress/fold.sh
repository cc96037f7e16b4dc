#!/bin/sh
# A crowd that is folded and woken all the time, by messages, timers, kills and
# deaths, with several numbers of workers and in both kinds of memory: whatever
# a process had in its memory and on its stack is there after each wait
# (guest/fold.c checks it).
#
#   tests/stress/fold.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-fold.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$here/guest/fold.c" -o "$work/fold.wasm"

# crowd OPTIONS...: runs it; there must be more folds than processes.
crowd() {
	LUNATIC_CACHE=off "$lunatic" --fold-after 2ms --report=json "$@" \
		"$work/fold.wasm" 60 15 >"$work/out" 2>"$work/err" || {
		echo "FAILED: status $? with $*"
		cat "$work/out" "$work/err"
		exit 1
	}
	[ "$(cat "$work/out")" = passed ] || {
		echo "FAILED: another output with $*"
		cat "$work/out" "$work/err"
		exit 1
	}
	folds=$(sed -n 's/.*"folds":\([0-9]*\).*/\1/p' "$work/err")
	unfolds=$(sed -n 's/.*"unfolds":\([0-9]*\).*/\1/p' "$work/err")
	echo "$*: ${folds:-0} folds, ${unfolds:-0} unfolds"
	[ "${folds:-0}" -gt 60 ] || {
		echo "FAILED: hardly anybody was folded"
		exit 1
	}
}

crowd --workers 1
crowd --workers 4
crowd --workers 2 --memory-strategy guard
crowd --workers 3 --preemption epoch
