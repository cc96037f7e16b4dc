#!/bin/sh
# Storms of signals for a minute each.
#
#   tests/soak/signals.sh LUNATIC
set -eu

stress=$(cd "$(dirname "$0")/../stress" && pwd)

LUNATIC_TEST_SECONDS=60 "$stress/signals.sh" "$1"
