#!/bin/sh
# Builds the fuzzers and runs each for a while.
#
#   fuzz/run.sh SECONDS [NAME...]    all fuzzers, or those named
#
# What was learnt is kept in build/fuzz/corpus/<name>; an input that fails is
# left in build/fuzz/crashes. One line for each fuzzer tells how it went; the
# exit status is 1 when any failed.
set -eu

case ${1:-} in
"" | *[!0-9]*)
	echo "usage: $0 SECONDS [NAME...]" >&2
	exit 2
	;;
esac
seconds=$1
shift
cd "$(dirname "$0")/.."
build=build/fuzz

cmake --preset fuzz --log-level=NOTICE >/dev/null
cmake --build --preset fuzz -j "$(nproc)" >"$build/log" 2>&1 || {
	cat "$build/log"
	exit 1
}
if [ $# -eq 0 ]; then
	for source in fuzz/*.c; do
		name=${source##*/}
		[ "$name" = replay.c ] || set -- "$@" "${name%.c}"
	done
fi

failed=0
mkdir -p "$build/crashes"
for name in "$@"; do
	mkdir -p "$build/corpus/$name"
	seeds=
	[ ! -d "fuzz/corpus/$name" ] || seeds=fuzz/corpus/$name
	# shellcheck disable=SC2086
	if "$build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/crashes/$name-" \
		"$build/corpus/$name" $seeds >"$build/log-$name" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$build/log-$name")
		echo "PASS fuzz/$name: $runs runs"
	else
		tail -n 60 "$build/log-$name"
		echo "FAIL fuzz/$name"
		failed=1
	fi
done
exit $failed
