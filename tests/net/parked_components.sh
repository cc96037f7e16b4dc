#!/bin/sh
# The same as parked.sh for components, which wait for sockets in wasi:io/poll.
#
#   tests/net/parked_components.sh LUNATIC
. "$(dirname "$0")/support/net.sh"
# shellcheck disable=SC2154 # net.sh sets it
. "$here/support/parked.sh"

parked components parked_components.c
