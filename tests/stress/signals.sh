#!/bin/sh
# Whoever runs the program may send it signals: a storm of the one that workers
# are interrupted with, from four senders, to threads and to the program. Guests
# compute what they would have, and the stacks hold.
#
#   tests/stress/signals.sh LUNATIC
#
# LUNATIC_TEST_SECONDS is how long each storm lasts.
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
seconds=${LUNATIC_TEST_SECONDS:-4}
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-signals.XXXXXX")
program=
end() {
	if [ -n "$program" ]; then
		kill -KILL "$program" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap end EXIT

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$here/guest/signals.c" -o "$work/signals.wasm"

for way in thread program; do
	LUNATIC_CACHE=off "$lunatic" --workers 2 "$work/signals.wasm" \
		"$((seconds + 4))" >"$work/out" 2>&1 &
	program=$!
	sleep 1
	senders=
	for _ in 1 2 3 4; do
		"$here/support/signals.py" "$program" "$seconds" "$way" \
			>>"$work/sent" &
		senders="$senders $!"
	done
	for sender in $senders; do
		wait "$sender" || true # the program may be gone
	done
	status=0
	wait "$program" || status=$?
	program=
	if [ "$status" -ne 0 ] || ! grep -qx passed "$work/out"; then
		cat "$work/out"
		echo "FAILED: to each $way, exit status $status"
		exit 1
	fi
done
cat "$work/sent"
echo "passed"
