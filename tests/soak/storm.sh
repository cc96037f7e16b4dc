#!/bin/sh
# The stress tests of many processes in full size: a storm of a million, half a
# million at the same time (8 GiB), and failures of all kinds again and again.
#
#   tests/soak/storm.sh LUNATIC
set -eu

stress=$(cd "$(dirname "$0")/../stress" && pwd)

LUNATIC_TEST_STORM=1000000 "$stress/storm.sh" "$1"
available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
if [ "$available" -gt $((12 * 1024 * 1024)) ]; then
	LUNATIC_TEST_PROCESSES=500000 "$stress/many_live.sh" "$1"
else
	echo "left out half a million processes: $available KiB of memory"
fi
for _ in 1 2 3 4 5 6 7 8 9 10; do
	"$stress/traps.sh" "$1"
done
