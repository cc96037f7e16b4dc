#!/bin/sh
# examples/rooms: people who talk, and some who do worse.
#
#   tests/net/rooms.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/net.sh"

serve rooms --env ROOMS_CRASH=1 "$examples/rooms.wasm" 127.0.0.1:0
python3 -B "$here/rooms.py" "$port" || fail "the client found something"
# A user, a room, the hall.
alive rooms "$server" 3

# Without the variable users can take only themselves along.
serve strict "$examples/rooms.wasm" 127.0.0.1:0
python3 -B "$here/rooms.py" "$port" strict || fail "the client found something"
alive strict "$server" 0
echo "passed"
