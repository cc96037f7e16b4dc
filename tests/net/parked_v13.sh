#!/bin/sh
# The same as parked.sh for guests of lunatic 0.13, with calls that only those
# have.
#
#   tests/net/parked_v13.sh LUNATIC
. "$(dirname "$0")/support/net.sh"
# shellcheck disable=SC2154 # net.sh sets it
. "$here/support/parked.sh"

parked 0.13 parked_v13.c
