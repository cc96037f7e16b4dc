#!/bin/sh
# 100,000 processes that live at the same time take no mappings of their own,
# but for those in the fast tier of memory: the system's bound (65,530 by
# default, vm.max_map_count) is far away. Then each of them answers a message.
#
#   tests/stress/many_live.sh LUNATIC
#
# LUNATIC_TEST_PROCESSES is another number of processes.
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
processes=${LUNATIC_TEST_PROCESSES:-100000}
# The fast tier of memory takes half of the bound at most.
most_mappings=$(($(cat /proc/sys/vm/max_map_count) / 2 + 1000))
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-many.XXXXXX")
pid=
end() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT

wat2wasm --enable-all "$here/guest/idle.wat" -o "$work/idle.wasm"
mkfifo "$work/in" "$work/out"
LUNATIC_CACHE=off "$lunatic" "$work/idle.wasm" "$processes" \
	<"$work/in" >"$work/out" &
pid=$!
exec 3>"$work/in" 4<"$work/out"

read -r line <&4 || line="nothing"
[ "$line" = live ] || {
	echo "the guest said '$line'"
	exit 1
}
mappings=$(wc -l <"/proc/$pid/maps")
resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
descriptors=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
echo "$processes processes: $mappings mappings, $descriptors descriptors," \
	"$resident KiB, $((resident * 1024 / processes)) bytes each" \
	"(vm.max_map_count is $(cat /proc/sys/vm/max_map_count))"
echo >&3
read -r line <&4 || line="nothing"
status=0
wait "$pid" || status=$?
pid=
[ "$status" -eq 0 ] || {
	echo "exit status $status"
	exit 1
}
[ "$line" = live ] || {
	echo "the guest said '$line'"
	exit 1
}
[ "$mappings" -lt "$most_mappings" ] || {
	echo "$mappings mappings, must be less than $most_mappings"
	exit 1
}
[ "$descriptors" -lt 100 ] || {
	echo "$descriptors descriptors"
	exit 1
}
echo "passed"
