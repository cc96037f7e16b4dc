#!/bin/sh
# A storm of processes that are spawned, linked, killed, and fail: what the
# program holds afterwards does not depend on how many there were. From 30% to
# 100% of them resident memory may grow by a tenth and 8 MiB (how many processes
# live at the same time varies), mappings by an eighth (what memories of the
# fast tier write varies), and by some for each of the 64 slots that a small
# module has there, which are mapped when they are first used; descriptors not
# at all.
#
#   tests/stress/storm.sh LUNATIC
#
# LUNATIC_TEST_STORM is the number of processes.
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
processes=${LUNATIC_TEST_STORM:-100000}
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-storm.XXXXXX")
pid=
end() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT

# What a sanitizer keeps of freed memory is not what is measured here.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=1:malloc_context_size=1
export ASAN_OPTIONS

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$here/guest/storm.c" -o "$work/storm.wasm"
mkfifo "$work/in" "$work/out"
LUNATIC_CACHE=off LUNATIC_LOG=error "$lunatic" --workers 4 \
	"$work/storm.wasm" "$processes" <"$work/in" >"$work/out" &
pid=$!
exec 3>"$work/in" 4<"$work/out"

fail() {
	echo "FAILED: $*"
	exit 1
}

percent=0
while [ "$percent" -lt 100 ]; do
	read -r percent spawned <&4 || fail "it ended at $percent%"
	case $percent in
	[1-9]0 | 100) ;;
	*) fail "the guest said: $percent $spawned" ;;
	esac
	mappings=$(wc -l <"/proc/$pid/maps")
	resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
	descriptors=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
	echo "$percent%: $spawned processes, $resident KiB, $mappings" \
		"mappings, $descriptors descriptors"
	if [ "$percent" -eq 30 ]; then
		mappings_then=$mappings
		resident_then=$resident
		descriptors_then=$descriptors
	fi
	echo >&3
done
status=0
wait "$pid" || status=$?
pid=
[ "$status" -eq 0 ] || fail "exit status $status"
[ "$resident" -le $((resident_then + resident_then / 10 + 8192)) ] ||
	fail "resident memory grew from $resident_then to $resident KiB"
slots=64
[ "$mappings" -le $((mappings_then + mappings_then / 8 + 6 * slots)) ] ||
	fail "mappings grew from $mappings_then to $mappings"
[ "$descriptors" -le "$descriptors_then" ] ||
	fail "descriptors grew from $descriptors_then to $descriptors"
echo "passed"
