#!/bin/sh
# Processes that would keep a worker for ever, under both ways to preempt.
#
#   tests/stress/preempt.sh LUNATIC
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export LUNATIC_TEST_OPTIONS

for options in '--workers 1' \
	'--workers 4' \
	'--workers 2 --memory-strategy guard' \
	'--workers 1 --max-fuel 1000000000' \
	'--workers 1 --preemption epoch' \
	'--workers 4 --preemption epoch'; do
	LUNATIC_TEST_OPTIONS=$options
	echo "$options"
	"$here/../guest/run.sh" "$1" "$here/guest/preempt.wat"
done
