#!/bin/sh
# 100 nodes on this machine, and what they take in a minute of doing nothing
# (tests/cluster/sizes.sh); then 50 over a NATS server, if there is one, which
# has to pass on what all of them say.
#
#   tests/soak/nodes.sh LUNATIC
set -eu

cluster=$(cd "$(dirname "$0")/../cluster" && pwd)
export LUNATIC_TEST_IDLE="${LUNATIC_TEST_IDLE:-60}"

LUNATIC_TEST_NODES=100 "$cluster/sizes.sh" "$1"
status=0
LUNATIC_TEST_NODES=50 LUNATIC_TEST_FABRIC=nats "$cluster/sizes.sh" "$1" ||
	status=$?
[ "$status" -eq 77 ] || exit "$status"
