#!/bin/sh
# Configurations, environments and modules that are made and dropped leave
# nothing behind: the program does not grow from one half of the run to the
# other.
#
#   tests/stress/environments.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-environments.XXXXXX")
pid=
end() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/guest/environments.c" \
	-o "$work/environments.wasm"
mkfifo "$work/in" "$work/out"
LUNATIC_CACHE=off "$lunatic" "$work/environments.wasm" \
	<"$work/in" >"$work/out" &
pid=$!
exec 3>"$work/in" 4<"$work/out"

# resident: KiB of memory, once the guest has done one more part.
resident() {
	read -r line <&4 || line="nothing"
	[ "$line" = "done" ] || {
		echo "FAIL environments: the guest says $line" >&2
		exit 1
	}
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
}
before=$(resident)
echo >&3
after=$(resident)
echo >&3
wait "$pid"
pid=
echo "$before KiB, then $after KiB"
# What allocators and tables keep varies; a leak of one object a round does not
# fit in.
if [ "${LUNATIC_TEST_ASAN:-0}" = 0 ] && [ "$after" -gt $((before + 4096)) ]; then
	echo "FAIL environments: memory grows" >&2
	exit 1
fi
