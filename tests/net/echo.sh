#!/bin/sh
# examples/echo.c with one client, a busy one, and many.
#
#   tests/net/echo.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/net.sh"

serve echo "$examples/echo.wasm" 127.0.0.1:0
python3 -B "$here/echo.py" "$port" || fail "the client found something"
alive echo "$server" 0
status=0
timeout 60 "$lunatic" "$examples/echo.wasm" "127.0.0.1:$port" \
	>out 2>taken.err </dev/null || status=$?
[ "$status" -eq 1 ] || fail "an address that is taken: exit status $status"
[ -s taken.err ] || fail "an address that is taken: no word about it"
echo "passed"
