#!/bin/sh
# A guest in Go, for wasip1: files, arguments, environment, clocks, random
# numbers and goroutines through its standard library; processes, messages and
# the registry through host functions.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
GOTOOLCHAIN=local
export GOTOOLCHAIN
minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 22 ]; then
	echo "skipped: no Go of version 1.22 or newer"
	exit 77
fi
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240

# Go's modules are large.
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE
(cd "$here/go" && GOOS=wasip1 GOARCH=wasm GOFLAGS=-buildvcs=false \
	go build -o "$work/guest.wasm" .) 2>err || {
	bad "Go rejects the guest"
	finish
}
(cd "$here/go" && GOOS=wasip1 GOARCH=wasm GOFLAGS=-buildvcs=false \
	go build -o "$work/server.wasm" ./server) 2>err || {
	bad "Go rejects the server"
	finish
}
GREETING=hello
export GREETING
# Go finds files below directories that are given by absolute paths.
run --dir "$work" guest.wasm one "two words"
expect 7 "guest"
[ "$(cat out)" = "HELLO from Go" ] || bad "guest: another output"
silent err guest
[ ! -e folder ] || bad "guest: its folder stays"
run --dir "$work" guest.wasm one
expect 1 "another argument"
says err '^failed: arguments$' "another argument"

# A server at a socket that the command line opened.
port=$((10000 + $$ % 20000))
for nonblocking in '' nonblocking; do
	# shellcheck disable=SC2086
	timeout 120 "$lunatic" --tcplisten "127.0.0.1:$port" server.wasm 9 \
		$nonblocking >out 2>err &
	pid=$!
	sleep 0.2
	python3 -B "$here/go/server/client.py" "$port" ||
		bad "server $nonblocking: not all were answered"
	status=0
	wait "$pid" || status=$?
	expect 0 "server $nonblocking"
	silent out "server $nonblocking"
	port=$((port + 1))
done
finish
