#!/bin/sh
# All ways to fail at once, on four workers: with both memory strategies, both
# ways to preempt, and with code that counts fuel.
#
#   tests/stress/traps.sh LUNATIC
set -eu

here=$(cd "$(dirname "$0")" && pwd)
LUNATIC_TEST_FACTOR=${LUNATIC_TEST_FACTOR:-1}
export LUNATIC_TEST_FACTOR LUNATIC_TEST_OPTIONS

for options in '--workers 4' \
	'--workers 4 --memory-strategy guard' \
	'--workers 4 --preemption epoch' \
	'--workers 4 --max-fuel 100000000' \
	'--workers 1'; do
	LUNATIC_TEST_OPTIONS=$options
	echo "$options"
	"$here/../guest/run.sh" "$1" "$here/guest/traps.c"
done
