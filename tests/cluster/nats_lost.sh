#!/bin/sh
# lost.sh over a NATS server.
LUNATIC_TEST_FABRIC=nats
export LUNATIC_TEST_FABRIC
exec "$(dirname "$0")/lost.sh" "$@"
