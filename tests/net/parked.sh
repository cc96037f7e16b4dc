#!/bin/sh
# Processes that wait in calls of lunatic::networking and WASI, killed and timed
# out again and again: nothing of them may be left.
#
#   tests/net/parked.sh LUNATIC
. "$(dirname "$0")/support/net.sh"
# shellcheck disable=SC2154 # net.sh sets it
. "$here/support/parked.sh"

parked 0.7 parked.c
